/**
 * The parser's view of tokens: Chevrotain token types made from the one token table, and token objects made
 * from a range of token columns. Chevrotain's lexer is not used.
 *
 * Invariants: the token type of row `kind` is `tokenTypes[kind]`; `EndOfFile` is Chevrotain's own end token, and
 * every run of token objects ends with one of it that has a position. Categories group the tokens that one place of
 * the grammar takes alike (a type keyword, a binary operator).
 */

import { EOF, type IToken, Lexer, type TokenType } from 'chevrotain';
import { offsetPos, type Pos, type Span } from '../diagnostics/source-manager.ts';
import { type TokenColumns, TokenFlag } from '../lexer/token-columns.ts';
import { Tok, type TokenKind, type TokenName, type TokenRow, tokenTable } from '../lexer/tokens.ts';
import type { Interner } from '../support/interner.ts';
import type { TokenRange } from './ast.ts';

/** What Chevrotain wants of a token type that no lexer of its makes; the parser adds its numbers, to all at once. */
function tokenType(name: string, categories: TokenType[]): TokenType {
  return { name, PATTERN: Lexer.NA, CATEGORIES: categories };
}

/** The parser looks for categories only where it sees one that has members; which they are it finds out by itself. */
function category(name: string): TokenType {
  return { ...tokenType(name, []), categoryMatches: [0] };
}

export const StorageClassToken = category('StorageClassToken');
export const QualifierToken = category('QualifierToken');
export const FunctionSpecifierToken = category('FunctionSpecifierToken');
export const TypeKeywordToken = category('TypeKeywordToken');
export const PrefixOperatorToken = category('PrefixOperatorToken');
export const BinaryOperatorToken = category('BinaryOperatorToken');
export const AssignmentOperatorToken = category('AssignmentOperatorToken');
/** What may name an attribute: identifiers and keywords (`const`). */
export const WordToken = category('WordToken');

const categoryMembers: readonly (readonly [TokenType, readonly TokenName[]])[] = [
  [StorageClassToken, ['Typedef', 'Extern', 'Static', 'Auto', 'Register']],
  [QualifierToken, ['Const', 'Volatile', 'Restrict', 'Atomic']],
  [FunctionSpecifierToken, ['Inline', 'Noreturn', 'ThreadLocal', 'Extension']],
  [
    TypeKeywordToken,
    [
      'Void',
      'Char',
      'Short',
      'Int',
      'Long',
      'Float',
      'Double',
      'Signed',
      'Unsigned',
      'Bool',
      'Complex',
      'Int128',
      'UnsignedInt128',
      'Float16',
      'Float128',
      'AutoType',
    ],
  ],
  [
    PrefixOperatorToken,
    [
      'Ampersand',
      'Star',
      'Plus',
      'Minus',
      'Tilde',
      'Exclaim',
      'PlusPlus',
      'MinusMinus',
      'Extension',
      'Real',
      'Imag',
    ],
  ],
  [
    BinaryOperatorToken,
    [
      'Star',
      'Slash',
      'Percent',
      'Plus',
      'Minus',
      'LessLess',
      'GreaterGreater',
      'Less',
      'Greater',
      'LessEqual',
      'GreaterEqual',
      'EqualEqual',
      'ExclaimEqual',
      'Ampersand',
      'Caret',
      'Pipe',
      'AmpersandAmpersand',
      'PipePipe',
    ],
  ],
  [
    AssignmentOperatorToken,
    [
      'Equal',
      'StarEqual',
      'SlashEqual',
      'PercentEqual',
      'PlusEqual',
      'MinusEqual',
      'LessLessEqual',
      'GreaterGreaterEqual',
      'AmpersandEqual',
      'CaretEqual',
      'PipeEqual',
    ],
  ],
];

function categoriesOf(row: TokenRow): TokenType[] {
  const own = categoryMembers.filter(([, names]) => names.some((name) => name === row.name));
  const isWord = row.class === 'identifier' || row.class === 'keyword';
  return [...own.map(([type]) => type), ...(isWord ? [WordToken] : [])];
}

/** Chevrotain's token type of each token kind. */
export const tokenTypes: readonly TokenType[] = tokenTable.map((row) =>
  row.name === 'EndOfFile' ? EOF : tokenType(row.name, categoriesOf(row)),
);

/** All token types the grammar may name. */
export const vocabulary: TokenType[] = [...tokenTypes, ...categoryMembers.map(([type]) => type), WordToken];

/** A set of token kinds as a column, for tests in the hot paths. */
export type KindSet = Uint8Array;

export function kindSet(names: readonly TokenName[]): KindSet {
  const set = new Uint8Array(tokenTable.length);
  for (const name of names) set[Tok[name]] = 1;
  return set;
}

function membersOf(type: TokenType): readonly TokenName[] {
  return categoryMembers.find(([each]) => each === type)?.[1] ?? [];
}

export const isPrefixOperator = kindSet(membersOf(PrefixOperatorToken));
export const isBinaryOperator = kindSet(membersOf(BinaryOperatorToken));
export const isAssignmentOperator = kindSet(membersOf(AssignmentOperatorToken));
export const isQualifier = kindSet(membersOf(QualifierToken));
export const isStorageClass = kindSet(membersOf(StorageClassToken));
export const isTypeKeyword = kindSet(membersOf(TypeKeywordToken));

const typeStarters: readonly TokenName[] = ['Struct', 'Union', 'Enum', 'Typeof', 'TypeofUnqual'];

/** Tokens that are or begin a type specifier (6.7.2); typedef names are a question of scope. */
export const isTypeSpecifierStart = kindSet([...membersOf(TypeKeywordToken), ...typeStarters]);

/** Tokens other than a typedef name that begin a type name (6.7.7). */
export const isTypeNameStart = kindSet([
  ...membersOf(TypeKeywordToken),
  ...typeStarters,
  ...membersOf(QualifierToken),
  'Attribute',
]);

/** Tokens other than a typedef name that begin declaration specifiers (6.7). */
export const isDeclarationStart = kindSet([
  ...membersOf(TypeKeywordToken),
  ...typeStarters,
  ...membersOf(QualifierToken),
  ...membersOf(StorageClassToken),
  'Inline',
  'Noreturn',
  'ThreadLocal',
  'Alignas',
]);

/** A token as Chevrotain wants it, with its kind and place. */
export class SourceToken implements IToken {
  readonly kind: TokenKind;
  /** Its number in the token columns. */
  readonly index: number;
  readonly image: string;
  /** Its position; the name is Chevrotain's. */
  readonly startOffset: number;
  readonly pos: Pos;
  readonly startsLine: boolean;
  readonly tokenType: TokenType;
  readonly tokenTypeIdx: number;

  constructor(kind: TokenKind, index: number, image: string, pos: Pos, startsLine: boolean) {
    const tokenType = tokenTypes[kind] ?? EOF;
    this.kind = kind;
    this.index = index;
    this.image = image;
    this.startOffset = pos;
    this.pos = pos;
    this.startsLine = startsLine;
    this.tokenType = tokenType;
    this.tokenTypeIdx = tokenType.tokenTypeIdx ?? 0;
  }

  /** The position after its last character. */
  get end(): Pos {
    return offsetPos(this.pos, this.image.length);
  }
}

export function tokenSpan(token: SourceToken): Span {
  return { start: token.pos, end: token.end };
}

/** After these a pragma can stand where the grammar takes one. */
const precedesPragma = kindSet([
  'Semicolon',
  'LeftBrace',
  'RightBrace',
  'Colon',
  'RightParen',
  'Else',
  'Do',
  'Pragma',
]);

/**
 * Token objects for a range of the columns, with an end token that stands right after the last. A pragma in the
 * middle of a declaration or an expression means nothing to the grammar and is left out.
 */
export function tokenObjects(columns: TokenColumns, interner: Interner, range: TokenRange): SourceToken[] {
  const result: SourceToken[] = [];
  for (let at = range.start; at < range.end; at++) {
    const isStray =
      columns.kind(at) === Tok.Pragma && at > range.start && precedesPragma[columns.kind(at - 1)] !== 1;
    if (isStray) continue;
    const image = interner.text(columns.id(at));
    const startsLine = (columns.flag(at) & TokenFlag.startOfLine) !== 0;
    result.push(new SourceToken(columns.kind(at), at, image, columns.position(at), startsLine));
  }
  result.push(endToken(columns, range, result.at(-1)));
  return result;
}

/**
 * The end of a range stands where the next token begins: that is where a message about something that is missing
 * belongs. At the end of the columns it stands after the last token.
 */
function endToken(columns: TokenColumns, range: TokenRange, last: SourceToken | undefined): SourceToken {
  const next = range.end < columns.length ? columns.position(range.end) : (last?.end ?? columns.position(0));
  return new SourceToken(Tok.EndOfFile, range.end, '', next, true);
}
