/**
 * Scalars that are only tested -> branches, without materialising 0 and 1 (C11 6.5.13-15, 6.8.4).
 */

import type { BlockId } from '../ir/func.ts';
import type { LogicalExpression, TypedExpression } from '../sema/typed-tree.ts';
import { truthBit } from './expressions.ts';
import type { Lowering } from './lowering.ts';

/** Operands of a left-leaning chain of one logical operator, left to right. */
function operandsOf(expression: LogicalExpression): readonly TypedExpression[] {
  const operands: TypedExpression[] = [];
  let at: TypedExpression = expression;
  while (at.kind === 'Logical' && at.operator === expression.operator) {
    operands.push(at.right);
    at = at.left;
  }
  operands.push(at);
  return operands.reverse();
}

export function lowerCondition(
  lowering: Lowering,
  expression: TypedExpression,
  whenTrue: BlockId,
  whenFalse: BlockId,
): void {
  const { builder } = lowering;
  if (expression.kind === 'Logical') {
    const isAnd = expression.operator === '&&';
    const operands = operandsOf(expression);
    operands.forEach((operand, i) => {
      if (i === operands.length - 1) {
        lowering.condition(operand, whenTrue, whenFalse);
        return;
      }
      const next = builder.addBlock().id;
      lowering.condition(operand, isAnd ? next : whenTrue, isAnd ? whenFalse : next);
      builder.setBlock(next);
    });
  } else if (expression.kind === 'Unary' && expression.operator === '!') {
    lowering.condition(expression.operand, whenFalse, whenTrue);
  } else if (expression.kind === 'Convert' && expression.conversion === 'to-boolean') {
    lowering.condition(expression.operand, whenTrue, whenFalse);
  } else if (expression.kind === 'Builtin' && expression.name === 'expect' && expression.args[0]) {
    lowering.condition(expression.args[0], whenTrue, whenFalse);
  } else if (
    expression.kind === 'Convert' &&
    expression.conversion === 'integral' &&
    isTruthValue(expression.operand)
  ) {
    // The conversion of a 0 or 1 changes nothing that a test can see: `__builtin_expect(!!(x), 0)`.
    lowering.condition(expression.operand, whenTrue, whenFalse);
  } else {
    builder.condbr(truthBit(lowering, expression), whenTrue, whenFalse);
  }
}

/** Is it 0 or 1 by its operator? */
function isTruthValue(expression: TypedExpression): boolean {
  switch (expression.kind) {
    case 'Logical':
      return true;
    case 'Unary':
      return expression.operator === '!';
    case 'Binary':
      return ['<', '>', '<=', '>=', '==', '!='].includes(expression.operator);
    case 'Convert':
      return (
        expression.conversion === 'to-boolean' ||
        (expression.conversion === 'integral' && isTruthValue(expression.operand))
      );
    case 'Builtin':
      return (
        expression.name === 'expect' && expression.args[0] !== undefined && isTruthValue(expression.args[0])
      );
    default:
      return false;
  }
}
