/**
 * Compares objects compiled on demand with those of `--eager`, byte for byte, program by program.
 *
 *   node scripts/compare-eager.js --list programs.tsv [--step N] [name...]
 *
 * A line of the list is: name, tab, source file, tab, flags. Names given on the command line choose lines that contain
 * one of them; `--step 10` takes every tenth. One session compiles all, so the run also shows that a session's caches change
 * nothing: every eager compilation has a session of its own.
 */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { root } from './support.js';

const { values, positionals } = parseArgs({
  options: { list: { type: 'string' }, step: { type: 'string', default: '1' } },
  allowPositionals: true,
});
if (values.list === undefined) {
  console.error('usage: compare-eager.js --list programs.tsv [--step N] [name...]');
  process.exit(2);
}

const bundle = join(root, 'node_modules', '.cache', 'bpfcc-ts', `eager-${process.pid}.mjs`);
await build({
  stdin: {
    contents: `export { runInput } from './src/cli/run-input.ts'; export { createSession } from './src/driver/session.ts';`,
    resolveDir: root,
    loader: 'ts',
  },
  bundle: true,
  format: 'esm',
  platform: 'node',
  outfile: bundle,
  logLevel: 'error',
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});
const { runInput, createSession } = await import(pathToFileURL(bundle).href);
rmSync(bundle);

const rows = readFileSync(values.list, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split('\t'))
  .filter(([name]) => positionals.length === 0 || positionals.some((part) => name.includes(part)))
  .filter((_row, number) => number % Number(values.step) === 0);

const session = createSession();
let same = 0;
let refused = 0;
const different = [];
for (const [name, source, flags] of rows) {
  const args = ['-w', ...flags.split(' ').filter((flag) => flag !== ''), source];
  const lazy = runInput(session, args, false);
  const eager = runInput(createSession(), ['--eager', ...args], false);
  // Headers may hold what BPF cannot have, and only eager checking looks at it.
  if (eager.object === undefined) refused++;
  else if (lazy.object !== undefined && Buffer.compare(lazy.object, eager.object) === 0) same++;
  else {
    different.push(name);
    console.log(`${name}: differs`);
  }
}
console.log(
  `${same} programs: the same bytes on demand and eagerly; ${different.length} differ; ${refused} of ${rows.length} have headers that do not pass eagerly`,
);
process.exitCode = different.length === 0 && rows.length > 0 ? 0 : 1;
