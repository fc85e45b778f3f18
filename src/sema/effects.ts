/** Whether evaluating an expression may change anything. */

import type { TypedExpression } from './typed-tree.ts';

/** Could evaluating it change anything? A call could. */
export function mayHaveEffects(expression: TypedExpression): boolean {
  const waiting = [expression];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    switch (at.kind) {
      case 'Assignment':
      case 'CompoundAssignment':
      case 'Call':
      case 'StatementExpression':
        return true;
      case 'Unary':
      case 'Convert':
      case 'AddressOf':
        waiting.push(at.operand);
        break;
      case 'Binary':
      case 'Logical':
      case 'Comma':
      case 'PointerDifference':
        waiting.push(at.left, at.right);
        break;
      case 'Member':
        waiting.push(at.base);
        break;
      case 'Subscript':
        waiting.push(at.base, at.index);
        break;
      case 'Dereference':
        waiting.push(at.pointer);
        break;
      case 'PointerArithmetic':
        waiting.push(at.pointer, at.index);
        break;
      case 'Conditional':
        waiting.push(at.condition, at.whenTrue, at.whenFalse);
        break;
      case 'Builtin':
        waiting.push(...at.args);
        break;
      default:
    }
  }
  return false;
}
