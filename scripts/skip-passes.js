/**
 * Each pass alone is left out (`--skip-pass`), and programs must do what they do with it: the hosted fixtures, with validators between
 * the passes, and a slice of gcc's torture programs where they are set up (folder in $CORPUS, else bpf-corpus in the temporary folder).
 *
 *   node scripts/skip-passes.js [PASS-PATTERN] [--every N] [--threads N]
 *
 * Passes that the pipeline marks as required must be refused. Takes minutes: every pass compiles and runs everything. Exit status 1 when a
 * program that passes otherwise does not without one of the passes.
 */

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleHostedRun, HostedPool } from './hosted-worker.js';
import { root } from './support.js';

const { values, positionals } = parseArgs({
  options: { every: { type: 'string', default: '12' }, threads: { type: 'string', default: '1' } },
  allowPositionals: true,
});

const cFiles = (folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.c'))
    .sort()
    .map((name) => join(folder, name));

const torture = join(process.env.CORPUS ?? join(tmpdir(), 'bpf-corpus'), 'torture/gcc.c-torture/execute');
const sliced = existsSync(torture) ? cFiles(torture).filter((_, i) => i % Number(values.every) === 0) : [];
const programs = [
  ...cFiles(join(root, 'test/fixtures/hosted')).flatMap((path) => [
    ['-O2', '-mcpu=v3', '-w', '--check', path],
    ['-O0', '-mcpu=v1', '-w', '--check', path],
  ]),
  ...sliced.map((path) => ['-O2', '-mcpu=v4', '-w', path]),
];

const bundle = await bundleHostedRun();
const { pipeline } = await import(pathToFileURL(bundle).href);
const pool = new HostedPool(bundle, Number(values.threads), 60_000);

/** Of each program what came of it, with these flags before its own. */
const outcomes = (flags, chosen) => Promise.all(chosen.map((args) => pool.run([...flags, ...args])));

const all = await outcomes([], programs);
const passing = programs.filter((_, i) => all[i].outcome === 'ok');
console.log(`${passing.length} of ${programs.length} programs pass with all passes`);

const pattern = new RegExp(positionals[0] ?? '');
const required = new Set(pipeline.filter((pass) => pass.isRequired).map(({ name }) => name));
for (const name of new Set(pipeline.map((pass) => pass.name))) {
  if (!pattern.test(name)) continue;
  const flag = `--skip-pass=${name}`;
  if (required.has(name)) {
    const [{ outcome, stderr }] = await outcomes([flag], passing.slice(0, 1));
    const isRefused = outcome !== 'ok' && stderr.includes(flag);
    console.log(`${name.padEnd(20)} required, ${isRefused ? 'refused' : 'NOT REFUSED'}`);
    if (!isRefused) process.exitCode = 1;
    continue;
  }
  const results = await outcomes([flag], passing);
  const failing = results.flatMap(({ outcome, stderr, stdout }, i) =>
    outcome === 'ok' ? [] : [`  ${outcome} ${passing[i].join(' ')}: ${`${stderr}${stdout}`.slice(0, 300)}`],
  );
  console.log(`${name.padEnd(20)} ${failing.length === 0 ? 'ok' : `${failing.length} fail`}`);
  for (const line of failing) console.log(line);
  if (failing.length > 0) process.exitCode = 1;
}
await pool.close();
rmSync(bundle, { force: true });
