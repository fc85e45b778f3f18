/**
 * Assembly text -> statements, one for each line and each part of a line between `;`, without comments (`#`, `//`
 * to the end of the line, C comments). As in LLVM's BPF assembler `;` separates and does not begin a comment. Strings are kept
 * whole. One pass over the text.
 */

/** A statement and where it begins. */
export interface Statement {
  /** Text with comments blanked, so that offsets in it are offsets in the listing. */
  readonly text: string;
  /** UTF-16 units before it in the listing. */
  readonly offset: number;
  /** Line it begins on, from 1. */
  readonly line: number;
}

/** What the scanner stops at: the end of a statement, a comment, a string. */
const STOP = /[\n;"#]|\/\/|\/\*/g;
const STRING_REST = /(?:[^"\\\n]|\\.)*"?/y;

/** Position after the comment at `at`, whose first characters are `opening`. */
function skipComment(text: string, at: number, opening: string): number {
  if (opening === '/*') {
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? text.length : end + 2;
  }
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

const NEWLINE = 10;

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === NEWLINE) lines++;
  return lines;
}

/** The statements of a listing that are not empty. */
export function* splitStatements(text: string): Generator<Statement> {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const offset = at;
    const startLine = line;
    let kept = '';
    let from = at;
    let open = true;
    while (open) {
      STOP.lastIndex = at;
      const stop = STOP.exec(text);
      const found = stop?.[0] ?? '';
      const position = stop?.index ?? text.length;
      if (found === '"') {
        STRING_REST.lastIndex = position + 1;
        STRING_REST.test(text);
        at = Math.max(STRING_REST.lastIndex, position + 1);
      } else if (found === '#' || found.startsWith('/')) {
        at = skipComment(text, position, found);
        kept += text.slice(from, position) + ' '.repeat(at - position);
        line += countLines(text, position, at);
        from = at;
      } else {
        kept += text.slice(from, position);
        at = position + 1;
        if (found === '\n') line++;
        open = false;
      }
    }
    if (/\S/.test(kept)) yield { text: kept, offset, line: startLine };
  }
}
