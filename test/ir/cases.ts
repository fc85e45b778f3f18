/**
 * Fixture files of textual IR: cases separated by `; ----` lines; directives are comments (`; test: opt`, `; pass: gvn`,
 * `; want: text`, `; want no: text`, `; error: V4` at the end of the line that is wrong).
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface IrCase {
  /** The first comment of the case. */
  readonly name: string;
  readonly text: string;
  readonly directives: readonly { readonly key: string; readonly value: string }[];
  /** Expected findings: line in `text` (from 1) and what is said there. */
  readonly errors: readonly { readonly line: number; readonly text: string }[];
}

export function readCases(path: string): IrCase[] {
  const file = fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
  return readFileSync(file, 'utf8')
    .split(/^; -{4,}.*\n/m)
    .filter((text) => text.trim() !== '')
    .map(parseCase);
}

function parseCase(text: string): IrCase {
  const directives: { key: string; value: string }[] = [];
  const errors: { line: number; text: string }[] = [];
  let name = '';
  text.split('\n').forEach((line, index) => {
    const error = /; error: (.*)$/.exec(line);
    const directive = /^; (test|pass|options|want|want no|run): (.*)$/.exec(line);
    if (error !== null) errors.push({ line: index + 1, text: (error[1] ?? '').trim() });
    else if (directive !== null)
      directives.push({ key: directive[1] ?? '', value: (directive[2] ?? '').trim() });
    else if (line.startsWith('; ') && name === '') name = line.slice(2);
  });
  return { name, text, directives, errors };
}

/** Lines with runs of blanks folded into one, as `want` compares them. */
export function foldLines(text: string): string[] {
  return text.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
}
