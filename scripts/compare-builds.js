/**
 * Builds each program of a list in every way that must not matter and compares the objects byte for byte: on demand and with
 * `--eager`, alone and after other programs, after a change and back as a watch builds, and from another folder with
 * `-ffile-prefix-map` (test/driver/build-variants.ts).
 *
 *   node scripts/compare-builds.js --list programs.tsv [--tree DIR] [--step N] [name...]
 *
 * A line of the list is: name, tab, source file, tab, flags. Names given on the command line choose lines that contain
 * one of them; `--step 10` takes every tenth. `--tree` is the folder that seems to lie elsewhere (that of the list).
 */

import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { readList } from './measure.js';
import { root } from './support.js';

const { values, positionals } = parseArgs({
  options: { list: { type: 'string' }, tree: { type: 'string' }, step: { type: 'string', default: '1' } },
  allowPositionals: true,
});
if (values.list === undefined) {
  console.error('usage: compare-builds.js --list programs.tsv [--tree DIR] [--step N] [name...]');
  process.exit(2);
}
const tree = resolve(values.tree ?? dirname(values.list));

const bundle = join(root, 'node_modules', '.cache', 'bpfcc-ts', `builds-${process.pid}.mjs`);
await build({
  entryPoints: [join(root, 'test/driver/build-variants.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  outfile: bundle,
  logLevel: 'error',
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});
const { VariantBuilder, differences } = await import(pathToFileURL(bundle).href);
rmSync(bundle);

const rows = readList(values.list)
  .filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)))
  .filter((_row, number) => number % Number(values.step) === 0);

const builder = new VariantBuilder();
let same = 0;
let different = 0;
for (const { name, source, flags } of rows) {
  const variants = builder.build({ source, flags: flags.filter((flag) => flag !== ''), tree });
  if (variants.alone === undefined) continue;
  const found = differences(variants);
  if (found.length === 0) same++;
  else different++;
  for (const line of found) console.log(`${name}: ${line}`);
}
console.log(
  `${same} programs: the same bytes in every way; ${different} differ; ${rows.length - same - different} of ${rows.length} do not compile`,
);
process.exitCode = different === 0 && same > 0 ? 0 : 1;
