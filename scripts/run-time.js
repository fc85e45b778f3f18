/**
 * Run time in the running kernel: networking programs of our objects beside clang's of the same paths, in turn in one run
 * (test/kernel/timed-run.ts). Needs root, libbpf's headers and gcc.
 *
 *   node scripts/run-time.js [NAME-PATTERN] --ours FOLDER --clang FOLDER [--min SLOTS] [--least NS] [--packets N]
 *       [--seed S] [--loads N] [--rounds N] [--json FILE]
 *
 * Programs of fewer slots than --min, and those that no packet keeps busy for --least nanoseconds with clang, say more about the kernel's
 * loop around them (about 20 ns) than about their code: they do not count. The file of --json is what
 * scripts/code-quality.js reads.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { sizesOf } from './object-sizes.js';
import { root } from './support.js';

const { values, positionals } = parseArgs({
  options: {
    ours: { type: 'string' },
    clang: { type: 'string' },
    min: { type: 'string', default: '60' },
    least: { type: 'string', default: '30' },
    packets: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    loads: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '21' },
    json: { type: 'string' },
  },
  allowPositionals: true,
});
if (values.ours === undefined || values.clang === undefined) {
  console.error('usage: run-time.js [NAME-PATTERN] --ours FOLDER --clang FOLDER [--min SLOTS] [--json FILE]');
  process.exit(2);
}

async function bundled(entry) {
  const folder = mkdtempSync(join(tmpdir(), 'run-time-'));
  const outfile = join(folder, 'run-time.mjs');
  const entryPoints = [join(root, entry)];
  await build({ entryPoints, bundle: true, format: 'esm', platform: 'node', outfile, logLevel: 'error' });
  try {
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { TestRunner, timeObjects, whyNoTestRun } = await bundled('test/kernel/timed-run.ts');
const missing = whyNoTestRun();
if (missing !== undefined) {
  console.error(`run-time.js: ${missing}`);
  process.exit(2);
}

const pattern = new RegExp(positionals[0] ?? '');
const settings = {
  packets: Number(values.packets),
  seed: Number(values.seed),
  loads: Number(values.loads),
  rounds: Number(values.rounds),
};
const runner = new TestRunner(join(root, 'test/kernel/test-run.c'));
const programs = [];
for (const path of readdirSync(values.ours, { recursive: true }).sort()) {
  const [ours, clang] = [join(values.ours, path), join(values.clang, path)];
  if (!path.endsWith('.o') || !pattern.test(path) || !existsSync(clang)) continue;
  const { functions } = sizesOf(readFileSync(clang));
  const isLarge = (name) => (functions.get(name) ?? 0) >= Number(values.min);
  if (![...functions.keys()].some(isLarge)) continue;
  for (const { program, type, first, second, ratio } of await timeObjects(
    runner,
    [ours, clang],
    isLarge,
    settings,
  )) {
    const name = `${path.slice(0, -2)} ${program}`;
    const counts = second >= Number(values.least);
    if (counts) programs.push({ name, type, ours: first, base: second, ratio });
    console.log(
      `${ratio.toFixed(3)}  ${first.toFixed(1).padStart(8)} ${second.toFixed(1).padStart(8)} ns  ${name} (${type})${counts ? '' : ', does not count'}`,
    );
  }
}
runner.close();
const geomean = Math.exp(programs.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / programs.length);
const worst = Math.max(...programs.map(({ ratio }) => ratio));
console.log(`${programs.length} programs, geomean ${geomean.toFixed(3)}, worst ${worst.toFixed(3)}`);
if (values.json !== undefined) {
  const method =
    `BPF_PROG_TEST_RUN with the busiest of ${settings.packets} generated packets, ours and clang's in turn, ` +
    `median of ${settings.rounds} rounds of each of ${settings.loads} loads, programs of at least ${values.min} slots ` +
    `and, with clang, ${values.least} ns (of which about 20 are the kernel's loop around them).`;
  programs.sort((a, b) => a.ratio - b.ratio);
  writeFileSync(values.json, `${JSON.stringify({ method, programs }, undefined, 1)}\n`);
}
