/**
 * Lifetimes of locals on the stack: machine function -> positions at which each marked object may hold a value, in the
 * numbering of the live ranges (instruction n reads at 2n and writes at 2n + 1, layout order).
 *
 * An object is alive where some path leads from a `lifetime_start` without passing a `lifetime_end`: forward data flow
 * with union (as LLVM's stack colouring does). Objects without marks, and objects that are named where they would not be alive,
 * get no entry: they live all the time.
 */

import { BitSet } from '../support/bit-set.ts';
import { type MachineFunction, Pseudo, predecessorsOf, successorsOf } from './machine.ts';

/** Objects that have a start mark. */
function markedObjects(func: MachineFunction): Set<number> {
  const marked = new Set<number>();
  for (const block of func.eachBlock()) {
    for (const ins of block.instructions) {
      if (ins.opcode === Pseudo.lifetime_start) marked.add(ins.object);
    }
  }
  return marked;
}

/** What is alive at the start of each block. */
function aliveAtStart(func: MachineFunction): BitSet[] {
  const count = func.frame.length;
  const starts = func.blocks.map(() => new BitSet(count));
  const ends = func.blocks.map(() => new BitSet(count));
  const predecessors = predecessorsOf(func);
  const work = [...func.layout].reverse();
  const isQueued = new Uint8Array(func.blocks.length).fill(1);
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    isQueued[id] = 0;
    const alive = starts[id];
    const end = ends[id];
    if (alive === undefined || end === undefined) continue;
    for (const predecessor of predecessors[id] ?? []) {
      const before = ends[predecessor];
      if (before !== undefined) alive.addAll(before);
    }
    const now = alive.clone();
    for (const ins of func.block(id).instructions) {
      if (ins.opcode === Pseudo.lifetime_start) now.add(ins.object);
      else if (ins.opcode === Pseudo.lifetime_end) now.delete(ins.object);
    }
    if (now.equals(end)) continue;
    end.copyFrom(now);
    for (const successor of successorsOf(func.block(id))) {
      if (isQueued[successor] === 1) continue;
      isQueued[successor] = 1;
      work.push(successor);
    }
  }
  return starts;
}

/** Appends a segment; one that touches the last is joined to it. */
function append(list: number[], start: number, end: number): void {
  if (end <= start) return;
  if (list.at(-1) === start) list[list.length - 1] = end;
  else list.push(start, end);
}

export function localLifetimes(func: MachineFunction): Map<number, number[]> {
  const marked = markedObjects(func);
  const result = new Map<number, number[]>();
  if (marked.size === 0) return result;
  for (const object of marked) result.set(object, []);
  const starts = aliveAtStart(func);
  let index = 0;
  for (const block of func.eachBlock()) {
    /** Where the current segment of each living object began. */
    const since = new Map<number, number>();
    for (const object of starts[block.id] ?? []) since.set(object, 2 * index);
    for (const ins of block.instructions) {
      const { object } = ins;
      if (ins.opcode === Pseudo.lifetime_start) {
        if (!since.has(object)) since.set(object, 2 * index);
      } else if (ins.opcode === Pseudo.lifetime_end) {
        append(result.get(object) ?? [], since.get(object) ?? 2 * index, 2 * index);
        since.delete(object);
      } else {
        if (!since.has(object)) result.delete(object);
        for (const operand of ins.asm?.operands ?? [])
          if (!since.has(operand.object)) result.delete(operand.object);
      }
      index++;
    }
    for (const [object, start] of since) append(result.get(object) ?? [], start, 2 * index);
  }
  return result;
}
