/**
 * Compares the BTF of two folders of objects, ours and clang's, program by program, in meaning (test/btf/compare-btf.ts).
 *
 *   node scripts/compare-btf.js OURS CLANG [--only map,func] [--quiet] [name...]
 *
 * Objects are matched by their path below the folders. `--only` takes the first words of the facts to look at (map, func,
 * var, struct, union, enum, typedef); `--quiet` prints only the counts. Exit status 1 when a map definition differs.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { root } from './support.js';

const { values, positionals } = parseArgs({
  options: { only: { type: 'string' }, quiet: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [ours, clang, ...names] = positionals;
if (ours === undefined || clang === undefined) {
  console.error('usage: compare-btf.js OURS CLANG [--only map,func] [--quiet] [name...]');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'compare-btf-'));
const bundle = join(folder, 'compare.mjs');
await build({
  entryPoints: [join(root, 'test/btf/compare-btf.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  outfile: bundle,
  logLevel: 'error',
});
const { typesOfObject, factsOf, compareFacts, showDifference } = await import(pathToFileURL(bundle).href);
rmSync(folder, { recursive: true });

const only = values.only?.split(',');
const objects = readdirSync(ours, { recursive: true })
  .filter((path) => path.endsWith('.o') && (names.length === 0 || names.some((name) => path.includes(name))))
  .sort();

/** Programs compared, equal ones, and how often each kind of fact differs. */
let compared = 0;
let equal = 0;
const counts = new Map();
for (const path of objects) {
  let theirs;
  try {
    theirs = readFileSync(join(clang, path));
  } catch {
    continue;
  }
  const [a, b] = [typesOfObject(readFileSync(join(ours, path))), typesOfObject(theirs)];
  if (typeof a === 'string' || typeof b === 'string') {
    console.log(`${path}: unreadable: ${typeof a === 'string' ? `ours: ${a}` : `clang's: ${b}`}`);
    counts.set('unreadable', (counts.get('unreadable') ?? 0) + 1);
    continue;
  }
  // Samples are built by clang without debug information.
  if (b.length === 0) continue;
  compared++;
  const kindOf = ({ key }) => key.split(' ', 1)[0];
  const differences = compareFacts(factsOf(a), factsOf(b)).filter(
    (difference) => only === undefined || only.includes(kindOf(difference)),
  );
  if (differences.length === 0) equal++;
  for (const difference of differences) {
    const kind = kindOf(difference);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (!values.quiet) console.log(`${path}: ${showDifference(difference)}`);
  }
}
const summary = [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
console.log(`${compared} compared, ${equal} equal${summary === '' ? '' : `; differences: ${summary}`}`);
process.exitCode = counts.has('map') || counts.has('unreadable') ? 1 : 0;
