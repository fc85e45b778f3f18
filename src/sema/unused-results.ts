/**
 * clang's -Wunused-value: an expression statement or left comma operand whose value nobody takes and that does nothing.
 */

import { qualifiersOf } from '../types/types.ts';
import type { Checker } from './checker.ts';
import { isComparison } from './constant-arithmetic.ts';
import { isError } from './factories.ts';
import type { TypedExpression } from './typed-tree.ts';

/** What a useless expression is called; undefined for one that does something or was discarded on purpose. */
function uselessKind(
  expression: TypedExpression,
): 'value' | 'equality' | 'inequality' | 'relational' | undefined {
  let at = expression;
  for (;;) {
    switch (at.kind) {
      case 'Binary':
        if (!isComparison(at.operator)) return 'value';
        if (at.operator === '==') return 'equality';
        return at.operator === '!=' ? 'inequality' : 'relational';
      case 'IntegerConstant':
      case 'FloatConstant':
      case 'Unary':
      case 'PointerArithmetic':
      case 'PointerDifference':
      case 'AddressOf':
      case 'ObjectReference':
      case 'FunctionReference':
      case 'StringReference':
      case 'Member':
      case 'Subscript':
      case 'Dereference':
        return 'value';
      case 'Convert':
        // A cast to void says that the value is not wanted; a volatile read is an effect.
        if (at.conversion === 'to-void') return undefined;
        if (at.conversion === 'lvalue-to-rvalue' && isVolatileRead(at.operand)) return undefined;
        at = at.operand;
        break;
      case 'Logical':
      case 'Comma':
        at = at.right;
        break;
      default:
        return undefined;
    }
  }
}

function isVolatileRead(lvalue: TypedExpression): boolean {
  return qualifiersOf(lvalue.type).isVolatile;
}

/** Warns when evaluating `expression` for its effects is pointless. Macros are left alone, as their use may differ. */
export function warnIfUnused(
  checker: Checker,
  expression: TypedExpression,
  place: 'statement' | 'comma' = 'statement',
): void {
  if (checker.isUnevaluated || isError(expression)) return;
  const kind = uselessKind(expression);
  if (kind === undefined || checker.sema.sources.isInMacro(expression.span.start)) return;
  if (place === 'comma') checker.report('comma-without-effect', expression.span);
  else if (kind === 'value') checker.report('unused-value', expression.span);
  else checker.report('unused-comparison', expression.span, [kind]);
}
