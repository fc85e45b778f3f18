/**
 * Many sources at the same time: this thread and others take the next source of a list until there is none.
 *
 * In: a command line. Out: the files that compiling one after the other writes, and its messages in the order of the sources.
 * Each thread has a session of its own; nothing of one source is seen in the output of another, whoever compiles it.
 * A source whose thread went away is compiled here.
 */

import { fileURLToPath } from 'node:url';
import type { MessagePort, Worker } from 'node:worker_threads';
import { type Invocation, parseCommandLine } from '../driver/command-line.ts';
import { createSession } from '../driver/session.ts';
import { compileInput, wantsColor } from './compile-input.ts';
import { reportingBugs } from './internal-error.ts';
import { nodeFileSystem, nodeHost, rememberingFileSystem } from './node-host.ts';
import { scanStore } from './scan-store.ts';
import { workerArgument } from './worker-argument.ts';

interface Outcome {
  readonly index: number;
  readonly status: number;
  /** What belongs on standard error. */
  readonly text: string;
}

interface WorkerTask {
  /** The number of the next source. */
  readonly next: Int32Array;
  readonly color: boolean;
}

/** Compiles sources of a list, each as it is asked for. */
class Compiler {
  private readonly invocation: Invocation;
  private readonly args: readonly string[];
  private readonly session = createSession(scanStore());
  private readonly host = nodeHost(rememberingFileSystem(nodeFileSystem()));

  constructor(args: readonly string[], invocation: Invocation) {
    this.args = args;
    this.invocation = invocation;
  }

  compile(index: number): Outcome {
    const { invocation, session, host } = this;
    const input = invocation.inputs[index] ?? '';
    const parts: string[] = [];
    const status = reportingBugs(input, this.args, () =>
      compileInput(invocation, input, session, host, (text) => parts.push(text)),
    );
    return { index, status, text: parts.join('') };
  }

  end(): void {
    this.session.tokenCache.keep();
  }
}

function take(next: Int32Array): number {
  return Atomics.add(next, 0, 1);
}

function threads(): typeof import('node:worker_threads') {
  return process.getBuiltinModule('node:worker_threads');
}

/** What a thread does that {@link compileInJobs} began. */
export function runWorker(args: readonly string[]): void {
  const { parentPort, workerData } = threads();
  const { next, color }: WorkerTask = workerData;
  const invocation = { ...parseCommandLine(args), color };
  const compiler = new Compiler(args, invocation);
  const port: MessagePort | null = parentPort;
  for (let index = take(next); index < invocation.inputs.length; index = take(next)) {
    port?.postMessage(compiler.compile(index));
  }
}

/** Compiles all inputs on so many threads, this one among them; gives the exit status. */
export async function compileInJobs(
  args: readonly string[],
  invocation: Invocation,
  jobs: number,
): Promise<number> {
  const outcomes = new Map<number, Outcome>();
  let shown = 0;
  const show = (outcome: Outcome): void => {
    outcomes.set(outcome.index, outcome);
    for (let ready = outcomes.get(shown); ready !== undefined; ready = outcomes.get(++shown)) {
      process.stderr.write(ready.text);
    }
  };
  const color = wantsColor(invocation);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const ended = Array.from({ length: jobs - 1 }, () => begin(args, { next, color }, show));
  const compiler = new Compiler(args, { ...invocation, color });
  for (let index = take(next); index < invocation.inputs.length; index = take(next)) {
    show(compiler.compile(index));
    // Lets in what the others have done.
    await new Promise(setImmediate);
  }
  await Promise.all(ended);
  for (const index of invocation.inputs.keys()) {
    if (!outcomes.has(index)) show(compiler.compile(index));
  }
  compiler.end();
  return Math.max(0, ...[...outcomes.values()].map(({ status }) => status));
}

/** Starts a thread; the promise is kept when it ends, however it does. */
function begin(args: readonly string[], task: WorkerTask, show: (outcome: Outcome) => void): Promise<void> {
  const { Worker } = threads();
  const file = fileURLToPath(new URL('launch.cjs', import.meta.url));
  const worker: Worker = new Worker(file, { argv: [workerArgument, ...args], workerData: task });
  worker.on('message', show);
  return new Promise((resolve) => {
    worker.on('error', () => resolve());
    worker.on('exit', () => resolve());
  });
}
