/**
 * gcc's C torture programs (gcc.c-torture/execute) compiled and run in the machine, in one process.
 *
 *   node scripts/torture.js [--programs DIR] [--only PATTERN] [--out FILE] [--threads N] [--list FILE] [FLAG...]
 *
 * The flags (`-O2 -mcpu=v4` where none is given) are the compiler's. Writes `name TAB outcome` lines and, beside them, what was said
 * about programs that did not pass; prints the counts, also of those named in the list (programs that clang compiles).
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleHostedRun, HostedPool } from './hosted-worker.js';

const corpus = process.env.CORPUS ?? join(tmpdir(), 'bpf-corpus');
const { values, positionals } = parseArgs({
  args: process.argv.slice(2).map((argument) => (/^-[^-]/.test(argument) ? `--flag=${argument}` : argument)),
  options: {
    programs: { type: 'string', default: join(corpus, 'torture/gcc.c-torture/execute') },
    only: { type: 'string', default: '.' },
    out: { type: 'string', default: join(tmpdir(), 'bpfcc-torture') },
    threads: { type: 'string', default: String(cpus().length) },
    list: { type: 'string' },
    flag: { type: 'string', multiple: true, default: [] },
  },
  allowPositionals: true,
});
if (positionals.length > 0) throw new Error(`unknown argument ${positionals[0]}`);

const flags = values.flag.length > 0 ? values.flag : ['-O2', '-mcpu=v4'];
const pattern = new RegExp(values.only);
const names = readdirSync(values.programs)
  .filter((name) => name.endsWith('.c'))
  .map((name) => name.slice(0, -2))
  .filter((name) => pattern.test(name))
  .sort();

const messages = join(values.out, 'err');
rmSync(messages, { recursive: true, force: true });
mkdirSync(messages, { recursive: true });
const bundle = await bundleHostedRun();
const pool = new HostedPool(bundle, Number(values.threads), 60_000);

const results = new Map();
const whole = process.stderr.isTTY;
await Promise.all(
  names.map(async (name) => {
    const result = await pool.run([...flags, join(values.programs, `${name}.c`)]);
    results.set(name, result.outcome);
    if (result.outcome !== 'ok') writeFileSync(join(messages, name), result.stdout + result.stderr);
    if (whole) process.stderr.write(`\r${results.size}/${names.length}`);
  }),
);
await pool.close();
rmSync(bundle, { force: true });
if (whole) process.stderr.write('\r');

writeFileSync(
  join(values.out, 'torture.tsv'),
  names.map((name) => `${name}\t${results.get(name)}\n`).join(''),
);

function show(title, chosen) {
  const counts = new Map();
  for (const name of chosen) counts.set(results.get(name), (counts.get(results.get(name)) ?? 0) + 1);
  const list = [...counts].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${count} ${outcome}`);
  console.log(`${title}: ${list.join(', ')}`);
}

show(`${names.length} programs (${flags.join(' ')})`, names);
if (values.list !== undefined) {
  const listed = new Set(readFileSync(values.list, 'utf8').split(/\s+/));
  show(
    'of those in the list',
    names.filter((name) => listed.has(name)),
  );
}
