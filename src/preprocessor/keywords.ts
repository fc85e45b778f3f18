/** Which spellings of the token table are keywords in a language mode (C11 6.4.1, GNU C). */

import { spellingsOf, type TokenKind } from '../lexer/tokens.ts';
import type { CStandard, LanguageOptions } from './options.ts';

/** Spellings that are ordinary identifiers in strictly conforming modes before this standard (or all of them). */
const gnuOnly: ReadonlyMap<string, CStandard | 'never'> = new Map([
  ['asm', 'never'],
  ['typeof', 'c23'],
  ['inline', 'c99'],
]);

/** Spellings that no mode before this standard knows. */
const since: ReadonlyMap<string, CStandard> = new Map([
  ['restrict', 'c99'],
  ['typeof_unqual', 'c23'],
  ...['alignas', 'alignof', 'bool', 'constexpr', 'static_assert', 'thread_local'].map(
    (spelling) => [spelling, 'c23'] as const,
  ),
]);

const order: readonly CStandard[] = ['c89', 'c99', 'c11', 'c17', 'c23'];

export function keywordsOf(language: LanguageOptions): ReadonlyMap<string, TokenKind> {
  const reaches = (standard: CStandard | 'never') =>
    standard !== 'never' && order.indexOf(language.standard) >= order.indexOf(standard);
  const keywords = new Map(spellingsOf('keyword'));
  for (const [spelling, standard] of gnuOnly)
    if (!language.gnu && !reaches(standard)) keywords.delete(spelling);
  for (const [spelling, standard] of since) if (!reaches(standard)) keywords.delete(spelling);
  return keywords;
}
