/**
 * Addresses and wide constants that one function loads in several places are loaded in one: an `lddw` has two slots, the
 * address of a stack object is two instructions, and a move from a register is one.
 *
 * Method: registers with one definition are grouped by what they are defined as; a group that saves slots is loaded where
 * the dominator tree's branches to its definitions part. What the allocator finds no register for it makes again at
 * each use, which is what stood there before; so sharing costs nothing where registers are scarce. A register that a call's argument
 * is copied from costs a move, one that is the base of an access costs nothing.
 *
 * Needs two-address form. A register of a group has one definition; its reads lie where that dominates them.
 */

import { graphOf } from '../ir/cfg.ts';
import { Dominators } from '../ir/dominators.ts';
import type { BlockId } from '../ir/func.ts';
import { Kind } from '../isa/table.ts';
import { asId } from '../support/ids.ts';
import {
  forEachDefinition,
  forEachUse,
  isVirtual,
  type MachineBlock,
  type MachineFunction,
  type MachineIns,
  mapRegisters,
  Pseudo,
  type Register,
  successorsOf,
} from './machine.ts';

/** Slots of an `lddw`, and of the move and the addition that make a frame address. */
const constantSize = 2;

interface Definition {
  readonly ins: MachineIns;
  readonly block: MachineBlock;
  readonly index: number;
  /** Moves that stay when the register is shared. */
  moves: number;
}

/** What the instruction loads, when that is worth sharing. */
function keyOf(ins: MachineIns): string | undefined {
  if (ins.core >= 0 || !isVirtual(ins.dst)) return undefined;
  if (ins.opcode === Pseudo.frame_address) return `frame ${ins.object} ${ins.off}`;
  return ins.opcode === Kind.lddw ? `wide ${ins.symbol} ${ins.wide}` : undefined;
}

/** Definitions by what they define, of registers that have no other. */
function findGroups(func: MachineFunction): Map<string, Definition[]> {
  const writes = new Int32Array(func.nextRegister);
  const found = new Map<Register, Definition>();
  const groups = new Map<string, Definition[]>();
  for (const block of func.eachBlock()) {
    block.instructions.forEach((ins, index) => {
      forEachDefinition(ins, (register) => {
        writes[register] = (writes[register] ?? 0) + 1;
      });
      if (keyOf(ins) !== undefined) found.set(ins.dst, { ins, block, index, moves: 0 });
    });
  }
  for (const block of func.eachBlock()) {
    for (const ins of block.instructions) {
      forEachUse(ins, (register) => {
        const definition = found.get(register);
        if (definition !== undefined && ins.opcode === Pseudo.copy) definition.moves++;
      });
    }
  }
  for (const [register, definition] of found) {
    const key = keyOf(definition.ins);
    if (writes[register] !== 1 || key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [definition]);
    else group.push(definition);
  }
  return groups;
}

function savedSlots(group: readonly Definition[]): number {
  let saved = -constantSize;
  for (const { moves } of group) saved += constantSize - Math.min(moves, 1);
  return saved;
}

function dominatorsOf(func: MachineFunction): Dominators {
  const next = func.blocks.map((block) => successorsOf(block).map((id) => asId<BlockId>(id)));
  return new Dominators(graphOf(asId<BlockId>(func.layout[0] ?? 0), next));
}

/** The nearest block that dominates both. */
function commonDominator(dominators: Dominators, first: number, second: number): number {
  let at = first;
  while (!dominators.dominates(asId<BlockId>(at), asId<BlockId>(second))) at = dominators.idom[at] ?? at;
  return at;
}

/** Puts the definition before the first of the group in its block, or before the block's terminator. */
function insert(func: MachineFunction, group: readonly Definition[], at: number, shared: MachineIns): void {
  const { instructions } = func.block(at);
  const members = new Set(group.map(({ ins }) => ins));
  const first = instructions.findIndex((ins) => members.has(ins));
  instructions.splice(first < 0 ? instructions.length - 1 : first, 0, shared);
}

export function shareConstants(func: MachineFunction): void {
  const groups = [...findGroups(func).values()].filter((group) => savedSlots(group) > 0);
  if (groups.length === 0) return;
  const dominators = dominatorsOf(func);
  const renamed = new Map<Register, Register>();
  const removed = new Set<MachineIns>();
  for (const group of groups) {
    const [first] = group;
    const reachable = group.every(({ block }) => (dominators.idom[block.id] ?? -1) >= 0);
    if (first === undefined || !reachable) continue;
    const at = group.reduce(
      (found, { block }) => commonDominator(dominators, found, block.id),
      first.block.id,
    );
    const shared = first.ins.clone();
    shared.dst = func.createRegister();
    if (shared.opcode !== Pseudo.frame_address) shared.names = undefined;
    insert(func, group, at, shared);
    for (const { ins } of group) {
      renamed.set(ins.dst, shared.dst);
      removed.add(ins);
    }
  }
  for (const block of func.eachBlock()) {
    block.instructions = block.instructions.filter((ins) => !removed.has(ins));
    for (const ins of block.instructions) {
      mapRegisters(ins, (register) => renamed.get(register) ?? register);
    }
  }
}
