/** The table of refusals as text: one page of a kind, the list of all, and docs/refusals.md. */

import { fill, type Refusal } from './refusal.ts';
import { refusalChapters } from './table.ts';

const none = {};

/** The title without the names of a program. */
function plainTitle({ title }: Refusal): string {
  return fill(title.replace(/\{(?:allowed|calls_helper)\}/g, ''), none);
}

function code(text: string): string {
  return fill(text, none)
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** `explain KIND`. */
export function refusalPage(refusal: Refusal): string {
  return [
    `${refusal.id}: ${plainTitle(refusal)}\n\n`,
    `${fill(refusal.why.replaceAll('{range_text}', ''), none)}\n\n`,
    `Refused:\n\n${code(refusal.refused)}\n`,
    `${sentence(fill(refusal.help, none))}\n\n${code(refusal.accepted)}`,
  ].join('');
}

/** `explain --list`. */
export function refusalList(): string {
  const width = Math.max(...refusalChapters.flatMap(({ rows }) => rows.map(({ id }) => id.length)));
  return refusalChapters
    .map(({ title, rows }) => {
      const lines = rows.map((row) => `  ${row.id.padEnd(width)}  ${plainTitle(row)}\n`);
      return `${title}\n${lines.join('')}`;
    })
    .join('\n');
}

/** docs/refusals.md. */
export function refusalDocument(): string {
  const chapters = refusalChapters.map(({ title, rows }) => {
    const pages = rows.map((row) =>
      [
        `### ${row.id}\n\n`,
        `${sentence(plainTitle(row))}\n\n`,
        `${fill(row.why.replaceAll('{range_text}', ''), none)}\n\n`,
        `Refused:\n\n\`\`\`c\n${fill(row.refused, none)}\n\`\`\`\n\n`,
        `${sentence(fill(row.help, none))}\n\n\`\`\`c\n${fill(row.accepted, none)}\n\`\`\`\n`,
      ].join(''),
    );
    return `## ${title}\n\n${pages.join('\n')}`;
  });
  return [
    '# What the verifier refuses, and what to write instead\n\n',
    '<!-- Made from the table in src/explain/refusals by `npx vitest run test/explain -u`; do not edit. -->\n\n',
    '`bpfcc-ts explain LOG --object FILE.o` finds the kind of a refusal in the log of a loader and shows it on your C; with ',
    '`--source FILE.c FLAGS` the compiler says which variable the refused register holds; ',
    '`bpfcc-ts explain KIND` prints a page of this list.\n\n',
    chapters.join('\n'),
  ].join('');
}
