/**
 * The shape of a row of the table of refusals: how the verifier words it, why the rule exists, what to write instead.
 * Everything that is said about a kind of refusal (messages, `explain --list`, docs/refusals.md) comes from its row.
 */

import type { Effect } from './instruction-text.ts';
import type { Trace } from './trace.ts';

/** What a condition of a row may ask: the circumstances of the message. */
export interface Circumstances {
  /** Named parts of the message. */
  readonly groups: Readonly<Record<string, string>>;
  /** The last instruction. */
  readonly effect: Effect;
  readonly trace: Trace | undefined;
  /** Helpers called on the path between the making of the value and its use. */
  readonly callsBetween: readonly string[];
}

/** Which register the rule is about where the message does not name one. */
export type Focus = 'base' | 'operand' | 'result';

export interface Refusal {
  readonly id: string;
  readonly title: string;
  /** Of one line of the message. Group `reg` is the register; `insn` the instruction at fault, `acquired` an earlier one. */
  readonly patterns: readonly RegExp[];
  /** Where one message has several causes: the rows are tried in order. */
  readonly when?: (circumstances: Circumstances) => boolean;
  readonly focus?: Focus;
  readonly why: string;
  readonly help: string;
  /**
   * C that is refused and what to write instead. `{name|default}` is replaced by what is known about the program at hand: `var`
   * (the variable), `map`, `helper`, `off`, `size`, `need` (offset + size) and the groups of the message.
   */
  readonly refused: string;
  readonly accepted: string;
}

const placeholder = /(')?\{(\w+)(?:\|([^{}]*))?\}(')?/g;

/** Fills the placeholders of a text. A name in quotes that is not known loses them: `'x'`, but plain `the index`. */
export function fill(text: string, facts: Readonly<Record<string, string>>): string {
  const filled = text.replace(
    placeholder,
    (_, open = '', name: string, fallback: string | undefined, close = '') => {
      const known = facts[name];
      if (known !== undefined) return `${open}${known}${close}`;
      const isQuoted = open !== '' && close !== '' && fallback !== undefined;
      return isQuoted ? fallback : `${open}${fallback ?? name}${close}`;
    },
  );
  return filled.replace(/(?<=\w) {2,}(?=\w)/g, ' ');
}
