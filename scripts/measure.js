/** What the benchmarks share: processes with their time and memory, medians, rows of a list of programs. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Runs a command; wall time in ms and peak resident memory in MB (the high-water mark of the process, polled). */
export function measure([command, ...args], options = {}) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
    let peak = 0;
    const poll = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      } catch {
        // The process has ended.
      }
    }, 2);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(poll);
      if (code !== 0) reject(new Error(`${command} ${args.join(' ')} failed`));
      else resolve({ ms: performance.now() - start, mb: peak / 1024 });
    });
  });
}

export function median(list) {
  return [...list].sort((a, b) => a - b)[list.length >> 1];
}

/** The value of `--name=value` among the arguments. */
export function argument(name) {
  return process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** Rows of a list of programs: name, source, flags, with tabs between. */
export function readList(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name, source, flags] = line.split('\t');
      return { name, source, flags: flags.split(' ') };
    });
}

/** What stands before measured commands, e.g. `--prefix='chrt -r 50'` on a busy machine. */
export function prefix() {
  return argument('prefix')?.split(' ') ?? [];
}
