/**
 * Casts and compound literals (C11 6.5.4, 6.5.2.5).
 */

import type { Cast, CompoundLiteral } from '../parser/ast.ts';
import { compatibleUnqualifiedTypes } from '../types/compatibility.ts';
import { quoteType } from '../types/print.ts';
import { type CType, canonical, integerTypeOf, isScalar, pointerSize } from '../types/types.ts';
import type { Checker } from './checker.ts';
import { convertTo, sourceBitField } from './conversions.ts';
import { isError, isErrorType, makeConvert, makeError, makeObjectReference } from './factories.ts';
import { isFunction, isVoid, isVoidPointer, unqualifiedType } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';
import { castVector } from './vectors.ts';

export function checkCast(checker: Checker, node: Cast): TypedExpression {
  const type = checker.sema.typeOfTypeName(node.type);
  if (isVoid(type)) {
    const value = checker.rvalue(node.operand);
    if (isError(value)) return makeError(node.span);
    return isVoid(value.type) ? value : { ...convertTo(checker, value, type, true), span: node.span };
  }
  const value = checker.rvalue(node.operand);
  if (isError(value) || isErrorType(type)) return makeError(node.span);
  const converted = castTo(checker, value, type, node);
  if (converted !== value) return { ...converted, span: node.span };
  // A cast to the type that a bit-field has already: from here on it is promoted as that type.
  return sourceBitField(value) === undefined ? value : makeConvert('no-op', value, value.type, true);
}

function castTo(checker: Checker, value: TypedExpression, type: CType, node: Cast): TypedExpression {
  const target = canonical(type);
  if (target.kind === 'record') return castToRecord(checker, value, type, node);
  if (target.kind === 'vector' || canonical(value.type).kind === 'vector') {
    return (
      castVector(value, type, node.span) ?? checker.fail('cast-not-scalar', node.span, [quoteType(type)])
    );
  }
  if (!isScalar(type)) {
    return isFunction(type)
      ? checker.fail('cast-to-function', node.span, [quoteType(type)])
      : checker.fail('cast-not-scalar', node.span, [quoteType(type)]);
  }
  if (!isScalar(value.type)) {
    return checker.fail('cast-of-non-scalar', node.operand.span, [quoteType(value.type)]);
  }
  const source = canonical(value.type);
  const isFloatPointer =
    (source.kind === 'pointer' && target.kind === 'float') ||
    (source.kind === 'float' && target.kind === 'pointer');
  if (isFloatPointer) {
    const code = source.kind === 'pointer' ? 'cast-pointer-to-float' : 'cast-float-to-pointer';
    return checker.fail(code, node.span, [quoteType(type)]);
  }
  warnAboutWidth(checker, value, type, node);
  return convertTo(checker, value, type, true);
}

/** clang's -Wpointer-to-int-cast and -Wint-to-pointer-cast. */
function warnAboutWidth(checker: Checker, value: TypedExpression, type: CType, node: Cast): void {
  const from = integerTypeOf(value.type);
  const to = integerTypeOf(type);
  const types = [quoteType(type), quoteType(value.type)];
  if (to !== undefined && from === undefined && canonical(value.type).kind === 'pointer') {
    if (to.size < pointerSize && to.rank !== 0) {
      checker.report(
        isVoidPointer(value.type) ? 'void-pointer-to-int-cast' : 'pointer-to-int-cast',
        node.span,
        types,
      );
    }
  } else if (from !== undefined && to === undefined && canonical(type).kind === 'pointer') {
    const isNarrow = from.size < pointerSize && from.rank !== 0;
    if (isNarrow && checker.constants.integer(value) === undefined) {
      checker.report(
        isVoidPointer(type) ? 'int-to-void-pointer-cast' : 'int-to-pointer-cast',
        node.span,
        types,
      );
    }
  }
}

/** GNU: a record may be cast to its own type, a member's type to its union. */
function castToRecord(checker: Checker, value: TypedExpression, type: CType, node: Cast): TypedExpression {
  const record = canonical(type);
  if (record.kind !== 'record') return makeError(node.span);
  if (canonical(value.type) === record) return value;
  if (record.isUnion) {
    const member = record.layout?.members.find((row) => compatibleUnqualifiedTypes(row.type, value.type));
    if (member !== undefined) return makeConvert('to-union', value, unqualifiedType(type), true);
    return checker.fail('cast-to-union', node.span, [quoteType(value.type)]);
  }
  return checker.fail('cast-not-scalar', node.span, [quoteType(type)]);
}

/** `(T){...}`: an unnamed object, local in a function, static at file scope. */
export function checkCompoundLiteral(checker: Checker, node: CompoundLiteral): TypedExpression {
  const type = checker.sema.typeOfTypeName(node.type);
  if (isErrorType(type)) return makeError(node.span);
  if (isFunction(type)) return checker.fail('literal-of-function', node.span, [quoteType(type)]);
  const { symbol, initializer } = checker.sema.declareUnnamed(type, node.span, node.initializer);
  if (isErrorType(symbol.type)) return makeError(node.span);
  checker.markReferenced(symbol);
  if (initializer === undefined) return makeObjectReference(symbol, node.span);
  return { kind: 'CompoundLiteral', span: node.span, type: symbol.type, isLvalue: true, symbol, initializer };
}
