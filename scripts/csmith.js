/**
 * Random C programs (csmith: Yang et al., "Finding and Understanding Bugs in C Compilers", PLDI 2011) compiled by the host's
 * gcc and by us: the checksum of all globals that the machine prints must be the host's.
 *
 *   node scripts/csmith.js [--count N] [--seed S] [--threads N] [--variants N] [--out DIR]
 *
 * Each seed is one program; levels and processor versions take turns. A program that differs is kept with its seed, and the passes are
 * left out one by one: the first whose absence makes it right is named. DIR is a folder of this run's own where none is named.
 */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { csmithHeaders, csmithProgram, hostChecksum } from './csmith-host.js';
import { bundleHostedRun, HostedPool } from './hosted-worker.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    threads: { type: 'string', default: String(cpus().length) },
    variants: { type: 'string', default: '4' },
    out: { type: 'string', default: join(tmpdir(), `bpfcc-csmith-${process.pid}`) },
  },
});
if (![values.count, values.seed].every((value) => /^\d+$/.test(value))) {
  console.error('csmith: --count and --seed take a number');
  process.exit(2);
}

const levels = ['-O0', '-O1', '-O2', '-Os', '-Osize', '-Overify'];
const processors = ['-mcpu=v1', '-mcpu=v2', '-mcpu=v3', '-mcpu=v4'];

/** Every level with another processor; the pairs change from seed to seed, and which ones where not all are wanted. */
function variantsOf(seed) {
  const pairs = levels.map((level, i) => [level, processors[(i + (seed >> 2)) % 4]]);
  return [...pairs.slice(seed % pairs.length), ...pairs.slice(0, seed % pairs.length)].slice(
    0,
    Number(values.variants),
  );
}

const headers = csmithHeaders();
if (headers === undefined) {
  console.log('csmith: csmith, its headers or gcc are not installed');
  process.exit(0);
}
mkdirSync(values.out, { recursive: true });
const bundle = await bundleHostedRun();
const { pipeline } = await import(bundle);
const passes = [...new Set(pipeline.map(({ name }) => name))];
const pool = new HostedPool(bundle, Number(values.threads), 60_000);

const compile = (flags, path) => pool.run([...flags, '-w', `-I${headers}`, path]);
const isRight = (result, expected) => result.outcome === 'ok' && result.stdout === expected;

/** The pass without which the program is right; what cannot be left out is not tried. */
async function culprit(flags, path, expected) {
  for (const pass of passes) {
    const result = await compile([...flags, `--skip-pass=${pass}`], path);
    if (isRight(result, expected)) return pass;
  }
  return undefined;
}

const totals = { right: 0, wrong: 0, slow: 0, skipped: 0 };

async function tryResult(seed, flags, path, expected) {
  const result = await compile(flags, path);
  if (isRight(result, expected)) return true;
  const isSlow = result.outcome === 'timeout' || result.stderr.includes('it may never end');
  if (isSlow) {
    totals.slow++;
    return true;
  }
  const pass = await culprit(flags, path, expected);
  const what =
    result.outcome === 'ok' ? `${result.stdout.trim()}, expected ${expected.trim()}` : result.stderr;
  console.log(
    `seed ${seed} ${flags.join(' ')}: ${result.outcome}: ${what.trim().split('\n').slice(0, 3).join(' / ')}`,
  );
  if (pass !== undefined) console.log(`  right without ${pass}`);
  return false;
}

async function trySeed(seed) {
  const path = join(values.out, `${seed}.c`);
  writeFileSync(path, csmithProgram(seed));
  const expected = hostChecksum(path, headers);
  if (expected === undefined) {
    totals.skipped++;
    rmSync(path, { force: true });
    return;
  }
  const results = await Promise.all(variantsOf(seed).map((flags) => tryResult(seed, flags, path, expected)));
  const isFine = results.every(Boolean);
  totals[isFine ? 'right' : 'wrong']++;
  if (isFine) rmSync(path, { force: true });
}

const first = Number(values.seed);
const count = Number(values.count);
console.log(`csmith: seeds ${first} to ${first + count - 1}`);
let next = first;
async function work() {
  while (next < first + count) {
    const seed = next++;
    await trySeed(seed);
    if (process.stderr.isTTY) process.stderr.write(`\r${seed - first + 1}/${count}`);
    else if ((seed - first + 1) % 50 === 0) console.log(`  ${seed - first + 1}: ${JSON.stringify(totals)}`);
  }
}
await Promise.all(Array.from({ length: Number(values.threads) }, work));
await pool.close();
rmSync(bundle, { force: true });
if (readdirSync(values.out).length === 0) rmSync(values.out, { recursive: true });
const { right, wrong, slow, skipped } = totals;
console.log(
  `csmith: ${right} programs right, ${wrong} wrong; ${slow} runs too slow, ${skipped} programs that the host cannot run in time`,
);
process.exit(wrong > 0 ? 1 : 0);
