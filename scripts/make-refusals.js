/**
 * Makes the verifier logs of test/fixtures/explain: compiles every program and lets the running kernel refuse it.
 *
 *   node scripts/make-refusals.js [--out=DIR] [NAME...]     (root, bpftool, setpriv)
 *
 * A program's first line says under which capabilities it is loaded: `caps=bpf` leaves out CAP_PERFMON and CAP_SYS_ADMIN, without
 * which the verifier also refuses what would show addresses of the kernel. Addresses are masked, and the middle of a long
 * log is cut, so that the files stay small and the same from run to run. Logs go beside the programs, or with the objects to DIR.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, root } from './support.js';

const folder = join(root, 'test', 'fixtures', 'explain');
/** Lines kept of a long log: its beginning and its end. */
const keptLines = { first: 40, last: 80 };

function shorten(text) {
  const lines = text.split('\n');
  if (lines.length <= keptLines.first + keptLines.last) return text;
  return [...lines.slice(0, keptLines.first), ...lines.slice(-keptLines.last)].join('\n');
}

/** Addresses, and what bpftool says about itself. */
function mask(text) {
  return text
    .replace(/(\(18\) r\d+ = )0xffff[0-9a-f]{12}/g, '$10xffff888000000000')
    .replace(/^Warning: bpftool is now[\s\S]*?\n\n/m, '');
}

/** Compiles all programs in one call, in a folder of their own, so that the logs name plain files. */
function compileAll(names, scratch) {
  for (const file of [...names.map((name) => `${name}.c`), 'program.h']) {
    copyFileSync(join(folder, file), join(scratch, file));
  }
  const sources = names.map((name) => `${name}.c`);
  const compiler = join(root, 'bin', 'bpfcc-ts.js');
  const run = spawnSync(process.execPath, [compiler, '-O2', '-g', '-w', '-c', ...sources], {
    cwd: scratch,
    encoding: 'utf8',
  });
  if (run.status !== 0) console.error(run.stderr);
}

/** What the loader prints; undefined when the kernel takes the program. */
function refuse(name, scratch) {
  const isWeak = /^\/\/ explain: .*\bcaps=bpf\b/.test(readFileSync(join(folder, `${name}.c`), 'utf8'));
  const pin = `/sys/fs/bpf/refusal_${process.pid}`;
  const load = ['bpftool', 'prog', 'load', `${name}.o`, pin];
  const [command, ...args] = isWeak ? ['setpriv', '--bounding-set', '-perfmon,-sys_admin', ...load] : load;
  const run = spawnSync(command, args, { cwd: scratch, encoding: 'latin1', maxBuffer: 1 << 28 });
  rmSync(pin, { force: true });
  return run.status === 0 ? undefined : mask(shorten(run.stderr));
}

function main() {
  ensureBuilt();
  const args = process.argv.slice(2);
  const out = args.find((word) => word.startsWith('--out='))?.slice(6) ?? folder;
  const wanted = args.filter((word) => !word.startsWith('--'));
  const all = readdirSync(folder).filter((file) => file.endsWith('.c'));
  const names = wanted.length > 0 ? wanted : all.map((file) => file.slice(0, -2));
  const scratch = mkdtempSync(join(tmpdir(), 'refusals-'));
  compileAll(names, scratch);
  for (const name of names) {
    const log = refuse(name, scratch);
    if (log === undefined) console.error(`${name}: the kernel takes this program`);
    else writeFileSync(join(out, `${name}.log`), log, 'latin1');
    if (out !== folder) copyFileSync(join(scratch, `${name}.o`), join(out, `${name}.o`));
  }
  rmSync(scratch, { recursive: true });
}

main();
