/**
 * Value numbering: what was computed, or loaded and not changed since, is not computed or loaded again.
 *
 * Method: a hash table of pure operations with the scopes of the dominator tree (Briggs, Cooper, Simpson, "Value
 * Numbering", 1997, section 4.2). Known contents of memory go along with control from a block to its successors; where ways
 * meet, what all of them know stays, and a loop begins with nothing. Each write forgets what it may change. Stores forward to loads of the same type, and
 * constants also to loads of their bytes; a constant that is stored into a known one makes a new known one.
 * Addresses are taken as object and offset where these are known, so that two ways to one field are one.
 */

import type { AliasFacts } from '../ir/alias.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { bitsOf, isIntegerType, Type } from '../ir/types.ts';
import type { PassContext } from './pass.ts';
import { discard, isOrdered, Replacements, sweepBlock } from './rewrite.ts';

/** Contents known at once; the oldest go first. */
const maxKnown = 64;

interface Known {
  readonly pointer: ValueId;
  readonly size: bigint;
  readonly value: ValueId;
}

type Contents = Map<string, Known>;

/** A known constant that has some bytes inside, `shift` bits above its lowest. */
interface Covering {
  readonly known: Known;
  readonly constant: bigint;
  readonly shift: bigint;
}

/** Contents of memory that are known where a block begins: each block has a list of its own. */
const maxContents = 2048;

export function gvn(func: Func, cx: PassContext): boolean {
  return new Numbering(func, cx).run();
}

class Numbering {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly alias: AliasFacts;
  private readonly replacements = new Replacements();
  private readonly table = new Map<string, ValueId>();
  /** Keys that each open scope has added. */
  private readonly scopes: string[][] = [];
  /** Contents at the end of blocks that hand them on, and to how many blocks yet. */
  private readonly atEnd = new Map<BlockId, { readonly contents: Contents; waiting: number }>();
  private readonly visited = new Set<BlockId>();

  constructor(func: Func, cx: PassContext) {
    this.func = func;
    this.cx = cx;
    this.alias = cx.analyses.alias;
  }

  run(): boolean {
    const { dominators } = this.cx.analyses;
    const stack: { block: BlockId; child: number }[] = [];
    const enter = (block: BlockId): void => {
      stack.push({ block, child: 0 });
      this.scopes.push([]);
      this.visitBlock(block);
    };
    enter(this.func.entry);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const child = dominators.children[top.block]?.[top.child++];
      if (child !== undefined) {
        enter(child);
        continue;
      }
      stack.pop();
      for (const key of this.scopes.pop() ?? []) this.table.delete(key);
    }
    if (this.replacements.isEmpty) return false;
    this.replacements.apply(this.func);
    return true;
  }

  private contentsAtStart(block: BlockId): Contents {
    const [first, ...others] = (this.cx.analyses.cfg.predecessors[block] ?? []).map((one) =>
      this.takeContents(one),
    );
    const contents: Contents = new Map(first);
    // The latest are asked for most.
    let surplus = contents.size - maxContents;
    for (const key of contents.keys()) {
      if (surplus-- <= 0) break;
      contents.delete(key);
    }
    for (const other of others) {
      for (const [key, { value }] of contents) if (other?.get(key)?.value !== value) contents.delete(key);
    }
    return contents;
  }

  private takeContents(from: BlockId): Contents | undefined {
    const row = this.atEnd.get(from);
    if (row !== undefined && --row.waiting === 0) this.atEnd.delete(from);
    return row?.contents;
  }

  private keepContents(block: BlockId, contents: Contents): void {
    const next = (this.cx.analyses.cfg.successors[block] ?? []).filter((one) => !this.visited.has(one));
    if (next.length > 0) this.atEnd.set(block, { contents, waiting: next.length });
  }

  private visitBlock(id: BlockId): void {
    const { func } = this;
    const block = func.block(id);
    this.visited.add(id);
    const contents = this.contentsAtStart(id);
    let changed = false;
    for (const value of block.instructions) {
      const ins = func.ins(value);
      this.replacements.applyTo(ins);
      const known = this.valueOf(ins, contents);
      if (known === undefined) continue;
      this.replacements.set(ins.id, known);
      discard(func, ins);
      changed = true;
    }
    if (changed) sweepBlock(func, block);
    this.keepContents(id, contents);
  }

  /** The value that is known for `ins`; undefined when it is new, which is noted. */
  private valueOf(ins: Ins, contents: Contents): ValueId | undefined {
    if (isPure(ins)) {
      const key = keyOf(ins);
      const known = this.table.get(key);
      if (known !== undefined) return known;
      this.table.set(key, ins.id);
      this.scopes.at(-1)?.push(key);
      return undefined;
    }
    if (ins.op === Op.load && !isOrdered(ins)) return this.loadedValue(ins, contents);
    const [value, pointer] = ins.operands;
    if (ins.op !== Op.store || isOrdered(ins) || value === undefined || pointer === undefined) {
      this.forget(ins, contents);
      return undefined;
    }
    const changed = this.changedConstants(value, pointer, contents);
    this.forget(ins, contents);
    for (const known of changed) this.learn(contents, known.pointer, known.value);
    this.learn(contents, pointer, value);
    return undefined;
  }

  private loadedValue(ins: Ins, contents: Contents): ValueId | undefined {
    const [pointer] = ins.operands;
    if (pointer === undefined) return undefined;
    const known = contents.get(this.placeKey(pointer, ins.type));
    if (known !== undefined) return known.value;
    const part = this.partsOfConstants(ins, pointer, contents);
    if (part !== undefined) return part;
    this.learn(contents, pointer, ins.id);
    return undefined;
  }

  /** Constants that cover `size` bytes, `skipped` behind `pointer`, with the bits above or below them by byte order. */
  private *coveringConstants(
    pointer: ValueId,
    skipped: bigint,
    size: bigint,
    contents: Contents,
  ): Generator<Covering> {
    const { func, alias } = this;
    const place = alias.baseOf(pointer);
    if (place.offset === undefined) return;
    const start = place.offset + skipped;
    for (const known of contents.values()) {
      const constant = constantOf(func, known.value);
      if (constant === undefined || known.size < size || func.ins(known.value).type === Type.ptr) continue;
      const { kind, root, offset } = alias.baseOf(known.pointer);
      if (kind !== place.kind || root !== place.root || offset === undefined) continue;
      const distance = start - offset;
      if (distance < 0n || distance + size > known.size) continue;
      const below = this.cx.options.littleEndian ? distance : known.size - size - distance;
      yield { known, constant, shift: below * 8n };
    }
  }

  /** The value of a load of which every byte is part of a known constant. */
  private partsOfConstants(ins: Ins, pointer: ValueId, contents: Contents): ValueId | undefined {
    if (!isIntegerType(ins.type) || contents.size === 0) return undefined;
    const bytes = bitsOf(ins.type) >>> 3;
    let value = 0n;
    for (let i = 0; i < bytes; i++) {
      const [found] = this.coveringConstants(pointer, BigInt(i), 1n, contents);
      if (found === undefined) return undefined;
      const place = this.cx.options.littleEndian ? i : bytes - 1 - i;
      value |= ((found.constant >> found.shift) & 255n) << BigInt(place * 8);
    }
    return this.func.constant(ins.type, value);
  }

  /** What known constants are when a constant is stored inside of them. */
  private changedConstants(value: ValueId, pointer: ValueId, contents: Contents): Known[] {
    const { func } = this;
    const stored = constantOf(func, value);
    const { type } = func.ins(value);
    if (stored === undefined || !isIntegerType(type)) return [];
    const bits = bitsOf(type);
    const mask = (1n << BigInt(bits)) - 1n;
    const changed: Known[] = [];
    for (const { known, constant, shift } of this.coveringConstants(
      pointer,
      0n,
      BigInt(bits >>> 3),
      contents,
    )) {
      const merged = (constant & ~(mask << shift)) | (stored << shift);
      changed.push({ ...known, value: func.constant(func.ins(known.value).type, merged) });
    }
    return changed;
  }

  private learn(contents: Contents, pointer: ValueId, value: ValueId): void {
    const { type } = this.func.ins(value);
    const key = this.placeKey(pointer, type);
    contents.delete(key);
    contents.set(key, { pointer, size: BigInt(bitsOf(type) >>> 3), value });
    if (contents.size > maxKnown)
      for (const oldest of contents.keys()) {
        contents.delete(oldest);
        break;
      }
  }

  private placeKey(pointer: ValueId, type: number): string {
    const { kind, root, offset } = this.alias.baseOf(pointer);
    return offset === undefined ? `${pointer}:${type}` : `${kind}${root}+${offset}:${type}`;
  }

  private forget(ins: Ins, contents: Contents): void {
    const { memory } = opRow(ins.op);
    // An ordered load or a fence also ends what is known about memory that others see.
    const isBarrier = memory === 'read' && isOrdered(ins) && !ins.isVolatile;
    if (memory !== 'write' && memory !== 'read-write' && !isBarrier) return;
    // Nothing is written: what an object holds at its start, or after its end, nobody can tell.
    if (ins.op === Op.lifetime_start || ins.op === Op.lifetime_end) return;
    for (const [key, { pointer, size }] of contents) {
      const isGone = isBarrier ? !this.alias.isPrivate(pointer) : this.alias.mayWrite(ins, pointer, size);
      if (isGone) contents.delete(key);
    }
  }
}

/** Operations whose value depends on their operands alone. */
function isPure(ins: Ins): boolean {
  const row = opRow(ins.op);
  if (row.memory !== 'none' || row.effect || !row.placed) return false;
  return ins.op !== Op.phi && ins.op !== Op.alloca && ins.op !== Op.asm_output;
}

function keyOf(ins: Ins): string {
  const { operands } = ins;
  const [a, b] = operands;
  const isSwapped = opRow(ins.op).commutative && a !== undefined && b !== undefined && a > b;
  const list = isSwapped ? `${b},${a}` : operands.join(',');
  return `${ins.op}:${ins.type}:${ins.aux}:${ins.imm}:${list}`;
}
