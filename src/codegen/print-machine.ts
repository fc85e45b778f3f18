/**
 * Machine functions as text, for dumps and tests: `%16 = copy r1`, `%17 = ldx_w %16 + 4`, `jeq64_imm %17, 0, b2, b3`.
 */

import {
  type MachineBlock,
  type MachineFunction,
  type MachineIns,
  opcodeName,
  registerUses,
  rowOf,
} from './machine.ts';

export function printRegister(register: number): string {
  return register < 16 ? `r${register}` : `%${register}`;
}

function printBase(ins: MachineIns, register: number): string {
  const base = ins.object >= 0 ? `stack${ins.object}` : printRegister(register);
  return ins.off === 0 ? `[${base}]` : `[${base} ${ins.off < 0 ? '-' : '+'} ${Math.abs(ins.off)}]`;
}

function printOperands(ins: MachineIns): string[] {
  const uses = registerUses(ins.opcode);
  const row = rowOf(ins.opcode);
  const isMemory = row?.off === 'memory';
  const parts: string[] = [];
  if (ins.left >= 0) parts.push(printRegister(ins.left));
  if (uses.dst === 'read') parts.push(isMemory ? printBase(ins, ins.dst) : printRegister(ins.dst));
  if (uses.src !== 'none') {
    parts.push(isMemory && row?.form === 'load' ? printBase(ins, ins.src) : printRegister(ins.src));
  }
  if (row?.imm === 'value' || row?.imm === 'helper' || row?.imm === 'packet') parts.push(`${ins.imm}`);
  if (row?.imm === 'wide' && ins.symbol < 0) parts.push(`${ins.wide}`);
  if (ins.symbol >= 0) parts.push(ins.wide === 0n ? `@${ins.symbol}` : `@${ins.symbol} + ${ins.wide}`);
  if (ins.object >= 0 && !isMemory) parts.push(`stack${ins.object}`);
  if (ins.target >= 0) parts.push(`b${ins.target}`);
  if (ins.otherTarget >= 0) parts.push(`b${ins.otherTarget}`);
  if (ins.core >= 0) parts.push(`core ${ins.core}`);
  for (const label of ins.asm?.labels ?? []) parts.push(`label b${label}`);
  for (const operand of ins.asm?.operands ?? []) {
    const name = operand.register >= 0 ? printRegister(operand.register) : `${operand.immediate}`;
    parts.push(operand.isOutput ? `out ${name}` : name);
  }
  return parts;
}

export function printMachineIns(ins: MachineIns): string {
  const uses = registerUses(ins.opcode);
  const isDefined = uses.dst === 'write' || uses.dst === 'update';
  const result = isDefined ? `${printRegister(ins.dst)} = ` : '';
  const operands = printOperands(ins).join(', ');
  return operands === ''
    ? `${result}${opcodeName(ins.opcode)}`
    : `${result}${opcodeName(ins.opcode)} ${operands}`;
}

function printBlock(block: MachineBlock): string {
  const head = block.loopDepth > 0 ? `b${block.id}: ; loop depth ${block.loopDepth}` : `b${block.id}:`;
  return [head, ...block.instructions.map((ins) => `  ${printMachineIns(ins)}`)].join('\n');
}

/** The whole function, blocks in layout order. */
export function printMachineFunction(func: MachineFunction): string {
  const frame = func.frame.map(
    (object, id) =>
      `  stack${id}: ${object.size} bytes, align ${object.align}, ${object.local?.name ?? object.kind}` +
      (object.offset === 0 ? '' : `, at r10${object.offset}`),
  );
  const blocks = [...func.eachBlock()].map(printBlock);
  return [`machine ${func.name} {`, ...frame, ...blocks, '}', ''].join('\n');
}
