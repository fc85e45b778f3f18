/**
 * Writes examples/traffic.pcap from test/kernel/traffic.ts.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { root } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'make-traffic-'));
const outfile = join(folder, 'bundle.mjs');
await build({
  stdin: {
    contents: `export * from './test/kernel/traffic.ts'; export { writePcap } from './src/vm/pcap.ts';`,
    resolveDir: root,
    loader: 'ts',
  },
  bundle: true,
  format: 'esm',
  platform: 'node',
  outfile,
  logLevel: 'error',
});
const { traffic, captureStart, captureStep, writePcap } = await import(pathToFileURL(outfile).href);
rmSync(folder, { recursive: true });
const packets = traffic.map(({ frame }, i) => ({
  time: captureStart + BigInt(i) * captureStep,
  data: Uint8Array.from(frame),
  length: frame.length,
}));
writeFileSync(join(root, 'examples', 'traffic.pcap'), writePcap(packets));
