/**
 * Holes of local structs that a helper reads and nothing has written: keys that never compare equal, values that leak the
 * stack, and on kernels before 6.3 (or without CAP_PERFMON) a refusal: "invalid read from stack".
 *
 * IR with calls inlined -> uses of stack objects as keys, values or memory to read. Order of execution does not count: a
 * byte that is written anywhere in the function is written. An object whose address goes elsewhere is left alone.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import type { Func, Ins, ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import type { TargetFacts } from '../ir/target-facts.ts';
import { bitsOf } from '../ir/types.ts';
import { Uses } from '../ir/uses.ts';
import type { LocalInfo } from '../ir/value-names.ts';
import { argumentMeaning, type Helper, helperById } from '../isa/helpers.ts';
import { asId } from '../support/ids.ts';
import { type CType, canonical, sizeOf } from '../types/types.ts';

/** Bytes that a helper reads of an object although nothing writes them: 1 by byte. */
export interface UnwrittenObject {
  readonly local: LocalInfo;
  readonly helper: Helper;
  readonly call: Pos;
  readonly unwritten: Uint8Array;
}

/** Larger objects are not looked at: they fit on no stack. */
const maxObject = 512;

class ObjectWrites {
  readonly written: Uint8Array;
  isKnown = true;
  readonly reads: { readonly call: Ins; readonly helper: Helper; readonly size: number }[] = [];
  private readonly func: Func;
  private readonly facts: TargetFacts;
  private readonly uses: Uses;

  constructor(func: Func, facts: TargetFacts, uses: Uses, object: Ins) {
    this.func = func;
    this.facts = facts;
    this.uses = uses;
    this.written = new Uint8Array(Number(object.imm));
    this.follow(object.id, 0);
  }

  private follow(address: ValueId, offset: number): void {
    const waiting: [ValueId, number][] = [[address, offset]];
    for (let at = waiting.pop(); at !== undefined && this.isKnown; at = waiting.pop()) {
      for (const user of this.uses.of(at[0])) {
        if (user.op === Op.ptradd && user.operands[0] === at[0]) {
          const bytes = this.constant(user.operands[1]);
          if (bytes === undefined) this.isKnown = false;
          else waiting.push([user.id, at[1] + bytes]);
        } else this.use(user, at[0], at[1]);
      }
    }
  }

  private constant(value: ValueId | undefined): number | undefined {
    const ins = value === undefined ? undefined : this.func.ins(value);
    return ins?.op === Op.const ? Number(BigInt.asIntN(bitsOf(ins.type), ins.imm)) : undefined;
  }

  private mark(offset: number, size: number | undefined): void {
    if (size === undefined) this.isKnown = false;
    else this.written.fill(1, Math.max(0, offset), Math.max(0, offset + size));
  }

  private use(user: Ins, address: ValueId, offset: number): void {
    const [first, second, third] = user.operands;
    switch (user.op) {
      case Op.load:
      case Op.lifetime_start:
      case Op.lifetime_end:
      case Op.memcmp:
        return;
      case Op.store:
        if (first === address || first === undefined) this.isKnown = false;
        else this.mark(offset, bitsOf(this.func.ins(first).type) / 8);
        return;
      case Op.memset:
        this.mark(offset, this.constant(third));
        return;
      case Op.memcpy:
      case Op.memmove:
        if (first === address) this.mark(offset, this.constant(third));
        if (second === address && first === address) this.isKnown = false;
        return;
      case Op.call_helper:
        this.helperCall(user, address, offset);
        return;
      default:
        this.isKnown = false;
    }
  }

  private helperCall(call: Ins, address: ValueId, offset: number): void {
    const helper = helperById(Number(BigInt.asIntN(32, call.imm)));
    call.operands.forEach((operand, index) => {
      if (operand !== address) return;
      const parameter = helper?.parameters[index];
      const meaning = parameter === undefined ? undefined : argumentMeaning(parameter);
      if (helper === undefined || meaning === undefined || !meaning.pointer) this.isKnown = false;
      else if (meaning.access !== 'read') this.isKnown = false;
      else if (offset === 0) {
        const size = this.readSize(call, helper, meaning.size, index);
        if (size !== undefined) this.reads.push({ call, helper, size });
      }
    });
  }

  private readSize(call: Ins, helper: Helper, size: string | number, index: number): number | undefined {
    if (typeof size === 'number') return size;
    if (size === 'next-argument') return this.constant(call.operands[index + 1]);
    const mapOperand = call.operands[helper.parameters.findIndex(({ kind }) => kind === 'map')];
    const map = mapOperand === undefined ? undefined : this.func.ins(mapOperand);
    const facts = map?.op === Op.globaladdr ? this.facts.map(asId(map.aux)) : undefined;
    if (size === 'map-key') return facts?.keySize;
    return size === 'map-value' ? facts?.valueSize : undefined;
  }
}

function objectsOf(func: Func, facts: TargetFacts): UnwrittenObject[] {
  const found: UnwrittenObject[] = [];
  let uses: Uses | undefined;
  for (const id of func.block(func.entry).instructions) {
    const object = func.ins(id);
    const local = object.op === Op.alloca ? func.locals[object.aux] : undefined;
    if (local === undefined || object.imm > maxObject) continue;
    uses ??= new Uses(func);
    const { written, isKnown, reads } = new ObjectWrites(func, facts, uses, object);
    const [read] = reads;
    if (!isKnown || read === undefined || !written.includes(1)) continue;
    const size = Math.min(written.length, Math.max(...reads.map((one) => one.size)));
    const unwritten = written.map((bit, index) => (bit === 0 && index < size ? 1 : 0));
    if (unwritten.includes(1)) found.push({ local, helper: read.helper, call: read.call.pos, unwritten });
  }
  return found;
}

export function findUnwrittenObjects(module: Module, facts: TargetFacts): UnwrittenObject[] {
  return [...module.functions()].flatMap((func) => objectsOf(func, facts));
}

/** Bytes of a type that hold members: 1 by byte. */
function memberBytes(type: CType): Uint8Array | undefined {
  const size = sizeOf(type);
  if (size === undefined || size > maxObject) return undefined;
  const bytes = new Uint8Array(size);
  const at = canonical(type);
  if (at.kind === 'record') {
    for (const { type: part, bitOffset, bitWidth } of at.layout?.members ?? []) {
      const first = bitOffset >> 3;
      if (bitWidth !== undefined) bytes.fill(1, first, (bitOffset + bitWidth + 7) >> 3);
      else
        memberBytes(part)?.forEach((bit, index) => {
          if (bit === 1) bytes[first + index] = 1;
        });
    }
  } else if (at.kind === 'array' && at.length !== undefined && at.length > 0) {
    const element = memberBytes(at.element);
    if (element !== undefined) for (let i = 0; i < size; i++) bytes[i] = element[i % element.length] ?? 0;
  } else bytes.fill(1);
  return bytes;
}

export interface Hole {
  readonly offset: number;
  readonly size: number;
  /** The member that it comes after, outermost name first: `a.b`; undefined for none. */
  readonly after: string | undefined;
}

/** The first hole of a type that has an unwritten byte. */
export function firstHole(type: CType, unwritten: Uint8Array): Hole | undefined {
  const members = memberBytes(type);
  if (members === undefined) return undefined;
  for (let offset = 0; offset < members.length; offset++) {
    if (members[offset] === 1) continue;
    let end = offset;
    while (end < members.length && members[end] === 0) end++;
    if (unwritten.subarray(offset, end).includes(1)) {
      return { offset, size: end - offset, after: memberBefore(type, offset) };
    }
    offset = end;
  }
  return undefined;
}

/** The innermost member whose bytes end last at or before `offset`. */
function memberBefore(type: CType, offset: number): string | undefined {
  const at = canonical(type);
  if (at.kind !== 'record') return undefined;
  const member = at.layout?.members.filter(({ bitOffset }) => bitOffset >> 3 < offset).at(-1);
  if (member === undefined) return undefined;
  const inner = memberBefore(member.type, offset - (member.bitOffset >> 3));
  if (member.name === undefined) return inner;
  return inner === undefined ? member.name : `${member.name}.${inner}`;
}
