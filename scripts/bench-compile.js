/**
 * `npm run bench -- compile --list=LIST.tsv [--prefix='chrt -r 50'] [--clang=clang-19,clang-22]`: cold compile times beside clang's.
 *
 * Programs: of the list in the order of their names, spread evenly, the first 20 that use a `vmlinux.h` (the compiler's `-M` names
 * one) and the first 20 that do not, which all compilers take with `-target bpf`. Then 50 programs with equal flags in one
 * call of each compiler. Every compiler runs once in each round, in turn; a program's time is the median of its rounds ($ROUNDS, 3).
 *
 * Ours runs twice, as the installed package's command: with its caches (the snapshot or the compiled code, scans of long headers) as a first
 * run of each program left them, and with none. Package and caches are of this call only, $NODE_EXTRA_CA_CERTS is hidden from all
 * (installed-command.js).
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachesAreFilled, installCommand, plainEnvironment } from './installed-command.js';
import { argument, measure, median, prefix, readList } from './measure.js';

const perKind = 20;
const inOneCall = 50;
/** How many of the contestants are ours. */
const numOurs = 2;
const rounds = Number(process.env.ROUNDS ?? 3);

/** The command of each contestant up to the sources, ours first: with its caches in `folder`, and without any. */
async function contestants(folder) {
  const clangs = (argument('clang') ?? 'clang-19,clang-22').split(',');
  const installed = await installCommand(folder);
  const ours = [installed.command, '-w'];
  const env = plainEnvironment();
  const found = clangs.filter((name) => spawnSync(name, ['--version']).status === 0);
  return [
    { name: 'bpfcc-ts, warm cache', command: ours, env: installed.env },
    { name: 'bpfcc-ts, no cache', command: ours, env: { ...env, NODE_DISABLE_COMPILE_CACHE: '1' } },
    ...found.map((name) => ({ name, command: [name, '-target', 'bpf', '-w'], env })),
  ];
}

/** The rows in an order that takes from the whole list early. */
function spread(rows) {
  const stride = 61;
  const order = [];
  for (let start = 0; start < stride; start++) {
    for (let at = start; at < rows.length; at += stride) order.push(rows[at]);
  }
  return order;
}

function usesVmlinux({ source, flags }, [ours]) {
  const [command, ...args] = ours.command;
  const { stdout } = spawnSync(command, [...args, ...flags, '-M', source], {
    encoding: 'utf8',
    env: ours.env,
  });
  return /vmlinux\.h\b/.test(stdout);
}

function compilesEverywhere({ source, flags }, all, folder) {
  return all.every(({ command: [command, ...args], env }) => {
    const out = ['-c', source, '-o', join(folder, 'try.o')];
    return spawnSync(command, [...args, ...flags, ...out], { stdio: 'ignore', env }).status === 0;
  });
}

/** 20 programs of each kind, and 50 with the flags that most have. */
function choose(rows, all, folder) {
  const chosen = { with: [], without: [], together: [] };
  const uses = new Map();
  for (const row of rows) uses.set(row.flags.join(' '), (uses.get(row.flags.join(' ')) ?? 0) + 1);
  const [commonFlags] = [...uses].sort((a, b) => b[1] - a[1])[0];
  for (const row of spread(rows)) {
    if (Object.values(chosen).every((list, i) => list.length >= [perKind, perKind, inOneCall][i])) break;
    const isCommon = row.flags.join(' ') === commonFlags && chosen.together.length < inOneCall;
    if (!isCommon && chosen.with.length >= perKind && chosen.without.length >= perKind) continue;
    if (!compilesEverywhere(row, all, folder)) continue;
    if (isCommon) chosen.together.push(row);
    const kind = chosen[usesVmlinux(row, all) ? 'with' : 'without'];
    if (kind.length < perKind) kind.push(row);
  }
  return chosen;
}

/** Time and memory of each contestant for one command line, in turn. */
async function rows(all, argsOf, optionsOf) {
  const results = all.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contestant] of all.entries()) {
      const line = [...prefix(), ...contestant.command, ...argsOf(contestant)];
      results[i].push(await measure(line, { env: contestant.env, ...optionsOf?.(contestant) }));
    }
  }
  return results.map((list) => ({
    ms: median(list.map((r) => r.ms)),
    mb: Math.max(...list.map((r) => r.mb)),
  }));
}

function print(title, all, totals, count) {
  console.log(`\n${title}`);
  for (const [i, { name }] of all.entries()) {
    const { ms, mb, ratios } = totals[i];
    const beside = ratios.map((ratio) => ratio.toFixed(2)).join(' and ');
    const says = i < numOurs ? '' : `   of its time we take ${beside}`;
    console.log(
      `  ${name.padEnd(20)} ${(ms / count).toFixed(0).padStart(6)} ms ${mb.toFixed(0).padStart(6)} MB${says}`,
    );
  }
}

async function benchKind(title, programs, all, folder) {
  const totals = all.map(() => ({ ms: 0, mb: 0, logs: Array(numOurs).fill(0) }));
  for (const { source, flags } of programs) {
    const found = await rows(all, () => [...flags, '-c', source, '-o', join(folder, 'a.o')]);
    for (const [i, { ms, mb }] of found.entries()) {
      totals[i].ms += ms;
      totals[i].mb = Math.max(totals[i].mb, mb);
      for (let ours = 0; ours < numOurs; ours++) totals[i].logs[ours] += Math.log(found[ours].ms / ms);
    }
  }
  for (const total of totals) total.ratios = total.logs.map((logs) => Math.exp(logs / programs.length));
  print(
    `${title}: ${programs.length} programs (mean time, peak memory; ratio: geometric mean)`,
    all,
    totals,
    programs.length,
  );
}

async function benchOneCall(programs, all, folder) {
  const sources = programs.map(({ source }) => source);
  const found = await rows(
    all,
    () => [...programs[0].flags, '-c', ...sources],
    ({ name }) => {
      const cwd = join(folder, name);
      mkdirSync(cwd, { recursive: true });
      return { cwd };
    },
  );
  for (const row of found) row.ratios = found.slice(0, numOurs).map(({ ms }) => ms / row.ms);
  print(`${sources.length} programs in one call (time a program, peak memory)`, all, found, sources.length);
}

export async function benchCompile() {
  const list = argument('list');
  if (list === undefined) throw new Error('name a list of programs: --list=LIST.tsv');
  const folder = mkdtempSync(join(tmpdir(), 'bpfcc-bench-'));
  const all = await contestants(folder);
  try {
    const chosen = choose(readList(list), all, folder);
    await cachesAreFilled(folder);
    await benchKind('with vmlinux.h', chosen.with, all, folder);
    await benchKind('without vmlinux.h', chosen.without, all, folder);
    if (chosen.together.length > 0) await benchOneCall(chosen.together, all, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
