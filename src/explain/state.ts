/**
 * Register states as the verifier prints them, old and new: `R1=ctx() R2_w=scalar(...) fp-8=mmmm????`.
 */

const registerPatterns: readonly RegExp[] = Array.from(
  { length: 12 },
  (_, register) => new RegExp(`(?:^| )R${register}(?:_r?w?)?=`),
);

/** The end of a token that begins at `start`: the next space outside of parentheses. */
function tokenEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === ' ' && depth <= 0) return at;
  }
  return text.length;
}

/** What a state says about a register; undefined where it does not name it. */
export function registerState(state: string, register: number): string | undefined {
  const match = registerPatterns[register]?.exec(state);
  if (match === undefined || match === null) return undefined;
  const start = match.index + match[0].length;
  return state.slice(start, tokenEnd(state, start));
}

/** `map_value_or_null(id=1,map=m,...)` -> `map_value_or_null`; constants and old names for scalars give `scalar`. */
export function typeOf(state: string): string {
  const name = /^[\w ]*/.exec(state)?.[0] ?? '';
  return /^(?:inv.*|-?\d.*|0x.*|P?-?\d*|)$/.test(name) ? 'scalar' : name;
}

/** The map that a pointer leads to or into. */
export function mapOf(state: string): string | undefined {
  return /\bmap=([^,)]+)/.exec(state)?.[1];
}
