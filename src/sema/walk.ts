/**
 * Every statement and expression of a function of the typed tree, once each, in no order that matters.
 *
 * Chains may be thousands of nodes deep (see typed-tree.ts): the walk keeps its own stack. `Reused` nodes are not
 * entered: what they stand for is visited where it is evaluated.
 */

import type { LocalInitializer, TypedExpression, TypedStatement } from './typed-tree.ts';

export interface Visitor {
  /** `isItem`: it stands in a list of statements, so that another one can be written before it. */
  readonly statement?: (statement: TypedStatement, isItem: boolean) => void;
  readonly expression?: (expression: TypedExpression) => void;
}

type Waiting =
  | { readonly statement: TypedStatement; readonly isItem: boolean }
  | { readonly expression: TypedExpression };

class Walk {
  private readonly waiting: Waiting[] = [];
  private readonly visitor: Visitor;

  constructor(visitor: Visitor) {
    this.visitor = visitor;
  }

  run(root: TypedStatement): void {
    this.waiting.push({ statement: root, isItem: false });
    for (let at = this.waiting.pop(); at !== undefined; at = this.waiting.pop()) {
      if ('statement' in at) {
        this.visitor.statement?.(at.statement, at.isItem);
        this.enterStatement(at.statement);
      } else {
        this.visitor.expression?.(at.expression);
        this.enterExpression(at.expression);
      }
    }
  }

  private expressions(list: readonly (TypedExpression | undefined)[]): void {
    for (const expression of list) if (expression !== undefined) this.waiting.push({ expression });
  }

  private statements(isItem: boolean, list: readonly (TypedStatement | undefined)[]): void {
    for (const statement of list) if (statement !== undefined) this.waiting.push({ statement, isItem });
  }

  private initializer(initializer: LocalInitializer | undefined): void {
    this.expressions(initializer?.entries.map(({ value }) => value) ?? []);
  }

  private enterStatement(statement: TypedStatement): void {
    switch (statement.kind) {
      case 'Compound':
        this.statements(true, statement.items);
        return;
      case 'Expression':
        this.expressions([statement.expression]);
        return;
      case 'Local':
        this.initializer(statement.initializer);
        return;
      case 'If':
        this.expressions([statement.condition]);
        this.statements(false, [statement.then, statement.otherwise]);
        return;
      case 'While':
      case 'Do':
        this.expressions([statement.condition]);
        this.statements(false, [statement.body]);
        return;
      case 'For':
        this.statements(false, [...statement.init, statement.body]);
        this.expressions([statement.condition, statement.step]);
        return;
      case 'Switch':
        this.expressions([statement.value]);
        this.statements(false, [statement.body]);
        return;
      case 'Case':
      case 'Labeled':
        this.statements(false, [statement.body]);
        return;
      case 'IndirectGoto':
        this.expressions([statement.target]);
        return;
      case 'Return':
        this.expressions([statement.value]);
        return;
      case 'Asm':
        this.expressions([...statement.outputs, ...statement.inputs].map(({ value }) => value));
        return;
      case 'Goto':
      case 'Break':
      case 'Continue':
        return;
      default:
        statement satisfies never;
    }
  }

  private enterExpression(expression: TypedExpression): void {
    switch (expression.kind) {
      case 'CompoundLiteral':
        this.initializer(expression.initializer);
        return;
      case 'Member':
        this.expressions([expression.base]);
        return;
      case 'Subscript':
        this.expressions([expression.base, expression.index]);
        return;
      case 'Dereference':
        this.expressions([expression.pointer]);
        return;
      case 'AddressOf':
      case 'Unary':
      case 'Convert':
        this.expressions([expression.operand]);
        return;
      case 'Binary':
      case 'PointerDifference':
      case 'Logical':
      case 'Comma':
        this.expressions([expression.left, expression.right]);
        return;
      case 'PointerArithmetic':
        this.expressions([expression.pointer, expression.index]);
        return;
      case 'Conditional':
        this.expressions([expression.condition, expression.whenTrue, expression.whenFalse]);
        return;
      case 'Assignment':
      case 'CompoundAssignment':
        this.expressions([expression.target, expression.value]);
        return;
      case 'Call':
        this.expressions([expression.callee, ...expression.args]);
        return;
      case 'Builtin':
        this.expressions(expression.args);
        return;
      case 'StatementExpression':
        this.statements(false, [expression.body]);
        this.expressions([expression.result]);
        return;
      case 'Lanes':
        this.expressions([...expression.operands, expression.lane]);
        return;
      case 'IntegerConstant':
      case 'FloatConstant':
      case 'StringReference':
      case 'ObjectReference':
      case 'FunctionReference':
      case 'Reused':
      case 'LabelAddress':
        return;
      default:
        expression satisfies never;
    }
  }
}

export function walkStatement(root: TypedStatement, visitor: Visitor): void {
  new Walk(visitor).run(root);
}
