/**
 * Longest match over the punctuators of the token table (C11 6.4p4) as a small automaton: `next[state * 128 +
 * code]` is the state after one more character, 0 is none; an accepting state has the kind of its punctuator.
 */

import { spellingsOf, type TokenKind } from './tokens.ts';

export interface PunctuatorAutomaton {
  readonly next: Readonly<Uint8Array>;
  /** Kind by state, 0 where the characters so far are no punctuator. */
  readonly accepts: Readonly<Uint8Array>;
  /** Spelling by state. */
  readonly spellings: readonly string[];
}

export const startState = 1;

export const punctuatorAutomaton: PunctuatorAutomaton = build(spellingsOf('punctuator'));

function build(punctuators: ReadonlyMap<string, TokenKind>): PunctuatorAutomaton {
  const states = new Map<string, number>([['', startState]]);
  for (const spelling of punctuators.keys()) {
    for (let length = 1; length <= spelling.length; length++) {
      const prefix = spelling.slice(0, length);
      if (!states.has(prefix)) states.set(prefix, states.size + 1);
    }
  }
  const count = states.size + 1;
  const next = new Uint8Array(count * 128);
  const accepts = new Uint8Array(count);
  const spellings = new Array<string>(count).fill('');
  for (const [prefix, state] of states) {
    accepts[state] = punctuators.get(prefix) ?? 0;
    spellings[state] = prefix;
    const before = states.get(prefix.slice(0, -1));
    if (prefix !== '' && before !== undefined)
      next[before * 128 + prefix.charCodeAt(prefix.length - 1)] = state;
  }
  return { next, accepts, spellings };
}

/** Whether a punctuator begins with `text`: more characters may make it one. */
export function isPunctuatorPrefix(text: string): boolean {
  let state = startState;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    state = code < 128 ? (punctuatorAutomaton.next[state * 128 + code] ?? 0) : 0;
    if (state === 0) return false;
  }
  return true;
}
