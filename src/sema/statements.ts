/**
 * Statements (C11 6.8): AST in, typed statements out.
 *
 * Labels, loops and switches of the function are in {@link FunctionState}. A hint pragma belongs to the loop right after it.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type {
  BlockItem,
  CaseStatement,
  CompoundStatement,
  Declaration,
  DefaultStatement,
  Expression,
  ForStatement,
  IfStatement,
  IndirectGotoStatement,
  LabeledStatement,
  PragmaDirective,
  ReturnStatement,
  Statement,
  StatementExpression,
} from '../parser/ast.ts';
import { quoteType } from '../types/print.ts';
import { type CType, integerTypeOf, isPointer, isScalar, pointerTo, voidType } from '../types/types.ts';
import { checkAsm } from './asm-statements.ts';
import type { Checker } from './checker.ts';
import { conditionOf, convertTo } from './conversions.ts';
import { isError, makeDiscarded, makeInteger } from './factories.ts';
import { readLoopHint } from './loop-hints.ts';
import { checkCaseLabel, checkDefaultLabel, checkSwitch } from './switch-statements.ts';
import { isVoid } from './type-queries.ts';
import type { CompoundStatementNode, LoopHint, TypedExpression, TypedStatement } from './typed-tree.ts';
import { warnIfUnused } from './unused-results.ts';

function compound(span: Statement['span'], items: readonly TypedStatement[] = []): CompoundStatementNode {
  return { kind: 'Compound', span, items, endSpan: span };
}

function checkCondition(checker: Checker, node: Expression): TypedExpression {
  const value = checker.rvalue(node);
  if (isError(value)) return value;
  if (!isScalar(value.type)) return checker.fail('condition-not-scalar', node.span, [quoteType(value.type)]);
  return conditionOf(checker, value);
}

/** An expression for its effects, with the warning that it has none. */
function checkEffect(checker: Checker, node: Expression): TypedExpression {
  const value = checker.rvalue(node);
  warnIfUnused(checker, value);
  return value;
}

function inLoop<T>(checker: Checker, action: () => T): T {
  const { function: current } = checker;
  if (current === undefined) return action();
  current.loopDepth++;
  current.breakDepth++;
  const result = action();
  current.loopDepth--;
  current.breakDepth--;
  return result;
}

function declare(checker: Checker, node: Declaration): readonly TypedStatement[] {
  const statements = checker.sema.declareInBlock(node);
  let next = 0;
  for (const statement of statements) {
    if (statement.kind !== 'Local') continue;
    const { symbol, initializer } = statement;
    while (next < node.declarators.length && node.declarators[next]?.declarator.name?.text !== symbol.name)
      next++;
    const attributes = [
      ...node.specifiers.attributes,
      ...(node.declarators[next]?.declarator.attributes ?? []),
    ];
    const current = checker.function;
    current?.locals.push({ symbol, attributes });
    if (current !== undefined && symbol.cleanup !== undefined) {
      current.cleanups = { variable: symbol, outer: current.cleanups };
    }
    const [entry] = initializer?.entries ?? [];
    if (entry !== undefined && integerTypeOf(symbol.type) !== undefined) {
      checker.constants.noteInitialValue(symbol, entry.value);
    }
  }
  return statements;
}

// ---- Blocks ----

/** What a pragma may stand before. */
function isLoop(item: BlockItem | undefined): boolean {
  if (item?.kind === 'LabeledStatement') return isLoop(item.body);
  return item?.kind === 'ForStatement' || item?.kind === 'WhileStatement' || item?.kind === 'DoStatement';
}

function checkItem(checker: Checker, item: BlockItem, hint: LoopHint | undefined): readonly TypedStatement[] {
  switch (item.kind) {
    case 'Declaration':
      return declare(checker, item);
    case 'StaticAssert':
      checker.sema.checkStaticAssert(item);
      return [];
    case 'FunctionDefinition':
      checker.report('nested-function-definition', item.declarator.span);
      return [];
    case 'PragmaDirective':
    case 'EmptyStatement':
      return [];
    default:
      return [checkStatement(checker, item, hint)];
  }
}

function checkPragma(
  checker: Checker,
  pragma: PragmaDirective,
  next: BlockItem | undefined,
): LoopHint | undefined {
  const hint = readLoopHint(checker, pragma);
  if (hint === undefined || next?.kind === 'PragmaDirective') return hint;
  if (!isLoop(next)) {
    checker.report('pragma-without-loop', pragma.span, [pragma.text.trim()]);
    return undefined;
  }
  return hint;
}

/** The items of a block, in a scope that the caller opened. */
export function checkItems(checker: Checker, items: readonly BlockItem[]): TypedStatement[] {
  const statements: TypedStatement[] = [];
  let hint: LoopHint | undefined;
  items.forEach((item, i) => {
    if (item.kind === 'PragmaDirective') {
      hint = checkPragma(checker, item, items[i + 1]) ?? hint;
    } else {
      for (const statement of checkItem(checker, item, hint)) statements.push(statement);
      hint = undefined;
    }
  });
  return statements;
}

/** Runs `action` in the scope of a block: names and local labels. */
function inBlock<T>(checker: Checker, node: CompoundStatement, action: () => T): T {
  const { function: current } = checker;
  const cleanups = current?.cleanups;
  checker.sema.pushScope();
  const hasLabels = node.localLabels.length > 0;
  if (hasLabels) checker.function?.openLabels(node.localLabels);
  const result = action();
  if (hasLabels) checker.function?.closeLabels(checker.sema.diagnostics);
  checker.sema.popScope();
  if (current !== undefined) current.cleanups = cleanups;
  return result;
}

function checkCompound(checker: Checker, node: CompoundStatement): CompoundStatementNode {
  const items = inBlock(checker, node, () => checkItems(checker, node.items));
  return { kind: 'Compound', span: node.span, items, endSpan: node.endSpan };
}

/** The statement behind labels. */
function unlabelled(item: BlockItem | undefined): BlockItem | undefined {
  let at = item;
  while (at?.kind === 'LabeledStatement') at = at.body;
  return at;
}

/** The labels before the last expression of a statement expression, which is checked apart from them. */
function checkLabelsAlone(checker: Checker, item: BlockItem): TypedStatement[] {
  const statements: TypedStatement[] = [];
  for (let at = item; at.kind === 'LabeledStatement'; at = at.body) {
    const label = checkLabel(checker, at);
    if (label !== undefined) statements.push(label(compound(at.span)));
  }
  return statements;
}

/** GNU `({ ... })`: the value is that of the last statement when that is an expression. */
export function checkStatementExpression(checker: Checker, node: StatementExpression): TypedExpression {
  const { body, span } = node;
  if (checker.function === undefined) return checker.fail('statement-expression-at-file-scope', span);
  const end = body.items.at(-1);
  const last = unlabelled(end);
  return inBlock(checker, body, () => {
    const isValue = last?.kind === 'ExpressionStatement';
    const items = checkItems(checker, isValue ? body.items.slice(0, -1) : body.items);
    if (isValue && end !== undefined && end !== last) items.push(...checkLabelsAlone(checker, end));
    let result: TypedExpression | undefined;
    if (isValue) {
      const value = checker.rvalue(last.expression);
      if (isError(value)) return value;
      if (isVoid(value.type)) items.push({ kind: 'Expression', span: last.span, expression: value });
      else result = value;
    }
    const block: CompoundStatementNode = { kind: 'Compound', span: body.span, items, endSpan: body.endSpan };
    const type: CType = result?.type ?? voidType;
    return { kind: 'StatementExpression', span, type, isLvalue: false, body: block, result };
  });
}

// ---- Loops and jumps ----

function checkFor(checker: Checker, node: ForStatement, hint: LoopHint | undefined): TypedStatement {
  const { function: current } = checker;
  const cleanups = current?.cleanups;
  checker.sema.pushScope();
  let init: readonly TypedStatement[] = [];
  if (node.init?.kind === 'Declaration') init = declare(checker, node.init);
  else if (node.init !== undefined) {
    init = [{ kind: 'Expression', span: node.init.span, expression: checkEffect(checker, node.init) }];
  }
  const condition = node.condition && checkCondition(checker, node.condition);
  const step = node.step && makeDiscarded(checkEffect(checker, node.step));
  const body = inLoop(checker, () => checkStatement(checker, node.body));
  checker.sema.popScope();
  if (current !== undefined) current.cleanups = cleanups;
  return { kind: 'For', span: node.span, init, condition, step, body, hint };
}

function checkReturn(checker: Checker, node: ReturnStatement): TypedStatement {
  const { span } = node;
  const current = checker.function;
  const type = current?.returnType ?? voidType;
  const name = current?.symbol.name ?? '';
  const none: TypedStatement = { kind: 'Return', span, value: undefined };
  if (node.value === undefined) {
    if (!isVoid(type)) checker.report('return-without-value', span, [name]);
    return none;
  }
  const value = checker.rvalue(node.value);
  if (isError(value)) return none;
  if (isVoid(type)) {
    if (!isVoid(value.type)) checker.report('return-with-value', node.value.span, [name]);
    // GNU C lets a void function return a void expression.
    return compound(span, [{ kind: 'Expression', span: value.span, expression: value }, none]);
  }
  if (isVoid(value.type)) {
    checker.report('return-void-expression', node.value.span, [quoteType(type)]);
    return none;
  }
  return { kind: 'Return', span, value: checker.assign(value, type, { kind: 'return' }) };
}

function checkIndirectGoto(checker: Checker, node: IndirectGotoStatement): TypedStatement {
  const value = checker.rvalue(node.target);
  const type = pointerTo({
    kind: 'qualified',
    type: voidType,
    isConst: true,
    isVolatile: false,
    isRestrict: false,
    isAtomic: false,
  });
  if (!isError(value) && !isPointer(value.type)) {
    checker.report('goto-target-type', node.target.span, [quoteType(value.type)]);
    return { kind: 'IndirectGoto', span: node.span, target: makeInteger(0n, type, node.span) };
  }
  return { kind: 'IndirectGoto', span: node.span, target: convertTo(checker, value, type) };
}

/** A label before a statement, made into the node around the statement (or around nothing, see {@link checkLabels}). */
type Labelled = (body: TypedStatement) => TypedStatement;

function checkLabel(
  checker: Checker,
  node: LabeledStatement | CaseStatement | DefaultStatement,
): Labelled | undefined {
  const { span } = node;
  if (node.kind === 'LabeledStatement') {
    const label = checker.function?.defineLabel(checker.sema.diagnostics, node.label, node.attributes);
    return label && ((body) => ({ kind: 'Labeled', span, label, body }));
  }
  const label =
    node.kind === 'CaseStatement' ? checkCaseLabel(checker, node) : checkDefaultLabel(checker, node);
  return label && ((body) => ({ kind: 'Case', span, label, body }));
}

/**
 * A statement with its labels. A run of labels becomes a block of labelled empty statements before the last one, so that
 * thousands of cases in a row make no deep tree.
 */
function checkLabels(
  checker: Checker,
  node: LabeledStatement | CaseStatement | DefaultStatement,
  hint: LoopHint | undefined,
): TypedStatement {
  const labels: Labelled[] = [];
  let at: Statement = node;
  while (at.kind === 'LabeledStatement' || at.kind === 'CaseStatement' || at.kind === 'DefaultStatement') {
    const label = checkLabel(checker, at);
    if (label !== undefined) labels.push(label);
    at = at.body;
  }
  const body = checkStatement(checker, at, hint);
  const last = labels.pop();
  if (last === undefined) return body;
  if (labels.length === 0) return last(body);
  return compound(node.span, [...labels.map((label) => label(compound(node.span))), last(body)]);
}

/** clang's -Wempty-body: the semicolon right after the condition is easily overlooked. */
function warnAboutEmptyBody(checker: Checker, node: IfStatement): void {
  const { sources } = checker.sema;
  const { condition, then } = node;
  if (then.kind !== 'EmptyStatement' || then.attributes.length > 0 || !checker.isReached) return;
  if (sources.isInMacro(condition.span.start) || sources.isInMacro(then.span.start)) return;
  if (sources.location(condition.span.end).line !== sources.location(then.span.start).line) return;
  const notes = [{ span: then.span, text: 'put the semicolon on a separate line to silence this warning' }];
  checker.report('empty-body', then.span, ['if statement'], { notes });
}

/** An if with its `else if`s: a chain of any length, from the last one up. */
function checkIf(checker: Checker, node: IfStatement): TypedStatement {
  const links: {
    readonly span: Span;
    readonly condition: TypedExpression;
    readonly taken: TypedStatement;
  }[] = [];
  let at: Statement | undefined = node;
  while (at?.kind === 'IfStatement') {
    const condition = checkCondition(checker, at.condition);
    warnAboutEmptyBody(checker, at);
    links.push({ span: at.span, condition, taken: checkStatement(checker, at.then) });
    at = at.otherwise;
  }
  let result = at && checkStatement(checker, at);
  for (let link = links.pop(); link !== undefined; link = links.pop()) {
    const { span, condition, taken: then } = link;
    result = { kind: 'If', span, condition, then, otherwise: result };
  }
  return result ?? compound(node.span);
}

/** Checks one statement; `hint` is what pragmas right before it said. */
function checkStatement(checker: Checker, node: Statement, hint?: LoopHint): TypedStatement {
  const { span } = node;
  switch (node.kind) {
    case 'CompoundStatement':
      return checkCompound(checker, node);
    case 'ExpressionStatement':
      return { kind: 'Expression', span, expression: checkEffect(checker, node.expression) };
    case 'EmptyStatement':
    case 'ErrorStatement':
    case 'PragmaDirective':
      return compound(span);
    case 'LabeledStatement':
    case 'CaseStatement':
    case 'DefaultStatement':
      return checkLabels(checker, node, hint);
    case 'IfStatement':
      return checkIf(checker, node);
    case 'SwitchStatement':
      return checkSwitch(checker, node, (body) => checkStatement(checker, body));
    case 'WhileStatement': {
      const condition = checkCondition(checker, node.condition);
      const body = inLoop(checker, () => checkStatement(checker, node.body));
      return { kind: 'While', span, condition, body, hint };
    }
    case 'DoStatement': {
      const body = inLoop(checker, () => checkStatement(checker, node.body));
      return { kind: 'Do', span, body, condition: checkCondition(checker, node.condition), hint };
    }
    case 'ForStatement':
      return checkFor(checker, node, hint);
    case 'GotoStatement': {
      const label = checker.function?.jumpTo(node.label, span);
      return label === undefined ? compound(span) : { kind: 'Goto', span, label };
    }
    case 'IndirectGotoStatement':
      return checkIndirectGoto(checker, node);
    case 'ContinueStatement':
      if ((checker.function?.loopDepth ?? 0) === 0) checker.report('continue-outside-loop', span);
      return { kind: 'Continue', span };
    case 'BreakStatement':
      if ((checker.function?.breakDepth ?? 0) === 0) checker.report('break-outside-loop', span);
      return { kind: 'Break', span };
    case 'ReturnStatement':
      return checkReturn(checker, node);
    case 'AsmStatement':
      return checkAsm(checker, node);
    default:
      return node satisfies never;
  }
}
