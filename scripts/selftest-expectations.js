/**
 * Do the programs of the kernel's selftests behave as their authors expect, with our objects as with clang's? The expectations are
 * declaration tags in the objects (`__success`, `__failure`, `__msg`, `__retval`; test/kernel/expectations.ts), and the kernel answers.
 * Needs root, gcc and libbpf's headers.
 *
 *   node scripts/selftest-expectations.js [NAME-PATTERN] --objects OURS --against CLANG [--list NAME-PATTERN]
 *   node scripts/selftest-expectations.js [NAME-PATTERN] --objects OURS --against CLANG --naked SOURCES
 *
 * Objects are matched by their path below the folders. An expectation holds for both, for one or for neither (a kernel without the
 * feature, a helper program that is missing); what holds for clang only is listed with the reason, and makes the exit status 1. A message
 * that is there but for the numbers of registers, stack slots and instructions counts apart: other code is legitimate in C.
 * `--list` lists the other columns of programs whose names match. The second form compares, instead, the code of all functions that
 * SOURCES (C files named as the objects) define as `__naked`: it has to be the same instruction for instruction.
 */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { root } from './support.js';

const { values, positionals } = parseArgs({
  options: {
    objects: { type: 'string' },
    against: { type: 'string' },
    list: { type: 'string' },
    naked: { type: 'string' },
  },
  allowPositionals: true,
});
if (values.objects === undefined || values.against === undefined) {
  console.error(
    'usage: selftest-expectations.js [NAME-PATTERN] --objects OURS --against CLANG [--naked SOURCES]',
  );
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'selftest-expectations-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

async function bundled(name) {
  const outfile = join(folder, `${name}.mjs`);
  const entryPoints = [join(root, `test/kernel/${name}.ts`)];
  await build({ entryPoints, bundle: true, format: 'esm', platform: 'node', outfile, logLevel: 'error' });
  return await import(pathToFileURL(outfile).href);
}

const pattern = new RegExp(positionals[0] ?? '');
const paths = readdirSync(values.against, { recursive: true })
  .filter((path) => path.endsWith('.o') && pattern.test(path))
  .sort();
const oursOf = (path) => join(values.objects, path);
const theirsOf = (path) => join(values.against, path);

if (values.naked !== undefined) await compareNaked();
else await compareExpectations();

/** Functions that a source defines as naked. */
function nakedFunctions(source) {
  return [...source.matchAll(/\b__naked\b[^;{]*?(\w+)\s*\([^;{)]*\)\s*\{/g)].map(([, name]) => name);
}

async function compareNaked() {
  const { functionCode } = await bundled('function-code');
  let same = 0;
  let different = 0;
  for (const path of paths) {
    const source = join(values.naked, `${basename(path, '.o')}.c`);
    const names = existsSync(source) ? nakedFunctions(readFileSync(source, 'utf8')) : [];
    if (names.length === 0) continue;
    const theirs = functionCode(readFileSync(theirsOf(path)));
    const ours = existsSync(oursOf(path)) ? functionCode(readFileSync(oursOf(path))) : 'not compiled';
    for (const name of names) {
      const wanted = theirs.get(name);
      // Left out by the preprocessor, or static and not used.
      if (wanted === undefined) continue;
      const code = typeof ours === 'string' ? [ours] : (ours.get(name) ?? ['no such function']);
      const at = Math.max(wanted.length, code.length);
      const first = Array.from({ length: at }, (_, i) => i).find((i) => wanted[i] !== code[i]);
      if (first === undefined) same++;
      else {
        different++;
        console.log(
          `${path} ${name}: instruction ${first}: ${code[first] ?? 'none'}, clang: ${wanted[first] ?? 'none'}`,
        );
      }
    }
  }
  console.log(`naked functions: ${same} the same as clang's, ${different} different`);
  process.exitCode = different > 0 ? 1 : 0;
}

/** Runs the loader; resolves to its result and the log. */
function load(loader, object, expectation, auxiliary) {
  const { program, logLevel, flagsSet, flagsCleared, returns } = expectation;
  const runs = returns === undefined ? 0 : 1;
  const args = [object, program, logLevel, flagsSet, flagsCleared, runs, ...auxiliary].map(String);
  return new Promise((resolve) => {
    const child = spawn(loader, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    let out = '';
    let complaints = '';
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (complaints += data));
    child.on('close', (code, signal) => {
      const match = /^load (-?\d+) run (-?\d+) (-?\d+)\n/.exec(out);
      const [loadError, runError, returned] = (match ?? []).slice(1).map(Number);
      const broken = match === null ? `loader ended with ${signal ?? code}: ${complaints.trim()}` : undefined;
      resolve({ broken, loadError, runError, returned, log: out.slice(match?.[0].length ?? 0), complaints });
    });
  });
}

/** Why a program was refused, in a line. */
function refusal({ log, complaints, loadError }) {
  const lines = log
    .split('\n')
    .filter((line) => line !== '' && !/^(?:processed|verification time|stack depth|-- )/.test(line));
  const said = complaints
    .split('\n')
    .find((line) => /libbpf: (?!prog '.*': (?:BPF program load failed|failed to load|-- BEGIN))/.test(line));
  return lines.at(-1) ?? said ?? `error ${loadError}`;
}

/** Expectations of one program, each with the reason for which it does not hold, if so. */
function outcomes(expectation, result, { missingMessage, returnsAs }) {
  const { loads, messages, returns } = expectation;
  const { broken, loadError, runError, returned, log } = result;
  const loaded = loadError === 0;
  const kind = loads ? 'success' : 'failure';
  const found = [];
  const add = (what, reason, places = false) => found.push({ kind: what, reason, places });
  if (broken !== undefined) add(kind, broken);
  else if (loads) add(kind, loaded ? undefined : `refused: ${refusal(result)}`);
  else add(kind, loaded ? 'accepted' : undefined);
  if (messages.length > 0) {
    const reason = missingMessage(log, messages);
    add('messages', reason, reason !== undefined && missingMessage(log, messages, true) === undefined);
  }
  if (returns !== undefined && loads) {
    const failed = !loaded ? 'not loaded' : runError !== 0 ? `run refused with ${runError}` : undefined;
    add('return value', failed ?? (returnsAs(returns, returned) ? undefined : `${returned}, not ${returns}`));
  }
  return found;
}

async function compareExpectations() {
  const tools = await bundled('expectations');
  const loader = join(folder, 'loader');
  const source = join(root, 'scripts/expectation-loader.c');
  if (
    spawnSync('gcc', ['-O2', '-o', loader, source, '-lbpf', '-lelf', '-lz'], { stdio: 'inherit' }).status !==
    0
  ) {
    process.exit(2);
  }
  const table = new Map();
  const lists = { 'clang only': [], 'numbers differ': [], 'ours only': [], neither: [] };
  const left = new Map();
  let programs = 0;
  for (const path of paths) {
    const wanted = tools.expectationsOf(readFileSync(theirsOf(path)));
    if (typeof wanted === 'string') continue;
    const ours = existsSync(oursOf(path)) ? tools.expectationsOf(readFileSync(oursOf(path))) : 'not compiled';
    const auxiliary = [...wanted.values()].filter((one) => one.isAuxiliary).map(({ program }) => program);
    for (const expectation of wanted.values()) {
      const { program, architectures, unchecked, isAuxiliary, tags } = expectation;
      if (isAuxiliary || tags.length === 0) continue;
      if (architectures.length > 0 && !architectures.includes('X86_64')) {
        count(left, 'programs for other machines');
        continue;
      }
      for (const tag of unchecked) count(left, `expectations by ${tag}`);
      programs++;
      const theirs = outcomes(expectation, await load(loader, theirsOf(path), expectation, auxiliary), tools);
      const same = typeof ours !== 'string' && ours.get(program)?.tags.join('\n') === tags.join('\n');
      const why = typeof ours === 'string' ? ours : ours.has(program) ? 'other tags' : 'no such program';
      const mine = same
        ? outcomes(expectation, await load(loader, oursOf(path), expectation, auxiliary), tools)
        : theirs.map(({ kind }) => ({ kind, reason: why, places: false }));
      mine.forEach(({ kind, reason, places }, i) => {
        const column = columnOf(reason, places, theirs[i].reason);
        const row = table.get(kind) ?? {};
        table.set(kind, { ...row, [column]: (row[column] ?? 0) + 1 });
        lists[column]?.push(`${path} ${program}: ${kind}: ${reason ?? `clang: ${theirs[i].reason}`}`);
      });
    }
  }
  report(programs, table, lists, left);
}

function count(map, key) {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function columnOf(ours, places, theirs) {
  if (ours === undefined) return theirs === undefined ? 'both' : 'ours only';
  if (theirs !== undefined) return 'neither';
  return places ? 'numbers differ' : 'clang only';
}

function report(programs, table, lists, left) {
  const listed = values.list === undefined ? undefined : new RegExp(values.list);
  for (const [column, lines] of Object.entries(lists)) {
    const always = column === 'clang only' || column === 'numbers differ';
    for (const line of lines) if (always || listed?.test(line)) console.log(`${column}: ${line}`);
  }
  const columns = ['both', 'clang only', 'numbers differ', 'ours only', 'neither'];
  console.log(`\n${`${programs} programs`.padEnd(16)}${columns.map((name) => name.padStart(16)).join('')}`);
  for (const kind of ['success', 'failure', 'messages', 'return value']) {
    const row = table.get(kind) ?? {};
    console.log(`${kind.padEnd(16)}${columns.map((name) => String(row[name] ?? 0).padStart(16)).join('')}`);
  }
  for (const [what, number] of left) console.log(`not looked at: ${number} ${what}`);
  process.exitCode = lists['clang only'].length > 0 ? 1 : 0;
}
