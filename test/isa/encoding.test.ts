import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/isa/decode.ts';
import { encode } from '../../src/isa/encode.ts';
import {
  Instruction,
  immediate64,
  insn,
  loadImmediate64,
  registersRead,
  registersWritten,
} from '../../src/isa/instruction.ts';
import { INSN_ROWS, Kind, slots } from '../../src/isa/table.ts';
import { anyInstruction, oneOfEach } from './samples.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('instruction table', () => {
  it('has one name per row and finds rows by name', () => {
    expect(new Set(INSN_ROWS.map((row) => row.name)).size).toBe(INSN_ROWS.length);
    for (const row of INSN_ROWS) expect(Kind[row.name]).toBe(row.kind);
  });

  it('leaves no two rows with the same encoding', () => {
    const keys = INSN_ROWS.map((row) => {
      const field = (use: string, fixed: number): string => (use === 'none' ? `${fixed}` : '*');
      return `${row.opcode} ${field(row.src, row.fixedSrc)} ${field(row.off, row.fixedOff)} ${field(row.imm, row.fixedImm)}`;
    });
    expect(new Set(keys).size).toBe(INSN_ROWS.length);
  });

  it('knows implicit registers: calls, compare-and-exchange, packet loads, exit', () => {
    expect(registersRead(insn(Kind.call_helper, { imm: 1 }))).toBe(0b111110);
    expect(registersWritten(insn(Kind.call_helper, { imm: 1 }))).toBe(0b111111);
    const exchange = insn(Kind.atomic_cmpxchg64, { dst: 7, src: 8 });
    expect(registersRead(exchange)).toBe((1 << 7) | (1 << 8) | 1);
    expect(registersWritten(exchange)).toBe(1);
    expect(registersRead(insn(Kind.ld_abs_w, { imm: 12 }))).toBe(1 << 6);
    expect(registersRead(insn(Kind.exit))).toBe(1);
    expect(registersWritten(insn(Kind.atomic_fetch_add64, { dst: 1, src: 2 }))).toBe(1 << 2);
    expect(registersRead(insn(Kind.mov64_imm, { dst: 1, imm: 2 }))).toBe(0);
  });
});

describe('encode', () => {
  it('swaps the register nibbles with the byte order', () => {
    const load = [insn(Kind.ldx_w, { dst: 1, src: 10, off: -4 })];
    expect(hex(encode(load, true))).toBe('61a1fcff00000000');
    expect(hex(encode(load, false))).toBe('611afffc00000000');
  });

  it('puts a 64-bit immediate into two slots', () => {
    const load = loadImmediate64(2, 0x1122334455667788n);
    expect(slots(load.kind)).toBe(2);
    expect(hex(encode([load]))).toBe('18020000887766550000000044332211');
    expect(immediate64(load)).toBe(0x1122334455667788n);
    expect(immediate64(loadImmediate64(2, -1n))).toBe(-1n);
    expect(immediate64(loadImmediate64(2, 0xffff_ffff_ffff_fffen))).toBe(-2n);
  });

  it('refuses what does not fit the fields', () => {
    expect(() => encode([insn(Kind.ja, { off: 0x8000 })])).toThrow(/does not fit in 16 bits/);
    expect(() => encode([insn(Kind.mov64_imm, { dst: 16 })])).toThrow(/register/);
  });
});

describe('decode', () => {
  it('gives back every instruction in both byte orders', () => {
    for (const littleEndian of [true, false]) {
      expect(decode(encode(oneOfEach, littleEndian), littleEndian)).toMatchObject({
        instructions: oneOfEach,
        errors: [],
      });
    }
    fc.assert(
      fc.property(fc.array(anyInstruction, { maxLength: 8 }), fc.boolean(), (instructions, littleEndian) => {
        const result = decode(encode(instructions, littleEndian), littleEndian);
        expect(result.errors).toEqual([]);
        expect(result.instructions).toEqual(instructions);
      }),
      { numRuns: 500 },
    );
  });

  const errorOf = (bytes: string): string => {
    const { instructions, errors } = decode(Uint8Array.from(Buffer.from(bytes, 'hex')));
    return `${instructions.length} ${errors.map((error) => `${error.offset}: ${error.message}`).join('; ')}`;
  };

  it('reports what is no instruction and goes on', () => {
    expect(errorOf('ff00000000000000 9500000000000000'.replaceAll(' ', ''))).toMatch(/^1 0: .*opcode 0xff/);
    expect(errorOf('0731040000000000')).toMatch(/no form of opcode 0x7 has dst 1, src 3, off 4/);
    expect(errorOf('b70b000000000000')).toMatch(/no register r11/);
    expect(errorOf('1801000000000000')).toMatch(/second half .* missing/);
    expect(errorOf('18010000000000009500000000000000')).toMatch(/^1 0: .*not its second half/);
    expect(errorOf('9500000000000000aabb')).toMatch(/^1 8: 2 bytes after/);
  });

  it('counts all errors and keeps the first ones', () => {
    const result = decode(new Uint8Array(8000).fill(0xff));
    expect(result.errorCount).toBe(1000);
    expect(result.errors).toHaveLength(100);
  });

  it('takes random bytes: what it accepts encodes to the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 200 }), fc.boolean(), (bytes, littleEndian) => {
        const { instructions, positions } = decode(bytes, littleEndian);
        for (const [index, instruction] of instructions.entries()) {
          expect(instruction).toBeInstanceOf(Instruction);
          const at = (positions[index] ?? 0) * 8;
          const again = encode([instruction], littleEndian);
          expect(hex(again)).toBe(hex(bytes.subarray(at, at + again.length)));
        }
      }),
      { numRuns: 1_000_000, interruptAfterTimeLimit: 1000, markInterruptAsFailure: false },
    );
  });
});
