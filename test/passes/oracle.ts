/** The behaviour of a module's `main` on fixed inputs, by the evaluator: what passes must not change. */

import { Evaluator } from '../../src/ir/evaluator.ts';
import type { Module } from '../../src/ir/module.ts';
import { bufferSize } from './random.ts';

const inputs: readonly (readonly [bigint, bigint])[] = [
  [0n, 0n],
  [1n, 3n],
  [0xffff_ffff_ffff_fffbn, 0xffff_fff0n],
  [0x1234_5678_9abc_def0n, 77n],
];

/** One line a run: result or fault, the buffer's bytes, calls that left the module. */
export function behaviour(module: Module, name = 'main'): string[] {
  const func = module.find(name)?.func;
  if (func === undefined) return ['no function'];
  return inputs.map(([a, b]) => {
    const calls: string[] = [];
    const evaluator = new Evaluator(module, {
      external: (callee, args, memory) => {
        if (callee.startsWith('call_helper')) {
          // Helpers see and change the 24 bytes behind their argument.
          const [pointer = 0n] = args;
          const seen = memory.load(pointer + 8n, 8);
          memory.store(pointer + 16n, 4, seen + 1n);
          calls.push(`${callee}:${seen}`);
          return seen * 3n;
        }
        calls.push(`${callee}(${args.slice(0, 2).join(',')})`);
        return (args[0] ?? 0n) ^ (args[1] ?? 0n);
      },
    });
    const buffer = Uint8Array.from({ length: bufferSize }, (_, i) => (i * 37) & 0xff);
    const { value, fault } = evaluator.run(func, [a, b, evaluator.memory.allocate(buffer)]);
    return `${fault ?? value} ${buffer.join(' ')} ${calls.join(' ')}`;
  });
}
