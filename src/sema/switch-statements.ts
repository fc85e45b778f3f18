/**
 * switch, case and default (C11 6.8.4.2, 6.8.1), GNU case ranges, clang's -Wswitch.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type {
  CaseStatement,
  DefaultStatement,
  Expression,
  Statement,
  SwitchStatement,
} from '../parser/ast.ts';
import { quoteType } from '../types/print.ts';
import { canonical, type EnumType, integerTypeOf, intType, isInteger } from '../types/types.ts';
import type { Checker } from './checker.ts';
import { promote } from './conversions.ts';
import { isError, makeInteger, wrapInteger } from './factories.ts';
import { bypassedCleanup, reportBypass, type SwitchState } from './function-state.ts';
import { CaseLabel, type SwitchCase, type TypedStatement } from './typed-tree.ts';

/** Checks the statement inside. */
type CheckBody = (node: Statement) => TypedStatement;

export function checkSwitch(checker: Checker, node: SwitchStatement, checkBody: CheckBody): TypedStatement {
  const value = checker.rvalue(node.value);
  const isValid = isInteger(value.type);
  if (!isValid && !isError(value))
    checker.report('switch-not-integer', node.value.span, [quoteType(value.type)]);
  const promoted = isValid ? promote(checker, value) : makeInteger(0n, intType, node.value.span);
  const written = canonical(value.type);
  const state: SwitchState = {
    type: integerTypeOf(promoted.type) ?? intType,
    valueType: integerTypeOf(value.type) ?? intType,
    enumeration: written.kind === 'enum' ? written : undefined,
    cleanups: checker.function?.cleanups,
    cases: [],
    defaultLabel: undefined,
  };
  const body = inSwitch(checker, state, () => checkBody(node.body));
  reportDuplicates(checker, state);
  if (state.enumeration !== undefined)
    warnAboutEnumerators(checker, state, state.enumeration, node.value.span);
  const { cases, defaultLabel } = state;
  return { kind: 'Switch', span: node.span, value: promoted, cases, defaultLabel, body };
}

function inSwitch<T>(checker: Checker, state: SwitchState, action: () => T): T {
  const { function: current } = checker;
  if (current === undefined) return action();
  const outer = current.switchState;
  current.switchState = state;
  current.breakDepth++;
  const result = action();
  current.breakDepth--;
  current.switchState = outer;
  return result;
}

function caseValue(checker: Checker, state: SwitchState, expression: Expression): bigint | undefined {
  const constant = checker.sema.integerConstant(expression, 'expression');
  if (constant === undefined) return undefined;
  const { valueType } = state;
  const inRange = wrapInteger(constant.value, valueType);
  // A negative case of an unsigned value, and the like, is only a matter of spelling.
  if (inRange !== constant.value && valueType.size * 8 < bitLength(constant.value)) {
    checker.report('case-overflow', expression.span, [String(constant.value), String(inRange)]);
  }
  return wrapInteger(constant.value, state.type);
}

function bitLength(value: bigint): number {
  return (value < 0n ? -value - 1n : value).toString(2).length + (value < 0n ? 1 : 0);
}

function checkEntered(checker: Checker, state: SwitchState, span: Span): void {
  const bypassed = bypassedCleanup(state.cleanups, checker.function?.cleanups);
  if (bypassed !== undefined) reportBypass(checker.sema.diagnostics, 'case-into-cleanup', span, bypassed);
}

/** The label of `case first:`, `case first ... last:`; undefined outside a switch, and where no value leads there. */
export function checkCaseLabel(checker: Checker, node: CaseStatement): CaseLabel | undefined {
  const state = checker.function?.switchState;
  if (state === undefined) {
    checker.report('case-outside-switch', node.span, ["'case'"]);
    return undefined;
  }
  const label = new CaseLabel(node.value.span);
  checkEntered(checker, state, node.value.span);
  const first = caseValue(checker, state, node.value);
  const last = node.last === undefined ? first : caseValue(checker, state, node.last);
  if (first !== undefined && last !== undefined) {
    if (first > last) {
      checker.report('empty-case-range', node.value.span);
      return undefined;
    }
    state.cases.push({ first, last, label });
  }
  return label;
}

export function checkDefaultLabel(checker: Checker, node: DefaultStatement): CaseLabel | undefined {
  const state = checker.function?.switchState;
  if (state === undefined) {
    checker.report('case-outside-switch', node.span, ["'default'"]);
    return undefined;
  }
  const label = new CaseLabel(node.span);
  checkEntered(checker, state, node.span);
  if (state.defaultLabel === undefined) state.defaultLabel = label;
  else {
    const notes = [{ span: state.defaultLabel.span, text: 'previous case defined here' }];
    checker.report('multiple-defaults', node.span, [], { notes });
  }
  return label;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** 6.8.4.2 p3: no two case constants have the same value. Sorted, so that overlaps are neighbours. */
function reportDuplicates(checker: Checker, state: SwitchState): void {
  const sorted = [...state.cases].sort(
    (a, b) => compare(a.first, b.first) || a.label.span.start - b.label.span.start,
  );
  let widest: SwitchCase | undefined;
  const duplicates = new Set<SwitchCase>();
  for (const row of sorted) {
    if (widest !== undefined && row.first <= widest.last) {
      duplicates.add(row);
      const notes = [{ span: widest.label.span, text: 'previous case defined here' }];
      checker.report('duplicate-case', row.label.span, [String(row.first)], { notes });
    }
    if (widest === undefined || row.last > widest.last) widest = row;
  }
  // The tree keeps one meaning a value even when the unit is only dumped.
  for (let i = state.cases.length - 1; i >= 0; i--) {
    const row = state.cases[i];
    if (row !== undefined && duplicates.has(row)) state.cases.splice(i, 1);
  }
}

function warnAboutEnumerators(checker: Checker, state: SwitchState, type: EnumType, at: Span): void {
  const constants = type.constants ?? [];
  if (constants.length === 0) return;
  for (const row of state.cases) {
    const isKnown = constants.some(({ value }) => value >= row.first && value <= row.last);
    if (!isKnown) checker.report('case-not-in-enum', row.label.span, [quoteType(type)]);
  }
  if (state.defaultLabel !== undefined) return;
  const missing = constants.filter(
    ({ value }) => !state.cases.some((row) => value >= row.first && value <= row.last),
  );
  const names = missing.map(({ name }) => `'${name}'`);
  const [first = '', second = '', third = ''] = names;
  if (names.length === 1) checker.report('enumerator-not-handled', at, [first]);
  else if (names.length === 2) checker.report('enumerators-not-handled', at, [`${first} and ${second}`]);
  else if (names.length === 3)
    checker.report('enumerators-not-handled', at, [`${first}, ${second}, and ${third}`]);
  else if (names.length > 3) {
    const list = `${first}, ${second}, ${third}...`;
    checker.report('many-enumerators-not-handled', at, [String(names.length), list]);
  }
}
