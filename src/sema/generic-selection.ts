/**
 * _Generic (C11 6.5.1.1), __builtin_choose_expr and __builtin_types_compatible_p.
 *
 * The controlling expression undergoes lvalue conversion, as in clang and C17's DR 481: `const int` selects `int`.
 */

import type {
  ChooseExpression,
  Expression,
  GenericSelection,
  TypeName,
  TypesCompatible,
} from '../parser/ast.ts';
import { compatibleTypes, compatibleUnqualifiedTypes } from '../types/compatibility.ts';
import { quoteType } from '../types/print.ts';
import { type CType, intType } from '../types/types.ts';
import type { Checker } from './checker.ts';
import { isErrorType, makeError, makeInteger } from './factories.ts';
import { isFunction, isIncomplete, unqualifiedType } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';

function isTypeName(operand: Expression | TypeName): operand is TypeName {
  return operand.kind === 'TypeName';
}

interface TypedAssociation {
  readonly type: CType;
  readonly value: Expression;
  readonly span: TypeName['span'];
}

/** The associations with a type; mistakes in one do not keep the others from being chosen. */
function typedAssociations(checker: Checker, node: GenericSelection): readonly TypedAssociation[] {
  const rows: TypedAssociation[] = [];
  for (const { type: name, value } of node.associations) {
    if (name === undefined) continue;
    const type = checker.sema.typeOfTypeName(name);
    const previous = rows.find((row) => compatibleTypes(row.type, type));
    if (isFunction(type)) checker.report('generic-function-type', name.span, [quoteType(type)]);
    else if (isIncomplete(type)) checker.report('generic-incomplete-type', name.span, [quoteType(type)]);
    else if (previous !== undefined) {
      checker.report('generic-duplicate-type', name.span, [quoteType(type), quoteType(previous.type)], {
        notes: [{ span: previous.span, text: 'compatible type specified here' }],
      });
    }
    rows.push({ type, value, span: name.span });
  }
  return rows;
}

export function checkGenericSelection(checker: Checker, node: GenericSelection): TypedExpression {
  const { control } = node;
  const controlType = isTypeName(control)
    ? checker.sema.typeOfTypeName(control)
    : unqualifiedType(checker.unevaluated(() => checker.rvalue(control)).type);
  const defaults = node.associations.filter((row) => row.type === undefined);
  if (defaults.length > 1) checker.report('generic-duplicate-default', defaults[1]?.value.span ?? node.span);
  const rows = typedAssociations(checker, node);
  if (isErrorType(controlType)) return makeError(node.span);
  const chosen = rows.find((row) => compatibleTypes(row.type, controlType)) ?? defaults[0];
  const others = node.associations.filter((row) => row.value !== chosen?.value);
  // The other arms are not evaluated, but must be expressions.
  checker.unevaluated(() => {
    for (const row of others) checker.check(row.value);
  });
  if (chosen === undefined) return checker.fail('generic-no-match', control.span, [quoteType(controlType)]);
  return checker.check(chosen.value);
}

export function checkChooseExpression(checker: Checker, node: ChooseExpression): TypedExpression {
  const condition = checker.sema.integerConstant(node.condition, "'__builtin_choose_expr' condition");
  if (condition === undefined) return makeError(node.span);
  const isTrue = condition.value !== 0n;
  checker.unevaluated(() => checker.check(isTrue ? node.whenFalse : node.whenTrue));
  return checker.check(isTrue ? node.whenTrue : node.whenFalse);
}

export function checkTypesCompatible(checker: Checker, node: TypesCompatible): TypedExpression {
  const left = checker.unevaluated(() => checker.sema.typeOfTypeName(node.left));
  const right = checker.unevaluated(() => checker.sema.typeOfTypeName(node.right));
  return makeInteger(compatibleUnqualifiedTypes(left, right) ? 1n : 0n, intType, node.span);
}
