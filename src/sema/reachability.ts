/**
 * Does control reach the end of a function (clang's -Wreturn-type)? A syntactic answer: conditions count only when they are
 * constant, and a label that a goto may come to is reachable.
 */

import { noSpan } from '../diagnostics/source-manager.ts';
import type { Checker } from './checker.ts';
import type { IfStatementNode, TypedExpression, TypedStatement } from './typed-tree.ts';

interface Flow {
  /** Control comes out at the end. */
  readonly completes: boolean;
  /** A reachable `break` leaves the statement. */
  readonly breaks: boolean;
}

const stops: Flow = { completes: false, breaks: false };
const passes: Flow = { completes: true, breaks: false };

/** Calls after which nothing runs. */
function neverReturns(expression: TypedExpression): boolean {
  let at = expression;
  for (;;) {
    if (at.kind === 'Convert') at = at.operand;
    else if (at.kind === 'Comma') at = at.right;
    else break;
  }
  if (at.kind === 'Builtin') return at.name === 'unreachable' || at.name === 'trap';
  if (at.kind === 'Call' && at.callee.kind === 'FunctionReference') {
    const { symbol } = at.callee;
    return symbol.isNoreturn || symbol.type.isNoreturn;
  }
  if (at.kind !== 'StatementExpression') return false;
  const last = at.result ?? undefined;
  return last === undefined ? endsInDeadEnd(at.body.items) : neverReturns(last);
}

function endsInDeadEnd(items: readonly TypedStatement[]): boolean {
  return items.some((item) => item.kind === 'Expression' && neverReturns(item.expression));
}

class Reachability {
  private readonly checker: Checker;

  constructor(checker: Checker) {
    this.checker = checker;
  }

  private constant(condition: TypedExpression | undefined): boolean | undefined {
    if (condition === undefined) return true;
    const value = this.checker.constants.integer(condition);
    return value === undefined ? undefined : value !== 0n;
  }

  private sequence(items: readonly TypedStatement[]): Flow {
    let completes = true;
    let breaks = false;
    for (const item of items) {
      const flow = this.flow(item);
      // What stands after a jump is reached only through a label inside it.
      const isEntered = completes || hasLabel(item);
      if (!isEntered) continue;
      completes = flow.completes;
      breaks ||= flow.breaks;
    }
    return { completes, breaks };
  }

  /** An if and its `else if`s. A branch that a constant condition rules out counts when a label leads into it. */
  private choice(node: IfStatementNode): Flow {
    let completes = false;
    let breaks = false;
    let at: TypedStatement | undefined = node;
    while (at?.kind === 'If') {
      const condition = this.constant(at.condition);
      if (condition !== false || hasLabel(at.then)) {
        const then = this.flow(at.then);
        completes ||= then.completes;
        breaks ||= then.breaks;
      }
      if (condition === true && !(at.otherwise && hasLabel(at.otherwise))) return { completes, breaks };
      at = at.otherwise;
    }
    const otherwise = at === undefined ? passes : this.flow(at);
    return { completes: completes || otherwise.completes, breaks: breaks || otherwise.breaks };
  }

  flow(node: TypedStatement): Flow {
    switch (node.kind) {
      case 'Compound':
        return this.sequence(node.items);
      case 'Expression':
        return neverReturns(node.expression) ? stops : passes;
      case 'Local':
        return passes;
      case 'Asm':
        return passes;
      case 'Labeled':
      case 'Case':
        return this.flow(node.body);
      case 'If':
        return this.choice(node);
      case 'While':
      case 'For':
        return {
          completes: this.constant(node.condition) !== true || this.flow(node.body).breaks,
          breaks: false,
        };
      case 'Do': {
        const body = this.flow(node.body);
        const leaves = this.constant(node.condition) !== true && (body.completes || hasContinue(node.body));
        return { completes: leaves || body.breaks, breaks: false };
      }
      case 'Switch': {
        const body = this.flow(node.body);
        return { completes: body.completes || body.breaks || node.defaultLabel === undefined, breaks: false };
      }
      case 'Break':
        return { completes: false, breaks: true };
      case 'Goto':
      case 'IndirectGoto':
      case 'Continue':
      case 'Return':
        return stops;
      default:
        return node satisfies never;
    }
  }
}

function some(statement: TypedStatement, test: (node: TypedStatement) => boolean): boolean {
  let node = statement;
  for (; node.kind === 'If' && !test(node) && !some(node.then, test); node = node.otherwise) {
    if (node.otherwise === undefined) return false;
  }
  if (node.kind === 'If' || test(node)) return true;
  switch (node.kind) {
    case 'Compound':
      return node.items.some((item) => some(item, test));
    case 'While':
    case 'Do':
    case 'For':
    case 'Switch':
    case 'Labeled':
    case 'Case':
      return some(node.body, test);
    default:
      return false;
  }
}

function hasLabel(node: TypedStatement): boolean {
  return some(node, (inner) => inner.kind === 'Labeled' || inner.kind === 'Case');
}

function hasContinue(node: TypedStatement): boolean {
  return some(node, (inner) => inner.kind === 'Continue');
}

/** Whether control can fall out of a block's end, and whether it can also leave otherwise. */
export function canReachEnd(checker: Checker, items: readonly TypedStatement[]): boolean {
  return new Reachability(checker).flow({ kind: 'Compound', span: noSpan, items, endSpan: noSpan }).completes;
}

/** Does any return statement stand in these? */
export function hasReturn(items: readonly TypedStatement[]): boolean {
  return items.some((item) => some(item, (inner) => inner.kind === 'Return'));
}
