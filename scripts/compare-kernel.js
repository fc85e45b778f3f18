/**
 * Compares the machine with the kernel: every packet program of a folder's objects runs over generated packets in both
 * (test/kernel/agreement.ts). Needs root and bpftool.
 *
 *   node scripts/compare-kernel.js [NAME-PATTERN] --objects FOLDER [--packets N] [--seed S] [--quiet]
 *   node scripts/compare-kernel.js [NAME-PATTERN] --objects FOLDER --against FOLDER
 *
 *   node scripts/compare-kernel.js [NAME-PATTERN] --objects FOLDER --against FOLDER --in-kernel
 *
 * The second form compares objects of the same paths with each other, both in the machine, the third both in the kernel
 * (test/kernel/kernel-agreement.ts; needs libbpf's headers and a C compiler too): a difference is a miscompile or an undefined
 * behaviour of the source. `--quiet` leaves out programs that agree. Exit status 1 when anything differs.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
    'in-kernel': { type: 'boolean', default: false },
    packets: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    quiet: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
if (values.objects === undefined) {
  console.error(
    'usage: compare-kernel.js [NAME-PATTERN] --objects FOLDER [--against FOLDER [--in-kernel]] [--packets N] [--seed S]',
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

const { compareInKernel, TestRunner, whyNoTestRun } = await bundled('test/kernel/kernel-agreement.ts');
const missing = values['in-kernel'] ? whyNoTestRun() : undefined;
if (missing !== undefined) {
  console.error(`compare-kernel.js: --in-kernel ${missing}`);
  process.exit(2);
}
const runner = values['in-kernel'] ? new TestRunner(join(root, 'test/kernel/test-run.c')) : undefined;

function compare(path) {
  const file = join(values.objects, path);
  if (values.against === undefined) return compareObject(file, readFileSync(file), settings);
  const other = join(values.against, path);
  if (!existsSync(other)) return { verdicts: [], refusal: 'the other folder does not have it' };
  return runner === undefined
    ? compareObjects(readFileSync(file), readFileSync(other), settings)
    : compareInKernel(runner, file, other, settings);
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
  let compared;
  try {
    compared = compare(path);
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
    const paths = one.paths === 0 ? '' : ` ${one.paths} paths,`;
    const figures = `${one.packets} packets,${paths} ${one.returns} return values, ${one.filledMaps} maps filled`;
    const text = one.status === 'agrees' ? `${figures}${one.reason && `, ${one.reason}`}` : one.reason;
    console.log(`${one.status.padEnd(10)} ${path} ${one.program} (${one.type}): ${shortened(text)}`);
  }
}
console.log(
  `${counts.agrees} agree, ${counts.differs} differ, ${counts['left out']} left out, ${refused} objects not loaded`,
);
runner?.close();
process.exitCode = counts.differs > 0 ? 1 : 0;
