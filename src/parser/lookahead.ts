/**
 * One token of lookahead for Chevrotain, from tables made beforehand.
 *
 * In: `firstSets`, which tokens may begin what in each choice of the grammar (FIRST sets: Aho, Lam, Sethi, Ullman,
 * "Compilers", 4.4.2). Out: for each choice a function that looks the next token up. Chevrotain would find the same out by
 * running all rules in a recording mode whenever a parser is made, which took longer than parsing a program does.
 *
 * Invariant: without FOLLOW sets, an option or repetition is entered whenever its first token fits. The grammar
 * is written for that; where it is not enough the rules decide themselves (`branch`, `maybe`, `loop`).
 */

import { Tok, type TokenKind, type TokenName, tokenTable } from '../lexer/tokens.ts';
import { bug } from '../support/bug.ts';
import { firstSets } from './first-sets.ts';

/** The choices of a rule, as `firstSets` names them, in the order of Chevrotain's numbers for them (from 1). */
export const choiceKinds = [
  'or',
  'option',
  'many',
  'atLeastOne',
  'manySeparated',
  'atLeastOneSeparated',
] as const;

/** What `firstSets` calls a choice: a rule may have several of a kind, numbered by their occurrence. */
export function choiceName(rule: string, kind: (typeof choiceKinds)[number], occurrence: number): string {
  return `${rule} ${kind} ${occurrence}`;
}

/** The bits of Chevrotain's key of a choice: rule, kind, occurrence. */
const occurrenceBits = 8;
const kindBits = 4;

/** The alternative that a token begins; for an option or a repetition, whether it begins one. */
export type Decision = (next: TokenKind) => number | boolean | undefined;

/** Makes the decision that belongs to a key of Chevrotain's; `ruleOf` gives the rule with a short name of Chevrotain's. */
export function decisionOf(key: number, ruleOf: (shortName: number) => string): Decision {
  const occurrence = key & ((1 << occurrenceBits) - 1);
  const kind = choiceKinds[((key >> occurrenceBits) & ((1 << kindBits) - 1)) - 1] ?? 'or';
  const ruleBits = occurrenceBits + kindBits;
  const rule = ruleOf((key >> ruleBits) << ruleBits);
  const alternatives = firstSets[choiceName(rule, kind, occurrence)];
  if (alternatives === undefined) return bug(`first-sets.ts lacks a choice of ${rule}`);
  const table = tableOf(alternatives);
  return kind === 'or' ? (next) => table[next] : (next) => table[next] !== undefined;
}

/** The first alternative that each token begins. */
function tableOf(alternatives: readonly string[]): readonly (number | undefined)[] {
  const table: (number | undefined)[] = tokenTable.map(() => undefined);
  for (const [number, names] of alternatives.entries()) {
    for (const name of names.split(' ')) {
      if (isTokenName(name)) table[Tok[name]] ??= number;
    }
  }
  return table;
}

function isTokenName(name: string): name is TokenName {
  return name in Tok;
}
