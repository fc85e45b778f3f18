/**
 * `#pragma` and `_Pragma` (C11 6.10.6): those that the preprocessor itself obeys, and the text of the others, which
 * become a `Pragma` token for the parser.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { PragmaSeverity } from '../diagnostics/diagnostic-pragmas.ts';
import { offsetPos, type Pos, type Span } from '../diagnostics/source-manager.ts';
import { type TokenColumns, TokenFlag } from '../lexer/token-columns.ts';
import { Tok } from '../lexer/tokens.ts';
import { asId } from '../support/ids.ts';
import type { Interner } from '../support/interner.ts';
import { IdentifierBit, type IdentifierTable } from './macro.ts';

/** What pragmas ask of the rest of the preprocessor. */
export interface PragmaActions {
  readonly interner: Interner;
  readonly identifiers: IdentifierTable;
  report(code: DiagnosticCode, span: Span, args?: readonly string[]): void;
  expandLine(tokens: TokenColumns): TokenColumns;
  /** `#pragma once` in the current file. */
  once(position: Pos): void;
  /** `#pragma GCC system_header`. */
  systemHeader(position: Pos): void;
  pushDiagnostics(position: Pos): void;
  popDiagnostics(position: Pos): boolean;
  setDiagnostic(position: Pos, group: string, severity: PragmaSeverity): void;
  /** A pragma for the parser. */
  emit(position: Pos, text: string): void;
  /** A pragma that was obeyed, for `-E`. */
  note(position: Pos, text: string): void;
}

/** First words of the pragmas whose operands are macro-expanded. */
const expandedPragmas =
  /^(?:unroll|nounroll|unroll_and_jam|nounroll_and_jam|pack|clang (?:loop|attribute|section|fp)|GCC (?:unroll|ivdep)|weak|redefine_extname)\b/;

/** Carries out a pragma whose tokens (without `#pragma`) are `tokens`. */
export function handlePragma(tokens: TokenColumns, position: Pos, actions: PragmaActions): void {
  const { interner } = actions;
  const text = textOf(tokens, interner);
  const wordAt = (at: number) => (at < tokens.length ? interner.text(tokens.id(at)) : '');
  const isVendor = wordAt(0) === 'GCC' || wordAt(0) === 'clang';
  const name = wordAt(isVendor ? 1 : 0);
  const operands = isVendor ? 2 : 1;
  switch (name) {
    case 'once':
      return actions.once(position);
    case 'push_macro':
    case 'pop_macro':
      actions.note(position, text);
      return pushOrPop(name, tokens, position, actions);
    case 'message':
    case 'warning':
    case 'error':
      if (name === 'message' || isVendor) return userMessage(name, tokens, operands, position, actions);
      break;
    case 'poison':
      if (!isVendor) break;
      actions.note(position, text);
      return poison(tokens, operands, actions);
    case 'system_header':
      if (isVendor) return actions.systemHeader(position);
      break;
    case 'diagnostic':
      if (!isVendor) break;
      actions.note(position, text);
      return diagnostic(text.split(' ').slice(2), tokens, position, actions);
  }
  actions.emit(position, expandedPragmas.test(text) ? textOf(actions.expandLine(tokens), interner) : text);
}

/** The spelling of a line with single spaces where it has white space. */
export function textOf(tokens: TokenColumns, interner: Interner): string {
  const parts: string[] = [];
  for (let at = 0; at < tokens.length; at++) {
    if (at > 0 && (tokens.flag(at) & TokenFlag.leadingSpace) !== 0) parts.push(' ');
    parts.push(interner.text(tokens.id(at)));
  }
  return parts.join('');
}

function spanAt(tokens: TokenColumns, at: number, position: Pos, interner: Interner): Span {
  if (at >= tokens.length) return { start: position, end: position };
  const start = asId<Pos>(tokens.position(at));
  return { start, end: offsetPos(start, interner.text(tokens.id(at)).length) };
}

/** `push_macro("X")` */
function pushOrPop(name: string, tokens: TokenColumns, position: Pos, actions: PragmaActions): void {
  const { interner, identifiers } = actions;
  const literal = interner.text(tokens.id(2));
  const isValid =
    tokens.kind(1) === Tok.LeftParen && tokens.kind(2) === Tok.String && tokens.kind(3) === Tok.RightParen;
  if (!isValid || tokens.length < 4)
    return actions.report('pragma-macro-syntax', spanAt(tokens, 0, position, interner), [name]);
  const id = interner.intern(literal.slice(1, -1));
  if (name === 'push_macro') identifiers.push(id);
  else if (!identifiers.pop(id)) {
    actions.report('pragma-pop-macro-empty', spanAt(tokens, 0, position, interner), [literal.slice(1, -1)]);
  }
}

/** `message("text")`, `GCC warning "text"`, `GCC error "text"` */
function userMessage(
  kind: string,
  tokens: TokenColumns,
  first: number,
  position: Pos,
  actions: PragmaActions,
): void {
  const { interner } = actions;
  const expanded = actions.expandLine(tokens);
  let text = '';
  for (let at = first; at < expanded.length; at++) {
    if (expanded.kind(at) === Tok.String)
      text += interner
        .text(expanded.id(at))
        .slice(1, -1)
        .replace(/\\(["\\])/g, '$1');
    else if (expanded.kind(at) !== Tok.LeftParen && expanded.kind(at) !== Tok.RightParen) {
      return actions.report('pragma-message-syntax', spanAt(expanded, at, position, interner), [kind]);
    }
  }
  const code = kind === 'error' ? 'user-error' : kind === 'warning' ? 'pragma-warning' : 'pragma-message';
  actions.report(code, spanAt(tokens, 0, position, interner), [text]);
}

function poison(tokens: TokenColumns, first: number, actions: PragmaActions): void {
  const { interner, identifiers } = actions;
  for (let at = first; at < tokens.length; at++) {
    const span = spanAt(tokens, at, asId<Pos>(0), interner);
    if (tokens.kind(at) !== Tok.Identifier) return actions.report('pragma-poison-name', span);
    if (identifiers.macro(tokens.id(at)) !== undefined) actions.report('pragma-poison-macro', span);
    identifiers.mark(tokens.id(at), IdentifierBit.poisoned);
  }
}

const severities: ReadonlyMap<string, PragmaSeverity> = new Map([
  ['ignored', 'ignored'],
  ['warning', 'warning'],
  ['error', 'error'],
  ['fatal', 'fatal'],
]);

/** `diagnostic push`, `diagnostic ignored "-Wname"` */
function diagnostic(
  words: readonly string[],
  tokens: TokenColumns,
  position: Pos,
  actions: PragmaActions,
): void {
  const span = spanAt(tokens, 2, position, actions.interner);
  const action = words[0] ?? '';
  if (action === 'push') return actions.pushDiagnostics(position);
  if (action === 'pop') {
    if (!actions.popDiagnostics(position)) actions.report('pragma-diagnostic-pop', span);
    return;
  }
  const severity = severities.get(action);
  if (severity === undefined) return actions.report('pragma-diagnostic-action', span);
  const group = /^"-W(.+)"$/.exec(words.slice(1).join(' '))?.[1];
  if (group === undefined) return actions.report('pragma-diagnostic-option', span);
  actions.setDiagnostic(position, group, severity);
}
