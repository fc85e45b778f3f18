/**
 * Machine functions: what selection makes, the allocator rewrites and emission encodes.
 *
 * An instruction is a row of the BPF instruction table or one of a few pseudo instructions. Registers are plain
 * numbers: 0-10 are the machine's, from {@link FIRST_VIRTUAL} on they are virtual, -1 is none.
 *
 * Two forms, one class:
 * - three-address (selection's result): an instruction that updates `dst` names its first input in `left`;
 * - two-address (after `two-address.ts`): `left` is -1 and an updating instruction reads and writes `dst`.
 *
 * Invariants: a block ends with its only terminator; a conditional jump names both its ways (`target` when the
 * condition holds, `otherTarget` when not), emission decides which one falls through; the text of an asm goto jumps where it likes; a stack object is
 * addressed by `object` with r10 as base register and `off` counted from the object's start; physical registers are
 * live only inside a block (and at the function's entry).
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import { noPos } from '../diagnostics/source-manager.ts';
import type { AsmInfo, CoreRelocationInfo, SymbolId } from '../ir/func.ts';
import { commonNames, type LocalInfo, type ValueName } from '../ir/value-names.ts';
import { INSN_ROWS, type InsnRow, Kind, type RegisterUse } from '../isa/table.ts';
import { bug } from '../support/bug.ts';

/** A machine register (0-10), a virtual one (from {@link FIRST_VIRTUAL}) or none (-1). */
export type Register = number;

export const NO_REGISTER: Register = -1;
export const FIRST_VIRTUAL = 16;

export function isVirtual(register: Register): boolean {
  return register >= FIRST_VIRTUAL;
}

/** An `InsnKind` or a {@link Pseudo}. */
export type Opcode = number;

interface PseudoRow {
  readonly name: string;
  readonly dst: RegisterUse;
  readonly src: RegisterUse;
}

const pseudoTable = [
  /** dst = src, all 64 bits. */
  { name: 'copy', dst: 'write', src: 'read' },
  /** dst = address of stack object `object` plus `off`. */
  { name: 'frame_address', dst: 'write', src: 'none' },
  /** dst holds anything. */
  { name: 'undefined', dst: 'write', src: 'none' },
  /** Text with the operands in `asm`. */
  { name: 'asm', dst: 'none', src: 'none' },
  /** Stack object `object` begins or ends to hold a value. */
  { name: 'lifetime_start', dst: 'none', src: 'none' },
  { name: 'lifetime_end', dst: 'none', src: 'none' },
  /** Control does not come here. */
  { name: 'unreachable', dst: 'none', src: 'none' },
] as const satisfies readonly PseudoRow[];

export type PseudoName = (typeof pseudoTable)[number]['name'];

const firstPseudo = INSN_ROWS.length;

/** Pseudo instructions by name: `Pseudo.copy`. */
export const Pseudo = Object.freeze(
  Object.fromEntries(pseudoTable.map((row, index) => [row.name, firstPseudo + index])),
) as Readonly<Record<PseudoName, Opcode>>;

/** The instruction table's row; undefined for a pseudo instruction. */
export function rowOf(opcode: Opcode): InsnRow | undefined {
  // Never a read behind the end of the table, which costs optimised code more than the comparison.
  return opcode < firstPseudo ? INSN_ROWS[opcode] : undefined;
}

export function opcodeName(opcode: Opcode): string {
  return rowOf(opcode)?.name ?? pseudoTable[opcode - firstPseudo]?.name ?? bug(`no opcode ${opcode}`);
}

const opcodeByName: ReadonlyMap<string, Opcode> = new Map<string, Opcode>([
  ...INSN_ROWS.map((row) => [row.name, row.kind] as const),
  ...pseudoTable.map((row, index) => [row.name, firstPseudo + index] as const),
]);

/** The opcode with this name, or undefined. */
export function findOpcode(name: string): Opcode | undefined {
  return opcodeByName.get(name);
}

/** The opcode of a name that is put together from parts and must exist, e.g. `add` + 64 + `_imm`. */
export function opcodeNamed(name: string): Opcode {
  return opcodeByName.get(name) ?? bug(`no instruction form ${name}`);
}

/** How an opcode uses its `dst` and `src` fields. */
interface RegisterUses {
  readonly dst: RegisterUse;
  readonly src: RegisterUse;
}

/** By opcode. */
const usesTable: readonly RegisterUses[] = [...INSN_ROWS, ...pseudoTable].map(({ dst, src }) => ({
  dst,
  src,
}));

export function registerUses(opcode: Opcode): RegisterUses {
  return usesTable[opcode] ?? bug(`no opcode ${opcode}`);
}

/** An operand of an asm statement, in the order of `%0`, `%1`... */
export interface AsmOperand {
  /** `register` is read or written as `isOutput` says; `memory` has the base in `register`; `immediate` has no register. */
  readonly kind: 'register' | 'memory' | 'immediate' | 'symbol';
  readonly isOutput: boolean;
  /** Written before the inputs are read (`&`). */
  readonly isEarly: boolean;
  /** Width of the value, which says whether `%0` prints as `w` or `r` with the `w` modifier. */
  readonly bits: number;
  register: Register;
  readonly offset: number;
  readonly object: number;
  readonly immediate: bigint;
  readonly symbol: SymbolId | -1;
}

export interface MachineAsm {
  readonly info: AsmInfo;
  readonly operands: readonly AsmOperand[];
  /** `asm goto`: the block of each label. The instruction ends its block; `target` is where control goes on behind the text. */
  readonly labels: number[];
}

/** One machine instruction; absent fields are -1 or 0. */
export class MachineIns {
  opcode: Opcode;
  dst: Register;
  /** Three-address form: the first input of an updating instruction; -1 in two-address form. */
  left: Register = NO_REGISTER;
  src: Register;
  off: number;
  /** Signed 32-bit immediate. */
  imm: number;
  /** `lddw`: the 64-bit immediate, or the addend of `symbol`. */
  wide = 0n;
  /** Symbol whose address or call distance goes here; -1 without. */
  symbol: SymbolId | -1 = -1;
  /** Row of `coreRelocations` that patches this instruction; -1 without. */
  core = -1;
  /** Stack object that r10 with `off` stands for; -1 without. */
  object = -1;
  /** Block numbers; -1 without. */
  target = -1;
  otherTarget = -1;
  /** Physical registers used beyond dst and src: bit n for rn. */
  reads = 0;
  writes = 0;
  asm: MachineAsm | undefined = undefined;
  /** An access that the source calls volatile. */
  isVolatile = false;
  pos: Pos;
  /** What the value that it makes is called in C, where somebody wants to know. */
  names: readonly ValueName[] | undefined = undefined;

  constructor(opcode: Opcode, dst: Register, src: Register, off: number, imm: number, pos: Pos = noPos) {
    this.opcode = opcode;
    this.dst = dst;
    this.src = src;
    this.off = off;
    this.imm = imm;
    this.pos = pos;
  }

  clone(): MachineIns {
    const copy = new MachineIns(this.opcode, this.dst, this.src, this.off, this.imm, this.pos);
    copy.left = this.left;
    copy.wide = this.wide;
    copy.symbol = this.symbol;
    copy.core = this.core;
    copy.object = this.object;
    copy.target = this.target;
    copy.otherTarget = this.otherTarget;
    copy.reads = this.reads;
    copy.writes = this.writes;
    copy.isVolatile = this.isVolatile;
    copy.names = this.names;
    copy.asm = this.asm && {
      info: this.asm.info,
      operands: this.asm.operands.map((operand) => ({ ...operand })),
      labels: [...this.asm.labels],
    };
    return copy;
  }
}

/** A block; `id` is its index in `MachineFunction.blocks`. */
export class MachineBlock {
  readonly id: number;
  instructions: MachineIns[] = [];
  /** Loops around it. */
  loopDepth = 0;

  constructor(id: number) {
    this.id = id;
  }
}

/** Something on the stack: a local of the program or a spilled value. */
export interface FrameObject {
  readonly size: number;
  readonly align: number;
  readonly kind: 'local' | 'spill';
  readonly local: LocalInfo | undefined;
  /** The objects that it is laid beside, and how far above the start of the lowest it lies. */
  unit: StackUnit;
  at: number;
  /** Distance from r10 (negative) once the frame is laid out; 0 before. */
  offset: number;
}

/** Stack objects that lie one behind the other; most are alone. */
export interface StackUnit {
  /** From the lowest. */
  readonly members: readonly number[];
  readonly size: number;
  readonly align: number;
}

export class MachineFunction {
  readonly name: string;
  readonly symbol: SymbolId;
  readonly pos: Pos;
  /** By block number. */
  readonly blocks: MachineBlock[] = [];
  /** Block numbers in the order of emission; the entry is first. */
  layout: number[] = [];
  readonly frame: FrameObject[] = [];
  readonly coreRelocations: readonly CoreRelocationInfo[];
  /** The next virtual register. */
  nextRegister = FIRST_VIRTUAL;
  /** Machine registers that are not for allocation: bit n for rn. */
  reserved = 0;
  /** Bytes of stack; known once the frame is laid out. */
  stackSize = 0;

  constructor(name: string, symbol: SymbolId, pos: Pos, coreRelocations: readonly CoreRelocationInfo[]) {
    this.name = name;
    this.symbol = symbol;
    this.pos = pos;
    this.coreRelocations = coreRelocations;
  }

  block(id: number): MachineBlock {
    return this.blocks[id] ?? bug(`no machine block ${id} in ${this.name}`);
  }

  /** A new block, not in the layout yet. */
  createBlock(): MachineBlock {
    const block = new MachineBlock(this.blocks.length);
    this.blocks.push(block);
    return block;
  }

  createRegister(): Register {
    return this.nextRegister++;
  }

  /** A new stack object; its number. */
  addFrameObject(size: number, align: number, kind: 'local' | 'spill', local?: LocalInfo): number {
    const id = this.frame.length;
    this.frame.push({ size, align, kind, local, unit: { members: [id], size, align }, at: 0, offset: 0 });
    return id;
  }

  frameObject(id: number): FrameObject {
    return this.frame[id] ?? bug(`no stack object ${id} in ${this.name}`);
  }

  /** Lays the unit of one object right behind that of another; returns the whole. */
  joinFrameObjects(low: StackUnit, high: StackUnit, align: number): StackUnit {
    const unit = {
      members: [...low.members, ...high.members],
      size: low.size + high.size,
      align: Math.max(low.align, high.align, align),
    };
    for (const id of unit.members) this.frameObject(id).unit = unit;
    for (const id of high.members) this.frameObject(id).at += low.size;
    return unit;
  }

  /** The objects that an instruction names: an access may cover several of those that lie side by side. */
  objectsNamed(ins: MachineIns): readonly number[] {
    if (ins.object < 0) return [];
    const { unit, at } = this.frameObject(ins.object);
    const row = rowOf(ins.opcode);
    if (unit.members.length === 1 || row?.off !== 'memory') return [ins.object];
    const start = at + ins.off;
    return unit.members.filter((id) => {
      const object = this.frameObject(id);
      return object.at < start + row.bits / 8 && start < object.at + object.size;
    });
  }

  /** Blocks in layout order. */
  *eachBlock(): Generator<MachineBlock> {
    for (const id of this.layout) yield this.block(id);
  }
}

/** Blocks that the last instruction of a block may go to. */
export function successorsOf(block: MachineBlock): number[] {
  const last = block.instructions.at(-1);
  if (last?.asm !== undefined) {
    return [...new Set([last.target, ...last.asm.labels])].filter((target) => target >= 0);
  }
  if (last === undefined || last.target < 0) return [];
  return last.otherTarget < 0 || last.otherTarget === last.target
    ? [last.target]
    : [last.target, last.otherTarget];
}

/** Predecessors by block number, of blocks in the layout. */
export function predecessorsOf(func: MachineFunction): number[][] {
  const result: number[][] = func.blocks.map(() => []);
  for (const block of func.eachBlock()) {
    for (const successor of successorsOf(block)) result[successor]?.push(block.id);
  }
  return result;
}

/** Calls `visit` for every register that the instruction reads by name, with r10 left out. */
export function forEachUse(ins: MachineIns, visit: (register: Register) => void): void {
  const { dst, src } = registerUses(ins.opcode);
  if (ins.left >= 0) visit(ins.left);
  else if (dst === 'update') visit(ins.dst);
  if (dst === 'read' && ins.dst !== 10) visit(ins.dst);
  if ((src === 'read' || src === 'update') && ins.src !== 10) visit(ins.src);
  if (ins.asm === undefined) return;
  for (const operand of ins.asm.operands) {
    if (operand.register < 0 || operand.register === 10) continue;
    if (!operand.isOutput || operand.kind === 'memory') visit(operand.register);
  }
}

/** Calls `visit` for every register that the instruction writes by name. */
export function forEachDefinition(
  ins: MachineIns,
  visit: (register: Register, isEarly: boolean) => void,
): void {
  const { dst, src } = registerUses(ins.opcode);
  if (dst === 'write' || dst === 'update') visit(ins.dst, false);
  if (src === 'update') visit(ins.src, false);
  if (ins.asm === undefined) return;
  for (const operand of ins.asm.operands) {
    if (operand.isOutput && operand.kind === 'register') visit(operand.register, operand.isEarly);
  }
}

/** Replaces the registers of an instruction by `map`. */
export function mapRegisters(ins: MachineIns, map: (register: Register) => Register): void {
  const uses = registerUses(ins.opcode);
  if (uses.dst !== 'none') ins.dst = map(ins.dst);
  if (uses.src !== 'none') ins.src = map(ins.src);
  if (ins.left >= 0) ins.left = map(ins.left);
  if (ins.asm === undefined) return;
  for (const operand of ins.asm.operands) {
    if (operand.register >= 0) operand.register = map(operand.register);
  }
}

/** Does the instruction stand for code? The marks of lifetimes and of undefined values do not. */
export function isEmitted(ins: MachineIns): boolean {
  return (
    ins.opcode !== Pseudo.lifetime_start &&
    ins.opcode !== Pseudo.lifetime_end &&
    ins.opcode !== Pseudo.undefined
  );
}

export function isJump(ins: MachineIns | undefined): ins is MachineIns {
  return ins !== undefined && ins.opcode === Kind.ja && ins.target >= 0;
}

export function isExit(ins: MachineIns | undefined): ins is MachineIns {
  return ins !== undefined && ins.opcode === Kind.exit;
}

/** A jump to a block that has code. */
export function makeJump(to: MachineBlock): MachineIns {
  const jump = new MachineIns(Kind.ja, -1, -1, 0, 0, to.instructions[0]?.pos);
  jump.target = to.id;
  return jump;
}

/** The first instructions stand for the others as well, one by one: what both make keeps the names that both have. */
export function keepCommonNames(kept: readonly MachineIns[], others: readonly MachineIns[]): void {
  for (const [index, ins] of kept.entries()) {
    if (ins.names !== undefined) ins.names = commonNames(ins.names, others[index]?.names ?? []);
  }
}

/** Has no effect but its result: may be dropped when that is unused. */
export function isPure(ins: MachineIns): boolean {
  if (ins.reads !== 0 || ins.writes !== 0) return false;
  const row = rowOf(ins.opcode);
  if (row === undefined) {
    return (
      ins.opcode === Pseudo.copy || ins.opcode === Pseudo.frame_address || ins.opcode === Pseudo.undefined
    );
  }
  return (row.class === 'alu' || row.class === 'alu64' || row.operation === 'lddw') && row.imm !== 'packet';
}

/** Gives the same result wherever it stands: made again instead of kept in a register or in memory. */
export function isRematerializable(ins: MachineIns): boolean {
  if (ins.opcode === Pseudo.frame_address || ins.opcode === Pseudo.undefined) return true;
  const row = rowOf(ins.opcode);
  return row !== undefined && (row.operation === 'lddw' || row.form === 'mov_imm');
}

/** A function after allocation: every register is physical; inserted and changed instructions lead back to their origin. */
export interface AllocatedInstruction {
  /** The instruction before allocation; undefined for what the allocator put in. */
  readonly origin: MachineIns | undefined;
  /** What stands there now; undefined when it was dropped (a copy to itself, a constant nobody needs here). */
  readonly placed: MachineIns | undefined;
  /** For an inserted constant: the virtual register whose value it makes again. */
  readonly remakes: Register;
}
