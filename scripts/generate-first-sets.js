/**
 * Writes src/parser/first-sets.ts from the grammar:
 *
 *   node scripts/generate-first-sets.js
 *
 * To be run when a rule of the grammar changes; a test says so.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importTypeScript, root, run } from './support.js';

const { recordedFirstSets } = await importTypeScript('src/parser/recorded-grammar.ts');

const rows = Object.entries(recordedFirstSets()).map(
  ([choice, alternatives]) => `  ${JSON.stringify(choice)}: ${JSON.stringify(alternatives)},`,
);
const text = `/**
 * FIRST sets of the grammar: for each choice of a rule (see choiceName in lookahead.ts) the tokens that begin each of its
 * alternatives. Written by scripts/generate-first-sets.js.
 */

export type FirstSets = Readonly<Record<string, readonly string[]>>;

export const firstSets: FirstSets = {
${rows.join('\n')}
};
`;
const path = join(root, 'src/parser/first-sets.ts');
writeFileSync(path, text);
run('npx', ['--no-install', 'biome', 'format', '--write', path]);
