/**
 * Compares the machine with the kernel: every packet program of a folder's objects runs over generated packets in both
 * (test/kernel/agreement.ts). Needs root and bpftool.
 *
 *   node scripts/compare-kernel.js [NAME-PATTERN] --objects FOLDER [--packets N] [--seed S] [--quiet]
 *   node scripts/compare-kernel.js [NAME-PATTERN] --objects FOLDER --against FOLDER
 *
 * The second form compares objects of the same paths with each other, both in the machine: a difference is a miscompile or an undefined
 * behaviour of the source. `--quiet` leaves out programs that agree. Exit status 1 when anything differs.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { root } from './support.js';

const { values, positionals } = parseArgs({
  options: {
    objects: { type: 'string' },
    against: { type: 'string' },
    packets: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    quiet: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
if (values.objects === undefined) {
  console.error(
    'usage: compare-kernel.js [NAME-PATTERN] --objects FOLDER [--against FOLDER] [--packets N] [--seed S]',
  );
  process.exit(2);
}

async function bundled(entry) {
  const folder = mkdtempSync(join(tmpdir(), 'compare-kernel-'));
  const outfile = join(folder, 'compare.mjs');
  await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    logLevel: 'error',
  });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { compareObject, canLoad } = await bundled('test/kernel/agreement.ts');
const { compareObjects } = await bundled('test/kernel/object-agreement.ts');
if (values.against === undefined && !canLoad()) {
  console.error('compare-kernel.js: loading programs needs root, bpf() and bpftool');
  process.exit(2);
}

const settings = { packets: Number(values.packets), seed: Number(values.seed) };
const pattern = new RegExp(positionals[0] ?? '');
const paths = readdirSync(values.objects, { recursive: true })
  .filter((path) => path.endsWith('.o') && pattern.test(path))
  .sort();

const counts = { agrees: 0, differs: 0, 'left out': 0 };
let refused = 0;
const shortened = (text) => (text.length > 2400 ? `${text.slice(0, 2400)}...` : text);
for (const path of paths) {
  const file = join(values.objects, path);
  let compared;
  try {
    compared =
      values.against === undefined
        ? compareObject(file, readFileSync(file), settings)
        : compareObjects(readFileSync(file), readFileSync(join(values.against, path)), settings);
  } catch (error) {
    compared = { verdicts: [], refusal: error.message };
  }
  const { verdicts, refusal } = compared;
  if (refusal !== undefined) {
    refused++;
    if (!values.quiet) console.log(`${'not loaded'.padEnd(10)} ${path}: ${refusal}`);
  }
  for (const one of verdicts) {
    counts[one.status]++;
    if (values.quiet && one.status !== 'differs') continue;
    const figures = `${one.packets} packets, ${one.paths} paths, ${one.returns} return values, ${one.filledMaps} maps filled`;
    const text = one.status === 'agrees' ? figures : one.reason;
    console.log(`${one.status.padEnd(10)} ${path} ${one.program} (${one.type}): ${shortened(text)}`);
  }
}
console.log(
  `${counts.agrees} agree, ${counts.differs} differ, ${counts['left out']} left out, ${refused} objects not loaded`,
);
process.exitCode = counts.differs > 0 ? 1 : 0;
