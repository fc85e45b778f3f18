/**
 * What node runs to make a snapshot: the command's bundle, which is warmed up and told what to do when the snapshot is started.
 *
 * Only node's own modules can be loaded here, and only from this file.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { StartVariable } from './names.ts';

const file = fileURLToPath(new URL('cli.cjs', import.meta.url));

type Compare = (a: unknown, b: unknown) => number;

/** The array methods of ES2023 (23.1.3, 23.2.3), which V8 11 puts into a heap only when that is started. */
const lateMethods = {
  toReversed(this: unknown[]): unknown[] {
    return this.slice().reverse();
  },
  toSorted(this: unknown[], compare?: Compare): unknown[] {
    return this.slice().sort(compare);
  },
  toSpliced(this: unknown[], ...change: [number, number, ...unknown[]]): unknown[] {
    const copy = this.slice();
    copy.splice(...change);
    return copy;
  },
  with(this: unknown[], index: number, value: unknown): unknown[] {
    const copy = this.slice();
    copy[index < 0 ? index + copy.length : index] = value;
    return copy;
  },
};
const added: [object, string][] = [];
for (const prototype of [Array.prototype, Object.getPrototypeOf(Uint8Array.prototype)]) {
  for (const [name, value] of Object.entries(lateMethods)) {
    if (name in prototype) continue;
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
    added.push([prototype, name]);
  }
}

// As a module in CommonJS, with what such a one is given.
const text = `${readFileSync(file, 'latin1')}\n//# sourceURL=${file}`;
const wrapper = Reflect.construct(Function, ['require', 'module', 'exports', '__filename', text]);
const module: { exports: { buildSnapshot?: (bin: string) => void } } = { exports: {} };
Reflect.apply(wrapper, undefined, [require, module, module.exports, file]);
module.exports.buildSnapshot?.(process.env[StartVariable.madeOf] ?? '');

// They would be there twice.
for (const [prototype, name] of added) Reflect.deleteProperty(prototype, name);
