/**
 * What the passes that merge adjacent loads and stores share: addresses as a base and a constant offset, what may come between two
 * accesses, and instructions that are made now and placed later.
 */

import { constantOf, type Func, type Ins, type SymbolId, type ValueId } from '../ir/func.ts';
import { Op, opRow } from '../ir/ops.ts';
import { areDisjoint, isPlainBytes } from '../ir/provenance-kinds.ts';
import { bytesOf, integerType, isIntegerType, Type } from '../ir/types.ts';
import { asId } from '../support/ids.ts';
import { AccessWidths } from './access-width.ts';
import type { PassContext } from './pass.ts';
import { isOrdered } from './rewrite.ts';

/** Bytes that are read or written: from `offset` behind the pointer `base`. */
export interface Span {
  readonly base: ValueId;
  readonly offset: number;
  readonly bytes: number;
}

/** A plain load or store of an integer in memory that is bytes to the verifier. */
export interface Access extends Span {
  readonly ins: Ins;
  readonly pointer: ValueId;
  /** Place in its block. */
  readonly index: number;
}

const overlap = (a: Span, b: Span): boolean => a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;

export class AdjacentAccesses {
  private readonly func: Func;
  private readonly cx: PassContext;
  private readonly widths: AccessWidths;

  constructor(func: Func, cx: PassContext) {
    this.func = func;
    this.cx = cx;
    this.widths = new AccessWidths(func, cx);
  }

  /** The access that an instruction is, when others may be merged with it. */
  accessOf(ins: Ins, index: number): Access | undefined {
    const span = this.spanOf(ins);
    const pointer = pointerOf(ins);
    if (span === undefined || pointer === undefined || isOrdered(ins)) return undefined;
    const type = ins.op === Op.load ? ins.type : this.func.ins(ins.operands[0] ?? ins.id).type;
    if (!isIntegerType(type) || type === Type.i1) return undefined;
    return isPlainBytes(this.cx.analyses.provenance.of(pointer))
      ? { ...span, ins, pointer, index }
      : undefined;
  }

  /** The bytes of any load or store. */
  private spanOf(ins: Ins): Span | undefined {
    const pointer = pointerOf(ins);
    if (pointer === undefined) return undefined;
    const type = ins.op === Op.load ? ins.type : this.func.ins(ins.operands[0] ?? ins.id).type;
    return { ...this.addressOf(pointer), bytes: bytesOf(type) };
  }

  private addressOf(pointer: ValueId): { base: ValueId; offset: number } {
    let base = pointer;
    let offset = 0n;
    for (let ins = this.func.ins(base); ins.op === Op.ptradd; ins = this.func.ins(base)) {
      const [next, bytes] = ins.operands;
      const constant = bytes === undefined ? undefined : constantOf(this.func, bytes);
      if (next === undefined || constant === undefined) break;
      base = next;
      offset += BigInt.asIntN(64, constant);
    }
    const root = this.func.ins(base);
    if (root.op === Op.globaladdr && root.imm !== 0n) {
      base = this.func.globalAddress(asId<SymbolId>(root.aux));
      offset += root.imm;
    }
    return { base, offset: Number(offset) };
  }

  /** May `ins` write one of the bytes of `access`? Volatile and ordered accesses are in the way of everything. */
  mayWrite(ins: Ins, access: Access): boolean {
    const { memory } = opRow(ins.op);
    if (memory === 'none') return false;
    if (isOrdered(ins)) return true;
    if (memory === 'read' || this.isElsewhere(ins, access)) return false;
    return this.cx.analyses.alias.mayWrite(ins, access.pointer, BigInt(access.bytes));
  }

  /** May `ins` read or write one of the bytes of `access`? */
  mayTouch(ins: Ins, access: Access): boolean {
    if (opRow(ins.op).memory === 'none') return false;
    if (isOrdered(ins)) return true;
    if (this.isElsewhere(ins, access)) return false;
    const { alias } = this.cx.analyses;
    const size = BigInt(access.bytes);
    return alias.mayRead(ins, access.pointer, size) || alias.mayWrite(ins, access.pointer, size);
  }

  /** A plain load or store of other bytes for certain. */
  private isElsewhere(ins: Ins, access: Access): boolean {
    const pointer = pointerOf(ins);
    const span = this.spanOf(ins);
    if (span === undefined || pointer === undefined) return false;
    if (span.base === access.base) return !overlap(span, access);
    const { provenance } = this.cx.analyses;
    return areDisjoint(provenance.of(pointer), provenance.of(access.pointer));
  }

  /** Do the loads stand in one block, with nothing between them that writes what they read? */
  isUndisturbed(loads: readonly Access[]): boolean {
    const [first] = loads;
    if (first === undefined || loads.some(({ ins }) => ins.block !== first.ins.block)) return false;
    const indices = loads.map(({ index }) => index);
    const { instructions } = this.func.block(first.ins.block);
    const between = instructions.slice(Math.min(...indices), Math.max(...indices));
    return between.every((id) => {
      const ins = this.func.ins(id);
      return (ins.op === Op.load && !isOrdered(ins)) || loads.every((load) => !this.mayWrite(ins, load));
    });
  }

  /** May an access of `bytes` bytes start where this one does? */
  allows(first: Access, bytes: number): boolean {
    return this.widths.widthOf(first.pointer, first.ins.align) >= bytes;
  }
}

function pointerOf(ins: Ins): ValueId | undefined {
  if (ins.op === Op.load) return ins.operands[0];
  return ins.op === Op.store ? ins.operands[1] : undefined;
}

/** The integer type of so many bytes. */
export function typeOfBytes(bytes: number): Type {
  return integerType(bytes * 8) ?? Type.i64;
}

/** Instructions to be placed before others. */
export class Insertions {
  private readonly func: Func;
  private readonly before = new Map<ValueId, Ins[]>();

  constructor(func: Func) {
    this.func = func;
  }

  get isEmpty(): boolean {
    return this.before.size === 0;
  }

  /** A new instruction, which will stand before `place` and behind those made for it earlier. */
  make(place: Ins, op: Op, type: Type, operands: ValueId[]): Ins {
    const ins = this.func.create(op, type, operands, place.pos);
    const list = this.before.get(place.id);
    if (list === undefined) this.before.set(place.id, [ins]);
    else list.push(ins);
    return ins;
  }

  /** The pointer `offset` bytes behind another. */
  address(place: Ins, base: ValueId, offset: number): ValueId {
    if (offset === 0) return base;
    return this.make(place, Op.ptradd, Type.ptr, [base, this.func.constant(Type.i64, BigInt(offset))]).id;
  }

  /** Puts all in their places. */
  apply(): void {
    if (this.isEmpty) return;
    for (const block of this.func.eachBlock()) {
      if (!block.instructions.some((id) => this.before.has(id))) continue;
      const old = block.instructions;
      block.instructions = [];
      for (const id of old) {
        for (const ins of this.before.get(id) ?? []) this.func.append(block.id, ins);
        block.instructions.push(id);
      }
    }
  }
}
