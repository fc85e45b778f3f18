/**
 * Mutated sources and files through the compiler and its readers: every outcome is an object or diagnostics, never an internal
 * error, more than 10 s or 1 GB.
 *
 *   node scripts/fuzz.js [--kind=c|levels|object|log|btf] [--count=N] [--seed=S] [--threads=N] [--out=DIR] FILE|LIST ...
 *
 * `levels` runs what still compiles in the machine at -O0 and at other levels; what differs may be undefined in C.
 *
 * FILE is a source, an object, a verifier log or a BTF file; a LIST (`.tsv`: name, source, flags) stands for its sources.
 * Each seed is one mutation of one file, the same in every run. Sources are compiled with validators between passes; what fails is kept in DIR.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { readList } from './measure.js';
import { root } from './support.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kind: { type: 'string', default: 'c' },
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string', default: String(cpus().length) },
    out: { type: 'string', default: join(tmpdir(), 'bpfcc-fuzz') },
  },
});

const inputs = positionals.flatMap((path) =>
  path.endsWith('.tsv')
    ? readList(path).map(({ source, flags }) => ({ path: source, flags }))
    : [{ path, flags: flagsOf(path) }],
);

/** What the first lines of a fixture say. */
function flagsOf(path) {
  const line = /^\/\/ flags: (.*)$/m.exec(readFileSync(path, 'latin1'))?.[1];
  return line === undefined ? [] : line.trim().split(/\s+/);
}

const bundle = join(root, 'node_modules', '.cache', `fuzz-${process.pid}.mjs`);
await build({
  entryPoints: [join(root, 'scripts', 'fuzz-worker.js')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  outfile: bundle,
  logLevel: 'error',
  define: { BPFCC_VERSION: '"0"' },
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});
mkdirSync(values.out, { recursive: true });

const timeLimit = 10_000;
const totals = { object: 0, diagnostics: 0, failed: 0 };
let next = Number(values.seed);
const end = next + Number(values.count);

function fail(seed, what) {
  totals.failed++;
  console.log(`seed ${seed}: ${what}`);
}

/** A process that takes seeds until one takes too long or breaks it. */
function work() {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--max-old-space-size=1024', bundle], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    let seed = -1;
    let timer;
    const give = () => {
      clearTimeout(timer);
      if (next >= end) {
        child.disconnect();
        return;
      }
      seed = next++;
      child.send({ seed });
      timer = setTimeout(() => child.kill('SIGKILL'), 12 * timeLimit);
    };
    child.on('message', ({ outcome, message, ms }) => {
      if (outcome === 'failed') fail(seed, message);
      else if (ms > timeLimit) fail(seed, `takes ${(ms / 1000).toFixed(1)} s: ${message}`);
      else totals[outcome]++;
      give();
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve();
      fail(
        seed,
        signal === 'SIGKILL' ? 'does not end' : `ends the process (${signal ?? code}): out of memory?`,
      );
      resolve(work());
    });
    child.send({ inputs, kind: values.kind, out: values.out });
    give();
  });
}

await Promise.all(Array.from({ length: Number(values.threads) }, work));
rmSync(bundle, { force: true });
console.log(
  `fuzz: ${totals.object} read or compiled, ${totals.diagnostics} refused, ${totals.failed} failed`,
);
process.exit(totals.failed === 0 ? 0 : 1);
