/**
 * Macros whose replacement is computed at each use (C11 6.10.8, GNU, clang): a name and, for the `__has_*`
 * family, the tokens between its parentheses -> one token.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { noPos, offsetPos, type Pos, type SourceManager, type Span } from '../diagnostics/source-manager.ts';
import { type TokenColumns, TokenFlag } from '../lexer/token-columns.ts';
import { Tok, type TokenKind } from '../lexer/tokens.ts';
import { asId } from '../support/ids.ts';
import type { Interner } from '../support/interner.ts';
import type { OpenFile } from './frames.ts';
import type { BuiltinName, IdentifierTable } from './macro.ts';
import type { PreprocessorOptions } from './options.ts';

/** What the values depend on. */
export interface BuiltinHost {
  readonly options: PreprocessorOptions;
  readonly sources: SourceManager;
  readonly interner: Interner;
  readonly identifiers: IdentifierTable;
  report(code: DiagnosticCode, span: Span, args?: readonly string[]): void;
  /** The files that are open, the main file first. */
  openFiles(): readonly OpenFile[];
  /** A file's name as the program has it. */
  shownName(fileName: string): string;
  /** The next value of `__COUNTER__`. */
  nextCounter(): number;
  /** Whether `#include` (or `#include_next`) of this name would find a file. */
  hasInclude(name: string, isAngled: boolean, isNext: boolean): boolean;
}

export interface BuiltinValue {
  readonly kind: TokenKind;
  readonly text: string;
}

type Evaluate = (host: BuiltinHost, operand: TokenColumns, use: Span, name: string) => BuiltinValue;

const number = (value: number | boolean): BuiltinValue => ({ kind: Tok.Number, text: String(Number(value)) });
const string = (value: string): BuiltinValue => ({ kind: Tok.String, text: quoted(value) });

/** A string literal with this value. */
export function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

const fileName = (host: BuiltinHost, name: string) => string(host.shownName(name));

const objectBuiltins: Partial<Record<BuiltinName, Evaluate>> = {
  __LINE__: (host, _operand, use) => number(host.sources.presumed(expansionEnd(host.sources, use)).line),
  __FILE__: (host, _operand, use) => fileName(host, host.sources.presumed(use.start).fileName),
  __FILE_NAME__: (host, _operand, use) =>
    string(host.sources.presumed(use.start).fileName.replace(/.*\//, '')),
  __BASE_FILE__: (host) => fileName(host, host.openFiles()[0]?.entry.name ?? ''),
  __INCLUDE_LEVEL__: (host) => number(host.openFiles().length - 1),
  __COUNTER__: (host) => number(host.nextCounter()),
  __DATE__: (host) => string(host.options.date),
  __TIME__: (host) => string(host.options.time),
  __TIMESTAMP__: (host) => string(host.options.timestamp),
};

const functionBuiltins: Partial<Record<BuiltinName, Evaluate>> = {
  __has_include: (host, operand, use, name) => number(hasInclude(host, operand, use, name)),
  __has_include_next: (host, operand, use, name) => number(hasInclude(host, operand, use, name)),
  __has_attribute: nameQuery((name, { options }) =>
    options.features.attributes.has(withoutUnderscores(name)),
  ),
  __has_cpp_attribute: nameQuery(() => false),
  __has_declspec_attribute: nameQuery(() => false),
  __has_c_attribute: (host, operand) => {
    const date = hasStandardAttribute(host, operand);
    return date > 1 ? { kind: Tok.Number, text: `${date}L` } : number(date);
  },
  __has_builtin: nameQuery((name, { options }) => options.features.builtins.has(name)),
  __has_constexpr_builtin: nameQuery(() => false),
  __has_feature: nameQuery((name, { options }) => options.features.features.has(withoutUnderscores(name))),
  __has_extension: nameQuery((name, { options }) => {
    const plain = withoutUnderscores(name);
    return options.features.features.has(plain) || options.features.extensions.has(plain);
  }),
  __has_warning: (_host, operand) => number(operand.kind(0) === Tok.String),
  __is_identifier: (host, operand) =>
    number(operand.kind(0) === Tok.Identifier && (host.identifiers.keywords[operand.id(0)] ?? 0) === 0),
  __is_target_arch: nameQuery(
    (name, { options }) => name === 'bpf' || name === (options.target.littleEndian ? 'bpfel' : 'bpfeb'),
  ),
  __is_target_vendor: nameQuery((name) => name === 'unknown'),
  __is_target_os: nameQuery((name) => name === 'unknown'),
  __is_target_environment: nameQuery((name) => name === 'unknown'),
  __building_module: nameQuery(() => false),
};

export const builtinNames = [...Object.keys(objectBuiltins), ...Object.keys(functionBuiltins)].filter(
  isBuiltinName,
);

function isBuiltinName(name: string): name is BuiltinName {
  return name in objectBuiltins || name in functionBuiltins;
}

export function isFunctionLikeBuiltin(name: BuiltinName): boolean {
  return functionBuiltins[name] !== undefined;
}

/** The value of a builtin that is used at `use`, with the tokens between its parentheses. */
export function evaluateBuiltin(
  name: BuiltinName,
  operand: TokenColumns,
  use: Span,
  host: BuiltinHost,
): BuiltinValue {
  const evaluate = objectBuiltins[name] ?? functionBuiltins[name];
  return evaluate === undefined ? number(0) : evaluate(host, operand, use, name);
}

/** The last character of the outermost expansion: `__LINE__` is the line of a macro's closing parenthesis. */
function expansionEnd(sources: SourceManager, use: Span): Pos {
  let at = use.end > use.start ? offsetPos(use.end, -1) : use.start;
  for (let entry = sources.entry(at); entry.kind === 'expansion'; entry = sources.entry(at)) {
    const { start, end } = entry.expansion;
    at = end > start || sources.entry(end).kind === 'file' ? asId<Pos>(Math.max(end - 1, 1)) : start;
  }
  return at === noPos ? use.start : at;
}

/** A query of one identifier. */
function nameQuery(answer: (name: string, host: BuiltinHost) => boolean): Evaluate {
  return (host, operand, use, builtin) => {
    if (operand.length === 0 || operand.kind(0) !== Tok.Identifier) {
      host.report('feature-check-operand', use, [builtin]);
      return number(false);
    }
    return number(answer(host.interner.text(operand.id(0)), host));
  };
}

function withoutUnderscores(name: string): string {
  return name.length > 4 && name.startsWith('__') && name.endsWith('__') ? name.slice(2, -2) : name;
}

/** `[scope::]name`; GNU's and clang's attributes count as 1. */
function hasStandardAttribute({ interner, options }: BuiltinHost, operand: TokenColumns): number {
  const words: string[] = [];
  for (let at = 0; at < operand.length; at++) words.push(interner.text(operand.id(at)));
  const text = words.join('');
  const scoped = /^_*(gnu|clang|Clang)_*::(\w+)$/.exec(text);
  if (scoped !== null) return Number(options.features.attributes.has(withoutUnderscores(scoped[2] ?? '')));
  return options.features.standardAttributes.get(withoutUnderscores(text)) ?? 0;
}

function hasInclude(host: BuiltinHost, operand: TokenColumns, use: Span, builtin: string): boolean {
  const header = headerNameOf(operand, host.interner);
  if (header === undefined) {
    host.report('expected-header-name', use);
    return false;
  }
  return host.hasInclude(header.name, header.isAngled, builtin === '__has_include_next');
}

/** A header name put together from tokens: a string literal, or everything from `<` to `>` (6.10.2 p4). */
export function headerNameOf(
  tokens: TokenColumns,
  interner: Interner,
): { readonly name: string; readonly isAngled: boolean; readonly count: number } | undefined {
  const first = interner.text(tokens.id(0));
  const kind = tokens.length > 0 ? tokens.kind(0) : Tok.EndOfFile;
  if (kind === Tok.String && first.startsWith('"'))
    return { name: first.slice(1, -1), isAngled: false, count: 1 };
  if (kind === Tok.HeaderName) return { name: first.slice(1, -1), isAngled: true, count: 1 };
  if (kind !== Tok.Less) return undefined;
  let name = '';
  for (let at = 1; at < tokens.length; at++) {
    if (tokens.kind(at) === Tok.Greater) return { name, isAngled: true, count: at + 1 };
    if (at > 1 && (tokens.flag(at) & TokenFlag.leadingSpace) !== 0) name += ' ';
    name += interner.text(tokens.id(at));
  }
  return undefined;
}
