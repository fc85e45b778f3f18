/**
 * The conditional operator (C11 6.5.15) and GNU `a ?: b`.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { Conditional, Expression } from '../parser/ast.ts';
import { compatibleUnqualifiedTypes, compositeType } from '../types/compatibility.ts';
import { quoteType } from '../types/print.ts';
import {
  addressSpaceOf,
  type CType,
  canonical,
  isArithmetic,
  isInteger,
  isScalar,
  pointerTo,
  qualifiersOf,
  voidType,
} from '../types/types.ts';
import type { Checker } from './checker.ts';
import { truthOf } from './constant-evaluation.ts';
import { conditionOf, convertTo, foldFloating, usualArithmetic } from './conversions.ts';
import { isError, makeConditional, makeDiscarded, makeError, makeReused } from './factories.ts';
import {
  isFloat,
  isFunction,
  isVoid,
  pointeeOf,
  unqualifiedType,
  withAddressSpace,
  withQualifiers,
} from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';

interface Arms {
  readonly whenTrue: TypedExpression;
  readonly whenFalse: TypedExpression;
  readonly type: CType;
}

export function checkConditional(checker: Checker, node: Conditional): TypedExpression {
  const { span } = node;
  const condition = checker.rvalue(node.condition);
  const known = checker.constants.evaluate(condition);
  const decision = known && truthOf(known);
  const arm = (written: Expression, isTaken: boolean): TypedExpression =>
    checker.unreachable(decision === !isTaken, () => checker.rvalue(written));
  const whenTrue = node.whenTrue === undefined ? makeReused(condition) : arm(node.whenTrue, true);
  const whenFalse = arm(node.whenFalse, false);
  if (isError(condition) || isError(whenTrue) || isError(whenFalse)) return makeError(span);
  if (!isScalar(condition.type)) {
    return checker.fail('condition-not-scalar', node.condition.span, [quoteType(condition.type)]);
  }
  const arms = unifyArms(checker, whenTrue, whenFalse, span);
  if (arms === undefined) return makeError(span);
  // The condition itself stays the source of the `Reused`.
  const test = node.whenTrue === undefined ? condition : conditionOf(checker, condition);
  const result = makeConditional(test, arms.whenTrue, arms.whenFalse, arms.type, span);
  return isFloat(arms.type) ? foldFloating(checker, result) : result;
}

/** Brings both arms to the result's type (6.5.15 p5-6). */
function unifyArms(checker: Checker, a: TypedExpression, b: TypedExpression, span: Span): Arms | undefined {
  if (isArithmetic(a.type) && isArithmetic(b.type)) {
    const common = usualArithmetic(checker, a, b);
    return { whenTrue: common.left, whenFalse: common.right, type: common.type };
  }
  if (isVoid(a.type) || isVoid(b.type)) {
    return { whenTrue: makeDiscarded(a), whenFalse: makeDiscarded(b), type: voidType };
  }
  const left = pointeeOf(a.type);
  const right = pointeeOf(b.type);
  if (left !== undefined || right !== undefined) return unifyPointers(checker, a, b, span);
  if (compatibleUnqualifiedTypes(a.type, b.type))
    return { whenTrue: a, whenFalse: b, type: unqualifiedType(a.type) };
  checker.report('incompatible-operands', span, [quoteType(a.type), quoteType(b.type)]);
  return undefined;
}

function unifyPointers(
  checker: Checker,
  a: TypedExpression,
  b: TypedExpression,
  span: Span,
): Arms | undefined {
  const type = commonPointer(checker, a, b, span);
  if (type === undefined) return undefined;
  return { whenTrue: convertTo(checker, a, type), whenFalse: convertTo(checker, b, type), type };
}

function commonPointer(
  checker: Checker,
  a: TypedExpression,
  b: TypedExpression,
  span: Span,
): CType | undefined {
  const left = pointeeOf(a.type);
  const right = pointeeOf(b.type);
  if (checker.constants.isNullPointerConstant(a) && right !== undefined) return b.type;
  if (checker.constants.isNullPointerConstant(b) && left !== undefined) return a.type;
  const types = [quoteType(a.type), quoteType(b.type)];
  if (left === undefined || right === undefined) {
    const other = left === undefined ? a : b;
    if (!isInteger(other.type)) {
      checker.report('incompatible-operands', span, types);
      return undefined;
    }
    checker.report('conditional-pointer-integer', span, types);
    return left === undefined ? b.type : a.type;
  }
  if (addressSpaceOf(left) !== addressSpaceOf(right)) {
    checker.report('conditional-address-spaces', span, types);
    return undefined;
  }
  return pointerTo(commonPointee(checker, left, right, span, types));
}

function commonPointee(
  checker: Checker,
  left: CType,
  right: CType,
  span: Span,
  types: readonly string[],
): CType {
  const leftQualifiers = qualifiersOf(left);
  const rightQualifiers = qualifiersOf(right);
  const merged = {
    isConst: leftQualifiers.isConst || rightQualifiers.isConst,
    isVolatile: leftQualifiers.isVolatile || rightQualifiers.isVolatile,
    isRestrict: false,
    isAtomic: leftQualifiers.isAtomic && rightQualifiers.isAtomic,
  };
  const space = addressSpaceOf(left);
  const finish = (type: CType): CType => {
    const at = canonical(type);
    return at.kind === 'function' ? type : withAddressSpace(withQualifiers(type, merged), space);
  };
  if (compatibleUnqualifiedTypes(left, right)) {
    const composed = compositeType(unqualifiedType(left), unqualifiedType(right));
    // Nothing to merge: the spelling with its sugar and type tags stays.
    return sameQualification(leftQualifiers, merged) ? left : finish(composed);
  }
  const isGeneric = (isVoid(left) && !isFunction(right)) || (isVoid(right) && !isFunction(left));
  if (!isGeneric) checker.report('pointer-type-mismatch', span, types);
  return finish(voidType);
}

function sameQualification(
  a: { isConst: boolean; isVolatile: boolean },
  b: { isConst: boolean; isVolatile: boolean },
): boolean {
  return a.isConst === b.isConst && a.isVolatile === b.isVolatile;
}
