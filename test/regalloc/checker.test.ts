import { describe, expect, it } from 'vitest';
import { compileModule } from '../../src/codegen/compile.ts';
import type { MachineIns } from '../../src/codegen/machine.ts';
import { sequentialize } from '../../src/codegen/parallel-copy.ts';
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import { Kind } from '../../src/isa/table.ts';
import { type AllocationCase, checkAllocation } from '../../src/regalloc/checker.ts';
import { insertAll, overlaps, type Segments } from '../../src/regalloc/segments.ts';
import { moduleOf } from '../codegen/cases.ts';

/** Six values across a call, so that two are spilled, and a constant that is made again. */
const source = `@f = function external

func @f(i64, i64, i64, i64, i64) i64 {
b0:
  v1 = call_helper i64 #9(i64 1)
  v2 = call_helper i64 #9(i64 2)
  v3 = sub i64 %0, %1
  v4 = sub i64 v3, %2
  v5 = sub i64 v4, %3
  v6 = sub i64 v5, %4
  v7 = sub i64 v6, v1
  v8 = sub i64 v7, v2
  ret v8
}
`;

function allocated(): AllocationCase {
  const found: AllocationCase[] = [];
  const options = { cpu: 3, littleEndian: true, optLevel: 2 } as const;
  const sink = new DiagnosticSink();
  compileModule(moduleOf(source), { ...options, onAllocated: (subject) => found.push(subject) }, sink);
  const [subject] = found;
  if (subject === undefined) throw new Error('nothing allocated');
  return subject;
}

/** The case with one placed instruction changed. */
function damaged(choose: (ins: MachineIns) => boolean, change: (ins: MachineIns) => void): AllocationCase {
  const subject = allocated();
  let isDone = false;
  const blocks = subject.allocated.map((entries) =>
    entries.map((entry) => {
      if (isDone || entry.placed === undefined || !choose(entry.placed)) return entry;
      isDone = true;
      const placed = entry.placed.clone();
      change(placed);
      return { ...entry, placed };
    }),
  );
  if (!isDone) throw new Error('nothing to damage');
  return { ...subject, allocated: blocks };
}

describe('the allocation checker', () => {
  it('accepts what the allocator made', () => {
    expect(checkAllocation(allocated())).toEqual([]);
  });

  const isReload = (ins: MachineIns): boolean => ins.opcode === Kind.ldx_dw;
  const isSpill = (ins: MachineIns): boolean => ins.opcode === Kind.stx_dw;
  const isSub = (ins: MachineIns): boolean => ins.opcode === Kind.sub64_reg;
  const cases: [string, (ins: MachineIns) => boolean, (ins: MachineIns) => void, string][] = [
    ['a reload into the wrong register', isReload, (ins) => (ins.dst = 9 - ins.dst), 'does not hold'],
    ['a spill of the wrong register', isSpill, (ins) => (ins.src = 9 - ins.src), 'does not hold'],
    ['a reload from another slot', isReload, (ins) => (ins.object = 1 - ins.object), 'does not hold'],
    ['a wrong operand', isSub, (ins) => (ins.src = 9), 'does not hold'],
    ['a changed immediate', (ins) => ins.opcode === Kind.call_helper, (ins) => (ins.imm = 8), 'became'],
    ['a write to r10', isReload, (ins) => (ins.dst = 10), 'writes r10'],
  ];
  for (const [name, choose, change, fault] of cases) {
    it(`finds ${name}`, () => {
      expect(checkAllocation(damaged(choose, change)).join('\n')).toContain(fault);
    });
  }

  it('finds a missing instruction', () => {
    const subject = allocated();
    const blocks = subject.allocated.map((entries) =>
      entries.filter((entry) => entry.placed?.opcode !== Kind.exit),
    );
    expect(checkAllocation({ ...subject, allocated: blocks }).join('\n')).toContain('missing');
  });
});

describe('parallel copies', () => {
  it('do what they should, for all assignments of four registers', () => {
    for (let code = 0; code < 5 ** 4; code++) {
      // Digit n says what register n gets; 4 leaves it alone.
      const sources = [0, 1, 2, 3].map((dst) => Math.floor(code / 5 ** dst) % 5);
      const moves = sources.flatMap((src, dst) => (src === 4 ? [] : [{ dst, src }]));
      const registers = new Map([0, 1, 2, 3].map((register) => [register, register]));
      let next = 4;
      for (const { dst, src } of sequentialize(moves, () => next++))
        registers.set(dst, registers.get(src) ?? -1);
      const expected = sources.map((src, dst) => (src === 4 ? dst : src));
      expect([0, 1, 2, 3].map((register) => registers.get(register))).toEqual(expected);
    }
  });
});

describe('segments', () => {
  const positions = (list: Segments): number[] => {
    const result: number[] = [];
    for (let i = 0; i < list.length; i += 2) {
      for (let at = list[i] ?? 0; at < (list[i + 1] ?? 0); at++) result.push(at);
    }
    return result;
  };
  /** The segments of the bits of a mask. */
  const fromMask = (mask: number): Segments => {
    const list: Segments = [];
    for (let bit = 0; bit < 6; bit++) if ((mask & (1 << bit)) !== 0) insertAll(list, [bit, bit + 1]);
    return list;
  };

  it('overlap and unite as sets do, for all pairs of sets of six positions', () => {
    for (let a = 0; a < 64; a++) {
      for (let b = 0; b < 64; b++) {
        const [left, right] = [fromMask(a), fromMask(b)];
        expect(overlaps(left, right)).toBe((a & b) !== 0);
        if ((a & b) !== 0) continue;
        insertAll(left, right);
        expect(left).toEqual(fromMask(a | b));
        expect(positions(left)).toEqual(positions(fromMask(a | b)));
      }
    }
  });
});
