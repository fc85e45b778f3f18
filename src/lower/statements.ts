/**
 * Statements -> basic blocks (C11 6.8).
 *
 * A statement always finds a current block that is open; after a jump a new one takes what cannot be reached, and the CFG
 * simplification drops it.
 */

import type { BlockId, ValueId } from '../ir/func.ts';
import { opRow, Predicate } from '../ir/ops.ts';
import type {
  CompoundStatementNode,
  DoStatementNode,
  ForStatementNode,
  IfStatementNode,
  LabelSymbol,
  LocalDeclaration,
  LoopHint,
  StatementExpressionNode,
  SwitchStatementNode,
  TypedExpression,
  TypedStatement,
  WhileStatementNode,
} from '../sema/typed-tree.ts';
import { bug, unreachable } from '../support/bug.ts';
import { sizeOf } from '../types/types.ts';
import { lowerAsm } from './asm.ts';
import { isInFrame, type JumpTarget, type Lowering, stackObject } from './lowering.ts';
import { initializeObject, placeAt, storePlace, unsupportedValue } from './places.ts';
import { closeScope, leaveForLabel, leaveScopes, openScope } from './scopes.ts';
import { findSideDoors, type LabelPlace } from './side-doors.ts';
import { isRecordLike, isSignedInteger, isVoid, passingOfResult } from './value-types.ts';
import { compareWide, isWide, wideArithmetic, wideConstant } from './wide.ts';

/** A `case a ... b` of more values than this is a comparison instead of that many cases. */
const maxExpandedRange = 64n;

/** Goes to `block` from the current one, where that is still open, and makes it current. */
function fallInto(lowering: Lowering, block: BlockId): void {
  const { builder } = lowering;
  if (!builder.isTerminated) builder.br(block);
  builder.setBlock(block);
}

/** Opens a block for what follows a jump. */
function afterJump(lowering: Lowering): void {
  lowering.builder.setBlock(lowering.builder.addBlock());
}

function branchTo(lowering: Lowering, target: BlockId): void {
  lowering.builder.br(target);
  afterJump(lowering);
}

function jumpTo(lowering: Lowering, target: JumpTarget): void {
  leaveScopes(lowering, target.depth);
  branchTo(lowering, target.block);
}

function gotoLabel(lowering: Lowering, label: LabelSymbol): void {
  leaveForLabel(lowering, label);
  branchTo(lowering, lowering.labels.get(label) ?? bug(`label ${label.name} unknown`));
}

function computedGoto(lowering: Lowering, target: TypedExpression): void {
  const { builder, computedGotos } = lowering;
  const label = builder.ptrtoint(lowering.value(target));
  computedGotos.push({ block: builder.block, label, pos: builder.pos });
  afterJump(lowering);
}

/** A computed goto (GCC manual 6.3) is a switch over the numbers of the labels whose address the function takes. */
export function aimComputedGotos(lowering: Lowering): void {
  const { builder, labels, computedGotos } = lowering;
  if (computedGotos.length === 0) return;
  const elsewhere = builder.addBlock().id;
  builder.setBlock(elsewhere);
  builder.unreachable();
  const cases: [ValueId, BlockId][] = [];
  for (const [{ isAddressTaken, address }, block] of labels) {
    if (isAddressTaken) cases.push([builder.i64(address), block]);
  }
  for (const { block, label, pos } of computedGotos) {
    builder.setBlock(block);
    builder.pos = pos;
    builder.switch(label, elsewhere, cases);
  }
}

/** Makes the labels of a function's or a statement expression's body known. */
export function enterLabels(lowering: Lowering, body: TypedStatement): void {
  let outer: LabelPlace | undefined;
  for (const { statement, locals } of lowering.scopes) {
    outer = { scope: statement, declaredBefore: locals.length, outer };
  }
  const { labels, enteredBySideDoor } = findSideDoors(body, outer);
  for (const [label, labelPlace] of labels) {
    // A label leads into a block of its own, never into the entry.
    lowering.labels.set(label, lowering.builder.addBlock().id);
    lowering.labelPlaces.set(label, labelPlace);
  }
  for (const statement of enteredBySideDoor) lowering.enteredBySideDoor.add(statement);
}

function local(lowering: Lowering, statement: LocalDeclaration): void {
  const { symbol, initializer } = statement;
  const size = sizeOf(symbol.type) ?? 0;
  const known = lowering.locals.get(symbol);
  const pointer = known ?? stackObject(lowering, size, symbol.align, symbol.name);
  lowering.locals.set(symbol, pointer);
  const scope = lowering.scopes.at(-1);
  if (scope?.hasLifetimes === true && isInFrame(lowering, pointer)) lowering.builder.lifetimeStart(pointer);
  if (initializer !== undefined) {
    initializeObject(lowering, { ...placeAt(pointer, symbol.type), align: symbol.align }, size, initializer);
  }
  scope?.locals.push(symbol);
}

function compound(lowering: Lowering, statement: CompoundStatementNode): void {
  openScope(lowering, statement, !lowering.enteredBySideDoor.has(statement));
  for (const item of statement.items) lowering.statement(item);
  closeScope(lowering);
}

/** GNU `({ ... })`: the value is taken before the scope is left. Undefined for void. */
export function lowerStatementExpression(
  lowering: Lowering,
  expression: StatementExpressionNode,
): ValueId | undefined {
  const { body, result } = expression;
  enterLabels(lowering, body);
  // A record's value is the address of a local, which therefore outlives the scope.
  const isKept = result !== undefined && isRecordLike(result.type);
  openScope(lowering, body, !isKept && !lowering.enteredBySideDoor.has(body));
  for (const item of body.items) lowering.statement(item);
  const value = result === undefined ? undefined : lowering.value(result);
  closeScope(lowering);
  return value;
}

function ifStatement(lowering: Lowering, statement: IfStatementNode): void {
  const { builder } = lowering;
  let thenBlock = builder.addBlock().id;
  const done = builder.addBlock().id;
  // A chain of else-ifs may be long: it is walked, not descended into.
  let at: TypedStatement | undefined = statement;
  while (at?.kind === 'If') {
    const elseBlock = at.otherwise === undefined ? done : builder.addBlock().id;
    builder.pos = at.span.start;
    lowering.condition(at.condition, thenBlock, elseBlock);
    builder.setBlock(thenBlock);
    lowering.statement(at.then);
    if (!builder.isTerminated) builder.br(done);
    builder.setBlock(elseBlock);
    at = at.otherwise;
    if (at?.kind === 'If') thenBlock = builder.addBlock().id;
  }
  if (at !== undefined) {
    lowering.statement(at);
    if (!builder.isTerminated) builder.br(done);
    builder.setBlock(done);
  }
}

function setHint(lowering: Lowering, header: BlockId, hint: LoopHint | undefined): void {
  if (hint === undefined || hint.unroll === 'default') return;
  const codes = { full: -1, disable: -2 } as const;
  lowering.func.block(header).unroll = typeof hint.unroll === 'number' ? hint.unroll : codes[hint.unroll];
}

function inLoop(lowering: Lowering, breakTo: BlockId, continueTo: BlockId, body: TypedStatement): void {
  const depth = lowering.scopes.length;
  lowering.jumps.push({ breakTo: { block: breakTo, depth }, continueTo: { block: continueTo, depth } });
  lowering.statement(body);
  lowering.jumps.pop();
}

function whileStatement(lowering: Lowering, statement: WhileStatementNode): void {
  const { builder } = lowering;
  const [header, body, done] = [builder.addBlock().id, builder.addBlock().id, builder.addBlock().id];
  fallInto(lowering, header);
  setHint(lowering, header, statement.hint);
  lowering.condition(statement.condition, body, done);
  builder.setBlock(body);
  inLoop(lowering, done, header, statement.body);
  if (!builder.isTerminated) builder.br(header);
  builder.setBlock(done);
}

function doStatement(lowering: Lowering, statement: DoStatementNode): void {
  const { builder } = lowering;
  const [body, test, done] = [builder.addBlock().id, builder.addBlock().id, builder.addBlock().id];
  fallInto(lowering, body);
  setHint(lowering, body, statement.hint);
  inLoop(lowering, done, test, statement.body);
  fallInto(lowering, test);
  lowering.condition(statement.condition, body, done);
  builder.setBlock(done);
}

function forStatement(lowering: Lowering, statement: ForStatementNode): void {
  const { builder } = lowering;
  openScope(lowering, statement, !lowering.enteredBySideDoor.has(statement));
  for (const item of statement.init) lowering.statement(item);
  const [header, body] = [builder.addBlock().id, builder.addBlock().id];
  const [step, done] = [builder.addBlock().id, builder.addBlock().id];
  fallInto(lowering, header);
  setHint(lowering, header, statement.hint);
  if (statement.condition === undefined) builder.br(body);
  else lowering.condition(statement.condition, body, done);
  builder.setBlock(body);
  inLoop(lowering, done, step, statement.body);
  fallInto(lowering, step);
  if (statement.step !== undefined) lowering.value(statement.step);
  if (!builder.isTerminated) builder.br(header);
  builder.setBlock(done);
  closeScope(lowering);
}

function switchStatement(lowering: Lowering, statement: SwitchStatementNode): void {
  const { builder, func } = lowering;
  const value = lowering.value(statement.value);
  const { type } = func.ins(value);
  const isWideSwitch = isWide(statement.value.type);
  const done = builder.addBlock().id;
  const cases: [ValueId, BlockId][] = [];
  const fallback = statement.defaultLabel === undefined ? done : builder.addBlock().id;
  if (statement.defaultLabel !== undefined) lowering.caseBlocks.set(statement.defaultLabel, fallback);
  for (const { first, last, label } of statement.cases) {
    const block = lowering.caseBlocks.get(label) ?? builder.addBlock().id;
    lowering.caseBlocks.set(label, block);
    if (isWideSwitch) {
      const next = builder.addBlock().id;
      const above = wideArithmetic(lowering, '-', [value, wideConstant(lowering, first)], false);
      const limit = wideConstant(lowering, last - first);
      builder.condbr(compareWide(lowering, '<=', [above, limit], false), block, next);
      builder.setBlock(next);
    } else if (last - first >= maxExpandedRange) {
      const next = builder.addBlock().id;
      const above = builder.sub(value, builder.constant(type, first));
      builder.condbr(builder.icmp(Predicate.ule, above, builder.constant(type, last - first)), block, next);
      builder.setBlock(next);
    } else {
      for (let at = first; at <= last; at++) cases.push([builder.constant(type, at), block]);
    }
  }
  if (isWideSwitch) builder.br(fallback);
  else builder.switch(value, fallback, cases);
  afterJump(lowering);
  const breakTo = { block: done, depth: lowering.scopes.length };
  lowering.jumps.push({ breakTo, continueTo: lowering.jumps.at(-1)?.continueTo });
  lowering.statement(statement.body);
  lowering.jumps.pop();
  fallInto(lowering, done);
}

function returnStatement(lowering: Lowering, statement: Extract<TypedStatement, { kind: 'Return' }>): void {
  const { builder, returnType, resultPointer } = lowering;
  const value = statement.value === undefined ? undefined : lowering.value(statement.value);
  builder.pos = statement.span.start;
  const passing = passingOfResult(returnType);
  if (passing === undefined) {
    unsupportedValue(lowering, returnType, statement.span);
    builder.ret();
  } else if (passing.kind === 'scalar') {
    const raw = value ?? builder.constant(passing.valueType, 0n);
    const result = builder.resize(passing.type, raw, isSignedInteger(returnType));
    leaveScopes(lowering, 0);
    builder.ret(result);
  } else {
    if (passing.kind === 'address' && value !== undefined && resultPointer !== undefined) {
      storePlace(lowering, placeAt(resultPointer, returnType), returnType, value, statement.span);
    }
    leaveScopes(lowering, 0);
    builder.ret();
  }
  afterJump(lowering);
}

/** The end of a body without a return: 0 where a value is due, so that r0 is set whatever the caller does (6.9.1 p12). */
export function finishFunction(lowering: Lowering): void {
  const { builder, returnType } = lowering;
  if (builder.isTerminated) return;
  const passing = passingOfResult(returnType);
  if (passing?.kind === 'scalar' && !isVoid(returnType)) builder.ret(builder.constant(passing.type, 0n));
  else builder.ret();
}

export function lowerStatement(lowering: Lowering, statement: TypedStatement): void {
  const { builder, jumps } = lowering;
  builder.pos = statement.span.start;
  lowering.isUnsupported = false;
  switch (statement.kind) {
    case 'Compound':
      return compound(lowering, statement);
    case 'Expression':
      if (statement.expression.isLvalue) lowering.place(statement.expression);
      else lowering.value(statement.expression);
      return;
    case 'Local':
      return local(lowering, statement);
    case 'If':
      return ifStatement(lowering, statement);
    case 'While':
      return whileStatement(lowering, statement);
    case 'Do':
      return doStatement(lowering, statement);
    case 'For':
      return forStatement(lowering, statement);
    case 'Switch':
      return switchStatement(lowering, statement);
    case 'Case':
      fallInto(lowering, lowering.caseBlocks.get(statement.label) ?? bug('case outside of its switch'));
      return lowering.statement(statement.body);
    case 'Labeled':
      fallInto(
        lowering,
        lowering.labels.get(statement.label) ?? bug(`label ${statement.label.name} unknown`),
      );
      return lowering.statement(statement.body);
    case 'Goto':
      return gotoLabel(lowering, statement.label);
    case 'IndirectGoto':
      return computedGoto(lowering, statement.target);
    case 'Break':
      return jumpTo(lowering, jumps.at(-1)?.breakTo ?? bug('break outside of loop and switch'));
    case 'Continue':
      return jumpTo(lowering, jumps.at(-1)?.continueTo ?? bug('continue outside of a loop'));
    case 'Return':
      return returnStatement(lowering, statement);
    case 'Asm':
      return lowerAsm(lowering, statement);
    default:
      return unreachable(statement, 'statement');
  }
}

/** Ends blocks that nothing ended: they follow jumps and hold no code that can run. */
export function closeOpenBlocks(lowering: Lowering): void {
  const { builder, func } = lowering;
  for (const block of func.eachBlock()) {
    const last = block.instructions.at(-1);
    if (last !== undefined && opRow(func.ins(last).op).terminator) continue;
    builder.setBlock(block);
    builder.unreachable();
  }
}
