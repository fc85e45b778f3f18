/**
 * Compares the BTF of two folders of objects, ours and clang's, program by program, in meaning (test/btf/compare-btf.ts).
 *
 *   node scripts/compare-btf.js OURS CLANG [--only map,func] [--list LIST] [--clang CLANG] [--quiet] [name...]
 *
 * Objects are matched by their path below the folders. `--only` takes the first words of the facts to look at (map, func,
 * var, struct, union, enum, typedef, core, line, ext); `--quiet` prints only the counts. Exit status 1 when a map
 * definition differs.
 *
 * With `--list` (name, source and flags of each program, separated by tabs) programs that differ are compiled once more, by
 * `--clang` (clang-19) from what our preprocessor makes of the source: the machine's headers and ours define the same types
 * in other words.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { root } from './support.js';

const { values, positionals } = parseArgs({
  options: {
    only: { type: 'string' },
    list: { type: 'string' },
    clang: { type: 'string', default: 'clang-19' },
    quiet: { type: 'boolean', default: false },
  },
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
const { btfOfObject, compareObjects, showDifference } = await import(pathToFileURL(bundle).href);

const rows = values.list === undefined ? [] : readFileSync(values.list, 'utf8').trimEnd().split('\n');
const listed = new Map(rows.map((row) => [`${row.split('\t')[0]}.o`, row.split('\t')]));

function run(command, args) {
  return spawnSync(command, args).status === 0;
}

/** Clang's object of what our preprocessor makes of a listed program; undefined where there is none. */
function objectFromOurHeaders(path) {
  const [, source, flags = ''] = listed.get(path) ?? [];
  if (source === undefined) return undefined;
  const [text, object] = [join(folder, 'a.i'), join(folder, 'a.o')];
  const words = flags.split(' ');
  const isMade =
    run(process.execPath, [join(root, 'bin/bpfcc-ts.js'), ...words, '-E', source, '-o', text]) &&
    run(values.clang, ['-target', 'bpf', '-w', ...words, '-c', text, '-o', object]);
  return isMade ? btfOfObject(readFileSync(object)) : undefined;
}

const only = values.only?.split(',');
const objects = readdirSync(ours, { recursive: true })
  .filter((path) => path.endsWith('.o') && (names.length === 0 || names.some((name) => path.includes(name))))
  .sort();

/** Programs compared, equal ones, and how often each kind of fact differs. */
let compared = 0;
let equal = 0;
/** Programs with differences that follow from a static function or variable that only one object has. */
let inlined = 0;
const counts = new Map();
for (const path of objects) {
  let theirs;
  try {
    theirs = readFileSync(join(clang, path));
  } catch {
    continue;
  }
  const [a, b] = [btfOfObject(readFileSync(join(ours, path))), btfOfObject(theirs)];
  if (typeof a === 'string' || typeof b === 'string') {
    console.log(`${path}: unreadable: ${typeof a === 'string' ? `ours: ${a}` : `clang's: ${b}`}`);
    counts.set('unreadable', (counts.get('unreadable') ?? 0) + 1);
    continue;
  }
  // Samples are built by clang without debug information.
  if (b.types.length === 0) continue;
  compared++;
  const kindOf = ({ key }) => key.split(' ', 1)[0];
  let { differences, consequences } = compareObjects(a, b);
  const isWanted = (difference) => only === undefined || only.includes(kindOf(difference));
  if (differences.some(isWanted)) {
    const again = objectFromOurHeaders(path);
    if (again !== undefined) ({ differences, consequences } = compareObjects(a, again));
  }
  differences = differences.filter(isWanted);
  if (consequences.length > 0) inlined++;
  if (differences.length === 0) equal++;
  for (const difference of differences) {
    const kind = kindOf(difference);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    if (!values.quiet) console.log(`${path}: ${showDifference(difference)}`);
  }
}
rmSync(folder, { recursive: true });
const summary = [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
console.log(
  `${compared} compared, ${equal} equal (${inlined} but for inlining)${summary === '' ? '' : `; differences: ${summary}`}`,
);
process.exitCode = counts.has('map') || counts.has('unreadable') ? 1 : 0;
