/**
 * What the files of sema's expressions half share: the analysis (`sema`), the constant evaluator, and whether code is
 * being evaluated. One per analysis; the state is a stack discipline kept by {@link Checker.unevaluated}
 * and the function checker.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { DiagnosticDetails } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-manager.ts';
import type { Expression } from '../parser/ast.ts';
import type { CType } from '../types/types.ts';
import { ConstantEvaluator } from './constant-evaluation.ts';
import type { AssignmentContext, Sema } from './context.ts';
import { makeError } from './factories.ts';
import type { FunctionState } from './function-state.ts';
import type { TypedExpression, TypedSymbol } from './typed-tree.ts';

export class Checker {
  readonly sema: Sema;
  readonly constants: ConstantEvaluator;
  /** The function whose body is being checked; undefined at file scope. */
  function: FunctionState | undefined = undefined;
  private unevaluatedDepth = 0;
  private unreachableDepth = 0;

  constructor(sema: Sema) {
    this.sema = sema;
    this.constants = new ConstantEvaluator(sema.options.littleEndian);
  }

  get isUnevaluated(): boolean {
    return this.unevaluatedDepth > 0;
  }

  /** Runs `action` for an operand that is never evaluated (6.5.3.4 p2): nothing in it counts as used. */
  unevaluated<T>(action: () => T): T {
    this.unevaluatedDepth++;
    try {
      return action();
    } finally {
      this.unevaluatedDepth--;
    }
  }

  /** Runs `action` for an operand that a constant to its left keeps from being reached (`0 && x / 0`). */
  unreachable<T>(isUnreachable: boolean, action: () => T): T {
    if (!isUnreachable) return action();
    this.unreachableDepth++;
    try {
      return action();
    } finally {
      this.unreachableDepth--;
    }
  }

  /** Runs `action` outside all functions and operands: file scope is analysed when a name is first met. */
  atFileScope(action: () => void): void {
    const saved = [this.function, this.unevaluatedDepth, this.unreachableDepth] as const;
    this.function = undefined;
    this.unevaluatedDepth = 0;
    this.unreachableDepth = 0;
    action();
    [this.function, this.unevaluatedDepth, this.unreachableDepth] = saved;
  }

  /** Does what is being checked run? Warnings about what happens then are pointless elsewhere. */
  get isReached(): boolean {
    return this.unevaluatedDepth === 0 && this.unreachableDepth === 0;
  }

  markReferenced(symbol: TypedSymbol): void {
    if (symbol.kind === 'object') this.function?.referenced.add(symbol);
    if (!this.isUnevaluated) this.sema.markReferenced(symbol);
  }

  report(code: DiagnosticCode, span: Span, args: readonly string[] = [], details?: DiagnosticDetails): void {
    this.sema.diagnostics.report(code, span, args, details);
  }

  /** Reports and gives the value that stands for a mistake. */
  fail(
    code: DiagnosticCode,
    span: Span,
    args: readonly string[] = [],
    details?: DiagnosticDetails,
  ): TypedExpression {
    this.report(code, span, args, details);
    return makeError(span);
  }

  check(expression: Expression): TypedExpression {
    return this.sema.checkExpression(expression);
  }

  rvalue(expression: Expression): TypedExpression {
    return this.sema.checkRvalue(expression);
  }

  assign(value: TypedExpression, type: CType, context: AssignmentContext): TypedExpression {
    return this.sema.convertForAssignment(value, type, context);
  }
}
