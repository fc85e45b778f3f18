/**
 * Run time in the running kernel: networking programs of our objects beside clang's of the same paths, in turn in one run
 * (test/kernel/timed-run.ts). Needs root, libbpf's headers and gcc.
 *
 *   node scripts/run-time.js [NAME-PATTERN] --ours FOLDER --clang FOLDER [--min SLOTS] [--least NS] [--noise ERROR]
 *       [--packets N] [--seed S] [--loads N] [--rounds N] [--json FILE]
 *
 * Each figure is given net too: without what a program that only returns 0 takes in the same run. Programs of fewer slots than
 * --min, programs that take less than --least nanoseconds net with clang, and programs whose net ratio has a standard error above --noise over
 * the loads do not count: they say more about the kernel and the machine than about code. Means are given without the twentieth
 * of the programs at either end, too. The file of --json is what
 * scripts/code-quality.js reads.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { sizesOf } from './object-sizes.js';
import { geomean, middleOf } from './ratios.js';
import { root } from './support.js';

const { values, positionals } = parseArgs({
  options: {
    ours: { type: 'string' },
    clang: { type: 'string' },
    min: { type: 'string', default: '60' },
    least: { type: 'string', default: '10' },
    noise: { type: 'string', default: '0.03' },
    packets: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    loads: { type: 'string', default: '25' },
    rounds: { type: 'string', default: '9' },
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
  for (const timed of await timeObjects(runner, [ours, clang], isLarge, settings)) {
    const { program, type, first, second, empty, net, raw, error, steps, isRepeated } = timed;
    const name = `${path.slice(0, -2)} ${program}`;
    const why =
      second - empty < Number(values.least)
        ? 'too short'
        : error > Number(values.noise)
          ? 'too noisy'
          : undefined;
    const [mine, base] = [first - empty, second - empty];
    if (why === undefined)
      programs.push({
        name,
        type,
        ours: mine,
        base,
        ratio: net,
        error,
        raw: { ours: first, base: second, ratio: raw },
        steps,
      });
    const columns = [
      `${net.toFixed(3)} +-${error.toFixed(3)} net, ${raw.toFixed(3)} raw`,
      `${mine.toFixed(1).padStart(8)} ${base.toFixed(1).padStart(8)} + ${empty.toFixed(1).padStart(5)} ns`,
      `${steps === undefined ? 'unknown' : steps.join(' ')} steps`.padStart(14),
      `${name} (${type}${isRepeated ? '' : ', calls'})${why === undefined ? '' : `, ${why}`}`,
    ];
    console.log(columns.join('  '));
  }
}
runner.close();
for (const [what, ratios] of [
  ['net', programs.map(({ ratio }) => ratio)],
  ['raw', programs.map(({ raw }) => raw.ratio)],
  [
    'executed instructions',
    programs.flatMap(({ steps }) => (steps === undefined ? [] : steps[0] / steps[1])),
  ],
])
  console.log(
    `${what}: ${ratios.length} programs, geomean ${geomean(ratios).toFixed(3)}, ` +
      `${geomean(middleOf(ratios)).toFixed(3)} without the twentieth at either end, worst ${Math.max(...ratios).toFixed(3)}`,
  );
if (values.json !== undefined) {
  const method =
    `BPF_PROG_TEST_RUN, ours and clang's in turn with a program that only returns 0, medians of ${settings.rounds} rounds and of ` +
    `up to ${settings.loads} loads. Packet and map contents are those with which both objects together execute most instructions in the ` +
    `embedded machine, of ${settings.packets} generated packets and primed maps, improved by hill climbing. Net times are without the ` +
    `kernel's loop; programs of at least ${values.min} slots, of at least ${values.least} ns net with clang, and with a standard error of ` +
    `the ratio of at most ${values.noise}.`;
  programs.sort((a, b) => a.ratio - b.ratio);
  writeFileSync(values.json, `${JSON.stringify({ method, programs }, undefined, 1)}\n`);
}
