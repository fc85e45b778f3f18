/**
 * `npm run bench -- watch --list=LIST.tsv [--program=NAME,...] [--prefix='chrt -r 50']`: how soon a watch has the new object after a
 * change of one line, and whether it grows.
 *
 * A program is copied, watched, and changed 120 times: each time a line declares a variable of another name. The first 20 changes warm
 * the code up. Printed are the medians of the last 50 from the event to the object in its place (as the watch says), and from
 * before our write to its message (with the system's part), and the resident memory after 20 and after 120 changes.
 */

import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { argument, median, prefix, readList } from './measure.js';
import { ensureBuilt, root } from './support.js';

const warmUps = 20;
const changes = 100;
const defaults = 'selftests/test_autoattach,samples/xdp_redirect.bpf,selftests/test_ksyms_btf';

function residentMegabytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

/** A watch as a function: what to do, then the next build's event. */
function startWatch(args, cwd) {
  const [command, ...rest] = [
    ...prefix(),
    process.execPath,
    join(root, 'bin/bpfcc-ts.js'),
    'watch',
    '--json',
    ...args,
  ];
  const child = spawn(command, rest, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const events = [];
  const waiting = [];
  createInterface(child.stdout).on('line', (line) => {
    const event = JSON.parse(line);
    if (event.event !== 'build') return;
    const resolve = waiting.shift();
    if (resolve === undefined) events.push(event);
    else resolve(event);
  });
  const next = () => {
    const known = events.shift();
    return known === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(known);
  };
  return { child, next };
}

async function measureProgram({ name, source, flags }) {
  const folder = mkdtempSync(join(tmpdir(), 'bpfcc-watch-'));
  const copy = join(folder, 'prog.bpf.c');
  copyFileSync(source, copy);
  const text = readFileSync(source, 'latin1');
  const { child, next } = startWatch(['-w', ...flags, `-I${dirname(source)}`, 'prog.bpf.c'], folder);
  try {
    const first = await next();
    if (!first.ok) throw new Error(`${name} does not compile`);
    const fromEvent = [];
    const fromWrite = [];
    let early = 0;
    for (let i = 0; i < warmUps + changes; i++) {
      if (i === warmUps) early = residentMegabytes(child.pid);
      const start = performance.now();
      writeFileSync(copy, `${text}\nint changed_${i} = ${i};\n`, 'latin1');
      const event = await next();
      fromWrite.push(performance.now() - start);
      fromEvent.push(event.milliseconds);
      // Looks that follow a build by themselves are no part of the next one.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const late = residentMegabytes(child.pid);
    const [a, b] = [fromEvent, fromWrite].map((list) => median(list.slice(-50)).toFixed(1));
    console.log(
      `  ${name.padEnd(34)} first ${first.milliseconds.toFixed(0)} ms; ${a} ms from the event, ${b} ms from the write; ${early.toFixed(0)} -> ${late.toFixed(0)} MB`,
    );
  } finally {
    child.kill('SIGINT');
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function benchWatch() {
  const list = argument('list');
  if (list === undefined) throw new Error('name a list of programs: --list=LIST.tsv');
  ensureBuilt();
  const names = (argument('program') ?? defaults).split(',');
  console.log('\nwatch (medians of the last 50 of 120 changes of one line)');
  for (const program of readList(list).filter(({ name }) => names.includes(name)))
    await measureProgram(program);
}
