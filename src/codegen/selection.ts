/**
 * The state of selecting one function, and what all selection files share: registers of values, constants, addresses
 * of symbols, emission into the current block.
 *
 * Values and registers: a value gets its virtual register when it is first asked for. Conversions that change no bit
 * (`trunc`, `zext` of a value whose upper bits are zero, pointer casts) have the register of their operand. Constants
 * and addresses of locals are made anew for each use, since that is never dearer than keeping them; addresses of
 * symbols and other 64-bit immediates are shared inside a block, and the allocator makes them again rather than spilling.
 *
 * Bits above a value's type are unknown unless `isZeroUpper` says otherwise; an operation that sees them cleans them first.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { Pos } from '../diagnostics/source-manager.ts';
import { type BlockId, type Func, type Ins, orderingShift, type SymbolId, type ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import type { Provenances } from '../ir/provenance.ts';
import { bitsOf, Type } from '../ir/types.ts';
import { Uses } from '../ir/uses.ts';
import { FRAME_POINTER } from '../isa/instruction.ts';
import { Kind } from '../isa/table.ts';
import { bug } from '../support/bug.ts';
import { asId } from '../support/ids.ts';
import { significantBits } from './extension.ts';
import {
  type MachineBlock,
  MachineFunction,
  MachineIns,
  type Opcode,
  Pseudo,
  type Register,
} from './machine.ts';
import type { Target } from './target.ts';

/** A memory operand: a register, or r10 with a stack object, plus a displacement. */
export interface Address {
  readonly base: Register;
  readonly object: number;
  readonly offset: number;
  /** CO-RE relocation that patches the displacement; -1 without. */
  readonly core: number;
}

/** Values of 64 bits that share a register inside a block, by content. */
export type BlockCache = Map<string, Register>;

const INT32_MIN = -0x8000_0000n;
const INT32_MAX = 0x7fff_ffffn;

/** The sign-extended immediate field that stands for `value`, if there is one. */
export function asImmediate(value: bigint, bits: number): number | undefined {
  const signed = BigInt.asIntN(bits === 64 ? 64 : 32, value);
  return signed >= INT32_MIN && signed <= INT32_MAX ? Number(signed) : undefined;
}

export class Selection {
  readonly func: Func;
  readonly module: Module;
  readonly target: Target;
  readonly diagnostics: DiagnosticSink;
  readonly machine: MachineFunction;
  readonly provenance: Provenances;
  private readonly significant: Uint8Array;
  /** Stack object by alloca. */
  readonly objects = new Map<ValueId, number>();
  private readonly uses: Uses;
  /** First machine block by IR block. */
  private readonly heads = new Map<BlockId, MachineBlock>();
  /** Blocks that stand in the layout. */
  private readonly started = new Set<number>();
  /** Blocks of edges, by the block that they shall stand before. */
  private readonly edgeBlocks = new Map<number, number[]>();
  private readonly registers: Int32Array;
  private cache: BlockCache = new Map();
  private current: MachineBlock;
  /** Source position of what is being selected. */
  pos: Pos;

  constructor(
    func: Func,
    module: Module,
    target: Target,
    diagnostics: DiagnosticSink,
    provenance: Provenances,
  ) {
    this.func = func;
    this.module = module;
    this.target = target;
    this.diagnostics = diagnostics;
    this.provenance = provenance;
    this.machine = new MachineFunction(func.name, func.symbol, func.pos, func.coreRelocations);
    this.significant = significantBits(func, target.alu32);
    this.uses = new Uses(func);
    this.registers = new Int32Array(func.values.length).fill(-1);
    this.pos = func.pos;
    for (const id of func.layout) this.heads.set(id, this.machine.createBlock());
    this.current = this.head(func.entry);
  }

  /** Reports an error at the current position. */
  error(code: Parameters<DiagnosticSink['report']>[0], ...args: string[]): void {
    this.diagnostics.report(code, { start: this.pos, end: this.pos }, args);
  }

  // Blocks.

  head(block: BlockId): MachineBlock {
    return this.heads.get(block) ?? bug(`b${block} of ${this.func.name} is not in the layout`);
  }

  /** Goes on in `block`, which stands next in the layout. */
  startBlock(block: MachineBlock): void {
    this.current = block;
    this.cache = new Map();
    this.machine.layout.push(...(this.edgeBlocks.get(block.id) ?? []), block.id);
    this.edgeBlocks.delete(block.id);
    this.started.add(block.id);
  }

  /**
   * Goes on in a block with the copies of an edge to `to`. It stands right before `to`, so that what follows a condition is
   * the branch that was written first; for an edge that leads back, it stands here.
   */
  startEdgeBlock(block: MachineBlock, to: MachineBlock): void {
    if (this.started.has(to.id)) return this.startBlock(block);
    this.current = block;
    this.cache = new Map();
    const known = this.edgeBlocks.get(to.id);
    if (known === undefined) this.edgeBlocks.set(to.id, [block.id]);
    else known.push(block.id);
  }

  /** What the current block has in registers, to go on with in a block that it dominates. */
  saveCache(): BlockCache {
    return new Map(this.cache);
  }

  restoreCache(saved: BlockCache): void {
    this.cache = saved;
  }

  /** Goes on in a block that only the current one leads to: what is in registers stays so. */
  continueIn(block: MachineBlock): void {
    this.current = block;
    this.machine.layout.push(block.id);
  }

  // Emission.

  emit(opcode: Opcode, dst: Register, src: Register, off = 0, imm = 0): MachineIns {
    const ins = new MachineIns(opcode, dst, src, off, imm, this.pos);
    this.current.instructions.push(ins);
    return ins;
  }

  /** `dst = left operation src`, for a form that updates its register; the result's register. */
  emitUpdate(opcode: Opcode, left: Register, src: Register, imm = 0, dst = this.newRegister()): Register {
    this.emit(opcode, dst, src, 0, imm).left = left;
    return dst;
  }

  /** The instruction emitted last takes its immediate or displacement from a CO-RE relocation. */
  markCore(row: number): void {
    const last = this.current.instructions.at(-1) ?? bug('no instruction to relocate');
    last.core = row;
  }

  /** Is this CO-RE relocation a 64-bit immediate? */
  isWideRelocation(ins: Ins): boolean {
    return this.target.isWideRelocation(this.func.coreRelocations[ins.aux]?.kind ?? 0);
  }

  /**
   * The CO-RE relocation that gives `value`, if it may be the immediate of an arithmetic instruction, which libbpf patches as
   * it does that of a move. What such relocations give (offsets, sizes, shifts, answers) is not negative.
   */
  relocatedImmediate(value: ValueId): Ins | undefined {
    const ins = this.func.ins(this.resolve(value));
    if (ins.op !== Op.core_relocation || this.isWideRelocation(ins)) return undefined;
    return ins.imm < 0x8000_0000n ? ins : undefined;
  }

  copy(dst: Register, src: Register): void {
    this.emit(Pseudo.copy, dst, src);
  }

  jump(target: MachineBlock): void {
    this.emit(Kind.ja, -1, -1).target = target.id;
  }

  newRegister(): Register {
    return this.machine.createRegister();
  }

  // Values.

  ins(value: ValueId): Ins {
    return this.func.ins(value);
  }

  operand(ins: Ins, index: number): ValueId {
    return ins.operands[index] ?? bug(`v${ins.id} has no operand ${index}`);
  }

  constant(value: ValueId): bigint | undefined {
    const ins = this.func.ins(value);
    return ins.op === Op.const ? ins.imm : undefined;
  }

  isZeroUpper(value: ValueId): boolean {
    return (this.significant[value] ?? 64) <= bitsOf(this.ins(value).type);
  }

  /** Does this conversion leave the register as it is? */
  isFree(ins: Ins): boolean {
    switch (ins.op) {
      case Op.trunc:
        return ins.type !== Type.i1;
      case Op.zext:
        return this.isZeroUpper(this.operand(ins, 0));
      case Op.sext: {
        const from = this.operand(ins, 0);
        return (this.significant[from] ?? 64) < bitsOf(this.ins(from).type);
      }
      case Op.ptrtoint:
      case Op.inttoptr:
        return true;
      default:
        return false;
    }
  }

  /** The value whose register `value` has: free conversions are looked through. */
  resolve(value: ValueId): ValueId {
    let at = value;
    for (let ins = this.func.ins(at); this.isFree(ins); ins = this.func.ins(at)) at = this.operand(ins, 0);
    return at;
  }

  /** The register that holds `value`; -1 for what has none of its own. */
  registerOf(value: ValueId): Register {
    return this.registers[this.resolve(value)] ?? -1;
  }

  /** Gives `value` a register that already holds it. */
  bind(value: ValueId, register: Register): void {
    const known = this.registers[value] ?? -1;
    if (known >= 0) this.copy(known, register);
    else this.registers[value] = register;
  }

  /**
   * Puts `value` into a machine register for a caller or callee: nothing narrower than 64 bits has stray upper bits, but
   * where the other side reads no more than `read` bits those above may be anything.
   */
  passValue(register: Register, value: ValueId, read: 32 | 64 = 64): void {
    const bits = bitsOf(this.ins(value).type);
    const isClean = bits >= read || this.isZeroUpper(value);
    if (this.isMaterialized(value) || isClean) this.assign(register, value);
    else if (bits === 32 && !this.target.alu32) this.copy(register, this.use(value));
    else if (bits === 32) this.emit(Kind.mov32_reg, register, this.use(value));
    else this.copy(register, this.emitZeroExtension(this.use(value), bits));
  }

  /** The register that `ins` defines. */
  define(value: ValueId): Register {
    const known = this.registers[value] ?? -1;
    if (known >= 0) return known;
    const register = this.newRegister();
    this.registers[value] = register;
    return register;
  }

  /** A register that holds `value`. */
  use(value: ValueId): Register {
    const resolved = this.resolve(value);
    const ins = this.func.ins(resolved);
    switch (ins.op) {
      case Op.const:
        return this.shared(ins) ?? this.materialize(resolved, this.newRegister());
      case Op.globaladdr:
        return this.symbolAddress(this.symbolOf(ins), ins.imm);
      case Op.undef:
      case Op.alloca:
        return this.materialize(resolved, this.newRegister());
      default:
        return this.define(resolved);
    }
  }

  /** True for values that {@link materialize} makes without a source register. */
  isMaterialized(value: ValueId): boolean {
    const { op } = this.func.ins(this.resolve(value));
    return op === Op.const || op === Op.globaladdr || op === Op.undef || op === Op.alloca;
  }

  /** Puts `value` into `dst`. An address or a wide constant comes from a register of its own, which others may share. */
  assign(dst: Register, value: ValueId): void {
    if (this.isMaterialized(value) && !this.isShareable(value)) this.materialize(this.resolve(value), dst);
    else if (this.isMaterialized(value)) {
      this.copy(dst, this.materialize(this.resolve(value), this.newRegister()));
    } else this.copy(dst, this.use(value));
  }

  private isShareable(value: ValueId): boolean {
    const ins = this.func.ins(this.resolve(value));
    if (ins.op === Op.const) return asImmediate(ins.imm, bitsOf(ins.type)) === undefined;
    return ins.op === Op.globaladdr || ins.op === Op.alloca;
  }

  private materialize(value: ValueId, dst: Register): Register {
    const ins = this.func.ins(value);
    switch (ins.op) {
      case Op.const:
        this.loadConstant(dst, ins.imm, bitsOf(ins.type));
        break;
      case Op.globaladdr:
        this.loadSymbol(dst, this.symbolOf(ins), ins.imm);
        break;
      case Op.alloca:
        this.emit(Pseudo.frame_address, dst, -1).object = this.objectOf(value);
        break;
      default:
        // Any value would do, but the verifier wants one wherever a path leads from here to a use.
        this.loadConstant(dst, 0n, bitsOf(ins.type));
    }
    return dst;
  }

  /** A register for a 64-bit immediate that an instruction of this block has loaded before. */
  private shared(ins: Ins): Register | undefined {
    if (asImmediate(ins.imm, bitsOf(ins.type)) !== undefined) return undefined;
    const key = `c${ins.imm}`;
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const register = this.materialize(ins.id, this.newRegister());
    this.cache.set(key, register);
    return register;
  }

  /** dst = `value`, a bit pattern of `bits` bits, in the shortest form. */
  loadConstant(dst: Register, value: bigint, bits: number): void {
    const immediate = asImmediate(value, bits);
    const isWide = bits === 64 || !this.target.alu32;
    if (isWide && immediate !== undefined) {
      this.emit(Kind.mov64_imm, dst, -1, 0, immediate);
    } else if (this.target.alu32 && value <= 0xffff_ffffn) {
      this.emit(Kind.mov32_imm, dst, -1, 0, Number(BigInt.asIntN(32, value)));
    } else {
      this.emit(Kind.lddw, dst, -1).wide = value;
    }
  }

  loadSymbol(dst: Register, symbol: SymbolId, addend: bigint): void {
    const ins = this.emit(Kind.lddw, dst, -1);
    ins.symbol = symbol;
    ins.wide = BigInt.asIntN(64, addend);
  }

  /** The address of a symbol, loaded once a block. */
  symbolAddress(symbol: SymbolId, addend: bigint): Register {
    const key = `s${symbol}:${addend}`;
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const register = this.newRegister();
    this.loadSymbol(register, symbol, addend);
    this.cache.set(key, register);
    return register;
  }

  symbolOf(ins: Ins): SymbolId {
    return this.module.symbol(asId<SymbolId>(ins.aux)).id;
  }

  objectOf(alloca: ValueId): number {
    return this.objects.get(alloca) ?? bug(`v${alloca} is no alloca of ${this.func.name}`);
  }

  // Clean upper bits.

  /** A register with `value` zero-extended to 64 bits. */
  zeroExtended(value: ValueId): Register {
    const constant = this.constant(value);
    if (constant !== undefined) {
      const register = this.newRegister();
      this.loadConstant(register, constant, 64);
      return register;
    }
    const register = this.use(value);
    if (this.isZeroUpper(value)) return register;
    return this.emitZeroExtension(register, bitsOf(this.ins(value).type));
  }

  /** Clears all but the low `bits` bits. */
  emitZeroExtension(register: Register, bits: number): Register {
    const { alu32 } = this.target;
    if (bits >= 64) return register;
    if (bits < 32) {
      const opcode = alu32 ? Kind.and32_imm : Kind.and64_imm;
      return this.emitUpdate(opcode, register, -1, 2 ** bits - 1);
    }
    if (alu32) {
      const dst = this.newRegister();
      this.emit(Kind.mov32_reg, dst, register);
      return dst;
    }
    return this.emitUpdate(Kind.rsh64_imm, this.emitUpdate(Kind.lsh64_imm, register, -1, 32), -1, 32);
  }

  /** A register with `value` sign-extended to `to` bits. */
  signExtended(value: ValueId, to: 32 | 64): Register {
    const constant = this.constant(value);
    const from = bitsOf(this.ins(value).type);
    if (constant !== undefined) {
      const register = this.newRegister();
      this.loadConstant(register, BigInt.asUintN(to, BigInt.asIntN(from, constant)), to);
      return register;
    }
    return this.emitSignExtension(this.use(value), from, to);
  }

  emitSignExtension(register: Register, from: number, to: 32 | 64): Register {
    if (from >= to) return register;
    const width = to === 32 && this.target.alu32 ? 32 : 64;
    const extending = this.target.signedMove(from, width);
    if (extending !== undefined) {
      const dst = this.newRegister();
      this.emit(extending, dst, register);
      return dst;
    }
    const shift = width - from;
    const [left, right] =
      width === 32 ? [Kind.lsh32_imm, Kind.arsh32_imm] : [Kind.lsh64_imm, Kind.arsh64_imm];
    return this.emitUpdate(right, this.emitUpdate(left, register, -1, shift), -1, shift);
  }

  /** Is the value, or what it is a part of, compared anywhere? */
  isCompared(value: ValueId): boolean {
    const isBound = (user: Ins): boolean => user.op === Op.icmp;
    return this.uses.of(value).some(isBound) || this.uses.of(this.resolve(value)).some(isBound);
  }

  usersOf(value: ValueId): readonly Ins[] {
    return this.uses.of(value);
  }

  useCount(value: ValueId): number {
    return this.uses.count(value);
  }

  isUsed(value: ValueId): boolean {
    return this.uses.count(value) > 0;
  }

  /** The conversion that a sign-extending load makes needless: the load's only user, where the processor has the form. */
  signExtensionOf(load: Ins): ValueId | undefined {
    const [user, other] = this.uses.of(load.id);
    const isPlain = load.op === Op.load && load.flags >> orderingShift === 0;
    if (user === undefined || other !== undefined || !isPlain || bitsOf(load.type) === 64) return undefined;
    const isWanted = user.op === Op.sext && user.type === Type.i64;
    return isWanted && this.target.form('ldxsx_w') !== undefined ? user.id : undefined;
  }

  /** An address in memory as base and displacement: constants and locals are folded into the access. */
  address(pointer: ValueId): Address {
    let value = this.resolve(pointer);
    let offset = 0n;
    let core = -1;
    for (let ins = this.ins(value); ins.op === Op.ptradd; ins = this.ins(value)) {
      const step = this.ins(this.operand(ins, 1));
      if (step.op === Op.core_relocation && core < 0 && offset === 0n && fits(step.imm)) core = step.aux;
      else if (step.op !== Op.const || core >= 0) break;
      const sum = offset + BigInt.asIntN(64, step.imm);
      if (!fits(sum)) break;
      offset = sum;
      value = this.resolve(this.operand(ins, 0));
    }
    return this.addressFrom(value, offset, core);
  }

  private addressFrom(value: ValueId, offset: bigint, core: number): Address {
    const ins = this.ins(value);
    const displacement = Number(offset);
    // A relocated displacement is patched as a whole, so it must count from the object itself.
    if (ins.op === Op.alloca && core < 0) {
      return { base: FRAME_POINTER, object: this.objectOf(value), offset: displacement, core };
    }
    if (ins.op === Op.globaladdr) {
      // One address for all members, as long as the displacement reaches.
      const whole = ins.imm + offset;
      if (whole >= 0n && fits(whole) && core < 0) {
        const base = this.symbolAddress(this.symbolOf(ins), 0n);
        return { base, object: -1, offset: Number(whole), core };
      }
    }
    return { base: this.use(value), object: -1, offset: displacement, core };
  }
}

function fits(offset: bigint): boolean {
  return offset >= -0x8000n && offset <= 0x7fffn;
}
