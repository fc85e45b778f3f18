/** The words of declaration specifiers: token kind -> what the syntax tree calls it (C11 6.7.1-6.7.3). */

import { Tok, type TokenKind } from '../lexer/tokens.ts';
import type { Qualifier, StorageClass, TypeKeyword } from './ast.ts';
import type { SourceToken } from './vocabulary.ts';

/** Must there be a name (6.7.6), must there be none (6.7.7), or is either right (parameters)? */
export type DeclaratorMode = 'named' | 'abstract' | 'either';

export const storageOf: ReadonlyMap<TokenKind, StorageClass> = new Map([
  [Tok.Typedef, 'typedef'],
  [Tok.Extern, 'extern'],
  [Tok.Static, 'static'],
  [Tok.Auto, 'auto'],
  [Tok.Register, 'register'],
]);

const qualifierOf: ReadonlyMap<TokenKind, Qualifier> = new Map([
  [Tok.Const, 'const'],
  [Tok.Volatile, 'volatile'],
  [Tok.Restrict, 'restrict'],
  [Tok.Atomic, '_Atomic'],
]);

export const typeKeywordOf: ReadonlyMap<TokenKind, TypeKeyword> = new Map([
  [Tok.Void, 'void'],
  [Tok.Char, 'char'],
  [Tok.Short, 'short'],
  [Tok.Int, 'int'],
  [Tok.Long, 'long'],
  [Tok.Float, 'float'],
  [Tok.Double, 'double'],
  [Tok.Signed, 'signed'],
  [Tok.Unsigned, 'unsigned'],
  [Tok.Bool, '_Bool'],
  [Tok.Complex, '_Complex'],
  [Tok.Int128, '__int128'],
  [Tok.UnsignedInt128, '__uint128_t'],
  [Tok.Float16, '_Float16'],
  [Tok.Float128, '__float128'],
  [Tok.AutoType, '__auto_type'],
]);

export function qualifierFrom(token: SourceToken): Qualifier {
  return qualifierOf.get(token.kind) ?? 'const';
}
