/**
 * Accesses go by the pointer that was compared: after `end = p + 14; if end > data_end` what lies at `p + 12` is at `end - 2`.
 * Then `p` is not needed any more, the addition happens in its register, and a packet check is an addition and a
 * branch. The next check goes on from there.
 *
 *     r2 = r1                        r1 += 14
 *     r2 += 14                 ->    if r1 > r3 goto L
 *     if r2 > r3 goto L              w4 = *(u16 *)(r1 - 2)
 *     w4 = *(u16 *)(r1 + 12)
 *
 * The verifier counts an access from where the pointer began, and a comparison bounds all that began there. Only
 * for sums that are compared with another register, which no pointer to the context is: the verifier wants that one as it was.
 *
 * Needs three-address form. Both registers have one definition; every later use of the pointer must be dominated by
 * the sum and be an access or another sum, or nothing would be saved.
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
  type MachineFunction,
  type MachineIns,
  Pseudo,
  type Register,
  rowOf,
  successorsOf,
} from './machine.ts';

interface Place {
  readonly ins: MachineIns;
  readonly block: number;
  readonly index: number;
}

const fitsOffset = (off: number): boolean => off >= -0x8000 && off <= 0x7fff;

class Rebasing {
  private readonly func: MachineFunction;
  private readonly dominators: Dominators;
  /** By register; undefined for one that is defined twice. */
  private readonly definitions = new Map<Register, Place | undefined>();
  private readonly uses = new Map<Register, Place[]>();

  constructor(func: MachineFunction) {
    this.func = func;
    const next = func.blocks.map((block) => successorsOf(block).map((id) => asId<BlockId>(id)));
    this.dominators = new Dominators(graphOf(asId<BlockId>(func.layout[0] ?? 0), next));
    for (const block of func.eachBlock()) {
      block.instructions.forEach((ins, index) => {
        const place = { ins, block: block.id, index };
        forEachDefinition(ins, (register) => {
          this.definitions.set(register, this.definitions.has(register) ? undefined : place);
        });
        forEachUse(ins, (register) => this.addUse(register, place));
      });
    }
  }

  private addUse(register: Register, place: Place): void {
    const list = this.uses.get(register);
    if (list === undefined) this.uses.set(register, [place]);
    else list.push(place);
  }

  run(): void {
    // Dominators come first, so that each sum is taken from the one before.
    for (const block of this.dominators.preorder()) {
      for (const ins of this.func.block(block).instructions) {
        if (this.isComparedSum(ins)) this.rebase(ins);
      }
    }
  }

  /** `dst = left + constant`, where some comparison asks for `dst`. */
  private isComparedSum(ins: MachineIns): boolean {
    if (ins.opcode !== Kind.add64_imm || ins.core >= 0 || !isVirtual(ins.left)) return false;
    if (ins.left === ins.dst || ins.imm <= 0) return false;
    return (this.uses.get(ins.dst) ?? []).some(
      ({ ins: user }) => user.otherTarget >= 0 && rowOf(user.opcode)?.src === 'read',
    );
  }

  private rebase(sum: MachineIns): void {
    const pointer = sum.left;
    const at = this.definitions.get(sum.dst);
    const origin = this.definitions.get(pointer);
    if (at === undefined || origin === undefined) return;
    const later = this.laterUses(pointer, origin, at);
    if (later === undefined || later.length === 0) return;
    if (!later.every(({ ins }) => this.isMovable(ins, pointer, sum.imm))) return;
    for (const place of later) {
      this.move(place.ins, pointer, sum);
      this.addUse(sum.dst, place);
    }
    const gone = new Set(later);
    this.uses.set(
      pointer,
      (this.uses.get(pointer) ?? []).filter((place) => !gone.has(place)),
    );
  }

  /** The uses that the sum dominates; undefined when control can get from the sum to another one. */
  private laterUses(pointer: Register, origin: Place, sum: Place): Place[] | undefined {
    const reached = this.reachedFrom(sum.block, origin.block);
    if (reached.has(sum.block)) return undefined;
    const later: Place[] = [];
    for (const place of this.uses.get(pointer) ?? []) {
      if (place.ins === sum.ins) continue;
      const isSame = place.block === sum.block;
      const isBehind = isSame
        ? place.index > sum.index
        : this.dominators.dominates(asId<BlockId>(sum.block), asId<BlockId>(place.block));
      if (isBehind) later.push(place);
      else if (!isSame && reached.has(place.block)) return undefined;
    }
    return later;
  }

  /** The blocks that control gets to from the end of a block without passing the one where the pointer is made. */
  private reachedFrom(block: number, origin: number): Set<number> {
    const seen = new Set<number>();
    const work = successorsOf(this.func.block(block));
    for (let at = work.pop(); at !== undefined; at = work.pop()) {
      if (seen.has(at) || at === origin) continue;
      seen.add(at);
      work.push(...successorsOf(this.func.block(at)));
    }
    return seen;
  }

  private isMovable(ins: MachineIns, pointer: Register, bytes: number): boolean {
    if (ins.core >= 0 || ins.asm !== undefined) return false;
    if (ins.opcode === Kind.add64_imm) {
      return ins.left === pointer && ins.dst !== pointer && ins.imm - bytes >= -0x8000_0000;
    }
    const row = rowOf(ins.opcode);
    if (row === undefined || row.off !== 'memory' || !fitsOffset(ins.off - bytes)) return false;
    const isLoad = row.form === 'load';
    return isLoad ? ins.src === pointer : ins.dst === pointer && ins.src !== pointer;
  }

  private move(ins: MachineIns, pointer: Register, sum: MachineIns): void {
    if (ins.opcode === Kind.add64_imm) {
      ins.imm -= sum.imm;
      ins.left = sum.dst;
      if (ins.imm !== 0) return;
      ins.opcode = Pseudo.copy;
      ins.src = ins.left;
      ins.left = -1;
      return;
    }
    ins.off -= sum.imm;
    if (ins.src === pointer) ins.src = sum.dst;
    else ins.dst = sum.dst;
  }
}

export function rebasePointers(func: MachineFunction): void {
  const hasSums = [...func.eachBlock()].some(({ instructions }) =>
    instructions.some((ins) => ins.opcode === Kind.add64_imm && ins.left >= 0),
  );
  if (hasSums) new Rebasing(func).run();
}
