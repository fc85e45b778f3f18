import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../../src/isa/encode.ts';
import { Instruction } from '../../src/isa/instruction.ts';
import { INSN_ROWS } from '../../src/isa/table.ts';
import { createMachine, LoadError, loadObject } from '../../src/vm/index.ts';
import { objectOfBytes } from './tools.ts';

/** Runs whatever it is; all that may come back is a result, or a refusal to load. */
function runAnything(data: Uint8Array, section: string, hosted: boolean): void {
  const packet = new Uint8Array(64);
  // Machines are alike when they are new; a run may leave random numbers, data and maps behind.
  const steps = (): number => {
    const machine = createMachine(loadObject(objectOfBytes(data, section)), { stepLimit: 2000, hosted });
    return machine.program('prog').run({ packet }).steps;
  };
  try {
    const first = steps();
    expect(first).toBeLessThan(10_000);
    expect(steps()).toBe(first);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
  }
}

const register = fc.integer({ min: 0, max: 10 });
const instruction = fc
  .record({
    row: fc.constantFrom(...INSN_ROWS),
    dst: register,
    src: register,
    off: fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -32768, max: 32767 })),
    imm: fc.oneof(fc.integer({ min: -4, max: 220 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  })
  .map(({ row, dst, src, off, imm }) => {
    const operand = (use: string, value: number, fixed: number): number => (use === 'none' ? fixed : value);
    return new Instruction(
      row.kind,
      operand(row.dst, dst, 0),
      operand(row.src, src, row.fixedSrc),
      operand(row.off, off, row.fixedOff),
      operand(row.imm, imm, row.fixedImm),
      row.slots === 2 ? imm >> 8 : 0,
    );
  });
const section = fc.constantFrom('xdp', 'tc', 'socket', 'kprobe/x', 'fentry/x', 'syscall', '.text');

test('random instructions never crash the host', () => {
  fc.assert(
    fc.property(
      fc.array(instruction, { minLength: 1, maxLength: 40 }),
      section,
      fc.boolean(),
      (code, name, hosted) => runAnything(encode(code, true), name, hosted),
    ),
    { numRuns: 3000, interruptAfterTimeLimit: 1500 },
  );
});

test('random bytes never crash the host', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 200 }), section, (bytes, name) =>
      runAnything(bytes, name, false),
    ),
    { numRuns: 500 },
  );
});
