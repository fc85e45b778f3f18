import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disassemble, jumpLabels, printInstruction } from '../../src/isa/disassembler.ts';
import { encode } from '../../src/isa/encode.ts';
import { type Instruction, insn, loadImmediate64 } from '../../src/isa/instruction.ts';
import { type AssembledInstruction, assembleInstruction } from '../../src/isa/statement.ts';
import { INSN_ROWS, insnRow, Kind } from '../../src/isa/table.ts';
import { anyInstruction, instructionOf, oneOfEach } from './samples.ts';
import { findTool, runTool } from './tools.ts';

const llvmMc = findTool('llvm-mc-22', 'llvm-mc-19', 'llvm-mc');
const llvmMajor =
  llvmMc === undefined ? 0 : Number(/version (\d+)/.exec(runTool(llvmMc, ['--version']).stdout)?.[1]);

function assembled(text: string): AssembledInstruction {
  const result = assembleInstruction(text);
  if ('message' in result) throw new Error(`${text}: ${result.message}`);
  return result;
}

function messageOf(text: string): string {
  const result = assembleInstruction(text);
  return 'message' in result ? `${result.offset}: ${result.message}` : 'no error';
}

/** Forms whose numeric operands LLVM's assembler has no syntax for, or that its version does not know. */
function unknownToLlvm(instruction: Instruction): boolean {
  const row = insnRow(instruction.kind);
  if (row.form === 'call_local' || row.form === 'call_kfunc') return true;
  if (row.form === 'lddw' && row.fixedSrc !== 0) return true;
  if (row.form === 'ld_ind') return true;
  return row.kernel === 615 && llvmMajor < 20;
}

describe('syntax of every form', () => {
  it('assembles what it prints', { timeout: 30_000 }, () => {
    for (const row of INSN_ROWS) {
      fc.assert(
        fc.property(instructionOf(row), (instruction) => {
          expect(assembled(printInstruction(instruction))).toEqual({ instruction, reference: undefined });
        }),
        { numRuns: 20 },
      );
    }
  });

  it.skipIf(llvmMc === undefined)('is the one llvm-mc assembles to the same bytes (needs llvm-mc)', () => {
    const known = oneOfEach.filter((instruction) => !unknownToLlvm(instruction));
    const text = known.map((instruction) => printInstruction(instruction)).join('\n');
    const { stdout, stderr } = runTool(llvmMc ?? '', ['-triple=bpf', '-mcpu=v4', '--show-encoding'], text);
    expect(stderr).toBe('');
    const encodings = [...stdout.matchAll(/encoding: \[([^\]]*)\]/g)].map((match) =>
      (match[1] ?? '').replaceAll(/0x|,/g, ''),
    );
    expect(encodings).toEqual(known.map((instruction) => Buffer.from(encode([instruction])).toString('hex')));
  });

  it.skipIf(llvmMc === undefined)('is the one llvm-mc prints for the same bytes (needs llvm-mc)', () => {
    const known = oneOfEach.filter((instruction) => !unknownToLlvm(instruction));
    const bytes = [...encode(known)].map((byte) => `0x${byte.toString(16)}`).join(' ');
    const args = ['-triple=bpf', '-mcpu=v4', '--disassemble'];
    const { stdout } = runTool(llvmMc ?? '', args, bytes);
    const lines = stdout.split('\n').map((line) => line.trim().replaceAll('\t', ' '));
    expect(lines.filter((line) => line !== '' && line !== '.text')).toEqual(
      known.map((instruction) => printInstruction(instruction)),
    );
  });
});

describe('assembleInstruction', () => {
  it('takes either register width for loads and stores, any spacing and spelling of numbers', () => {
    expect(assembled('r1=*(u32*)(r2+8)').instruction).toEqual(insn(Kind.ldx_w, { dst: 1, src: 2, off: 8 }));
    expect(assembled('*(u8 *)(R10 - 0x10) = r3').instruction).toEqual(
      insn(Kind.stx_b, { dst: 10, src: 3, off: -16 }),
    );
    expect(assembled('r1 = w2').instruction).toEqual(insn(Kind.mov32_reg, { dst: 1, src: 2 }));
    expect(assembled('w0 = 0xffffffff').instruction).toEqual(insn(Kind.mov32_imm, { dst: 0, imm: -1 }));
    expect(assembled('r1 = 1 + 2 - 0b100 + 010').instruction).toEqual(
      insn(Kind.mov64_imm, { dst: 1, imm: 7 }),
    );
    expect(assembled('r1 = 0xffffffffffffffff ll').instruction).toEqual(loadImmediate64(1, -1n));
    expect(assembled('*(u64 *)(r10 + -8) = 0').instruction).toEqual(insn(Kind.st_dw, { dst: 10, off: -8 }));
  });

  it('returns references to symbols and labels', () => {
    expect(assembled('r1 = counts + 8 ll')).toEqual({
      instruction: insn(Kind.lddw, { dst: 1 }),
      reference: { kind: 'address', name: 'counts', addend: 8n },
    });
    expect(assembled('call do_work')).toEqual({
      instruction: insn(Kind.call_local, { imm: -1 }),
      reference: { kind: 'call', name: 'do_work', addend: 0n },
    });
    expect(assembled('if w1 s<= 3 goto LBB0_3').reference).toEqual({
      kind: 'jump',
      name: 'LBB0_3',
      addend: 0n,
    });
  });

  it('calls a helper by name when the name is known', () => {
    const helper = (name: string): number | undefined => (name === 'bpf_ktime_get_ns' ? 5 : undefined);
    expect(assembleInstruction('call bpf_ktime_get_ns', { helper })).toEqual({
      instruction: insn(Kind.call_helper, { imm: 5 }),
      reference: undefined,
    });
  });

  it('says what it expected', () => {
    expect(messageOf('r0 += w1')).toBe("6: expected a number or a 64-bit register (r0-r10), found 'w1'");
    expect(messageOf('r0 = -r1')).toBe("6: expected r0, the register named before, found 'r1'");
    expect(messageOf('*(u32 *)(r1 + 32768) = 1')).toBe('12: 32768 does not fit in 16 bits');
    expect(messageOf('r1 = 0x100000000')).toBe('5: 4294967296 does not fit in 32 bits');
    expect(messageOf('r11 = 1')).toBe("0: expected an instruction, found 'r11'");
    expect(messageOf('if r1 == 1')).toBe("10: expected 'goto', found the end of the statement");
    expect(messageOf('exit 1')).toBe("5: expected the end of the statement, found '1'");
    expect(messageOf('r1 = 1 ?')).toBe('7: unexpected character "?"');
    expect(messageOf('')).toBe('0: expected an instruction');
  });

  it('survives anything', () => {
    const piece = fc.constantFrom(
      'r1',
      'w2',
      '=',
      '(',
      ')',
      '*',
      'u32',
      '+',
      '-',
      '5',
      'if',
      'goto',
      'call',
      'll',
      '"',
      '1f',
      '%rd',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join(' ')),
        ),
        (text) => {
          assembleInstruction(text);
        },
      ),
      { numRuns: 2000 },
    );
    expect(messageOf(`r1 = ${'9'.repeat(100_000)}`)).toMatch(/expected/);
    expect(messageOf(`r1 = ${'-'.repeat(100_000)}1 1`)).toMatch(/expected/);
  });
});

describe('disassemble', () => {
  it('prints names from the resolver', () => {
    const code = [
      insn(Kind.lddw, { dst: 1 }),
      insn(Kind.call_helper, { imm: 1 }),
      insn(Kind.jeq64_imm, { dst: 0, imm: 0, off: 1 }),
      insn(Kind.call_local, { imm: -1 }),
      insn(Kind.exit),
    ];
    const labels = jumpLabels(code);
    const lines = disassemble(code, {
      label: (slot) => labels.get(slot),
      helper: (id) => (id === 1 ? 'bpf_map_lookup_elem' : undefined),
      symbol: (slot) =>
        slot === 0
          ? { name: 'counts', addend: 8n }
          : slot === 4
            ? { name: 'odd name', addend: 0n }
            : undefined,
    });
    expect(lines).toEqual([
      '\tr1 = counts+8 ll',
      '\tcall bpf_map_lookup_elem',
      '\tif r0 == 0 goto L0',
      '\tcall "odd name"',
      'L0:',
      '\texit',
    ]);
  });

  it('prints one line for every instruction', () => {
    fc.assert(
      fc.property(fc.array(anyInstruction, { maxLength: 20 }), (code) => {
        expect(disassemble(code)).toHaveLength(code.length);
      }),
      { numRuns: 50 },
    );
  });
});
