/**
 * gcc's C torture programs (gcc.c-torture/execute) compiled and run in the machine, in one process.
 *
 *   node scripts/torture.js [--programs DIR] [--only PATTERN] [--out FILE] [--threads N] [--list FILE [--docs FILE]] [FLAG...]
 *
 * With `--docs FILE` the page that lists programs of the list which do not pass, with reasons, is written.
 *
 * The flags (`-O2 -mcpu=v4` where none is given) are the compiler's. Writes `name TAB outcome` lines and, beside them, what was said
 * about programs that did not pass; prints the counts, also of those named in the list (programs that clang compiles).
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleHostedRun, HostedPool } from './hosted-worker.js';
import { tortureReasons } from './torture-reasons.js';

const corpus = process.env.CORPUS ?? join(tmpdir(), 'bpf-corpus');
const { values, positionals } = parseArgs({
  args: process.argv.slice(2).map((argument) => (/^-[^-]/.test(argument) ? `--flag=${argument}` : argument)),
  options: {
    programs: { type: 'string', default: join(corpus, 'torture/gcc.c-torture/execute') },
    only: { type: 'string', default: '.' },
    out: { type: 'string', default: join(tmpdir(), 'bpfcc-torture') },
    threads: { type: 'string', default: String(cpus().length) },
    list: { type: 'string' },
    docs: { type: 'string' },
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

/** The page on programs that do not pass. */
function page(listed) {
  const failing = listed.filter((name) => results.get(name) !== 'ok');
  const rows = tortureReasons.map(({ reason, programs }) => ({
    reason,
    programs: programs.filter((name) => failing.includes(name)),
  }));
  const others = names.filter((name) => !listed.includes(name));
  const passing = others.filter((name) => results.get(name) === 'ok').length;
  return `# gcc's torture programs

gcc's C torture tests (\`gcc.c-torture/execute\`) are compiled with \`--hosted\` and run in the machine. Of the ${listed.length} programs that
clang-19 compiles for BPF ${listed.length - failing.length} pass, at \`-O0\` and \`-O2\`. This page, written by
\`node scripts/torture.js --list LIST --docs docs/torture.md\`, lists the others. Of the ${others.length} programs that clang-19 does not compile
${passing} pass; the rest get an error.

| programs | reason |
|---|---|
${rows.map(({ reason, programs }) => `| ${programs.join(', ')} | ${reason} |`).join('\n')}
`;
}

/** Complains where the table of reasons and the results disagree. */
function checkReasons(listed) {
  const explained = tortureReasons.flatMap(({ programs }) => programs);
  const failing = listed.filter((name) => results.get(name) !== 'ok');
  const missing = failing.filter((name) => !explained.includes(name));
  const stale = explained.filter((name) => results.get(name) === 'ok');
  if (missing.length > 0) console.log(`without a reason: ${missing.join(' ')}`);
  if (stale.length > 0) console.log(`with a reason, but they pass: ${stale.join(' ')}`);
  if (missing.length + stale.length > 0) process.exitCode = 1;
}

if (values.list !== undefined) {
  const wanted = new Set(readFileSync(values.list, 'utf8').split(/\s+/));
  const listed = names.filter((name) => wanted.has(name));
  show('of those in the list', listed);
  checkReasons(listed);
  if (values.docs !== undefined) writeFileSync(values.docs, page(listed));
}
