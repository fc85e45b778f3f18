/**
 * Dead stores: a store to a stack object that is overwritten, or ends with the object, before anything reads it.
 *
 * Only objects that nothing but this function's own instructions can reach; a helper reads all that it gets, so
 * bytes it sees (padding included) stay written. Method: backward over blocks in postorder; what will be overwritten at a
 * block's end is what all successors overwrite first. Loops know nothing about their back edges.
 */

import type { AliasFacts } from '../ir/alias.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { bitsOf } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import type { PassContext } from './pass.ts';
import { discard, isOrdered, sweep } from './rewrite.ts';

/** Bytes of an object that will be overwritten before they are read. */
interface Range {
  readonly root: number;
  readonly start: bigint;
  readonly end: bigint;
}

type Dead = Map<string, Range>;

export function dse(func: Func, cx: PassContext): boolean {
  const privates = privateObjects(func, cx.analyses.alias);
  if (privates.length === 0) return false;
  return new DeadStores(func, cx, privates).run();
}

function privateObjects(func: Func, alias: AliasFacts): Ins[] {
  const found: Ins[] = [];
  for (const id of func.block(func.entry).instructions) {
    const ins = func.ins(id);
    if (ins.op === Op.alloca && !alias.isCaptured(id)) found.push(ins);
  }
  return found;
}

class DeadStores {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly alias: AliasFacts;
  private readonly whole: readonly Range[];
  private readonly atStart = new Map<BlockId, Dead>();

  constructor(func: Func, cx: PassContext, privates: readonly Ins[]) {
    this.func = func;
    this.cx = cx;
    this.alias = cx.analyses.alias;
    this.whole = privates.map((alloca) => ({ root: alloca.id, start: 0n, end: alloca.imm }));
  }

  run(): boolean {
    const { rpo } = this.cx.analyses.cfg;
    let changed = false;
    for (let i = rpo.length - 1; i >= 0; i--) {
      const block = rpo[i];
      if (block !== undefined && this.visitBlock(block)) changed = true;
    }
    if (changed) sweep(this.func);
    return changed;
  }

  private deadAtEnd(block: BlockId): Dead {
    const successors = this.cx.analyses.cfg.successors[block] ?? [];
    const dead: Dead = new Map();
    // The program, or the call, ends here and the frame with it.
    if (successors.length === 0) for (const range of this.whole) dead.set(keyOf(range), range);
    const [first, ...others] = successors.map((next) => this.atStart.get(next));
    for (const [key, range] of first ?? [])
      if (others.every((other) => other?.has(key))) dead.set(key, range);
    return dead;
  }

  private visitBlock(id: BlockId): boolean {
    const { func } = this;
    const dead = this.deadAtEnd(id);
    const { instructions } = func.block(id);
    let changed = false;
    for (let i = instructions.length - 1; i >= 0; i--) {
      const ins = func.ins(instructions[i] ?? asId<ValueId>(-1));
      const written = this.writtenBy(ins);
      if (written !== undefined && isCovered(dead, written)) {
        discard(func, ins);
        changed = true;
        continue;
      }
      if (written !== undefined) dead.set(keyOf(written), written);
      if (dead.size > 0) this.revive(ins, dead);
      if (ins.op === Op.lifetime_end || ins.op === Op.lifetime_start) this.endLifetime(ins, dead);
    }
    this.atStart.set(id, dead);
    return changed;
  }

  /** The bytes of a private object that `ins` overwrites for certain. */
  private writtenBy(ins: Ins): Range | undefined {
    if (isOrdered(ins)) return undefined;
    const [first, second, third] = ins.operands;
    switch (ins.op) {
      case Op.store:
        if (first === undefined || second === undefined) return undefined;
        return this.rangeAt(second, BigInt(bitsOf(this.func.ins(first).type) >>> 3));
      case Op.memset:
      case Op.memcpy:
      case Op.memmove:
        if (first === undefined || third === undefined) return undefined;
        return this.rangeAt(first, constantOf(this.func, third));
      default:
        return undefined;
    }
  }

  private rangeAt(pointer: ValueId, size: bigint | undefined): Range | undefined {
    const { kind, root, offset } = this.alias.baseOf(pointer);
    if (kind !== 'alloca' || offset === undefined || size === undefined) return undefined;
    if (this.alias.isCaptured(asId<ValueId>(root))) return undefined;
    return { root, start: offset, end: offset + size };
  }

  /** Before an object's life and after it nobody reads it. */
  private endLifetime(ins: Ins, dead: Dead): void {
    const [alloca] = ins.operands;
    const range = this.whole.find((row) => row.root === alloca);
    if (range !== undefined) dead.set(keyOf(range), range);
  }

  /** Takes out what `ins` may read. */
  private revive(ins: Ins, dead: Dead): void {
    const { memory } = opRow(ins.op);
    if (memory !== 'read' && memory !== 'read-write') return;
    for (const [key, { root }] of dead) {
      if (this.alias.mayRead(ins, asId<ValueId>(root), undefined)) dead.delete(key);
    }
  }
}

function keyOf(range: Range): string {
  return `${range.root}:${range.start}:${range.end}`;
}

function isCovered(dead: Dead, written: Range): boolean {
  for (const range of dead.values()) {
    if (range.root === written.root && range.start <= written.start && written.end <= range.end) return true;
  }
  return false;
}
