/**
 * What node runs to make a snapshot: the command's bundle, which is warmed up and told what to do when the snapshot is started.
 *
 * Only node's own modules can be loaded here, and only from this file.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('cli.cjs', import.meta.url));

/** Array methods of ES2023 (23.1.3), which V8 11 puts into a heap only when that is started. */
const lateMethods = {
  toReversed(this: unknown[]): unknown[] {
    return [...this].reverse();
  },
  toSorted(this: unknown[], compare?: (a: unknown, b: unknown) => number): unknown[] {
    return [...this].sort(compare);
  },
};
const missing = Object.entries(lateMethods).filter(([name]) => !(name in Array.prototype));
for (const [name, value] of missing) {
  Object.defineProperty(Array.prototype, name, { value, configurable: true, writable: true });
}

// As a module in CommonJS, with what such a one is given.
const text = `${readFileSync(file, 'latin1')}\n//# sourceURL=${file}`;
const wrapper = Reflect.construct(Function, ['require', 'module', 'exports', '__filename', text]);
const module: { exports: { buildSnapshot?: (bin: string) => void } } = { exports: {} };
Reflect.apply(wrapper, undefined, [require, module, module.exports, file]);
module.exports.buildSnapshot?.(process.env['BPFCC_TS_BIN'] ?? '');

// It would be there twice.
for (const [name] of missing) Reflect.deleteProperty(Array.prototype, name);
