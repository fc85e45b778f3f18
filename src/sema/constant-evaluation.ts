/**
 * Folds checked expressions to constants (C11 6.6): integers, floating values, addresses with offsets.
 *
 * In: a typed expression. Out: its value, and whether it is an integer constant expression in the strict sense (6.6 p6) or
 * only something that clang folds as an extension. An lvalue's value is its address, which makes `&((T *)0)->m` and
 * static addresses fall out of one set of rules. All integer arithmetic is `evalAlu`.
 *
 * The walk goes down first operands with a loop and results are kept by node, so that chains of 100,000 operands take
 * linear time and no stack, even when every prefix of one is asked for.
 */

import { unreachable } from '../support/bug.ts';
import { toUnsigned } from '../support/eval-alu.ts';
import { latin1 } from '../support/file-system.ts';
import { type CType, canonical, integerTypeOf, pointerSize, qualifiersOf, sizeOf } from '../types/types.ts';
import { foldBuiltin } from './builtin-folding.ts';
import {
  compareFloats,
  compareIntegers,
  compareOffsets,
  foldFloats,
  foldIntegers,
  isComparison,
  truncateFloat,
} from './constant-arithmetic.ts';
import type { ConstantValue } from './context.ts';
import { isError, wrapInteger } from './factories.ts';
import type {
  BinaryExpression,
  BuiltinExpression,
  ConvertExpression,
  ObjectSymbol,
  TypedExpression,
  UnaryExpression,
} from './typed-tree.ts';

interface Folded {
  readonly value: ConstantValue;
  /** An integer constant expression of the standard, not of an extension. */
  readonly isStrict: boolean;
}

type Address = Extract<ConstantValue, { kind: 'address' }>;

const pointerWidth = pointerSize * 8;

function integer(value: bigint, isStrict: boolean): Folded {
  return { value: { kind: 'integer', value }, isStrict };
}

function truth(value: boolean, isStrict: boolean): Folded {
  return integer(value ? 1n : 0n, isStrict);
}

/** May the address of this be null? A weak symbol can stay undefined. */
function isCertainlyNonNull(address: Address): boolean {
  return address.target.kind === 'string' || !address.target.isWeak;
}

/** The characters of a string literal, or of an array of them that nothing can change. */
function constantBytes(target: Address['target']): Uint8Array | undefined {
  if (target.kind === 'string') return target.unitSize === 1 ? target.bytes : undefined;
  if (target.kind === 'function' || target.isWeak || !target.isDefined) return undefined;
  const { isConst, isVolatile } = qualifiersOf(target.type);
  const { initializer, type } = target;
  const at = canonical(type);
  const isText = at.kind === 'array' && sizeOf(at.element) === 1;
  return isText && isConst && !isVolatile ? initializer?.bytes : undefined;
}

/** String literals may be merged; an alias is its target. */
function maySharePlace({ target }: Address): boolean {
  return target.kind === 'string' || target.aliasOf !== undefined;
}

/** The operand whose value every evaluation of a node begins with. */
function firstOperand(node: TypedExpression): TypedExpression | undefined {
  switch (node.kind) {
    case 'Member':
    case 'Subscript':
      return node.base;
    case 'Dereference':
    case 'PointerArithmetic':
      return node.pointer;
    case 'AddressOf':
    case 'Unary':
    case 'Convert':
      return node.operand;
    case 'Binary':
    case 'PointerDifference':
    case 'Logical':
    case 'Comma':
      return node.left;
    case 'Conditional':
      return node.condition;
    default:
      return undefined;
  }
}

export class ConstantEvaluator {
  private readonly littleEndian: boolean;
  /** Initial values of `const` integer locals, which clang folds where a constant is needed. */
  private readonly locals = new WeakMap<ObjectSymbol, TypedExpression>();
  /** `null`: known to be no constant. */
  private readonly known = new WeakMap<TypedExpression, Folded | null>();

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  /** Notes what a local begins with. */
  noteInitialValue(symbol: ObjectSymbol, value: TypedExpression): void {
    if (isFoldableObject(symbol)) this.locals.set(symbol, value);
  }

  /** The value of an expression that is a constant for clang. */
  evaluate(expression: TypedExpression): ConstantValue | undefined {
    return this.fold(expression)?.value;
  }

  /** The value of an expression that folds to an integer. */
  integer(expression: TypedExpression): bigint | undefined {
    const value = this.fold(expression)?.value;
    return value?.kind === 'integer' ? value.value : undefined;
  }

  /** A null pointer constant (6.3.2.3 p3). */
  isNullPointerConstant(expression: TypedExpression): boolean {
    if (isError(expression)) return false;
    let at = expression;
    const type = canonical(at.type);
    if (type.kind === 'pointer') {
      if (type.pointee.kind !== 'void') return false;
      if (at.kind === 'IntegerConstant') return at.value === 0n;
      if (at.kind !== 'Convert' || at.conversion !== 'integer-to-pointer') return false;
      at = at.operand;
    }
    if (integerTypeOf(at.type) === undefined) return false;
    const folded = this.fold(at);
    return folded?.isStrict === true && folded.value.kind === 'integer' && folded.value.value === 0n;
  }

  fold(expression: TypedExpression): Folded | undefined {
    const spine: TypedExpression[] = [];
    let at: TypedExpression | undefined = expression;
    let result: Folded | undefined;
    for (;;) {
      const known = this.known.get(at);
      if (known !== undefined) {
        result = known ?? undefined;
        break;
      }
      const first = firstOperand(at);
      if (first === undefined) {
        result = this.leaf(at);
        this.known.set(at, result ?? null);
        break;
      }
      spine.push(at);
      at = first;
    }
    for (let node = spine.pop(); node !== undefined; node = spine.pop()) {
      result = this.combine(node, result);
      this.known.set(node, result ?? null);
    }
    return result;
  }

  private leaf(node: TypedExpression): Folded | undefined {
    switch (node.kind) {
      case 'IntegerConstant':
        return integer(node.value, integerTypeOf(node.type) !== undefined);
      case 'FloatConstant':
        return { value: { kind: 'float', value: node.value }, isStrict: true };
      case 'StringReference':
        return { value: { kind: 'address', target: node.constant, offset: 0n }, isStrict: false };
      case 'FunctionReference':
        return { value: { kind: 'address', target: node.symbol, offset: 0n }, isStrict: false };
      case 'ObjectReference':
        if (node.symbol.storage !== 'global' || node.symbol.isThreadLocal) return undefined;
        return { value: { kind: 'address', target: node.symbol, offset: 0n }, isStrict: false };
      case 'LabelAddress':
        return integer(BigInt(node.label.address), false);
      case 'Builtin':
        return this.builtin(node);
      case 'Reused':
        return this.fold(node.source);
      default:
        return undefined;
    }
  }

  private builtin(node: BuiltinExpression): Folded | undefined {
    const [first] = node.args;
    // Where a constant is required now, what is not known now is not constant.
    if (node.name === 'constant_p') return integer(0n, true);
    if (first === undefined) return undefined;
    if (node.name === 'expect') return this.fold(first);
    if (/^str(?:len|n?cmp)$/.test(node.name)) return this.stringBuiltin(node);
    if (node.name === 'memcmp' || node.name === 'bcmp') return this.memoryComparison(node);
    return this.integerBuiltin(node, first);
  }

  /** The bytes of a literal or constant array from where a pointer leads to, to its end. */
  private literalAt(pointer: TypedExpression | undefined): Uint8Array | undefined {
    const value = pointer && this.fold(pointer)?.value;
    if (value?.kind !== 'address') return undefined;
    const bytes = constantBytes(value.target);
    const start = Number(value.offset);
    return bytes === undefined || start < 0 || start > bytes.length ? undefined : bytes.subarray(start);
  }

  /** `memcmp` of literals. */
  private memoryComparison({ args: [first, second, third] }: BuiltinExpression): Folded | undefined {
    const [left, right] = [this.literalAt(first), this.literalAt(second)];
    const count = third && this.integer(third);
    if (left === undefined || right === undefined || count === undefined) return undefined;
    if (count > BigInt(Math.min(left.length, right.length))) return undefined;
    for (let at = 0; at < Number(count); at++) {
      const difference = (left[at] ?? 0) - (right[at] ?? 0);
      if (difference !== 0) return integer(difference < 0 ? -1n : 1n, false);
    }
    return integer(0n, false);
  }

  /** Where a search in a literal ends, counted from the pointer given; -1 for nothing found, undefined where that is open. */
  stringSearch({ name, args: [first, second, third] }: BuiltinExpression): bigint | undefined {
    const bytes = this.literalAt(first);
    const end = bytes?.indexOf(0) ?? -1;
    if (bytes === undefined || end < 0) return undefined;
    if (name === 'strstr') {
      const wanted = this.stringAt(second);
      return wanted && BigInt(latin1(bytes.subarray(0, end)).indexOf(latin1(wanted)));
    }
    const byte = second && this.integer(second);
    if (byte === undefined) return undefined;
    const wanted = Number(BigInt.asUintN(8, byte));
    if (name === 'memchr') {
      const count = third && this.integer(third);
      if (count === undefined || count > BigInt(bytes.length)) return undefined;
      return BigInt(bytes.subarray(0, Number(count)).indexOf(wanted));
    }
    const text = bytes.subarray(0, end + 1);
    if (name === 'strchr' || name === 'index') return BigInt(text.indexOf(wanted));
    return name === 'strrchr' || name === 'rindex' ? BigInt(text.lastIndexOf(wanted)) : undefined;
  }

  /** The characters of a literal from where a pointer leads to up to its zero. */
  private stringAt(pointer: TypedExpression | undefined): Uint8Array | undefined {
    const bytes = this.literalAt(pointer);
    const end = bytes?.indexOf(0) ?? -1;
    return end < 0 ? undefined : bytes?.subarray(0, end);
  }

  /** `strlen`, `strcmp` and `strncmp` of literals; comparisons give -1, 0 or 1. */
  private stringBuiltin({ name, args: [first, second, third] }: BuiltinExpression): Folded | undefined {
    const left = this.stringAt(first);
    if (left === undefined) return undefined;
    if (name === 'strlen') return integer(BigInt(left.length), false);
    const right = this.stringAt(second);
    const count = third === undefined ? undefined : this.integer(third);
    if (right === undefined || (third !== undefined && count === undefined)) return undefined;
    const end = Math.min(Math.max(left.length, right.length), Number(count ?? Infinity));
    let at = 0;
    while (at < end && left[at] === right[at]) at++;
    return integer(at === end ? 0n : (left[at] ?? 0) < (right[at] ?? 0) ? -1n : 1n, false);
  }

  private integerBuiltin(node: BuiltinExpression, first: TypedExpression): Folded | undefined {
    const operand = integerTypeOf(first.type);
    const result = integerTypeOf(node.type);
    const folded = node.args.map((argument) => this.fold(argument));
    const values = folded.flatMap((row) => (row?.value.kind === 'integer' ? [row.value.value] : []));
    if (operand === undefined || result === undefined || values.length !== node.args.length) return undefined;
    const value = foldBuiltin(node.name, operand.size * 8, values);
    const isStrict = folded.every((row) => row?.isStrict === true);
    return value === undefined ? undefined : integer(wrapInteger(value, result), isStrict);
  }

  private combine(node: TypedExpression, first: Folded | undefined): Folded | undefined {
    if (first === undefined) return node.kind === 'Convert' ? this.constantRead(node) : undefined;
    switch (node.kind) {
      case 'Convert':
        return this.convert(node, first);
      case 'Unary':
        return this.unary(node, first);
      case 'Binary':
        return this.binary(node, first);
      case 'Logical': {
        const left = truthOf(first.value);
        if (left === undefined) return undefined;
        if (left === (node.operator === '||')) return truth(left, first.isStrict);
        const right = this.fold(node.right);
        const value = right && truthOf(right.value);
        return value === undefined ? undefined : truth(value, first.isStrict && right?.isStrict === true);
      }
      case 'Conditional': {
        const condition = truthOf(first.value);
        if (condition === undefined) return undefined;
        const arm = this.fold(condition ? node.whenTrue : node.whenFalse);
        return arm && { value: arm.value, isStrict: arm.isStrict && first.isStrict };
      }
      case 'Comma': {
        const right = this.fold(node.right);
        return right && { value: right.value, isStrict: false };
      }
      case 'PointerArithmetic': {
        const index = this.integer(node.index);
        if (index === undefined) return undefined;
        const distance = index * BigInt(node.elementSize);
        return moved(first.value, node.operator === '+' ? distance : -distance);
      }
      case 'PointerDifference':
        return this.difference(first.value, this.fold(node.right)?.value, BigInt(node.elementSize));
      case 'Member':
        if (!node.base.isLvalue || node.member.bitWidth !== undefined) return undefined;
        return moved(first.value, BigInt(node.member.bitOffset >> 3));
      case 'Subscript': {
        const index = this.integer(node.index);
        const size = sizeOf(node.type);
        if (index === undefined || size === undefined) return undefined;
        return moved(first.value, index * BigInt(size));
      }
      case 'Dereference':
      case 'AddressOf':
        return { value: first.value, isStrict: false };
      default:
        return undefined;
    }
  }

  private convert(node: ConvertExpression, first: Folded): Folded | undefined {
    const { value, isStrict } = first;
    const target = integerTypeOf(node.type);
    switch (node.conversion) {
      case 'lvalue-to-rvalue':
        return this.load(node, value);
      case 'array-to-pointer':
      case 'function-to-pointer':
      case 'pointer':
        return { value, isStrict: false };
      case 'no-op':
        return first;
      case 'integer-to-pointer':
        if (value.kind === 'integer') return integer(toUnsigned(value.value, pointerWidth), false);
        return value.kind === 'address' ? { value, isStrict: false } : undefined;
      case 'integral':
      case 'pointer-to-integer':
        if (target === undefined) return undefined;
        if (value.kind === 'integer') {
          const wasInteger = node.conversion === 'integral';
          return integer(wrapInteger(value.value, target), isStrict && wasInteger);
        }
        return value.kind === 'address' && target.size >= pointerSize
          ? { value, isStrict: false }
          : undefined;
      case 'to-boolean': {
        const result = truthOf(value);
        return result === undefined ? undefined : truth(result, isStrict);
      }
      case 'to-void':
        return integer(0n, false);
      case 'integer-to-float':
        return value.kind === 'integer' ? floating(Number(value.value), node.type) : undefined;
      case 'float':
        return value.kind === 'float' ? floating(value.value, node.type) : undefined;
      case 'float-to-integer':
        if (value.kind !== 'float' || target === undefined) return undefined;
        return integer(truncateFloat(value.value, target), isStrict);
      case 'address-space':
      case 'to-union':
        return undefined;
      default:
        return unreachable(node.conversion, 'conversion');
    }
  }

  /** Reads an element of a string literal or a `const` scalar: an extension. */
  private load(node: ConvertExpression, address: ConstantValue): Folded | undefined {
    const type = integerTypeOf(node.type);
    if (type === undefined || address.kind !== 'address') return undefined;
    const offset = Number(address.offset);
    const bytes = this.constantBytes(address, node.operand, offset, type.size);
    if (bytes === undefined) return undefined;
    let value = 0n;
    for (let i = 0; i < type.size; i++) {
      const byte = bytes[offset + (this.littleEndian ? type.size - 1 - i : i)];
      if (byte === undefined) return undefined;
      value = (value << 8n) | BigInt(byte);
    }
    return integer(wrapInteger(value, type), false);
  }

  private constantBytes(
    address: Address,
    lvalue: TypedExpression,
    offset: number,
    size: number,
  ): Uint8Array | undefined {
    const { target } = address;
    if (target.kind === 'string') return target.bytes;
    if (target.kind === 'function' || lvalue.kind !== 'ObjectReference') return undefined;
    const { initializer } = target;
    if (!isFoldableObject(target) || target.isWeak || initializer === undefined) return undefined;
    const end = offset + size;
    const isAddress = initializer.relocations.some(
      (row) => row.offset < end && offset < row.offset + row.size,
    );
    return isAddress ? undefined : initializer.bytes;
  }

  /** The value of a `const` local whose initial value is constant. */
  private constantRead(node: ConvertExpression): Folded | undefined {
    const { operand } = node;
    if (node.conversion !== 'lvalue-to-rvalue' || operand.kind !== 'ObjectReference') return undefined;
    const initial = this.locals.get(operand.symbol);
    if (initial === undefined) return undefined;
    const folded = this.fold(initial);
    return folded && { value: folded.value, isStrict: false };
  }

  private unary(node: UnaryExpression, first: Folded): Folded | undefined {
    const { value, isStrict } = first;
    if (node.operator === '!') {
      const result = truthOf(value);
      return result === undefined ? undefined : truth(!result, isStrict);
    }
    if (value.kind === 'float') return node.operator === '-' ? floating(-value.value, node.type) : undefined;
    const type = integerTypeOf(node.type);
    if (type === undefined || value.kind !== 'integer') return undefined;
    const folded =
      node.operator === '-'
        ? foldIntegers('-', type, 0n, value.value)
        : foldIntegers('^', type, value.value, -1n);
    return folded === undefined ? undefined : integer(folded, isStrict);
  }

  private binary(node: BinaryExpression, first: Folded): Folded | undefined {
    const second = this.fold(node.right);
    if (second === undefined) return undefined;
    const isStrict = first.isStrict && second.isStrict;
    const left = first.value;
    const right = second.value;
    const { operator } = node;
    if (left.kind === 'float' && right.kind === 'float') {
      if (isComparison(operator)) return truth(compareFloats(operator, left.value, right.value), isStrict);
      const result = foldFloats(operator, left.value, right.value);
      return result === undefined ? undefined : floating(result, node.type);
    }
    if (left.kind === 'integer' && right.kind === 'integer') {
      const type = integerTypeOf(node.left.type);
      if (isComparison(operator)) {
        return truth(compareIntegers(operator, type, left.value, right.value), isStrict);
      }
      const result = type && foldIntegers(operator, type, left.value, right.value);
      return result === undefined ? undefined : integer(result, isStrict);
    }
    return this.addresses(operator, left, right);
  }

  private addresses(
    operator: BinaryExpression['operator'],
    left: ConstantValue,
    right: ConstantValue,
  ): Folded | undefined {
    if (left.kind === 'address' && right.kind === 'address') {
      if (left.target === right.target && isComparison(operator)) {
        return truth(compareOffsets(operator, left.offset, right.offset), false);
      }
      const areDistinct = [left, right].every(
        (address) => isCertainlyNonNull(address) && address.offset === 0n && !maySharePlace(address),
      );
      return areDistinct ? equality(operator, false) : undefined;
    }
    const address = left.kind === 'address' ? left : right;
    const other = left.kind === 'address' ? right : left;
    if (address.kind !== 'address' || other.kind !== 'integer') return undefined;
    if (other.value === 0n) {
      const isNonNull = isCertainlyNonNull(address) ? equality(operator, false) : undefined;
      if (isNonNull !== undefined) return isNonNull;
    }
    if (operator === '+') return moved(address, other.value);
    return operator === '-' && left.kind === 'address' ? moved(address, -other.value) : undefined;
  }

  private difference(
    left: ConstantValue,
    right: ConstantValue | undefined,
    size: bigint,
  ): Folded | undefined {
    if (size === 0n || right === undefined) return undefined;
    if (left.kind === 'integer' && right.kind === 'integer') {
      return integer(BigInt.asIntN(pointerWidth, left.value - right.value) / size, false);
    }
    if (left.kind !== 'address' || right.kind !== 'address' || left.target !== right.target) return undefined;
    return integer((left.offset - right.offset) / size, false);
  }
}

function equality(operator: string, areEqual: boolean): Folded | undefined {
  if (operator === '==') return truth(areEqual, false);
  return operator === '!=' ? truth(!areEqual, false) : undefined;
}

function floating(value: number, type: CType): Folded {
  const at = canonical(type);
  const rounded = at.kind === 'float' && at.size < 8 ? Math.fround(value) : value;
  return { value: { kind: 'float', value: rounded }, isStrict: true };
}

function isFoldableObject(symbol: ObjectSymbol): boolean {
  const { isConst, isVolatile } = qualifiersOf(symbol.type);
  return isConst && !isVolatile;
}

/** Is a constant different from zero? Undefined for the address of a weak symbol. */
export function truthOf(value: ConstantValue): boolean | undefined {
  switch (value.kind) {
    case 'integer':
      return value.value !== 0n;
    case 'float':
      return value.value !== 0;
    case 'address':
      return isCertainlyNonNull(value) ? true : undefined;
    default:
      return unreachable(value, 'constant');
  }
}

function moved(value: ConstantValue, distance: bigint): Folded | undefined {
  switch (value.kind) {
    case 'integer':
      return integer(toUnsigned(value.value + distance, pointerWidth), false);
    case 'address':
      return { value: { ...value, offset: value.offset + distance }, isStrict: false };
    case 'float':
      return undefined;
    default:
      return unreachable(value, 'constant');
  }
}
