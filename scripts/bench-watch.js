/**
 * `npm run bench -- watch --list=LIST.tsv [--program=NAME,...] [--prefix='chrt -r 50']`: how soon a watch has the new object after a
 * change of one line, and whether it grows.
 *
 * A program is copied, watched, and changed 120 times: each time a line declares a variable of another name. The first 20 changes warm
 * the code up. Printed are the medians of the last 50 from the event to the object in its place (as the watch says), and from
 * before our write to its message (with the system's part), and the memory after 20, 70 and 120 changes: what is alive in all threads'
 * heaps when all garbage is collected, and what is resident (the young generation grows to its size in the first builds).
 */

import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { argument, median, prefix, readList } from './measure.js';
import { ensureBuilt, root } from './support.js';

const warmUps = 20;
const changes = 100;
const defaults = 'selftests/test_autoattach,samples/xdp_redirect.bpf,selftests/test_ksyms_btf';

function residentMegabytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

/** Megabytes that are alive in a watch with two threads; live-heap.js tells. */
async function liveMegabytes(child, file) {
  rmSync(file, { force: true });
  child.kill('SIGUSR2');
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    if (lines.length === 2) return lines.reduce((sum, line) => sum + Number(line), 0);
  }
}

/** A watch as a function: what to do, then the next build's event. */
function startWatch(args, cwd, heapFile) {
  const [command, ...rest] = [
    ...prefix(),
    process.execPath,
    '--expose-gc',
    '--import',
    pathToFileURL(join(root, 'scripts/live-heap.js')).href,
    join(root, 'bin/bpfcc-ts.js'),
    'watch',
    '--json',
    ...args,
  ];
  const env = { ...process.env, LIVE_HEAP: heapFile };
  const child = spawn(command, rest, { cwd, stdio: ['ignore', 'pipe', 'inherit'], env });
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
  const heapFile = join(folder, 'heap');
  copyFileSync(source, copy);
  const text = readFileSync(source, 'latin1');
  const { child, next } = startWatch(
    ['-w', ...flags, `-I${dirname(source)}`, 'prog.bpf.c'],
    folder,
    heapFile,
  );
  try {
    const first = await next();
    if (!first.ok) throw new Error(`${name} does not compile`);
    const fromEvent = [];
    const fromWrite = [];
    const live = [];
    const resident = [];
    const noteMemory = async () => {
      resident.push(residentMegabytes(child.pid));
      live.push(await liveMegabytes(child, heapFile));
    };
    for (let i = 0; i < warmUps + changes; i++) {
      if (i === warmUps || i === warmUps + changes / 2) await noteMemory();
      const start = performance.now();
      writeFileSync(copy, `${text}\nint changed_${i} = ${i};\n`, 'latin1');
      const event = await next();
      fromWrite.push(performance.now() - start);
      fromEvent.push(event.milliseconds);
      // Looks that follow a build by themselves are no part of the next one.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await noteMemory();
    const megabytes = (list, digits) => list.map((one) => one.toFixed(digits)).join(' -> ');
    const [a, b] = [fromEvent, fromWrite].map((list) => median(list.slice(-50)).toFixed(1));
    console.log(
      `  ${name.padEnd(34)} first ${first.milliseconds.toFixed(0)} ms; ${a} ms from the event, ${b} ms from the write; ${megabytes(live, 1)} MB alive, ${megabytes(resident, 0)} MB resident`,
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
