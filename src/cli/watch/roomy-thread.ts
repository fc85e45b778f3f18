/**
 * Runs this program's main file in a thread whose heap has a large young generation: a watch makes some 40 MB of
 * short-lived objects a build, and of those the usual young generation of 16 MB copies a quarter to and fro.
 *
 * V8 takes the size at the start of a heap only; a thread can have its own, where a process would need a second one. Signals come
 * to the main thread, which passes them on; what the terminals are is told, as the thread's own streams do not know it.
 */

import type { Worker } from 'node:worker_threads';

/** Three semi-spaces of 32 MB. */
const maxYoungGenerationSizeMb = 96;

const threads = () => process.getBuiltinModule('node:worker_threads');

interface Terminals {
  readonly stdout: boolean;
  readonly stderr: boolean;
}

function passSignals(worker: Worker): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => worker.postMessage(signal));
  // Who reads our output may have read enough.
  process.stdout.on('error', () => worker.postMessage('SIGTERM'));
}

/** Starts the thread, from the main one; sets the exit status when it ends. */
export function startRoomyThread(file: string): void {
  const terminals: Terminals = {
    stdout: process.stdout.isTTY === true,
    stderr: process.stderr.isTTY === true,
  };
  const worker = new (threads().Worker)(file, {
    argv: process.argv.slice(2),
    workerData: terminals,
    resourceLimits: { maxYoungGenerationSizeMb },
  });
  passSignals(worker);
  worker.on('exit', (status) => {
    process.exit(status);
  });
}

/** True in the thread, whose streams are then told what they are. */
export function isRoomyThread(): boolean {
  const { isMainThread, workerData } = threads();
  if (isMainThread) return false;
  const { stdout, stderr }: Terminals = workerData;
  Object.assign(process.stdout, { isTTY: stdout });
  Object.assign(process.stderr, { isTTY: stderr });
  return true;
}

/** Calls back at the first signal, in either kind of thread. */
export function onInterrupt(stop: () => void): void {
  const { parentPort } = threads();
  if (parentPort === null) {
    const once = (): void => {
      process.off('SIGINT', once).off('SIGTERM', once);
      stop();
    };
    process.on('SIGINT', once).on('SIGTERM', once);
    return;
  }
  parentPort.once('message', () => {
    // An open port would keep the thread alive.
    parentPort.close();
    stop();
  });
}
