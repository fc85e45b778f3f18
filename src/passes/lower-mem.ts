/**
 * Turns memcpy, memmove, memset and memcmp into loads and stores: BPF has no library to call.
 *
 * A constant size becomes pieces as wide as provenance and alignment allow, in order; more than `maxPieces` of them become a
 * loop, unless an end is on the stack, where offsets must be constant. memmove loads all before it stores, unless the
 * ends are different objects. memcmp has no branch: differences are gathered by xor and or when only equality is
 * asked for, else the last difference wins in a chain of selects from the end. A size that varies needs a known
 * maximum, for a loop that the verifier can follow; without one the user is told.
 */

import type { AliasFacts } from '../ir/alias.ts';
import { Builder } from '../ir/builder.ts';
import { renamePhiSource } from '../ir/cfg.ts';
import { type Block, type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import { Op, opRow, Predicate } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import type { Uses } from '../ir/uses.ts';
import {
  AccessWidths,
  alignAtPlacement,
  overlappingPieces,
  type Piece,
  type Placement,
  piecesOf,
} from './access-width.ts';
import type { PassContext } from './pass.ts';
import { upperBound } from './ranges.ts';
import { Replacements } from './rewrite.ts';

/** More loads and stores than this become a loop. */
const maxPieces = 128;
/** On the stack there is no loop; 4096 bytes are more than a stack has. */
const maxStackPieces = 4096;
/** Loops whose count has a larger maximum are not ours to write. */
const maxLoopBound = 65_536n;

const memoryOps: ReadonlySet<Op> = new Set([Op.memcpy, Op.memmove, Op.memset, Op.memcmp]);

export function lowerMem(func: Func, cx: PassContext): boolean {
  const blocks = func.layout.filter((id) =>
    func.block(id).instructions.some((value) => memoryOps.has(func.ins(value).op)),
  );
  if (blocks.length === 0) return false;
  return new MemoryLowering(func, cx).run(new Set(blocks));
}

/** An end of a block operation: where it is and what is known of the address. */
interface End {
  readonly pointer: ValueId;
  readonly placement: Placement;
}

class MemoryLowering {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly builder: Builder;
  private readonly alias: AliasFacts;
  private readonly uses: Uses;
  private readonly widths: AccessWidths;
  private readonly replacements = new Replacements();
  private layout: BlockId[] = [];

  constructor(func: Func, cx: PassContext) {
    this.func = func;
    this.cx = cx;
    this.builder = new Builder(func);
    this.alias = cx.analyses.alias;
    this.uses = cx.analyses.uses;
    this.widths = new AccessWidths(func, cx);
  }

  run(blocks: ReadonlySet<BlockId>): boolean {
    const { func } = this;
    for (const id of [...func.layout]) {
      this.layout.push(id);
      if (blocks.has(id)) this.lowerBlock(func.block(id));
    }
    func.layout = this.layout;
    this.replacements.apply(func);
    return true;
  }

  private lowerBlock(block: Block): void {
    const { func, builder } = this;
    const old = block.instructions;
    const terminator = func.terminator(block.id);
    builder.block = block.id;
    // A loop cuts the block in two, but allocas stay in the entry.
    block.instructions = old.filter((id) => func.ins(id).op === Op.alloca);
    for (const id of old) {
      const ins = func.ins(id);
      if (ins.op === Op.alloca) continue;
      builder.pos = ins.pos;
      if (memoryOps.has(ins.op)) this.lower(ins);
      else builder.place(ins);
    }
    if (builder.block === block.id) return;
    for (const next of new Set(terminator.targets)) renamePhiSource(func, next, block.id, builder.block);
  }

  private lower(ins: Ins): void {
    const [, , size] = ins.operands;
    if (size === undefined) return;
    const constant = constantOf(this.func, size);
    if (constant === undefined) this.lowerVariable(ins, size);
    else this.lowerConstant(ins, constant);
    this.func.values[ins.id] = undefined;
  }

  private lowerConstant(ins: Ins, size: bigint): void {
    const [first, second] = this.endsOf(ins);
    if (first === undefined) return;
    const ends = second === undefined ? [first] : [first, second];
    const limit = this.isOnStack(ins) ? maxStackPieces : maxPieces;
    const placements = ends.map(({ placement }) => placement);
    const width = Math.max(...piecesOf(Math.min(8, Number(size)), placements).map(({ bytes }) => bytes), 1);
    if (size > BigInt(limit * width)) {
      this.lowerLong(ins, size, width);
      return;
    }
    const pieces = (ins.isVolatile ? piecesOf : overlappingPieces)(Number(size), placements);
    if (ins.op === Op.memset) this.set(first, ins.operands[1] ?? first.pointer, pieces, ins.isVolatile);
    else if (second === undefined) return;
    else if (ins.op === Op.memcmp) this.replacements.set(ins.id, this.compare(ins, first, second, pieces));
    else this.copy(ins, first, second, pieces);
  }

  /** The ends of a block operation; memset has one. */
  private endsOf(ins: Ins): End[] {
    const pointers = ins.op === Op.memset ? ins.operands.slice(0, 1) : ins.operands.slice(0, 2);
    return pointers.map((pointer, index) => {
      const placement = this.widths.placementOf(pointer, ins.align);
      return {
        pointer,
        placement: index === 1 && this.folds(ins, pointer) ? { ...placement, isFree: true } : placement,
      };
    });
  }

  /** A copy of a constant: its loads will be constants themselves. */
  private folds(ins: Ins, source: ValueId): boolean {
    const { kind, root, offset } = this.alias.baseOf(source);
    const symbol = kind === 'global' && offset !== undefined ? this.cx.module.symbols[root] : undefined;
    if (symbol?.data === undefined || ins.op !== Op.memcpy || ins.isVolatile) return false;
    return symbol.isConstant && symbol.linkage !== 'weak' && symbol.data.relocations.length === 0;
  }

  private isOnStack(ins: Ins): boolean {
    const ends = ins.op === Op.memset ? ins.operands.slice(0, 1) : ins.operands.slice(0, 2);
    return ends.some((pointer) => this.alias.baseOf(pointer).kind === 'alloca');
  }

  private address(pointer: ValueId, offset: number): ValueId {
    return offset === 0 ? pointer : this.builder.ptradd(pointer, this.builder.i64(offset));
  }

  private load({ pointer, placement }: End, { type, offset, bytes }: Piece, isVolatile = false): ValueId {
    const align = Math.min(bytes, alignAtPlacement(placement, offset));
    return this.builder.load(type, this.address(pointer, offset), { align, isVolatile });
  }

  private store(
    value: ValueId,
    { pointer, placement }: End,
    { offset, bytes }: Piece,
    isVolatile: boolean,
  ): void {
    const align = Math.min(bytes, alignAtPlacement(placement, offset));
    this.builder.store(value, this.address(pointer, offset), { align, isVolatile });
  }

  private copy(ins: Ins, destination: End, source: End, pieces: readonly Piece[]): void {
    const { isVolatile } = ins;
    const overlaps =
      ins.op === Op.memmove && this.alias.mayAlias(destination.pointer, undefined, source.pointer, undefined);
    if (!overlaps) {
      for (const piece of pieces)
        this.store(this.load(source, piece, isVolatile), destination, piece, isVolatile);
      return;
    }
    const values = pieces.map((piece) => this.load(source, piece, isVolatile));
    pieces.forEach((piece, i) => {
      const value = values[i];
      if (value !== undefined) this.store(value, destination, piece, isVolatile);
    });
  }

  private set(destination: End, byte: ValueId, pieces: readonly Piece[], isVolatile: boolean): void {
    const splats = new Map<Type, ValueId>();
    for (const piece of pieces) {
      let value = splats.get(piece.type);
      if (value === undefined) {
        value = this.splat(byte, piece.type);
        splats.set(piece.type, value);
      }
      this.store(value, destination, piece, isVolatile);
    }
  }

  /** A byte repeated over a type. */
  private splat(byte: ValueId, type: Type): ValueId {
    const { func, builder } = this;
    const constant = constantOf(func, byte);
    const ones = 0x0101_0101_0101_0101n;
    if (constant !== undefined) return func.constant(type, constant * ones);
    if (type === Type.i8) return byte;
    const wide = type === Type.i64 ? Type.i64 : Type.i32;
    const value = builder.mul(builder.zext(wide, byte), func.constant(wide, ones));
    return builder.resize(type, value, false);
  }

  private compare(ins: Ins, left: End, right: End, pieces: readonly Piece[]): ValueId {
    return this.asksForEquality(ins) ? this.difference(left, right, pieces) : this.order(left, right, pieces);
  }

  private asksForEquality(ins: Ins): boolean {
    return this.uses.of(ins.id).every((user) => {
      const constant = user.operands[1] === undefined ? undefined : constantOf(this.func, user.operands[1]);
      return (
        user.op === Op.icmp && user.aux <= Predicate.ne && user.operands[0] === ins.id && constant === 0n
      );
    });
  }

  private loadPair(left: End, right: End, piece: Piece): [ValueId, ValueId] {
    return [this.load(left, piece), this.load(right, piece)];
  }

  /** Not zero when any byte differs. */
  private difference(left: End, right: End, pieces: readonly Piece[]): ValueId {
    const { builder } = this;
    let all: ValueId | undefined;
    for (const piece of pieces) {
      const [a, b] = this.loadPair(left, right, piece);
      const different = builder.resize(Type.i64, builder.xor(a, b), false);
      all = all === undefined ? different : builder.or(all, different);
    }
    if (all === undefined) return builder.i32(0);
    return builder.zext(Type.i32, builder.icmp(Predicate.ne, all, builder.i64(0)));
  }

  /** -1, 0 or 1: pieces read in big-endian order compare as their bytes do. */
  private order(left: End, right: End, pieces: readonly Piece[]): ValueId {
    const { builder } = this;
    let result = builder.i32(0);
    for (const piece of [...pieces].reverse()) {
      const [a, b] = this.loadPair(left, right, piece).map((value) =>
        piece.bytes > 1 && this.cx.options.littleEndian ? builder.bswap(value) : value,
      );
      if (a === undefined || b === undefined) continue;
      const sign = builder.select(builder.icmp(Predicate.ult, a, b), builder.i32(-1), builder.i32(1));
      result = builder.select(builder.icmp(Predicate.eq, a, b), result, sign);
    }
    return result;
  }

  /** A constant size with too many pieces: a loop over words that divide it. */
  private lowerLong(ins: Ins, size: bigint, widest: number): void {
    const width = Math.min(widest, Number(size & -size & 15n) || 8);
    if (size > maxLoopBound * BigInt(width) || !this.loopIsRight(ins)) this.reportSize(ins);
    else this.loop(ins, this.builder.i64(size), width);
  }

  /** A loop that copies forward is no memmove when the destination may lie behind the start of the source. */
  private loopIsRight(ins: Ins): boolean {
    const [destination, source] = ins.operands;
    if (ins.op !== Op.memmove || destination === undefined || source === undefined) return true;
    if (!this.alias.mayAlias(destination, undefined, source, undefined)) return true;
    const to = this.alias.baseOf(destination);
    const from = this.alias.baseOf(source);
    if (to.root !== from.root || to.offset === undefined || from.offset === undefined) return false;
    return to.offset <= from.offset;
  }

  private lowerVariable(ins: Ins, size: ValueId): void {
    if (upperBound(this.func, size) > maxLoopBound || !this.loopIsRight(ins)) this.reportSize(ins);
    else this.loop(ins, size, 1);
  }

  private reportSize(ins: Ins): void {
    this.cx.report('memory-size-unknown', ins.pos, [opRow(ins.op).name]);
    if (ins.op === Op.memcmp) this.replacements.set(ins.id, this.builder.i32(0));
  }

  /** `for (i = 0; i < size; i += width) body(i)`; a loop of memcmp leaves at the first difference. */
  private loop(ins: Ins, size: ValueId, width: number): void {
    const { func, builder } = this;
    const before = builder.block;
    const [head, body, next] = [this.addBlock(), this.addBlock(), this.addBlock()];
    builder.br(head);
    builder.block = head;
    const counter = builder.phi(Type.i64);
    builder.condbr(builder.icmp(Predicate.ult, counter.id, size), body, next);
    builder.block = body;
    const sign = this.loopBody(ins, counter.id, width);
    const step = builder.add(counter.id, builder.i64(width));
    counter.operands = [builder.i64(0), step];
    counter.targets = [before, body];
    if (sign === undefined) builder.br(head);
    else builder.condbr(builder.icmp(Predicate.eq, sign, builder.i32(0)), head, next);
    builder.block = next;
    if (sign === undefined) return;
    const result = func.create(Op.phi, Type.i32, [builder.i32(0), sign], ins.pos);
    result.targets = [head, body];
    builder.place(result);
    this.replacements.set(ins.id, result.id);
  }

  private addBlock(): BlockId {
    const { id } = this.func.addBlock();
    this.layout.push(id);
    return id;
  }

  /** One step; for memcmp the sign of its bytes' difference. */
  private loopBody(ins: Ins, counter: ValueId, width: number): ValueId | undefined {
    const { builder } = this;
    // The counter is a multiple of the width.
    const [first, second] = this.endsOf(ins).map(({ pointer, placement }): End => {
      const align = Math.min(width, alignAtPlacement(placement, 0));
      const { isFree } = placement;
      return { pointer: builder.ptradd(pointer, counter), placement: { modulus: align, residue: 0, isFree } };
    });
    if (first === undefined) return undefined;
    const [piece] = piecesOf(width, [{ modulus: width, residue: 0, isFree: false }]);
    if (piece === undefined) return undefined;
    if (ins.op === Op.memset) {
      this.set(first, ins.operands[1] ?? first.pointer, [piece], ins.isVolatile);
      return undefined;
    }
    if (second === undefined) return undefined;
    if (ins.op === Op.memcmp) return this.order(first, second, [piece]);
    this.copy(ins, first, second, [piece]);
    return undefined;
  }
}
