/**
 * Runs hosted C programs in worker threads, one session each: what scripts/torture.js and scripts/csmith.js share.
 *
 * A program that takes too long costs its thread: the main thread ends it and starts another.
 */

import { join } from 'node:path';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { root } from './support.js';

const bundle = join(root, 'node_modules', '.cache', 'bpfcc-ts', `hosted-run-${process.pid}.mjs`);

/** One bundle of the sources as they are; gives its path. */
export async function bundleHostedRun() {
  await build({
    stdin: {
      contents: `export { runHosted } from './src/cli/hosted-run.ts'; export { createSession } from './src/driver/session.ts'; export { pipeline } from './src/passes/pipeline.ts';`,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    target: 'node20',
    platform: 'node',
    outfile: bundle,
    logLevel: 'warning',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return bundle;
}

/**
 * A pool of threads. `run(args)` -> `{ outcome, stdout, stderr }`, with `timeout` and `crash` as further outcomes.
 */
export class HostedPool {
  constructor(path, threads, milliseconds) {
    this.path = path;
    this.milliseconds = milliseconds;
    this.idle = [];
    this.waiting = [];
    this.workers = new Set();
    for (let i = 0; i < threads; i++) this.start();
  }

  start() {
    const worker = new Worker(new URL(import.meta.url), {
      env: { ...process.env, HOSTED_RUN: this.path },
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
    });
    this.workers.add(worker);
    worker.on('message', (result) => this.finish(worker, result));
    worker.on('error', (error) => this.replace(worker, 'crash', String(error?.stack ?? error)));
    this.ready(worker);
  }

  ready(worker) {
    const job = this.waiting.shift();
    if (job === undefined) this.idle.push(worker);
    else this.give(worker, job);
  }

  give(worker, job) {
    worker.job = job;
    worker.timer = setTimeout(() => this.replace(worker, 'timeout', 'took too long\n'), this.milliseconds);
    worker.postMessage(job.args);
  }

  finish(worker, result) {
    clearTimeout(worker.timer);
    const { job } = worker;
    worker.job = undefined;
    job?.resolve(result);
    this.ready(worker);
  }

  replace(worker, outcome, stderr) {
    clearTimeout(worker.timer);
    if (!this.workers.delete(worker)) return;
    const { job } = worker;
    worker.job = undefined;
    worker.terminate();
    this.start();
    job?.resolve({ outcome, stdout: '', stderr });
  }

  run(args) {
    return new Promise((resolve) => {
      const job = { args, resolve };
      const worker = this.idle.shift();
      if (worker === undefined) this.waiting.push(job);
      else this.give(worker, job);
    });
  }

  async close() {
    const all = [...this.workers];
    this.workers.clear();
    await Promise.all(all.map((worker) => worker.terminate()));
  }
}

if (!isMainThread) {
  const { runHosted, createSession } = await import(process.env.HOSTED_RUN);
  const session = createSession();
  parentPort.on('message', (args) => {
    try {
      parentPort.postMessage(runHosted(session, args, { entry: 'main', expect: 0 }));
    } catch (error) {
      parentPort.postMessage({ outcome: 'crash', stdout: '', stderr: String(error?.stack ?? error) });
    }
  });
}
