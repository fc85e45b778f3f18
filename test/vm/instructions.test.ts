import { describe, expect, test } from 'vitest';
import { encode } from '../../src/isa/encode.ts';
import { type Instruction, insn, loadImmediate64 } from '../../src/isa/instruction.ts';
import { INSN_ROWS, type InsnRow, Kind } from '../../src/isa/table.ts';
import type { ObjectFile } from '../../src/object/elf.ts';
import {
  type AluOperation,
  type ComparePredicate,
  evalAlu,
  evalCompare,
  toSigned,
  toUnsigned,
} from '../../src/support/eval-alu.ts';
import { createMachine, loadObject } from '../../src/vm/index.ts';
import { objectOfBytes, runListing } from './tools.ts';

/** An object with one program of these instructions. */
function programOf(instructions: readonly Instruction[]): ObjectFile {
  return objectOfBytes(encode(instructions, true), 'syscall');
}

const EDGES = [
  0n,
  1n,
  7n,
  32n,
  63n,
  0x8000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1_2345_6789n,
  0x20_0000_0000_0001n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xdead_beef_cafe_f00dn,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_ffff_ffffn,
];

const ALU: Readonly<Record<string, AluOperation>> = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'udiv',
  sdiv: 'sdiv',
  mod: 'urem',
  smod: 'srem',
  or: 'or',
  and: 'and',
  xor: 'xor',
  lsh: 'shl',
  rsh: 'lshr',
  arsh: 'ashr',
};
const COMPARE: Readonly<Record<string, ComparePredicate>> = {
  jeq: 'eq',
  jne: 'ne',
  jgt: 'ugt',
  jge: 'uge',
  jlt: 'ult',
  jle: 'ule',
  jsgt: 'sgt',
  jsge: 'sge',
  jslt: 'slt',
  jsle: 'sle',
};

/** Bytes of a value turned around. */
function swapped(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let i = 0; i < bits; i += 8) result = (result << 8n) | ((value >> BigInt(i)) & 0xffn);
  return result;
}

/** What r1 holds after a register instruction on r1 = a and r2 = b (or the immediate b). */
function expectedResult(row: InsnRow, a: bigint, b: bigint): bigint | undefined {
  const operation = ALU[row.operation];
  const { bits } = row;
  if (operation !== undefined) return evalAlu(operation, bits, a, b);
  switch (row.operation) {
    case 'neg':
      return toUnsigned(-a, bits);
    case 'mov':
      return toUnsigned(b, bits);
    case 'movsx':
      return toUnsigned(toSigned(b, row.fixedOff), bits);
    case 'le':
      return toUnsigned(a, bits);
    case 'be':
    case 'bswap':
      return swapped(a, bits);
    default:
      return undefined;
  }
}

/** One program that stores the results of an instruction for many operands behind its context. */
function resultsOf(row: InsnRow, pairs: readonly (readonly [bigint, bigint])[]): bigint[] {
  const isJump = row.off === 'jump';
  const code = pairs.flatMap(([a, b], i) => {
    const imm = Number(BigInt.asIntN(32, b));
    const tested = insn(row.kind, {
      dst: 1,
      ...(row.src === 'read' ? { src: 2 } : {}),
      ...(row.imm === 'value' ? { imm } : {}),
      ...(isJump ? { off: 1 } : {}),
    });
    return [
      loadImmediate64(1, a),
      loadImmediate64(2, b),
      ...(isJump
        ? [insn(Kind.mov64_imm, { dst: 3, imm: 1 }), tested, insn(Kind.mov64_imm, { dst: 3 })]
        : [tested]),
      insn(Kind.stx_dw, { dst: 9, src: isJump ? 3 : 1, off: i * 8 }),
    ];
  });
  const object = programOf([
    insn(Kind.mov64_reg, { dst: 9, src: 1 }),
    ...code,
    insn(Kind.mov64_imm, { dst: 0 }),
    insn(Kind.exit),
  ]);
  const { ctx, fault } = createMachine(loadObject(object))
    .program('prog')
    .run({ ctx: new Uint8Array(pairs.length * 8) });
  expect(fault).toBeUndefined();
  if (!(ctx instanceof Uint8Array)) throw new Error('no context');
  const view = new DataView(ctx.buffer);
  return pairs.map((_, i) => view.getBigUint64(i * 8, true));
}

const PAIRS = EDGES.flatMap((a) => EDGES.map((b) => [a, b] as const));
const SHORT_PAIRS = EDGES.flatMap((a) => EDGES.map((b) => [a, toUnsigned(toSigned(b, 32), 64)] as const));

describe('every arithmetic form agrees with the evaluator of the passes', () => {
  const rows = INSN_ROWS.filter((row) => expectedResult(row, 1n, 1n) !== undefined && row.form !== 'lddw');
  test.each(rows.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const pairs = row.imm === 'value' ? SHORT_PAIRS : PAIRS;
    expect(resultsOf(row, pairs)).toEqual(pairs.map(([a, b]) => expectedResult(row, a, b)));
  });
});

describe('every conditional jump agrees with the evaluator', () => {
  const rows = INSN_ROWS.filter((row) =>
    row.off === 'jump' && row.imm !== 'none' ? true : row.form === 'jump_reg',
  );
  test.each(rows.filter((row) => row.form !== 'goto_off').map((row) => [row.name, row] as const))(
    '%s',
    (_, row) => {
      const pairs = row.imm === 'value' ? SHORT_PAIRS : PAIRS;
      const predicate = COMPARE[row.operation];
      const taken = (a: bigint, b: bigint): boolean =>
        predicate === undefined ? toUnsigned(a & b, row.bits) !== 0n : evalCompare(predicate, row.bits, a, b);
      expect(resultsOf(row, pairs)).toEqual(pairs.map(([a, b]) => (taken(a, b) ? 1n : 0n)));
    },
  );
});

/** Runs a listing over 16 bytes of context and gives r0 and the bytes. */
function onContext(listing: string, bytes: readonly number[]): { r0: bigint; bytes: number[] } {
  const { r0, ctx, fault } = runListing(listing, { ctx: Uint8Array.from(bytes) }, {}, 'syscall');
  expect(fault).toBeUndefined();
  return { r0, bytes: ctx instanceof Uint8Array ? [...ctx] : [] };
}

const BYTES = [0xf1, 0x82, 0x73, 0xe4, 0xd5, 0x66, 0x57, 0xc8, 1, 2, 3, 4, 5, 6, 7, 8];

describe('memory', () => {
  test.each([
    ['r0 = *(u8 *)(r1 + 1)', 0x82n],
    ['r0 = *(u16 *)(r1 + 1)', 0x7382n],
    ['r0 = *(u32 *)(r1 + 3)', 0x5766d5e4n],
    ['r0 = *(u64 *)(r1 + 1)', 0x01c85766d5e47382n],
    ['r0 = *(s8 *)(r1 + 0)', 0xffff_ffff_ffff_fff1n],
    ['r0 = *(s16 *)(r1 + 0)', 0xffff_ffff_ffff_82f1n],
    ['r0 = *(s32 *)(r1 + 0)', 0xffff_ffff_e473_82f1n],
    ['r0 = *(s32 *)(r1 + 8)', 0x0403_0201n],
    ['r0 = load_acquire((u64 *)(r1 + 8))', 0x0807060504030201n],
    ['w0 = load_acquire((u8 *)(r1 + 7))', 0xc8n],
  ])('%s', (text, value) => {
    expect(onContext(`${text}\nexit`, BYTES).r0).toBe(value);
  });

  test.each([
    ['*(u8 *)(r1 + 2) = 511', [0xf1, 0x82, 0xff, 0xe4]],
    ['*(u16 *)(r1 + 1) = -2', [0xf1, 0xfe, 0xff, 0xe4]],
    ['*(u32 *)(r1 + 0) = 16909060', [4, 3, 2, 1, 0xd5]],
    ['*(u64 *)(r1 + 0) = -2', [0xfe, 255, 255, 255, 255, 255, 255, 255, 1]],
    ['r2 = 4660\n*(u16 *)(r1 + 0) = r2', [0x34, 0x12, 0x73]],
    ['r2 = 4660\nstore_release((u32 *)(r1 + 0), w2)', [0x34, 0x12, 0, 0, 0xd5]],
  ])('%s', (text, start) => {
    expect(onContext(`${text}\nr0 = 0\nexit`, BYTES).bytes.slice(0, start.length)).toEqual(start);
  });

  test('the stack keeps values of every width', () => {
    const { r0 } = onContext(
      `r2 = 0x1122334455667788 ll
      *(u64 *)(r10 - 8) = r2
      *(u32 *)(r10 - 12) = r2
      *(u16 *)(r10 - 14) = r2
      *(u8 *)(r10 - 15) = r2
      r0 = *(u64 *)(r10 - 8)
      r3 = *(u32 *)(r10 - 12)
      r0 ^= r3
      r3 = *(u16 *)(r10 - 14)
      r0 ^= r3
      r3 = *(u8 *)(r10 - 15)
      r0 ^= r3
      exit`,
      BYTES,
    );
    expect(r0).toBe(0x1122334455667788n ^ 0x55667788n ^ 0x7788n ^ 0x88n);
  });
});

describe('atomics', () => {
  const atomic = (text: string, r2: bigint, r0 = 0n): { memory: bigint; r2: bigint; r0: bigint } => {
    const { r0: result, bytes } = onContext(
      `r6 = r1
      r0 = ${BigInt.asIntN(64, r0)} ll
      r2 = ${BigInt.asIntN(64, r2)} ll
      ${text}
      *(u64 *)(r6 + 8) = r2
      exit`,
      [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    );
    const view = new DataView(Uint8Array.from(bytes).buffer);
    return { memory: view.getBigUint64(0, true), r2: view.getBigUint64(8, true), r0: result };
  };
  const old = 0x1_ffff_ffffn;

  test.each([
    ['lock *(u64 *)(r1 + 0) += r2', 2n, 0x2_0000_0001n, 2n],
    ['lock *(u32 *)(r1 + 0) += w2', 2n, 0x1_0000_0001n, 2n],
    ['lock *(u64 *)(r1 + 0) |= r2', 0x2_0000_0000n, 0x3_ffff_ffffn, 0x2_0000_0000n],
    ['lock *(u64 *)(r1 + 0) &= r2', 0xff0fn, 0xff0fn, 0xff0fn],
    ['lock *(u64 *)(r1 + 0) ^= r2', 0xffn, 0x1_ffff_ff00n, 0xffn],
    ['lock *(u32 *)(r1 + 0) ^= w2', 0xffn, 0x1_ffff_ff00n, 0xffn],
    ['r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)', 1n, 0x2_0000_0000n, old],
    ['w2 = atomic_fetch_add((u32 *)(r1 + 0), w2)', 1n, 0x1_0000_0000n, 0xffff_ffffn],
    ['r2 = atomic_fetch_and((u64 *)(r1 + 0), r2)', 1n, 1n, old],
    ['r2 = atomic_fetch_or((u64 *)(r1 + 0), r2)', 0x4_0000_0000n, 0x5_ffff_ffffn, old],
    ['r2 = atomic_fetch_xor((u64 *)(r1 + 0), r2)', 1n, 0x1_ffff_fffen, old],
    ['r2 = xchg_64(r1 + 0, r2)', 7n, 7n, old],
    ['w2 = xchg32_32(r1 + 0, w2)', 7n, 0x1_0000_0007n, 0xffff_ffffn],
  ])('%s', (text, r2, memory, after) => {
    expect(atomic(text, r2)).toEqual({ memory, r2: after, r0: 0n });
  });

  test('compare and exchange', () => {
    const wide = 'r0 = cmpxchg_64(r1 + 0, r0, r2)';
    expect(atomic(wide, 5n, old)).toEqual({ memory: 5n, r2: 5n, r0: old });
    expect(atomic(wide, 5n, old - 1n)).toEqual({ memory: old, r2: 5n, r0: old });
    const narrow = 'w0 = cmpxchg32_32(r1 + 0, w0, w2)';
    expect(atomic(narrow, 5n, 0x9_ffff_ffffn)).toEqual({ memory: 0x1_0000_0005n, r2: 5n, r0: 0xffff_ffffn });
    expect(atomic(narrow, 5n, 3n)).toEqual({ memory: old, r2: 5n, r0: 0xffff_ffffn });
  });
});

describe('control flow', () => {
  test('steps count what was executed', () => {
    const run = runListing(
      'r0 = 0\nr1 = 5\nL:\nr0 += 2\nr1 += -1\nif r1 != 0 goto L\nexit',
      {},
      {},
      'syscall',
    );
    expect([run.r0, run.steps]).toEqual([10n, 18]);
  });

  test('an endless program stops at the limit', () => {
    const run = runListing('L:\ngoto L', { stepLimit: 1000 }, {}, 'syscall');
    expect(run.fault?.kind).toBe('step-limit');
    expect(run.steps).toBeGreaterThan(999);
  });

  test('may_goto leaves after 8 million turns', () => {
    const run = runListing('r0 = 0\nL:\nmay_goto +2\nr0 += 1\ngoto L\nexit', {}, {}, 'syscall');
    expect(run.r0).toBe(8n * 1024n * 1024n);
  });

  test('subprograms have frames and registers of their own', () => {
    const listing = `.section syscall, "ax", @progbits
      .globl prog
      .type prog, @function
    prog:
      r6 = 1
      *(u64 *)(r10 - 8) = 11
      r1 = 30
      call inner
      r1 = *(u64 *)(r10 - 8)
      r0 += r1
      r0 += r6
      exit
      .type inner, @function
    inner:
      *(u64 *)(r10 - 8) = 99
      r6 = 1000
      r0 = r1
      exit`;
    expect(runListing(listing).r0).toBe(42n);
  });
});
