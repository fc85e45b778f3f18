/**
 * Loop depths of machine blocks: how many natural loops a block lies in. A back edge is an edge to a block on the depth-first
 * stack; the body of its loop is what reaches the edge's source without passing the header (Aho, Lam, Sethi, Ullman, 9.6.6).
 */

import { type MachineFunction, predecessorsOf, successorsOf } from './machine.ts';

const maxDepth = 8;
/**
 * How often blocks are looked at on average. Loops of `goto` with many entries contain each other, so that thousands of them
 * would be walked whole; those that the walk no longer comes to do not count.
 */
const maxVisits = 64;

/** Sources of back edges by header. */
function backEdges(func: MachineFunction, entry: number): Map<number, number[]> {
  const result = new Map<number, number[]>();
  const state = new Uint8Array(func.blocks.length);
  const stack: { readonly block: number; readonly successors: number[]; next: number }[] = [];
  const enter = (block: number): void => {
    state[block] = 1;
    stack.push({ block, successors: successorsOf(func.block(block)), next: 0 });
  };
  enter(entry);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const successor = top.successors[top.next++];
    if (successor === undefined) {
      state[top.block] = 2;
      stack.pop();
    } else if (state[successor] === 0) {
      enter(successor);
    } else if (state[successor] === 1) {
      const list = result.get(successor);
      if (list === undefined) result.set(successor, [top.block]);
      else list.push(top.block);
    }
  }
  return result;
}

/** Sets `loopDepth` of every block. */
export function computeLoopDepths(func: MachineFunction): void {
  const entry = func.layout[0];
  if (entry === undefined) return;
  const predecessors = predecessorsOf(func);
  const stamp = new Int32Array(func.blocks.length).fill(-1);
  let visits = maxVisits * func.layout.length;
  for (const [header, latches] of backEdges(func, entry)) {
    if (visits <= 0) break;
    const work = [...latches];
    stamp[header] = header;
    const members = [header];
    for (let block = work.pop(); block !== undefined; block = work.pop()) {
      if (stamp[block] === header) continue;
      stamp[block] = header;
      members.push(block);
      for (const predecessor of predecessors[block] ?? []) work.push(predecessor);
    }
    visits -= members.length;
    for (const member of members) {
      const block = func.block(member);
      block.loopDepth = Math.min(block.loopDepth + 1, maxDepth);
    }
  }
}
