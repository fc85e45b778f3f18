/**
 * Handlers of the builtins that fold in sema, rewrite to ordinary nodes, or take operands of any type.
 */

import { spanFrom } from '../diagnostics/source-manager.ts';
import {
  boolType,
  type CType,
  canonical,
  doubleType,
  floatType,
  intType,
  isInteger,
  isPointer,
  isScalar,
  longDoubleType,
  longType,
  sizeOf,
  unsignedIntType,
  unsignedLongType,
  voidType,
} from '../types/types.ts';
import {
  argumentsOf,
  type BuiltinCall,
  constantArgument,
  convertArgument,
  type Handler,
  plainInteger,
  rejectArgument,
  rvaluesOf,
} from './builtin-calls.ts';
import type { Checker } from './checker.ts';
import { convertTo, unsignedOf } from './conversions.ts';
import { mayHaveEffects } from './effects.ts';
import {
  isError,
  makeBinary,
  makeBuiltin,
  makeComma,
  makeConditional,
  makeDiscarded,
  makeFloat,
  makeInteger,
  makeReused,
  makeString,
  makeUnary,
} from './factories.ts';
import { plainChar } from './string-literals.ts';
import { isFloat, pointeeOf } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';
import { addressOf as makeAddress } from './unary-operators.ts';

/** 1 when known to be constant, 0 when known not to be, else a node that later stages may fold. */
/** The argument is never evaluated: what has effects counts as not constant. */
const constantP: Handler = (checker, call) => {
  const [argument] = argumentsOf(checker, call, 1) ?? [];
  if (argument === undefined) return undefined;
  const value = checker.rvalue(argument);
  if (isError(value)) return undefined;
  const folded = checker.constants.evaluate(value);
  if (folded !== undefined) {
    const isLiteral = folded.kind !== 'address' || (folded.target.kind === 'string' && folded.offset === 0n);
    return makeInteger(isLiteral ? 1n : 0n, intType, call.span);
  }
  if (!isScalar(value.type) || mayHaveEffects(value)) return makeInteger(0n, intType, call.span);
  return makeBuiltin(call.canonical, [value], intType, call.span);
};

const isConstantEvaluated: Handler = (checker, call) =>
  argumentsOf(checker, call, 0) && makeInteger(0n, boolType, call.span);

const expect: Handler = (checker, call) => {
  const hasProbability = call.name.endsWith('probability');
  const [value, expected] = rvaluesOf(checker, call, hasProbability ? 3 : 2) ?? [];
  if (value === undefined || expected === undefined) return undefined;
  const first = convertArgument(checker, call, 0, value, longType);
  const second = convertArgument(checker, call, 1, expected, longType);
  return first && second && makeBuiltin(call.canonical, [first, second], longType, call.span);
};

/** The value is the first argument: what the rest promises is not used. */
const passFirst: Handler = (checker, call) => {
  const hasPrototype = call.prototype !== undefined;
  const [value] = rvaluesOf(checker, call, hasPrototype ? 2 : 1, hasPrototype ? 3 : 1) ?? [];
  if (value === undefined || call.prototype === undefined) return value;
  if (!isPointer(value.type)) return rejectArgument(checker, call, 0, 'a pointer', value);
  return convertTo(checker, value, call.prototype.returns);
};

/** Arguments count for their effects only. */
const discard: Handler = (checker, call) => {
  const values = rvaluesOf(checker, call, 1, 3);
  if (values === undefined) return undefined;
  if (call.canonical === 'trap') return makeBuiltin('trap', [], voidType, call.span);
  return values
    .map(makeDiscarded)
    .reduce((left, right) => makeComma(left, right, spanFrom(left.span, right.span)));
};

const memorySet: Handler = (checker, call) => {
  const [pointer, count] = rvaluesOf(checker, call, 2) ?? [];
  const [first, second] = call.prototype?.parameters ?? [];
  if (pointer === undefined || count === undefined || first === undefined || second === undefined)
    return undefined;
  const target = convertArgument(checker, call, 0, pointer, first.type);
  const size = convertArgument(checker, call, 1, count, second.type);
  const zero = makeInteger(0n, intType, call.span);
  return target && size && makeBuiltin(call.canonical, [target, zero, size], voidType, call.span);
};

const addressOf: Handler = (checker, call) => {
  const [argument] = argumentsOf(checker, call, 1) ?? [];
  return argument && makeAddress(checker, argument, { span: call.span });
};

// ---- Sizes of objects ----

interface Extent {
  /** Bytes of the object. */
  readonly size: number;
  /** Where in it the pointer points. */
  readonly offset: number;
}

/** What object an lvalue or pointer leads to, as far as its expression shows; `closest` stops at the innermost member. */
function extentOf(checker: Checker, expression: TypedExpression, closest: boolean): Extent | undefined {
  switch (expression.kind) {
    case 'ObjectReference':
    case 'StringReference':
    case 'CompoundLiteral': {
      const size = sizeOf(expression.type);
      return size === undefined ? undefined : { size, offset: 0 };
    }
    case 'Convert': {
      const keeps = ['array-to-pointer', 'pointer', 'no-op'].includes(expression.conversion);
      return keeps ? extentOf(checker, expression.operand, closest) : undefined;
    }
    case 'AddressOf':
      return extentOf(checker, expression.operand, closest);
    case 'Dereference':
      return extentOf(checker, expression.pointer, closest);
    case 'Member': {
      const size = sizeOf(expression.type);
      if (closest) return size === undefined ? undefined : { size, offset: 0 };
      return shifted(extentOf(checker, expression.base, closest), BigInt(expression.member.bitOffset >> 3));
    }
    case 'Subscript': {
      const index = checker.constants.integer(expression.index);
      const size = sizeOf(expression.type);
      if (index === undefined || size === undefined) return undefined;
      return shifted(extentOf(checker, expression.base, closest), index * BigInt(size));
    }
    case 'PointerArithmetic': {
      const index = checker.constants.integer(expression.index);
      if (index === undefined) return undefined;
      const distance = index * BigInt(expression.elementSize);
      return shifted(
        extentOf(checker, expression.pointer, closest),
        expression.operator === '+' ? distance : -distance,
      );
    }
    default:
      return undefined;
  }
}

function shifted(extent: Extent | undefined, distance: bigint): Extent | undefined {
  return extent && { size: extent.size, offset: extent.offset + Number(BigInt.asIntN(53, distance)) };
}

const objectSize: Handler = (checker, call) => {
  const [pointer, kind] = argumentsOf(checker, call, 2) ?? [];
  const constant = kind && constantArgument(checker, call, kind, 1, 0n, 3n);
  if (pointer === undefined || constant === undefined) return undefined;
  const value = checker.unevaluated(() => checker.rvalue(pointer));
  if (isError(value)) return undefined;
  const extent = extentOf(checker, value, (constant.value & 1n) !== 0n);
  const unknown = (constant.value & 2n) === 0n ? -1n : 0n;
  const rest = extent === undefined ? unknown : BigInt(Math.max(0, extent.size - Math.max(0, extent.offset)));
  return makeInteger(rest, unsignedLongType, call.span);
};

const classifyType: Handler = (checker, call) => {
  const [argument] = argumentsOf(checker, call, 1) ?? [];
  if (argument === undefined) return undefined;
  const type = canonical(checker.unevaluated(() => checker.rvalue(argument)).type);
  const classes: Readonly<Record<string, bigint>> = {
    integer: 1n,
    enum: 1n,
    pointer: 5n,
    float: 8n,
    record: 12n,
  };
  const isUnion = type.kind === 'record' && type.isUnion;
  return makeInteger(isUnion ? 13n : (classes[type.kind] ?? 0n), intType, call.span);
};

// ---- Floating point, as far as it folds ----

function floatTypeOf(name: string): CType {
  if (name.endsWith('valf') || name.endsWith('inff') || name.endsWith('nanf')) return floatType;
  return name.endsWith('l') && !name.endsWith('huge_val') ? longDoubleType : doubleType;
}

const floatConstant: Handler = (checker, call) => {
  const isNaNValue = call.canonical.startsWith('nan');
  const args = argumentsOf(checker, call, isNaNValue ? 1 : 0);
  return (
    args && makeFloat(isNaNValue ? Number.NaN : Number.POSITIVE_INFINITY, floatTypeOf(call.name), call.span)
  );
};

const smallestNormal = 2 ** -1022;

const classifiers: Readonly<Record<string, (value: number) => number>> = {
  isnan: (value) => Number(Number.isNaN(value)),
  isinf: (value) => Number(Math.abs(value) === Number.POSITIVE_INFINITY),
  isinf_sign: (value) => (Math.abs(value) === Number.POSITIVE_INFINITY ? Math.sign(value) : 0),
  isfinite: (value) => Number(Number.isFinite(value)),
  isnormal: (value) => Number(Number.isFinite(value) && Math.abs(value) >= smallestNormal),
  signbit: (value) => Number(value < 0 || Object.is(value, -0)),
};

const floatClassify: Handler = (checker, call) => {
  const [value] = rvaluesOf(checker, call, 1) ?? [];
  if (value === undefined) return undefined;
  const folded = checker.constants.evaluate(value);
  if (folded?.kind === 'float') {
    const classify = classifiers[call.canonical];
    return classify === undefined
      ? makeFloat(Math.abs(folded.value), value.type, call.span)
      : makeInteger(BigInt(classify(folded.value)), intType, call.span);
  }
  if (!isFloat(value.type)) return rejectArgument(checker, call, 0, 'of floating type', value);
  const magnitude = call.canonical.startsWith('fabs');
  return makeBuiltin(call.canonical, [value], magnitude ? value.type : intType, call.span);
};

// ---- Integers of any width ----

const overflow: Handler = (checker, call) => {
  const values = rvaluesOf(checker, call, 3);
  const [left, right, result] = values ?? [];
  if (left === undefined || right === undefined || result === undefined) return undefined;
  if (!isInteger(left.type)) return rejectArgument(checker, call, 0, 'an integer', left);
  if (!isInteger(right.type)) return rejectArgument(checker, call, 1, 'an integer', right);
  const pointee = canonical(pointeeOf(result.type) ?? voidType);
  if (pointee.kind !== 'integer' || pointee.rank === 0) {
    return rejectArgument(checker, call, 2, 'a pointer to an integer', result);
  }
  return makeBuiltin(call.canonical, [left, right, result], boolType, call.span);
};

/** popcountg, clzg, ctzg: the operand's own width counts; the latter two take a value for zero. */
const bitCountGeneric: Handler = (checker, call) => {
  const [value, whenZero] = rvaluesOf(checker, call, 1, call.canonical === 'popcount' ? 1 : 2) ?? [];
  if (value === undefined) return undefined;
  const type = plainInteger(value);
  if (type === undefined || type.signed)
    return rejectArgument(checker, call, 0, 'an unsigned integer', value);
  const wide = type.size < unsignedIntType.size ? unsignedIntType : unsignedOf(type);
  const operand = whenZero === undefined ? value : makeReused(value);
  let count: TypedExpression = makeBuiltin(
    call.canonical,
    [convertTo(checker, operand, wide)],
    intType,
    call.span,
  );
  if (call.canonical === 'clz' && wide.size > type.size) {
    const extra = makeInteger(BigInt((wide.size - type.size) * 8), intType, call.span);
    count = makeBinary('-', count, extra, intType, call.span);
  }
  if (whenZero === undefined) return count;
  const fallback = convertArgument(checker, call, 1, whenZero, intType);
  return fallback && makeConditional(value, count, fallback, intType, call.span);
};

/** is_aligned, align_up, align_down: `alignment` is a power of two. */
const alignment: Handler = (checker, call) => {
  const [value, boundary] = rvaluesOf(checker, call, 2) ?? [];
  if (value === undefined || boundary === undefined) return undefined;
  const isAddress = isPointer(value.type);
  if (!isAddress && plainInteger(value) === undefined) {
    return rejectArgument(checker, call, 0, 'an integer or pointer', value);
  }
  if (plainInteger(boundary) === undefined) return rejectArgument(checker, call, 1, 'an integer', boundary);
  const type = isAddress ? unsignedLongType : value.type;
  const number = convertTo(checker, value, type);
  const one = makeInteger(1n, type, call.span);
  const { span } = call;
  const mask = makeBinary('-', convertTo(checker, boundary, type), one, type, span);
  if (call.canonical === 'is_aligned') {
    const rest = makeBinary('&', number, mask, type, span);
    return makeUnary('!', rest, intType, span);
  }
  const base = call.canonical === 'align_up' ? makeBinary('+', number, mask, type, span) : number;
  const result = makeBinary('&', base, makeUnary('~', mask, type, span), type, span);
  return convertTo(checker, result, value.type, isAddress);
};

// ---- Where we are ----

const sourceLine: Handler = (checker, call) => {
  const { line, column } = checker.sema.sources.presumed(call.span.start);
  return makeInteger(BigInt(call.canonical === 'LINE' ? line : column), unsignedIntType, call.span);
};

function text(checker: Checker, call: BuiltinCall, value: string): TypedExpression {
  const bytes = new TextEncoder().encode(`${value}\0`);
  return makeString(checker.sema.stringConstant(bytes, 1), plainChar(checker), call.span);
}

const sourceFile: Handler = (checker, call) => {
  const { sources } = checker.sema;
  const { fileName } = sources.presumed(call.span.start);
  const name =
    call.canonical === 'FILE'
      ? sources.shownName(fileName, 'macro')
      : (fileName.split('/').at(-1) ?? fileName);
  return text(checker, call, name);
};

const sourceFunction: Handler = (checker, call) => text(checker, call, checker.function?.symbol.name ?? '');

export const generalHandlers = {
  constantP,
  isConstantEvaluated,
  expect,
  passFirst,
  discard,
  memorySet,
  addressOf,
  objectSize,
  classifyType,
  floatConstant,
  floatClassify,
  overflow,
  bitCountGeneric,
  alignment,
  sourceLine,
  sourceFile,
  sourceFunction,
} as const;
