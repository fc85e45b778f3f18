import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandTemplate } from '../../src/isa/asm-template.ts';
import { type Assembly, assemble } from '../../src/isa/assembler.ts';
import { disassemble, jumpLabels } from '../../src/isa/disassembler.ts';
import { type Instruction, insn } from '../../src/isa/instruction.ts';
import { insnRow, Kind } from '../../src/isa/table.ts';
import { anyInstruction } from './samples.ts';

function section(assembly: Assembly, name: string) {
  const found = assembly.sections.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no section ${name}`);
  return found;
}

function codeOf(text: string): readonly Instruction[] {
  const assembly = assemble(text);
  expect(assembly.errors).toEqual([]);
  return section(assembly, '.text').instructions;
}

const errorsOf = (text: string): string[] => {
  const { errors } = assemble(text);
  return errors.map(({ offset, line, message }) => `${line}:${offset} ${message}`);
};

describe('assemble', () => {
  it('resolves labels forward and back, numeric ones by distance', () => {
    const code = codeOf(`
      r0 = 0 ; r1 = 5 ll        # two slots
    loop: r0 += 1               // comment
      if r0 < r1 goto loop
    1: goto 1f; goto 1b
    1: /* a comment
          of two lines */ gotol end
      may_goto loop
    end: exit`);
    expect(code.map(({ off, imm }) => [off, imm])).toEqual([
      [0, 0],
      [0, 5],
      [0, 1],
      [-2, 0],
      [1, 0],
      [-2, 0],
      [0, 1],
      [-6, 0],
      [0, 0],
    ]);
  });

  it('computes with the operators of the GNU assembler', () => {
    const values = codeOf(`
      r1 = 1 << 4 | 3 ; r1 = 7 % 3 ; r1 = -7 / 2 ; r1 = 'a' ; r1 = 5UL ; r1 = 1 | 2 + 4 ; r1 = 10 - 2 - 3
      .set five, 5
      r1 = five * 2 ; r1 = five == 5 ; r1 = 3 && 0
      r1 = 0xffffffffffffff00 ; r1 = ~five`).map(({ imm }) => imm);
    expect(values).toEqual([19, 1, -3, 97, 5, 7, 5, 10, -1, 0, -256, -6]);
    expect(
      codeOf('r1 = -9223372036854775808ULL ll; r2 = *(u32 *)(r1 + 4 * 2)').map(({ off }) => off),
    ).toEqual([0, 8]);
    expect(errorsOf('r1 = 0x1ffffffff')).toEqual(['1:5 8589934591 does not fit in 32 bits']);
    expect(errorsOf('r1 = 1 / 0')).toHaveLength(1);
  });

  it('expands macros and repetitions, and leaves out what conditions exclude', () => {
    const code = codeOf(`
      .macro two a, b=3, rest:vararg
        r1 = \\a ; r2 = \\b
        .irp item, \\rest
          r3 = \\item
        .endr
      l\\@: goto l\\@
      .endm
      two 5, , 4
      two b=7, a=6, rest=8, 9
      .rept 2
        .rept 2 ; r4 = 1 ; .endr
        r5 = 2
      .endr
      .set debug, 1
      .if debug == 0
        r6 = 1
      .elseif debug == 1
        .ifdef missing
          r6 = 2
        .else
          r6 = 3
        .endif
      .else
        r6 = 4
      .endif
      .macro count n
        r7 = \\n
        .if \\n
          count \\n-1
        .endif
      .endm
      count 2`);
    expect(code.map(({ dst, imm }) => [dst, imm])).toEqual([
      [1, 5],
      [2, 3],
      [3, 4],
      [0, 0],
      [1, 6],
      [2, 7],
      [3, 8],
      [3, 9],
      [0, 0],
      [4, 1],
      [4, 1],
      [5, 2],
      [4, 1],
      [4, 1],
      [5, 2],
      [6, 3],
      [7, 2],
      [7, 1],
      [7, 0],
    ]);
  });

  it('bounds what macros make', () => {
    expect(errorsOf('.macro again\nagain\n.endm\nagain')).toEqual([
      '2:13 macros are nested more than 64 deep',
    ]);
    expect(errorsOf('.rept 1000000\n.rept 1000000\nr0 = 0\n.endr\n.endr')[0]).toContain(
      'expand to more than',
    );
    expect(errorsOf('.rept 2\nr0 = 0')).toEqual(['1:0 no .endr closes this']);
    expect(errorsOf('.if 1')).toEqual(['1:0 .if without .endif']);
    expect(errorsOf('.endm')).toEqual(['1:0 .endm without a beginning']);
    expect(errorsOf('.macro m a:req\nr1 = \\a\n.endm\nm')[0]).toContain('needs a value for a');
    expect(errorsOf('.error "no"')).toEqual(['1:0 no']);
    expect(errorsOf(`r1 = ${'('.repeat(10_000)}1`)).toHaveLength(1);
  });

  it('reads back what the disassembler prints with labels', () => {
    // Jumps are aimed at existing slots, so that every target has a label.
    fc.assert(
      fc.property(fc.array(anyInstruction, { minLength: 1, maxLength: 12 }), (instructions) => {
        const code = instructions.filter(({ kind }) => insnRow(kind).slots === 1);
        for (const [index, instruction] of code.entries()) {
          const row = insnRow(instruction.kind);
          const distance = (Math.abs(instruction.off + instruction.imm) % (code.length + 1)) - index - 1;
          if (row.off === 'jump') instruction.off = distance;
          if (row.imm === 'jump') instruction.imm = distance;
        }
        const labels = jumpLabels(code);
        const lines = disassemble(code, { label: (slot) => labels.get(slot) });
        expect(lines.length).toBe(code.length + labels.size);
        expect(codeOf(lines.join('\n'))).toEqual(code);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps sections, symbols, data and references of a listing', () => {
    const assembly = assemble(`
        .text
        .section xdp,"ax",@progbits
        .globl  prog
        .p2align 3
        .type   prog,@function
prog:
        r1 = counts+4 ll
        call helper_func
        exit
.Lfunc_end0:
        .size   prog, .Lfunc_end0-prog
        .type   counts,@object
        .section .data,"aw",@progbits
        .weak   counts
        .hidden counts
        .p2align 2, 0x0
        .byte 7
        .p2align 2
counts: .long 1, -1
        .quad   .L.str+1
        .long   .Lfunc_end0-prog
        .size   counts, .-counts
        .section .rodata.str1.1,"aMS",@progbits,1
.L.str: .asciz  "h\\303\\251\\n"
        .local  zeros
        .comm   zeros,16,8
        .section license,"aw",@progbits
        .ascii  "GPL\\0"
        .section .debug_info,"",@progbits
        .uleb128 4
        .ident  "somebody's compiler"`);
    expect(assembly.errors).toEqual([]);
    expect(
      assembly.sections.map(({ name, flags, type, align, size }) => [name, flags, type, align, size]),
    ).toEqual([
      ['.text', 'ax', 'progbits', 8, 0],
      ['xdp', 'ax', 'progbits', 8, 32],
      ['.data', 'aw', 'progbits', 4, 24],
      ['.rodata.str1.1', 'aMS', 'progbits', 1, 5],
      ['.bss', 'aw', 'nobits', 8, 16],
      ['license', 'aw', 'progbits', 1, 4],
      ['.debug_info', '', 'progbits', 1, 0],
    ]);
    expect(section(assembly, 'xdp').references).toEqual([
      { offset: 0, kind: 'address', target: { symbol: 'counts' }, addend: 4n },
      { offset: 16, kind: 'call', target: { symbol: 'helper_func' }, addend: 0n },
    ]);
    expect(section(assembly, '.data').references).toEqual([
      { offset: 12, kind: 'data64', target: { section: 3 }, addend: 1n },
    ]);
    expect([...section(assembly, '.data').data.subarray(0, 12)]).toEqual([
      7, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255,
    ]);
    expect(section(assembly, '.data').data[20]).toBe(32);
    expect([...section(assembly, '.rodata.str1.1').data]).toEqual([0x68, 0xc3, 0xa9, 10, 0]);
    const symbols = assembly.symbols.map(
      ({ name, section: index, offset, size, type, binding, visibility }) =>
        `${name} ${index} ${offset} ${size} ${type} ${binding} ${visibility}`,
    );
    expect(symbols.sort()).toEqual([
      'counts 2 4 20 object weak hidden',
      'helper_func undefined 0 0 notype global default',
      'prog 1 0 32 func global default',
      'zeros 4 0 16 object local default',
    ]);
  });

  it('takes instructions as numbers, constants and helper names', () => {
    const assembly = assemble(
      '.set four, 4\nr0 = four\n.8byte 0x95\n.quad 0x0000000500000118, 0\ncall get_time',
      {
        helper: (name) => (name === 'get_time' ? 5 : undefined),
      },
    );
    expect(assembly.errors).toEqual([]);
    expect(section(assembly, '.text').instructions).toEqual([
      insn(Kind.mov64_imm, { imm: 4 }),
      insn(Kind.exit),
      insn(Kind.lddw, { dst: 1, imm: 5 }),
      insn(Kind.call_helper, { imm: 5 }),
    ]);
  });

  it('reports every fault with line and offset', () => {
    expect(errorsOf('r0 = 1\n  r0 = \n\tfoo: goto nowhere')).toEqual([
      "2:13 expected '-' or a number or a 64-bit register (r0-r10) or '(' or a 32-bit register (w0-w10) or 'addr_space_cast', among others, found the end of the statement",
      '3:21 label nowhere is not defined',
    ]);
    expect(errorsOf('a: exit\na: exit')).toEqual(['2:8 label a is already defined']);
    expect(errorsOf('.data\nexit')).toEqual([
      "2:6 section .data is not executable: an instruction needs flag 'x'",
    ]);
    expect(errorsOf('.8byte 0xff')).toEqual(['1:0 no instruction has opcode 0xff']);
    expect(errorsOf('.byte 1\nexit')).toEqual(['2:8 1 bytes before this are not a whole instruction']);
    expect(errorsOf('.frob 1')).toEqual(['1:0 unknown directive .frob']);
    expect(errorsOf('.data\n.zero 99999999999')).toEqual([
      '2:6 99999999999 bytes are too many for section .data',
    ]);
    expect(errorsOf('.data\n.byte 256')).toEqual(['2:6 256 does not fit in 1 bytes']);
    expect(errorsOf('.p2align 40')).toEqual(['1:0 alignment 40 is not a power of two up to 65536']);
    expect(errorsOf(`goto far\n${'exit\n'.repeat(40_000)}far: exit`)).toEqual([
      '1:0 label far is 40000 slots away, more than 16 bits hold; gotol reaches it',
    ]);
    expect(errorsOf('? \n'.repeat(1000))).toHaveLength(100);
  });

  it('survives anything, quickly', { timeout: 30_000 }, () => {
    const piece = fc.constantFrom(
      'r0 = 1',
      '.quad',
      '.section',
      '"',
      "'",
      ':',
      'a:',
      '1:',
      '\n',
      ';',
      '/*',
      '*/',
      '#',
      '.',
      '-',
      'goto',
      '1b',
      '.size a, .-a',
      '.comm',
      ',',
      '\\',
      '\0',
      '.set',
      '.align 8',
      '.text',
      '.data',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }), (pieces) => {
        assemble(pieces.join(' '));
      }),
      { numRuns: 2000 },
    );
    const start = performance.now();
    for (const text of [
      '"'.repeat(4e5),
      '/*'.repeat(4e5),
      'a:'.repeat(5e5),
      '\\'.repeat(4e5),
      `.data;.byte ${'1,'.repeat(1e5)}`,
    ]) {
      assemble(text);
    }
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('expandTemplate', () => {
  const operands = {
    operand: (reference: string, modifier: string): string | undefined =>
      ({ '0': modifier === 'w' ? 'w1' : 'r1', ptr: 'r2', done: 'LBB0_1' })[reference],
    uniqueId: 7,
  };

  it('puts in registers, labels and the unique number', () => {
    const template = 'l%=: %w0 = 1; %0 %%= %[ptr]; goto %l[done]; goto l%=';
    const expanded = expandTemplate(template, operands);
    if ('message' in expanded) throw new Error(expanded.message);
    const { text, originOf } = expanded;
    expect(text).toBe('l7: w1 = 1; r1 %= r2; goto LBB0_1; goto l7');
    for (const piece of ['l7', '= 1', 'goto L', '; goto l']) {
      expect(originOf(text.indexOf(piece))).toBe(
        template.indexOf(piece.replace('L', '%l').replace('7', '%=')),
      );
    }
    expect(originOf(text.indexOf('B0_1'))).toBe(template.indexOf('%l[done]'));
  });

  it('says which operand is missing', () => {
    expect(expandTemplate('r0 = %[nobody]', operands)).toEqual({
      offset: 5,
      message: 'no operand %[nobody]',
    });
    expect(expandTemplate('r0 % r1', operands)).toEqual({ offset: 3, message: "'%' without an operand" });
  });
});
