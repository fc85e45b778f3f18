/**
 * A block that only sets a register and jumps on gives the move to its one predecessor, which sets the register before its
 * condition: the jump is gone, and the condition goes to the target at once.
 *
 *     P: if c goto E        P: r2 = 1
 *     ...                      if c goto T
 *     E: r2 = 1; goto T
 *
 * That is right when the register is neither read by the condition nor live on the predecessor's other way. A condition
 * that reads it gets another free register for the value that it compares, if the predecessor makes that value for it
 * alone. Such blocks come from phis of constants. The verifier looks for a known state at every jump and notes one
 * each few jumps, so fewer jumps also leave its notes where ways meet. A way out of a loop keeps its move: it would run
 * in each iteration.
 *
 * Works on laid out blocks with physical registers.
 */

import { Kind } from '../isa/table.ts';
import { liveRegistersAtStart, readRegisters, writtenRegisters } from './live-registers.ts';
import {
  isPure,
  type MachineBlock,
  type MachineFunction,
  type MachineIns,
  mapRegisters,
  predecessorsOf,
  type Register,
} from './machine.ts';

const registerCount = 10;

/** The move of a block that has nothing else but a jump. */
function onlyMove(block: MachineBlock): MachineIns | undefined {
  const [move, jump, more] = block.instructions;
  if (move === undefined || jump === undefined || more !== undefined) return undefined;
  return jump.opcode === Kind.ja && jump.target >= 0 && isPure(move) && move.core < 0 ? move : undefined;
}

/** The instructions from the one that makes the value of a register, without reading the register, to the block's end. */
function rangeOfValue(block: MachineBlock, register: Register): readonly MachineIns[] | undefined {
  const { instructions } = block;
  const bit = 1 << register;
  for (let i = instructions.length - 1; i >= 0; i--) {
    const ins = instructions[i];
    if (ins === undefined || ins.reads !== 0 || ins.writes !== 0 || ins.asm !== undefined) return undefined;
    if ((writtenRegisters(ins) & bit) !== 0 && (readRegisters(ins) & bit) === 0) return instructions.slice(i);
  }
  return undefined;
}

/** Gives the value that a block computes in a register for its condition another one; false when it cannot. */
function renameValue(block: MachineBlock, register: Register, busy: number): boolean {
  const range = rangeOfValue(block, register);
  const [first, ...others] = range ?? [];
  if (range === undefined || first === undefined) return false;
  let taken = busy;
  for (const ins of range) taken |= readRegisters(ins) | writtenRegisters(ins);
  let free = 0;
  while (free < registerCount && (taken & (1 << free)) !== 0) free++;
  if (free === registerCount) return false;
  first.dst = free;
  for (const ins of others) mapRegisters(ins, (old) => (old === register ? free : old));
  return true;
}

/** Is there a jump less without the block: its own, or that of the block above, which can then fall through? */
function sparesJump(func: MachineFunction, position: number): boolean {
  const target = func.block(func.layout[position] ?? 0).instructions.at(-1)?.target;
  if (func.layout[position + 1] !== target) return true;
  const before = func.layout[position - 1];
  const last = before === undefined ? undefined : func.block(before).instructions.at(-1);
  return last?.opcode === Kind.ja && last.target === target;
}

export function hoistMoves(func: MachineFunction): void {
  const predecessors = predecessorsOf(func);
  const live = liveRegistersAtStart(func);
  for (const [position, id] of func.layout.entries()) {
    const block = func.block(id);
    const move = onlyMove(block);
    const [from, second] = predecessors[block.id] ?? [];
    if (move === undefined || from === undefined || second !== undefined) continue;
    const above = func.block(from);
    const branch = above.instructions.at(-1);
    if (branch === undefined || branch.otherTarget < 0) continue;
    if (block.loopDepth < above.loopDepth || !sparesJump(func, position)) continue;
    const other = branch.target === block.id ? branch.otherTarget : branch.target;
    const behind = (live[other] ?? 0) | (live[block.id] ?? 0) | (1 << move.dst);
    if (other === block.id || ((live[other] ?? 0) & (1 << move.dst)) !== 0) continue;
    const isRead = (readRegisters(branch) & (1 << move.dst)) !== 0;
    const isUpdate = (readRegisters(move) & (1 << move.dst)) !== 0;
    if (isRead && (isUpdate || !renameValue(above, move.dst, behind | func.reserved))) continue;
    above.instructions.splice(-1, 0, move);
    block.instructions.shift();
    // The emptied block has the register from its predecessor; nothing else changes.
    live[block.id] = (live[block.id] ?? 0) | (1 << move.dst);
  }
}
