/**
 * The one token table: every kind of token with its spellings. The scanner, the preprocessor, the Chevrotain
 * vocabulary, dumps and fuzzers derive from it. A token's kind is the number of its row.
 *
 * C11 6.4; GNU and clang spellings (`__inline__`, `__typeof__`, ...) are spellings of the same row.
 */

export type TokenClass = 'special' | 'identifier' | 'literal' | 'punctuator' | 'keyword';

export interface TokenRow {
  readonly name: string;
  readonly class: TokenClass;
  /** All spellings; the first is the one to print. Empty for tokens whose spelling varies. */
  readonly spellings: readonly string[];
}

function special<const N extends string>(name: N) {
  return { name, class: 'special', spellings: [] } as const;
}
function literal<const N extends string>(name: N) {
  return { name, class: 'literal', spellings: [] } as const;
}
function punctuator<const N extends string>(name: N, ...spellings: string[]) {
  return { name, class: 'punctuator', spellings } as const;
}
function keyword<const N extends string>(name: N, ...spellings: string[]) {
  return { name, class: 'keyword', spellings } as const;
}

export const tokenTable = [
  special('EndOfFile'),
  special('Newline'),
  /** A character that begins no token, or an unterminated literal. */
  special('Unknown'),
  /** What stands in for a macro argument without tokens while `##` is done (C11 6.10.3.3). */
  special('Placemarker'),
  /** A `#pragma` line that the preprocessor does not consume; its id is the interned text after `#pragma`. */
  special('Pragma'),
  /** A declaration of a type that is not scanned yet; its id is a number in the folded text. */
  special('Folded'),
  { name: 'Identifier', class: 'identifier', spellings: [] },
  literal('Number'),
  literal('Character'),
  literal('String'),
  /** `<...>` after `#include`; made only there. */
  literal('HeaderName'),
  punctuator('LeftBracket', '[', '<:'),
  punctuator('RightBracket', ']', ':>'),
  punctuator('LeftParen', '('),
  punctuator('RightParen', ')'),
  punctuator('LeftBrace', '{', '<%'),
  punctuator('RightBrace', '}', '%>'),
  punctuator('Dot', '.'),
  punctuator('Arrow', '->'),
  punctuator('PlusPlus', '++'),
  punctuator('MinusMinus', '--'),
  punctuator('Ampersand', '&'),
  punctuator('Star', '*'),
  punctuator('Plus', '+'),
  punctuator('Minus', '-'),
  punctuator('Tilde', '~'),
  punctuator('Exclaim', '!'),
  punctuator('Slash', '/'),
  punctuator('Percent', '%'),
  punctuator('LessLess', '<<'),
  punctuator('GreaterGreater', '>>'),
  punctuator('Less', '<'),
  punctuator('Greater', '>'),
  punctuator('LessEqual', '<='),
  punctuator('GreaterEqual', '>='),
  punctuator('EqualEqual', '=='),
  punctuator('ExclaimEqual', '!='),
  punctuator('Caret', '^'),
  punctuator('Pipe', '|'),
  punctuator('AmpersandAmpersand', '&&'),
  punctuator('PipePipe', '||'),
  punctuator('Question', '?'),
  punctuator('Colon', ':'),
  punctuator('ColonColon', '::'),
  punctuator('Semicolon', ';'),
  punctuator('Ellipsis', '...'),
  punctuator('Equal', '='),
  punctuator('StarEqual', '*='),
  punctuator('SlashEqual', '/='),
  punctuator('PercentEqual', '%='),
  punctuator('PlusEqual', '+='),
  punctuator('MinusEqual', '-='),
  punctuator('LessLessEqual', '<<='),
  punctuator('GreaterGreaterEqual', '>>='),
  punctuator('AmpersandEqual', '&='),
  punctuator('CaretEqual', '^='),
  punctuator('PipeEqual', '|='),
  punctuator('Comma', ','),
  punctuator('Hash', '#', '%:'),
  punctuator('HashHash', '##', '%:%:'),
  punctuator('At', '@'),
  keyword('Auto', 'auto'),
  keyword('Break', 'break'),
  keyword('Case', 'case'),
  keyword('Char', 'char'),
  keyword('Const', 'const', 'constexpr', '__const', '__const__'),
  keyword('Continue', 'continue'),
  keyword('Default', 'default'),
  keyword('Do', 'do'),
  keyword('Double', 'double'),
  keyword('Else', 'else'),
  keyword('Enum', 'enum'),
  keyword('Extern', 'extern'),
  keyword('Float', 'float'),
  keyword('For', 'for'),
  keyword('Goto', 'goto'),
  keyword('If', 'if'),
  keyword('Inline', 'inline', '__inline', '__inline__'),
  keyword('Int', 'int'),
  keyword('Long', 'long'),
  keyword('Register', 'register'),
  keyword('Restrict', 'restrict', '__restrict', '__restrict__'),
  keyword('Return', 'return'),
  keyword('Short', 'short'),
  keyword('Signed', 'signed', '__signed', '__signed__'),
  keyword('Sizeof', 'sizeof'),
  keyword('Static', 'static'),
  keyword('Struct', 'struct'),
  keyword('Switch', 'switch'),
  keyword('Typedef', 'typedef'),
  keyword('Union', 'union'),
  keyword('Unsigned', 'unsigned'),
  keyword('Void', 'void'),
  keyword('Volatile', 'volatile', '__volatile', '__volatile__'),
  keyword('While', 'while'),
  keyword('Alignas', '_Alignas', 'alignas'),
  keyword('Alignof', '_Alignof', 'alignof', '__alignof', '__alignof__'),
  keyword('Atomic', '_Atomic'),
  keyword('Bool', '_Bool', 'bool'),
  keyword('Complex', '_Complex', '__complex', '__complex__'),
  keyword('Generic', '_Generic'),
  keyword('Imaginary', '_Imaginary'),
  keyword('Noreturn', '_Noreturn'),
  keyword('StaticAssert', '_Static_assert', 'static_assert'),
  keyword('ThreadLocal', '_Thread_local', 'thread_local', '__thread'),
  keyword('Asm', 'asm', '__asm', '__asm__'),
  keyword('Attribute', '__attribute__', '__attribute'),
  keyword('AutoType', '__auto_type'),
  keyword('Extension', '__extension__'),
  keyword('Label', '__label__'),
  keyword('Int128', '__int128', '__int128_t'),
  keyword('UnsignedInt128', '__uint128_t'),
  keyword('Float16', '_Float16', '__fp16'),
  keyword('Float128', '_Float128', '__float128'),
  keyword('Typeof', 'typeof', '__typeof', '__typeof__'),
  keyword('TypeofUnqual', 'typeof_unqual', '__typeof_unqual', '__typeof_unqual__'),
  keyword('Real', '__real', '__real__'),
  keyword('Imag', '__imag', '__imag__'),
  keyword('BuiltinOffsetof', '__builtin_offsetof'),
  keyword('BuiltinVaArg', '__builtin_va_arg'),
  keyword('BuiltinTypesCompatible', '__builtin_types_compatible_p'),
  keyword('BuiltinChooseExpr', '__builtin_choose_expr'),
  keyword('FunctionName', '__func__', '__FUNCTION__', '__PRETTY_FUNCTION__'),
] as const satisfies readonly TokenRow[];

export type TokenName = (typeof tokenTable)[number]['name'];

/** The number of a row of {@link tokenTable}. */
export type TokenKind = number;

/** Token name -> kind, for code that names a token: `Tok.LeftBrace`. */
export const Tok = Object.freeze(
  Object.fromEntries(tokenTable.map((row, kind) => [row.name, kind])),
) as Readonly<Record<TokenName, TokenKind>>;

export function tokenRow(kind: TokenKind): TokenRow {
  return tokenTable[kind] ?? tokenTable[Tok.Unknown] ?? tokenTable[0];
}

/** Spelling -> kind for one class of tokens. */
export function spellingsOf(tokenClass: TokenClass): ReadonlyMap<string, TokenKind> {
  return new Map(
    tokenTable.flatMap((row: TokenRow, kind) =>
      row.class === tokenClass ? row.spellings.map((spelling) => [spelling, kind] as const) : [],
    ),
  );
}
