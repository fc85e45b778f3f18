/**
 * Conversion as if by assignment (C11 6.5.16.1) with clang's diagnostics: the same checks serve assignment,
 * initialisation, arguments and return; the context chooses the words.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { DiagnosticDetails } from '../diagnostics/diagnostic.ts';
import { compatibleTypes, compatibleUnqualifiedTypes } from '../types/compatibility.ts';
import { printType, quoteType } from '../types/print.ts';
import {
  addressSpaceOf,
  type CType,
  canonical,
  type IntegerType,
  integerTypeOf,
  isArithmetic,
  type PointerType,
  qualifiersOf,
  type RecordType,
} from '../types/types.ts';
import type { Checker } from './checker.ts';
import type { AssignmentContext } from './context.ts';
import { convertTo, unsignedOf } from './conversions.ts';
import { isError, isErrorType, makeConvert, makeError, wrapInteger } from './factories.ts';
import { isFunction, isVoid, pointeeOf, unqualifiedType } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';

/** The type of what flows, as the programmer wrote it: an array or function before its decay. */
function writtenType(value: TypedExpression): CType {
  if (value.kind !== 'Convert') return value.type;
  const isDecay = value.conversion === 'array-to-pointer' || value.conversion === 'function-to-pointer';
  return isDecay ? value.operand.type : value.type;
}

/** "assigning to 'T' from 'V'" and its kin, without the words in front. */
function flowWords(
  context: AssignmentContext,
  value: TypedExpression,
  type: CType,
  isIncompatible = false,
): string {
  const from = quoteType(writtenType(value));
  const to = quoteType(type);
  const incompatible = isIncompatible ? 'incompatible type ' : '';
  switch (context.kind) {
    case 'assign':
      return `assigning to ${to} from ${incompatible}${from}`;
    case 'initialize':
      return `initializing ${to} with an expression of ${incompatible === '' ? 'type ' : incompatible}${from}`;
    case 'return':
      return `returning ${from} from a function with ${isIncompatible ? 'incompatible ' : ''}result type ${to}`;
    case 'argument':
      return `passing ${from} to parameter of ${incompatible === '' ? 'type ' : incompatible}${to}`;
    default:
      return context satisfies never;
  }
}

class AssignmentConversion {
  private readonly checker: Checker;
  private readonly value: TypedExpression;
  private readonly type: CType;
  private readonly context: AssignmentContext;

  constructor(checker: Checker, value: TypedExpression, type: CType, context: AssignmentContext) {
    this.checker = checker;
    this.value = value;
    this.type = type;
    this.context = context;
  }

  private report(code: DiagnosticCode, hint = ''): void {
    const words = flowWords(this.context, this.value, this.type) + hint;
    this.checker.report(code, this.value.span, [words], this.addressDetails());
  }

  private incompatible(): TypedExpression {
    const { checker, value, type, context } = this;
    const words = flowWords(context, value, type, true);
    return checker.fail('incompatible-types', value.span, [words], this.addressDetails());
  }

  /** Maps, keys and values go to helpers by their addresses: an object where any address will do lacks its `&`. */
  private addressDetails(): DiagnosticDetails {
    const { value, type, context } = this;
    const target = canonical(type);
    const isGeneric = target.kind === 'pointer' && isVoid(target.pointee);
    const isObject = value.kind === 'Convert' && value.conversion === 'lvalue-to-rvalue';
    if (context.kind !== 'argument' || !isGeneric || !isObject || canonical(value.type).kind === 'pointer')
      return {};
    const { start } = value.span;
    const text = "the function takes an address: put '&' before it";
    return { notes: [{ span: value.span, text }], fixIts: [{ span: { start, end: start }, text: '&' }] };
  }

  run(): TypedExpression {
    const { checker, value, type } = this;
    if (isError(value) || isErrorType(type)) return makeError(value.span);
    const target = canonical(type);
    if (isArithmetic(type) && isArithmetic(value.type)) return this.arithmetic();
    switch (target.kind) {
      case 'pointer':
        return this.pointer(target);
      case 'integer':
      case 'enum':
        return this.pointerToInteger();
      case 'record':
        return this.record(target);
      case 'vector':
        return compatibleUnqualifiedTypes(value.type, type) ? value : this.incompatible();
      case 'array':
        return checker.fail('array-not-assignable', value.span, [quoteType(type)]);
      default:
        return this.incompatible();
    }
  }

  private arithmetic(): TypedExpression {
    const { checker, value, type } = this;
    const target = integerTypeOf(type);
    const constant = checker.constants.integer(value);
    if (target !== undefined && constant !== undefined && checker.isReached) {
      warnIfChanged(checker, value, constant, type, target);
    }
    return convertTo(checker, value, type);
  }

  private pointerToInteger(): TypedExpression {
    const { checker, value, type } = this;
    const target = integerTypeOf(type);
    const source = canonical(value.type);
    if (source.kind !== 'pointer' || target === undefined) return this.incompatible();
    if (target.rank === 0) return convertTo(checker, value, type);
    const matches = compatibleUnqualifiedTypes(source.pointee, type);
    const takesAddress = value.kind === 'AddressOf';
    this.report('pointer-to-integer', matches ? (takesAddress ? '; remove &' : '; dereference with *') : '');
    return convertTo(checker, value, type);
  }

  private record(target: RecordType): TypedExpression {
    const { checker, value, type } = this;
    if (canonical(value.type) === target) return value;
    if (target.isUnion && target.transparentUnion) {
      const isNull = checker.constants.isNullPointerConstant(value);
      const member = target.layout?.members.find(
        (row) =>
          compatibleUnqualifiedTypes(row.type, value.type) ||
          (canonical(row.type).kind === 'pointer' && (isNull || this.fitsVoidPointer(row.type))),
      );
      if (member !== undefined) {
        return makeConvert('to-union', convertTo(checker, value, member.type), unqualifiedType(type));
      }
    }
    return this.incompatible();
  }

  private fitsVoidPointer(type: CType): boolean {
    const target = pointeeOf(type);
    const source = pointeeOf(this.value.type);
    return target !== undefined && source !== undefined && (isVoid(target) || isVoid(source));
  }

  private pointer(target: PointerType): TypedExpression {
    const { checker, value, type } = this;
    if (checker.constants.isNullPointerConstant(value)) return convertTo(checker, value, type);
    const source = canonical(value.type);
    if (source.kind === 'pointer') {
      this.pointees(source.pointee, target.pointee);
      return convertTo(checker, value, type);
    }
    if (integerTypeOf(source) === undefined) return this.incompatible();
    const isObject = value.kind === 'Convert' && value.conversion === 'lvalue-to-rvalue';
    const matches = isObject && compatibleUnqualifiedTypes(target.pointee, source);
    this.report('integer-to-pointer', matches ? '; take the address with &' : '');
    return convertTo(checker, value, type);
  }

  private changesAddressSpace(): void {
    const { checker, value, type, context } = this;
    const isAssignment = context.kind === 'assign';
    const words = isAssignment
      ? `assigning ${quoteType(writtenType(value))} to ${quoteType(type)}`
      : flowWords(context, value, type);
    checker.report('changes-address-space', value.span, [words]);
  }

  /** 6.5.16.1 p1, third to fifth item. */
  private pointees(from: CType, to: CType): void {
    if (addressSpaceOf(from) !== addressSpaceOf(to)) return this.changesAddressSpace();
    const losesQualifiers = lacksQualifier(from, to);
    const isGeneric =
      (isVoid(from) && !isFunction(to)) || (isVoid(to) && !isFunction(from)) || isVoid(from) || isVoid(to);
    if (isGeneric || compatibleUnqualifiedTypes(from, to)) {
      if (losesQualifiers) this.report('discards-qualifiers', ' discards qualifiers');
      return;
    }
    if (differInSignOnly(from, to)) {
      return this.report('pointer-sign', ' converts between pointers to integer types with different sign');
    }
    if (isFunction(from) || isFunction(to)) {
      return this.report(
        isFunction(from) && isFunction(to) ? 'incompatible-function-pointers' : 'incompatible-pointers',
      );
    }
    if (differInInnerQualifiers(from, to)) {
      return this.report('discards-nested-qualifiers', ' discards qualifiers in nested pointer types');
    }
    this.report('incompatible-pointers');
  }
}

/** Does the pointee lose a qualifier on the way? restrict does not count: it says nothing about an object. */
function lacksQualifier(from: CType, to: CType): boolean {
  const source = qualifiersOf(from);
  const target = qualifiersOf(to);
  return (source.isConst && !target.isConst) || (source.isVolatile && !target.isVolatile);
}

function differInSignOnly(from: CType, to: CType): boolean {
  const a = integerTypeOf(from);
  const b = integerTypeOf(to);
  if (a === undefined || b === undefined || a.rank === 0 || b.rank === 0) {
    const inner = [pointeeOf(from), pointeeOf(to)] as const;
    return inner[0] !== undefined && inner[1] !== undefined && differInSignOnly(inner[0], inner[1]);
  }
  if (a.name === b.name) return false;
  return a.rank === b.rank && a.size === b.size && unsignedOf(a).size === unsignedOf(b).size;
}

function differInInnerQualifiers(from: CType, to: CType): boolean {
  let a = pointeeOf(from);
  let b = pointeeOf(to);
  while (a !== undefined && b !== undefined) {
    if (compatibleUnqualifiedTypes(a, b)) return !compatibleTypes(a, b);
    a = pointeeOf(a);
    b = pointeeOf(b);
  }
  return false;
}

/** Bits of the shortest representation; a negative value's includes the sign. */
function bitsNeeded(value: bigint): number {
  const magnitude = value < 0n ? -value - 1n : value;
  return (magnitude === 0n ? 0 : magnitude.toString(2).length) + (value < 0n ? 1 : 0);
}

/** clang's -Wconstant-conversion: a constant that does not survive. -1 into an unsigned type is the idiom for all ones. */
function warnIfChanged(
  checker: Checker,
  value: TypedExpression,
  constant: bigint,
  type: CType,
  target: IntegerType,
): void {
  const source = integerTypeOf(value.type);
  if (source === undefined || target.rank === 0) return;
  const width = target.size * 8;
  const needed = bitsNeeded(constant);
  const becomesNegative = target.signed && constant > 0n && source.signed && needed === width;
  if (needed <= width && !becomesNegative) return;
  const after = wrapInteger(constant, target);
  const args = [quoteType(value.type), quoteType(type), String(constant), String(after)];
  checker.report('constant-conversion', value.span, args);
}

/** As {@link warnIfChanged} for a bit-field that a value is stored to. */
export function warnIfTruncated(checker: Checker, value: TypedExpression, width: number, type: CType): void {
  const constant = checker.constants.integer(value);
  const target = integerTypeOf(type);
  if (constant === undefined || target === undefined || target.rank === 0) return;
  const needed = bitsNeeded(constant);
  const becomesNegative = target.signed && constant > 0n && needed === width && width > 1;
  if (needed <= width && !becomesNegative) return;
  const after = target.signed ? BigInt.asIntN(width, constant) : BigInt.asUintN(width, constant);
  checker.report('bitfield-truncation', value.span, [
    `'${printType(value.type)}'`,
    String(constant),
    String(after),
  ]);
}

/** Converts an rvalue to `type` as if by assignment; mistakes are reported. */
export function convertForAssignment(
  checker: Checker,
  value: TypedExpression,
  type: CType,
  context: AssignmentContext,
): TypedExpression {
  return new AssignmentConversion(checker, value, type, context).run();
}
