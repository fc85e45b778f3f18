/**
 * For `node --expose-gc --import`: says how much memory is alive in each thread of a program, when it gets SIGUSR2.
 *
 * Each thread collects all garbage and appends a line to the file $LIVE_HEAP: megabytes of its heap and of what the heap holds outside.
 */

import { appendFileSync } from 'node:fs';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const channel = new BroadcastChannel('live-heap');

function tell() {
  // What finalizers let go of is collected the second time.
  for (let round = 0; round < 2; round++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  appendFileSync(process.env.LIVE_HEAP, `${(heapUsed + external) / 1e6}\n`);
}

if (isMainThread) {
  process.on('SIGUSR2', () => {
    channel.postMessage('');
    tell();
  });
} else {
  channel.onmessage = tell;
}
channel.unref();
