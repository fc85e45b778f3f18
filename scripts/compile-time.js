/**
 * Cold compile time and peak memory of programs of the corpus, of our installed command (installed-command.js) after a first run and of
 * a clang in turn in one run. On a busy machine `chrt -r 50` before it (root) puts it and the compilers ahead of other work.
 *
 *   node scripts/compile-time.js [NAME ...] [--clang COMMAND] [--rounds N] [--json FILE]
 *
 * Names are those of list.tsv in the corpus ($CORPUS, else bpf-corpus in the temporary folder); without any the yardsticks, selftests/pyperf600
 * and selftests/strobemeta. The file of --json is what scripts/code-quality.js reads.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cachesAreFilled, installCommand } from './installed-command.js';
import { measure, median, readList } from './measure.js';

const { values, positionals } = parseArgs({
  options: {
    clang: { type: 'string', default: 'clang-22 -target bpf' },
    rounds: { type: 'string', default: '7' },
    json: { type: 'string' },
  },
  allowPositionals: true,
});

const corpus = process.env.CORPUS ?? join(tmpdir(), 'bpf-corpus');
const listed = new Map(
  readList(join(corpus, 'list.tsv')).map(({ name, source, flags }) => [
    name,
    [...flags.filter((flag) => flag !== ''), '-w', '-c', source],
  ]),
);
const folder = mkdtempSync(join(tmpdir(), 'compile-time-'));
const { command: installed, env } = await installCommand(folder);
const compilers = { base: values.clang.split(' '), ours: [installed] };

const programs = [];
for (const name of positionals.length > 0 ? positionals : ['selftests/pyperf600', 'selftests/strobemeta']) {
  const args = listed.get(name);
  if (args === undefined) throw new Error(`${name} is not in ${corpus}/list.tsv`);
  const results = { base: [], ours: [] };
  // The first round warms the file cache and fills ours.
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const [who, command] of Object.entries(compilers)) {
      const once = await measure([...command, ...args, '-o', join(folder, 'made.o')], { env });
      if (round > 0) results[who].push(once);
    }
    if (round === 0) await cachesAreFilled(folder);
  }
  const typical = (list) => ({ ms: median(list.map(({ ms }) => ms)), mb: median(list.map(({ mb }) => mb)) });
  const { base, ours } = { base: typical(results.base), ours: typical(results.ours) };
  programs.push({ name, base, ours });
  const say = ({ ms, mb }) => `${ms.toFixed(0)} ms ${mb.toFixed(0)} MB`;
  console.log(`${(ours.ms / base.ms).toFixed(2)}  ours ${say(ours)}, ${values.clang} ${say(base)}  ${name}`);
}
rmSync(folder, { recursive: true });
if (values.json !== undefined) {
  const method = `Cold command line, ours and \`${values.clang}\` in turn, median of ${values.rounds} rounds.`;
  writeFileSync(values.json, `${JSON.stringify({ method, programs }, undefined, 1)}\n`);
}
