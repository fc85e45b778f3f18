/**
 * A block that only sets a register and jumps on, or returns, gives the move to its predecessor, which sets the register
 * before its condition: the jump is gone, and the condition goes to the target at once.
 *
 *     P: if c goto E        P: r2 = 1
 *     ...                      if c goto T
 *     E: r2 = 1; goto T
 *
 * That is right when the register is neither read by the condition nor live on the predecessor's other way. A condition
 * that reads it gets another free register for the value that it compares, if the predecessor makes that value for it
 * alone. Several predecessors are taken where each is the next one's only way in (a chain of comparisons, of which
 * some lead to one block): the first one sets the register for all. Such blocks come from phis of constants. The verifier looks
 * for a known state at every jump and notes one each few jumps, so fewer jumps also leave its notes where ways
 * meet. A way out of a loop keeps its move: it would run in each iteration.
 *
 * `if c goto E` with `E: r0 = 1; exit` ends as `r0 = 1; if c goto X`, where X is the exit at the end of another block.
 *
 * Works on laid out blocks with physical registers.
 */

import { liveRegistersAtStart, readRegisters, writtenRegisters } from './live-registers.ts';
import {
  isExit,
  isJump,
  isPure,
  type MachineBlock,
  type MachineFunction,
  type MachineIns,
  mapRegisters,
  predecessorsOf,
  type Register,
} from './machine.ts';

const registerCount = 10;

/** The move of a block that has nothing else but a jump or an exit. */
function onlyMove(block: MachineBlock): MachineIns | undefined {
  const [move, last, more] = block.instructions;
  if (move === undefined || last === undefined || more !== undefined) return undefined;
  return (isJump(last) || isExit(last)) && isPure(move) && move.core < 0 ? move : undefined;
}

/** The instructions from the one that makes the value of a register, without reading the register, to the block's end. */
function rangeOfValue(block: MachineBlock, register: Register): readonly MachineIns[] | undefined {
  const { instructions } = block;
  const bit = 1 << register;
  for (let i = instructions.length - 1; i >= 0; i--) {
    const ins = instructions[i];
    if (ins === undefined || ins.reads !== 0 || ins.writes !== 0 || ins.asm !== undefined) return undefined;
    if ((writtenRegisters(ins) & bit) !== 0 && (readRegisters(ins) & bit) === 0) return instructions.slice(i);
  }
  return undefined;
}

/** Gives the value that a block computes in a register for its condition another one; false when it cannot. */
function renameValue(block: MachineBlock, register: Register, busy: number): boolean {
  const range = rangeOfValue(block, register);
  const [first, ...others] = range ?? [];
  if (range === undefined || first === undefined) return false;
  let taken = busy;
  for (const ins of range) taken |= readRegisters(ins) | writtenRegisters(ins);
  let free = 0;
  while (free < registerCount && (taken & (1 << free)) !== 0) free++;
  if (free === registerCount) return false;
  first.dst = free;
  for (const ins of others) mapRegisters(ins, (old) => (old === register ? free : old));
  return true;
}

class MoveHoisting {
  private readonly func: MachineFunction;
  private readonly predecessors: readonly number[][];
  private readonly live: Int32Array;

  constructor(func: MachineFunction) {
    this.func = func;
    this.predecessors = predecessorsOf(func);
    this.live = liveRegistersAtStart(func);
  }

  run(): void {
    const { func } = this;
    const exits = [...func.eachBlock()].filter(({ instructions }) => isExit(instructions.at(-1)));
    for (const [position, id] of func.layout.entries()) {
      const block = func.block(id);
      const move = onlyMove(block);
      if (move === undefined) continue;
      const spares = isExit(block.instructions[1])
        ? exits.length > 1 && block.loopDepth === 0
        : this.sparesJump(position);
      const [above, ...others] = spares ? this.chainFor(block, move) : [];
      if (above === undefined) continue;
      above.instructions.splice(-1, 0, move);
      block.instructions.shift();
      // The emptied block has the register from its predecessors.
      for (const below of [...others, block]) {
        this.live[below.id] = (this.live[below.id] ?? 0) | (1 << move.dst);
      }
    }
  }

  /** Is there a jump less without the block: its own, or that of the block above, which can then fall through? */
  private sparesJump(position: number): boolean {
    const { func } = this;
    const target = func.block(func.layout[position] ?? 0).instructions.at(-1)?.target;
    if (func.layout[position + 1] !== target) return true;
    const before = func.layout[position - 1];
    const last = before === undefined ? undefined : func.block(before).instructions.at(-1);
    return isJump(last) && last?.target === target;
  }

  /** The predecessors, if the move can stand before the condition of the first one, where it frees the register. */
  private chainFor(block: MachineBlock, move: MachineIns): readonly MachineBlock[] {
    const chain = this.chainAbove(block, move);
    const [above] = chain;
    const branch = above?.instructions.at(-1);
    if (above === undefined || branch === undefined || block.loopDepth < above.loopDepth) return [];
    const bit = 1 << move.dst;
    let behind = (this.live[block.id] ?? 0) | bit;
    for (const { instructions } of chain) {
      const last = instructions.at(-1);
      const other = last?.target === block.id ? last.otherTarget : (last?.target ?? -1);
      const next = this.live[other] ?? 0;
      if (other < 0 || other === block.id || (next & bit) !== 0) return [];
      behind |= next;
    }
    if ((readRegisters(branch) & bit) === 0) return chain;
    const isUpdate = (readRegisters(move) & bit) !== 0;
    return !isUpdate && renameValue(above, move.dst, behind | this.func.reserved) ? chain : [];
  }

  /** The predecessors, if they are conditions of which each is the only way to the next, without use of the register between. */
  private chainAbove(block: MachineBlock, move: MachineIns): MachineBlock[] {
    const { func } = this;
    const from = new Set((this.predecessors[block.id] ?? []).map((id) => func.block(id)));
    if (from.size > 1 && readRegisters(move) !== 0) return [];
    const above = [...from].filter((predecessor) => {
      const before = this.parent(predecessor);
      return before === undefined || !from.has(before);
    });
    const [first, second] = above;
    const isChain = [...from].every(
      (predecessor) =>
        (predecessor.instructions.at(-1)?.otherTarget ?? -1) >= 0 &&
        (predecessor === first ||
          (predecessor.loopDepth === first?.loopDepth && !usesRegister(predecessor, move.dst))),
    );
    return first === undefined || second !== undefined || !isChain ? [] : [...new Set([first, ...from])];
  }

  /** The only predecessor. */
  private parent(block: MachineBlock): MachineBlock | undefined {
    const [only, second] = this.predecessors[block.id] ?? [];
    return only === undefined || second !== undefined ? undefined : this.func.block(only);
  }
}

function usesRegister({ instructions }: MachineBlock, register: Register): boolean {
  const bit = 1 << register;
  return instructions.some(
    (ins) => ins.asm !== undefined || ((readRegisters(ins) | writtenRegisters(ins)) & bit) !== 0,
  );
}

export function hoistMoves(func: MachineFunction): void {
  new MoveHoisting(func).run();
}
