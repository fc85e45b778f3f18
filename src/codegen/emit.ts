/**
 * Emission: an allocated, laid out machine function -> instructions with relocations and source positions.
 *
 * Needs: physical registers only, stack offsets known, blocks in their final order. A conditional jump falls through to
 * whichever of its ways comes next, with the condition turned around where the processor has the opposite jump. Jumps
 * beyond the 16-bit distance become `gotol` where the processor has it; otherwise they hop over blocks that only jump
 * (`trampolines.ts`).
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import { noPos } from '../diagnostics/source-manager.ts';
import type { CoreRelocationInfo, SymbolId } from '../ir/func.ts';
import type { ValueName } from '../ir/value-names.ts';
import { Instruction } from '../isa/instruction.ts';
import { type InsnKind, insnRow, Kind } from '../isa/table.ts';
import { bug } from '../support/bug.ts';
import { asId } from '../support/ids.ts';
import type { AsmCodes } from './assemble-asm.ts';
import { type MachineFunction, type MachineIns, Pseudo, rowOf } from './machine.ts';
import type { Target } from './target.ts';
import { addTrampolines, type PendingJump, reach, sureReach } from './trampolines.ts';

/** A place in the code that gets a symbol's address (`lddw`) or call distance. */
export interface CodeRelocation {
  /** Index of the instruction. */
  readonly index: number;
  readonly kind: 'address' | 'call';
  readonly symbol: SymbolId;
  readonly addend: bigint;
}

/** From this instruction on the code belongs to `pos`. */
export interface CodeLine {
  readonly index: number;
  readonly pos: Pos;
}

export interface CodeCoreRelocation {
  readonly index: number;
  readonly info: CoreRelocationInfo;
}

/** What the value is called that an instruction makes. */
export interface CodeNames {
  readonly index: number;
  readonly names: readonly ValueName[];
}

/** What the driver is told about a stack object. */
export interface StackObject {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** A function ready to be encoded. */
export interface CompiledFunction {
  readonly symbol: SymbolId;
  readonly instructions: readonly Instruction[];
  readonly relocations: readonly CodeRelocation[];
  readonly lines: readonly CodeLine[];
  readonly coreRelocations: readonly CodeCoreRelocation[];
  readonly stackSize: number;
  readonly stackObjects: readonly StackObject[];
  /** Of a function whose values have names. */
  readonly names: readonly CodeNames[];
}

const opposites: ReadonlyMap<string, string> = new Map([
  ['jeq', 'jne'],
  ['jne', 'jeq'],
  ['jgt', 'jle'],
  ['jle', 'jgt'],
  ['jge', 'jlt'],
  ['jlt', 'jge'],
  ['jsgt', 'jsle'],
  ['jsle', 'jsgt'],
  ['jsge', 'jslt'],
  ['jslt', 'jsge'],
]);

/** The conditional jump that jumps when this one does not, if the processor has it. */
function oppositeOf(ins: MachineIns, target: Target): number | undefined {
  const row = rowOf(ins.opcode);
  const operation = row === undefined ? undefined : opposites.get(row.operation);
  if (row === undefined || operation === undefined) return undefined;
  return target.form(`${operation}${row.bits}_${row.form === 'jump_imm' ? 'imm' : 'reg'}`);
}

class Emitter {
  readonly instructions: Instruction[] = [];
  readonly relocations: CodeRelocation[] = [];
  readonly lines: CodeLine[] = [];
  readonly coreRelocations: CodeCoreRelocation[] = [];
  readonly jumps: PendingJump[] = [];
  readonly names: CodeNames[] = [];
  /** Index of the first instruction by block number. */
  readonly starts: Int32Array;
  /** Slot by index of an instruction, once jumps are resolved. */
  slots: Int32Array = new Int32Array(0);
  private readonly func: MachineFunction;
  private readonly target: Target;
  private readonly asmCodes: AsmCodes;
  private lastPos: Pos = noPos;
  /** Something was emitted that no asm statement wrote. */
  private hasOwnCode = false;

  constructor(func: MachineFunction, target: Target, asmCodes: AsmCodes) {
    this.func = func;
    this.asmCodes = asmCodes;
    this.target = target;
    this.starts = new Int32Array(func.blocks.length).fill(-1);
  }

  emitAll(): void {
    const { func } = this;
    func.layout.forEach((id, position) => {
      this.starts[id] = this.instructions.length;
      const next = func.layout[position + 1] ?? -1;
      for (const ins of func.block(id).instructions) this.emit(ins, next);
    });
  }

  private add(kind: InsnKind, dst: number, src: number, off: number, imm: number, immHigh = 0): void {
    const row = insnRow(kind);
    this.hasOwnCode = true;
    this.instructions.push(
      new Instruction(
        kind,
        row.dst === 'none' ? 0 : dst,
        row.src === 'none' ? row.fixedSrc : src,
        row.off === 'none' ? row.fixedOff : off,
        row.imm === 'none' ? row.fixedImm : imm,
        immHigh,
      ),
    );
  }

  private notePosition(pos: Pos): void {
    if (pos === noPos || pos === this.lastPos) return;
    this.lastPos = pos;
    this.lines.push({ index: this.instructions.length, pos });
  }

  private emit(ins: MachineIns, next: number): void {
    const row = rowOf(ins.opcode);
    const jumps = ins.target >= 0;
    if (jumps && ins.opcode === Kind.ja && ins.target === next) return;
    this.notePosition(ins.pos);
    if (row === undefined) this.emitPseudo(ins, next);
    else if (jumps && ins.otherTarget >= 0) this.emitConditional(ins, next);
    else if (jumps) this.jump(Kind.ja, ins, ins.target);
    else this.emitPlain(ins);
    // What takes several instructions is there after the last.
    if (ins.names !== undefined && ins.names.length > 0) {
      this.names.push({ index: this.instructions.length - 1, names: ins.names });
    }
  }

  private jump(kind: InsnKind, ins: MachineIns, target: number): void {
    this.jumps.push({ index: this.instructions.length, target });
    this.add(kind, ins.dst, ins.src, 0, ins.imm);
  }

  private emitConditional(ins: MachineIns, next: number): void {
    const opposite = ins.target === next ? oppositeOf(ins, this.target) : undefined;
    if (opposite !== undefined) {
      this.jump(asId<InsnKind>(opposite), ins, ins.otherTarget);
      return;
    }
    this.jump(asId<InsnKind>(ins.opcode), ins, ins.target);
    if (ins.otherTarget !== next) {
      this.jumps.push({ index: this.instructions.length, target: ins.otherTarget });
      this.add(Kind.ja, 0, 0, 0, 0);
    }
  }

  private emitPseudo(ins: MachineIns, next: number): void {
    switch (ins.opcode) {
      case Pseudo.copy:
        this.add(Kind.mov64_reg, ins.dst, ins.src, 0, 0);
        break;
      case Pseudo.frame_address:
        this.add(Kind.mov64_reg, ins.dst, 10, 0, 0);
        this.add(Kind.add64_imm, ins.dst, 0, 0, this.offsetOf(ins));
        break;
      case Pseudo.asm:
        this.emitAsm(ins, next);
        break;
      case Pseudo.unreachable:
        this.emitUnreachable();
        break;
      default:
        bug(`pseudo instruction ${ins.opcode} reached emission`);
    }
  }

  /**
   * Control never comes here, but the verifier wants no falling off the end: return 0, or just return after a call. A function that is
   * all assembly (`naked`) is left as it was written.
   */
  private emitUnreachable(): void {
    const last = this.instructions.at(-1);
    if (last !== undefined && !this.hasOwnCode) return;
    const isCall = last !== undefined && insnRow(last.kind).operation === 'call';
    if (!isCall) this.add(Kind.mov64_imm, 0, 0, 0, 0);
    this.add(Kind.exit, 0, 0, 0, 0);
  }

  private emitAsm(ins: MachineIns, next: number): void {
    const code = this.asmCodes.get(ins) ?? bug('asm without code');
    const first = this.instructions.length;
    for (const relocation of code.relocations) {
      this.relocations.push({ ...relocation, index: first + relocation.index });
    }
    for (const { kind, dst, src, off, imm, immHigh } of code.instructions) {
      this.instructions.push(new Instruction(kind, dst, src, off, imm, immHigh));
    }
    for (const { index, label } of code.jumps) {
      this.jumps.push({ index: first + index, target: ins.asm?.labels[label] ?? bug('jump to no label') });
    }
    if (ins.target < 0 || ins.target === next) return;
    this.jumps.push({ index: this.instructions.length, target: ins.target });
    this.add(Kind.ja, 0, 0, 0, 0);
  }

  private offsetOf(ins: MachineIns): number {
    return ins.object >= 0 ? this.func.frameObject(ins.object).offset + ins.off : ins.off;
  }

  private emitPlain(ins: MachineIns): void {
    const index = this.instructions.length;
    const kind = asId<InsnKind>(ins.opcode);
    const row = insnRow(kind);
    if (ins.symbol >= 0) {
      const symbol = asId<SymbolId>(ins.symbol);
      const relocation = row.operation === 'call' ? 'call' : 'address';
      this.relocations.push({
        index,
        kind: relocation,
        symbol,
        addend: row.operation === 'call' ? 0n : ins.wide,
      });
    }
    if (ins.core >= 0) {
      const info = this.func.coreRelocations[ins.core] ?? bug(`no CO-RE relocation ${ins.core}`);
      this.coreRelocations.push({ index, info });
    }
    if (row.operation === 'lddw') {
      const low = Number(BigInt.asIntN(32, ins.wide));
      this.add(kind, ins.dst, 0, 0, low, Number(BigInt.asIntN(32, ins.wide >> 32n)));
      return;
    }
    this.add(kind, ins.dst, ins.src, this.offsetOf(ins), ins.imm);
  }

  /** Fills in distances. Where jumps do not reach, they are returned with those that hardly do: what makes them shorter makes code longer. */
  resolve(): PendingJump[] {
    const { instructions } = this;
    const slots = new Int32Array(instructions.length + 1);
    this.slots = slots;
    instructions.forEach((instruction, index) => {
      slots[index + 1] = (slots[index] ?? 0) + insnRow(instruction.kind).slots;
    });
    const far: PendingJump[] = [];
    let reaches = true;
    for (const jump of this.jumps) {
      const instruction = instructions[jump.index] ?? bug('jump without instruction');
      const start = this.starts[jump.target] ?? -1;
      if (start < 0) bug(`jump to block ${jump.target}, which is not laid out`);
      const distance = (slots[start] ?? 0) - (slots[jump.index + 1] ?? 0);
      const isNear = distance >= -reach - 1 && distance <= reach;
      const isSure = distance >= -sureReach && distance <= sureReach;
      if (insnRow(instruction.kind).imm === 'jump') {
        instruction.imm = distance;
      } else if (isNear) {
        instruction.off = distance;
        if (!isSure) far.push(jump);
      } else if (instruction.kind === Kind.ja && this.target.form('ja32') !== undefined) {
        instruction.kind = Kind.ja32;
        instruction.imm = distance;
      } else {
        reaches = false;
        far.push(jump);
      }
    }
    return reaches ? [] : far;
  }
}

/** Hops make code longer, so that more jumps are far. Where nearly all are, and to as many targets, there is no end. */
const maxRounds = 32;

/** `asmCodes` has the code of every asm statement. Undefined when a jump cannot be made to reach its target. */
export function emitFunction(
  func: MachineFunction,
  target: Target,
  asmCodes: AsmCodes,
): CompiledFunction | undefined {
  for (let round = 0; round < maxRounds; round++) {
    const emitter = new Emitter(func, target, asmCodes);
    emitter.emitAll();
    const far = emitter.resolve();
    if (far.length > 0) {
      addTrampolines(func, emitter, far, target.form('ja32') !== undefined);
      continue;
    }
    const { instructions, relocations, lines, coreRelocations, names } = emitter;
    const stackObjects = func.frame
      .filter((object) => object.offset < 0)
      .map(({ local, offset, size }) => ({ name: local?.name ?? '(spill)', offset, size }));
    return {
      symbol: func.symbol,
      instructions,
      relocations,
      lines,
      coreRelocations,
      stackSize: func.stackSize,
      stackObjects,
      names,
    };
  }
  // Only the text of an asm statement is so long in one piece that no block to hop over fits in between.
  return undefined;
}
