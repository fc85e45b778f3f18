/** The machine's speed, for `npm run bench`: instructions per second of an arithmetic loop and of a loop over memory. */

import { encode } from '../isa/encode.ts';
import { type Instruction, insn } from '../isa/instruction.ts';
import { Kind } from '../isa/table.ts';
import { type LinkedInstruction, translate } from './code.ts';
import { Cpu } from './cpu.ts';
import { interpret } from './interpreter.ts';
import { Memory } from './memory.ts';

export interface SpeedResult {
  readonly name: string;
  readonly instructions: number;
  readonly seconds: number;
  readonly millionsPerSecond: number;
}

/** Instructions that set the registers up. */
const headLength = 4;

/** Instructions before and behind a body that runs `turns` times. */
function loopOf(body: readonly Instruction[], turns: number): readonly Instruction[] {
  const head = [
    insn(Kind.mov64_imm, { dst: 0, imm: 0 }),
    insn(Kind.mov64_imm, { dst: 1, imm: 0 }),
    insn(Kind.mov64_imm, { dst: 2, imm: turns }),
    insn(Kind.mov64_imm, { dst: 3, imm: 12345 }),
  ];
  const tail = [
    insn(Kind.add64_imm, { dst: 1, imm: 1 }),
    insn(Kind.jne64_reg, { dst: 1, src: 2, off: -(body.length + 2) }),
    insn(Kind.exit),
  ];
  return [...head, ...body, ...tail];
}

function linked(instructions: readonly Instruction[]): readonly LinkedInstruction[] {
  return instructions.map((instruction) => ({
    instruction,
    target: instruction.kind === Kind.jne64_reg ? headLength : -1,
    reference: undefined,
    external: undefined,
  }));
}

const ARITHMETIC: readonly Instruction[] = [
  insn(Kind.xor64_reg, { dst: 3, src: 1 }),
  insn(Kind.add64_reg, { dst: 0, src: 3 }),
  insn(Kind.mov64_reg, { dst: 4, src: 0 }),
  insn(Kind.and64_imm, { dst: 4, imm: 255 }),
  insn(Kind.add64_reg, { dst: 3, src: 4 }),
  insn(Kind.mov32_reg, { dst: 5, src: 3 }),
  insn(Kind.add32_imm, { dst: 5, imm: 7 }),
  insn(Kind.add64_reg, { dst: 0, src: 5 }),
];

const MEMORY: readonly Instruction[] = [
  insn(Kind.stx_dw, { dst: 10, src: 1, off: -8 }),
  insn(Kind.ldx_dw, { dst: 3, src: 10, off: -8 }),
  insn(Kind.stx_w, { dst: 6, src: 3, off: 4 }),
  insn(Kind.ldx_w, { dst: 4, src: 6, off: 4 }),
];

function measure(name: string, body: readonly Instruction[], turns: number, now: () => number): SpeedResult {
  const memory = new Memory();
  const region = memory.addRegion({ kind: 'data', name: 'the bench', read: true, write: true }, 64);
  const options = {
    hosted: false,
    uninitialised: 'allow',
    maxFrames: 8,
    stepLimit: Number.MAX_SAFE_INTEGER,
  } as const;
  const cpu = new Cpu(translate(linked(loopOf(body, turns))), memory, options, 0, 0, new Map());
  cpu.setRegister(6, (BigInt(region) << 32n) | 0x4000_0000n);
  interpret(cpu, 0);
  cpu.reset();
  const start = now();
  interpret(cpu, 0);
  const seconds = (now() - start) / 1000;
  return { name, instructions: cpu.steps, seconds, millionsPerSecond: cpu.steps / seconds / 1e6 };
}

/** The loops as code, for another machine to be measured with; r6 must point to 64 bytes. */
export function benchPrograms(
  turns = 5_000_000,
): readonly { readonly name: string; readonly code: Uint8Array }[] {
  return [
    { name: 'arithmetic', code: encode(loopOf(ARITHMETIC, turns)) },
    { name: 'memory', code: encode(loopOf(MEMORY, turns)) },
  ];
}

/** Measures the loops; `now` gives milliseconds. */
export function measureSpeed(
  now: () => number = () => performance.now(),
  turns = 5_000_000,
): readonly SpeedResult[] {
  return [measure('arithmetic', ARITHMETIC, turns, now), measure('memory', MEMORY, turns, now)];
}
