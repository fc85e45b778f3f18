/**
 * Lifetimes of locals on the stack: machine function -> positions at which each marked object may hold a value, in the
 * numbering of the live ranges (instruction n reads at 2n and writes at 2n + 1, layout order).
 *
 * An object is alive where some path leads from a `lifetime_start` without passing a `lifetime_end`: forward data flow
 * with union (as LLVM's stack colouring does); and, unless its address escaped, only as long as it may still be
 * referred to: backward data flow, since scopes that are left by a jump have no end mark. Objects without marks, and objects that are named where they would not be alive,
 * get no entry: they live all the time.
 */

import { BitSet } from '../support/bit-set.ts';
import { type MachineFunction, type MachineIns, Pseudo, predecessorsOf, successorsOf } from './machine.ts';
import { type StackReferences, stackReferences } from './stack-references.ts';

const nothing: ReadonlySet<number> = new Set();

/** What the instruction refers to; making an address is no use of the object, and may stand before its life. */
function accessed(references: StackReferences, ins: MachineIns): ReadonlySet<number> {
  return ins.opcode === Pseudo.frame_address ? nothing : references.of(ins);
}

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

/** What may still be referred to at the end of each block; everything that escaped counts all the time. */
function wantedAtEnd(func: MachineFunction, references: StackReferences): BitSet[] {
  const count = func.frame.length;
  const ends = func.blocks.map(() => new BitSet(count));
  const starts = func.blocks.map(() => new BitSet(count));
  const predecessors = predecessorsOf(func);
  const work = [...func.layout];
  const isQueued = new Uint8Array(func.blocks.length).fill(1);
  for (let id = work.pop(); id !== undefined; id = work.pop()) {
    isQueued[id] = 0;
    const wanted = ends[id];
    const start = starts[id];
    if (wanted === undefined || start === undefined) continue;
    for (const successor of successorsOf(func.block(id))) {
      const after = starts[successor];
      if (after !== undefined) wanted.addAll(after);
    }
    const now = wanted.clone();
    const { instructions } = func.block(id);
    for (let i = instructions.length - 1; i >= 0; i--) {
      const ins = instructions[i];
      if (ins === undefined) continue;
      if (ins.opcode === Pseudo.lifetime_start) now.delete(ins.object);
      for (const object of accessed(references, ins)) now.add(object);
    }
    if (now.equals(start)) continue;
    start.copyFrom(now);
    for (const predecessor of predecessors[id] ?? []) {
      if (isQueued[predecessor] === 1) continue;
      isQueued[predecessor] = 1;
      work.push(predecessor);
    }
  }
  return ends;
}

/** Appends a segment; one that touches the last is joined to it. */
function append(list: number[] | undefined, start: number, end: number): void {
  if (list === undefined || end <= start) return;
  if (list.at(-1) === start) list[list.length - 1] = end;
  else list.push(start, end);
}

export function localLifetimes(func: MachineFunction): Map<number, number[]> {
  const marked = markedObjects(func);
  const result = new Map<number, number[]>();
  if (marked.size === 0) return result;
  for (const object of marked) result.set(object, []);
  const starts = aliveAtStart(func);
  const references = stackReferences(func);
  const ends = wantedAtEnd(func, references);
  let index = 0;
  for (const block of func.eachBlock()) {
    const first = index;
    const alive = starts[block.id]?.clone() ?? new BitSet(func.frame.length);
    /** Where the current stretch of each living object began, and where it was last referred to. */
    const since = new Map<number, number>();
    const lastUse = new Map<number, number>();
    for (const object of alive) since.set(object, 2 * first);
    const close = (object: number, end: number): void => {
      const start = since.get(object);
      since.delete(object);
      if (start !== undefined) append(result.get(object), start, end);
    };
    for (const ins of block.instructions) {
      const { object } = ins;
      const at = 2 * index++;
      if (ins.opcode === Pseudo.lifetime_start) {
        if (!since.has(object)) since.set(object, at);
      } else if (ins.opcode === Pseudo.lifetime_end) {
        close(object, references.escaped.has(object) ? at : (lastUse.get(object) ?? at));
      }
      for (const referred of accessed(references, ins)) {
        if (!since.has(referred)) result.delete(referred);
        lastUse.set(referred, at + 2);
      }
    }
    for (const object of [...since.keys()]) {
      const isWanted = references.escaped.has(object) || ends[block.id]?.has(object) === true;
      close(object, isWanted ? 2 * index : (lastUse.get(object) ?? 2 * first));
    }
  }
  return result;
}
