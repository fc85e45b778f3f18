/**
 * Lvalues -> places: addresses with alignment, volatility and, for a bit-field, the bits. Reading and writing places.
 *
 * C11 6.3.2.1. A record's rvalue is the address of its bytes; who keeps it copies it.
 */

import type { ValueId } from '../ir/func.ts';
import { Op } from '../ir/ops.ts';
import { bytesOf, Type } from '../ir/types.ts';
import type {
  CommaExpression,
  LocalInitializer,
  MemberExpression,
  SubscriptExpression,
  TypedExpression,
} from '../sema/typed-tree.ts';
import { bug } from '../support/bug.ts';
import { alignOf, type CType, canonical, qualifiersOf, sizeOf } from '../types/types.ts';
import { loadBitField, storeBitField } from './bit-fields.ts';
import { coreAccess } from './core-access.ts';
import { addressAt, alignAt, type Lowering, type Place, placeholder, stackObject } from './lowering.ts';
import { isRecordLike, isSignedInteger, scalarType } from './value-types.ts';
import { isWide, loadWide, lowPart, storeWide, wideConstant } from './wide.ts';

/** With a library, more bytes than this are copied and cleared by it. */
export const maxInlineBytes = 1024;

/** The place of an object of `type` at an address that nothing else is known of. */
export function placeAt(pointer: ValueId, type: CType): Place {
  return { pointer, align: alignOf(type), isVolatile: qualifiersOf(type).isVolatile, bitField: undefined };
}

/** Multiplies an index by the size of an element and widens it to 64 bits; constants fold here, as addresses need. */
export function scaledIndex(lowering: Lowering, index: TypedExpression, elementSize: number): ValueId {
  const { builder, func } = lowering;
  const value = lowPart(lowering, lowering.value(index));
  const wide = builder.resize(Type.i64, value, isSignedInteger(index.type));
  const ins = func.ins(wide);
  if (index.kind === 'IntegerConstant') return builder.i64(index.value * BigInt(elementSize));
  if (ins.op === Op.const) return builder.i64(ins.imm * BigInt(elementSize));
  return elementSize === 1 ? wide : builder.mul(wide, builder.i64(elementSize));
}

function memberPlace(lowering: Lowering, expression: MemberExpression): Place {
  const base = expression.base.isLvalue
    ? lowering.place(expression.base)
    : placeAt(lowering.value(expression.base), expression.base.type);
  const { member } = expression;
  const isVolatile = base.isVolatile || qualifiersOf(member.type).isVolatile;
  if (member.bitWidth !== undefined) {
    return { pointer: base.pointer, align: base.align, isVolatile, bitField: member };
  }
  const offset = member.bitOffset / 8;
  const pointer = addressAt(lowering, base.pointer, offset);
  return { pointer, align: alignAt(base.align, offset), isVolatile, bitField: undefined };
}

function subscriptPlace(lowering: Lowering, expression: SubscriptExpression): Place {
  const elementSize = sizeOf(expression.type) ?? 0;
  const base = lowering.value(expression.base);
  const pointer = lowering.builder.ptradd(base, scaledIndex(lowering, expression.index, elementSize));
  return placeAt(pointer, expression.type);
}

/** A temporary that holds a record rvalue's bytes is where it is already. */
export function lowerPlace(lowering: Lowering, expression: TypedExpression): Place {
  const core = coreAccess(lowering, expression);
  if (core !== undefined) return core;
  switch (expression.kind) {
    case 'ObjectReference': {
      const { symbol } = expression;
      const pointer =
        lowering.locals.get(symbol) ?? lowering.builder.globalAddress(lowering.symbols.symbolOf(symbol));
      const { isVolatile } = qualifiersOf(expression.type);
      return { pointer, align: symbol.align, isVolatile, bitField: undefined };
    }
    case 'StringReference': {
      const symbol = lowering.symbols.symbolOf(expression.constant);
      return placeAt(lowering.builder.globalAddress(symbol), expression.type);
    }
    case 'CompoundLiteral': {
      const { symbol } = expression;
      const size = sizeOf(symbol.type) ?? 0;
      const pointer = lowering.locals.get(symbol) ?? stackObject(lowering, size, symbol.align, symbol.name);
      lowering.locals.set(symbol, pointer);
      const place = placeAt(pointer, symbol.type);
      initializeObject(lowering, place, size, expression.initializer);
      return place;
    }
    case 'Member':
      return memberPlace(lowering, expression);
    case 'Subscript':
      return subscriptPlace(lowering, expression);
    case 'Dereference':
      return placeAt(lowering.value(expression.pointer), expression.type);
    case 'Reused':
      return lowering.reused.get(expression.source)?.place ?? bug('reuse of a place that was not evaluated');
    case 'Comma':
      return lowering.place(lastOfChain(lowering, expression));
    case 'Builtin': {
      const [operand] = expression.args;
      if (operand?.isLvalue) return lowering.place(operand);
      return placeAt(lowering.value(expression), expression.type);
    }
    case 'Convert':
      if (expression.conversion === 'to-union') return placeAt(lowering.value(expression), expression.type);
      if (expression.operand.isLvalue) return lowering.place(expression.operand);
      return placeAt(lowering.value(expression.operand), expression.type);
    case 'FunctionReference':
      return placeAt(
        lowering.builder.globalAddress(lowering.symbols.symbolOf(expression.symbol)),
        expression.type,
      );
    default:
      // An rvalue record that is used in place (`f().x`, `(a ? b : c).x`).
      return placeAt(lowering.value(expression), expression.type);
  }
}

/** Reads a place: a scalar's value, or the address of a record. */
export function loadPlace(
  lowering: Lowering,
  place: Place,
  type: CType,
  span: TypedExpression['span'],
): ValueId {
  if (place.bitField !== undefined) return loadBitField(lowering, place, place.bitField);
  if (isRecordLike(type)) return place.pointer;
  if (isWide(type) && !qualifiersOf(type).isAtomic) return loadWide(lowering, place);
  const scalar = scalarType(type);
  if (scalar === undefined) return unsupportedValue(lowering, type, span);
  const { align, isVolatile } = place;
  const { isAtomic } = qualifiersOf(type);
  const ordering = isAtomic ? 'seq_cst' : 'not_atomic';
  return lowering.builder.load(scalar, place.pointer, {
    align: Math.min(align, bytesOf(scalar)),
    isVolatile,
    ordering,
  });
}

/** Writes a place; the result is the value an assignment expression has. */
export function storePlace(
  lowering: Lowering,
  place: Place,
  type: CType,
  value: ValueId,
  span: TypedExpression['span'],
): ValueId {
  const { builder } = lowering;
  if (place.bitField !== undefined) return storeBitField(lowering, place, place.bitField, value);
  if (isRecordLike(type)) {
    copyRecord(lowering, place, value, type);
    return place.pointer;
  }
  if (isWide(type) && !qualifiersOf(type).isAtomic) {
    storeWide(lowering, place, value);
    return value;
  }
  const scalar = scalarType(type);
  if (scalar === undefined) return unsupportedValue(lowering, type, span);
  const { align, isVolatile } = place;
  const ordering = qualifiersOf(type).isAtomic ? 'seq_cst' : 'not_atomic';
  builder.store(value, place.pointer, { align: Math.min(align, bytesOf(scalar)), isVolatile, ordering });
  return value;
}

/** Copies a record's bytes into a place. */
export function copyRecord(lowering: Lowering, place: Place, source: ValueId, type: CType): void {
  const { builder } = lowering;
  const size = sizeOf(type) ?? 0;
  if (size === 0 || source === place.pointer) return;
  if (lowering.options.hosted && size > maxInlineBytes) {
    const memcpy = lowering.symbols.libraryFunction('memcpy');
    builder.call(memcpy, Type.ptr, [place.pointer, source, builder.i64(size)]);
    return;
  }
  const align = Math.min(place.align, alignOf(type));
  builder.memcpy(place.pointer, source, builder.i64(size), align, place.isVolatile);
}

/** Initialises an automatic object (6.7.9): zeroes what no entry covers, then stores the entries in order. */
export function initializeObject(
  lowering: Lowering,
  object: Place,
  size: number,
  initializer: LocalInitializer,
): void {
  const { builder } = lowering;
  if (initializer.zeroFill && lowering.options.hosted && size > maxInlineBytes) {
    const memset = lowering.symbols.libraryFunction('memset');
    builder.call(memset, Type.ptr, [object.pointer, builder.i32(0), builder.i64(size)]);
  } else if (initializer.zeroFill && size > 0) {
    builder.memset(
      object.pointer,
      builder.constant(Type.i8, 0n),
      builder.i64(size),
      object.align,
      object.isVolatile,
    );
  }
  for (const entry of initializer.entries) {
    builder.pos = entry.value.span.start;
    const value = lowering.value(entry.value);
    const place: Place = {
      pointer: addressAt(lowering, object.pointer, entry.offset),
      align: alignAt(object.align, entry.offset),
      isVolatile: object.isVolatile,
      bitField: entry.bitField,
    };
    if ((sizeOf(entry.type) ?? 0) > 0 || entry.bitField !== undefined) {
      storePlace(lowering, place, entry.type, value, entry.value.span);
    }
  }
}

/** Evaluates a chain of comma operators, which may be long, but for its last operand; gives that. */
export function lastOfChain(lowering: Lowering, expression: CommaExpression): TypedExpression {
  const operands: TypedExpression[] = [];
  let at: TypedExpression = expression;
  for (;;) {
    if (at.kind === 'Comma') {
      operands.push(at.right);
      at = at.left;
    } else if (at.kind === 'Convert' && at.operand.kind === 'Comma' && at.type.kind === 'void') {
      at = at.operand;
    } else break;
  }
  lowering.value(at);
  for (let i = operands.length - 1; i > 0; i--) {
    const operand = operands[i];
    if (operand !== undefined) lowering.value(operand);
  }
  return expression.right;
}

/** Says why a type has no value on BPF. */
export function unsupportedValue(lowering: Lowering, type: CType, span: TypedExpression['span']): ValueId {
  const at = canonical(type);
  if (at.kind === 'void') return lowering.builder.undef(Type.i64);
  if (!lowering.isUnsupported) {
    if (at.kind === 'float') lowering.report('floating-point', span, [at.name]);
    else if (at.kind === 'integer') lowering.report('wide-integer', span, [at.name]);
    else lowering.report('no-value-type', span);
  }
  lowering.isUnsupported = true;
  if (isWide(type)) return wideConstant(lowering, 0n);
  return placeholder(lowering, Type.i64);
}
