/**
 * Writes src/parser/first-sets.ts from the grammar:
 *
 *   node scripts/generate-first-sets.js
 *
 * To be run when a rule of the grammar changes; a test says so.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root, run } from './support.js';

const result = await build({
  entryPoints: [join(root, 'src/parser/recorded-grammar.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
  logLevel: 'error',
});
const source = Buffer.from(result.outputFiles[0].contents).toString('base64');
const { recordedFirstSets } = await import(`data:text/javascript;base64,${source}`);

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
