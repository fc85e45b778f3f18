/**
 * Trampolines: jumps that their 16-bit distance cannot hold hop over blocks that only jump on.
 *
 * Method: branch islands (Szymanski, "Assembling Code for Machines with Span-Dependent Instructions", CACM 1978, leaves them to
 * the linker). To each target leads a row of hops, half a reach apart, which all far jumps to it share; a jump goes to the
 * hop that is next on its way. So there are as many hops as targets need and not as jumps there are, and the other half of the
 * reach is room for the hops that come in between. Where the processor has `gotol` every hop goes to the target at once.
 */

import { Kind } from '../isa/table.ts';
import { type MachineFunction, MachineIns, successorsOf } from './machine.ts';

/** Slots that a 16-bit distance reaches forward; backward it is one more. */
export const reach = 0x7fff;
/** And will, when some hops have come in between. */
export const sureReach = reach - 0x800;
/** From one hop to the next. */
const stride = (reach + 1) >> 1;
/** Blocks longer than this are cut for a hop. */
const maxWhole = 1024;
/** So many blocks further on a place is looked for that control does not fall through. */
const maxSearch = 8;

/** A jump that waits for the position of its target. */
export interface PendingJump {
  /** Index of the instruction. */
  readonly index: number;
  /** The block that it goes to. */
  readonly target: number;
}

/** Where emitted code stands. */
export interface CodePositions {
  /** Index of the first instruction by block number. */
  readonly starts: Int32Array;
  /** Slot by index of an instruction; one more at the end. */
  readonly slots: Int32Array;
}

/** Brings far jumps nearer to their targets; code is longer then, so a few may be far again. */
export function addTrampolines(
  func: MachineFunction,
  positions: CodePositions,
  far: readonly PendingJump[],
  hasLongJump: boolean,
): void {
  const islands = new Islands(func, positions, hasLongJump);
  // Only the last instruction of a block jumps; it is looked up before blocks are cut.
  const jumps = far.map(({ index, target }) => ({
    last: func.block(islands.blockAt(index)).instructions.at(-1),
    target,
    hop: islands.hopFor(index, target),
  }));
  for (const { last, target, hop } of jumps) {
    if (last === undefined) continue;
    if (last.target === target) last.target = hop;
    else if (last.otherTarget === target) last.otherTarget = hop;
    last.asm?.labels.forEach((label, i, labels) => {
      if (label === target) labels[i] = hop;
    });
  }
  islands.place();
}

/** The last place of `values` up to `end` whose value is not above `wanted`. */
function lastUpTo(end: number, wanted: number, valueAt: (place: number) => number): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (valueAt(middle) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}

class Islands {
  private readonly func: MachineFunction;
  private readonly starts: Int32Array;
  private readonly slots: Int32Array;
  private readonly hasLongJump: boolean;
  /** Hops by target and strides from it, negative for those in front of it. */
  private readonly hops = new Map<number, Map<number, number>>();
  /** What comes into the layout, by the block and the instruction behind which it stands. */
  private readonly wanted = new Map<number, Map<number, number[]>>();

  constructor(func: MachineFunction, { starts, slots }: CodePositions, hasLongJump: boolean) {
    this.func = func;
    this.starts = starts;
    this.slots = slots;
    this.hasLongJump = hasLongJump;
  }

  /** Place in the layout of the block with this instruction. */
  private placeAt(index: number): number {
    const { layout } = this.func;
    return lastUpTo(layout.length - 1, index, (place) => this.starts[layout[place] ?? 0] ?? 0);
  }

  blockAt(index: number): number {
    return this.func.layout[this.placeAt(index)] ?? 0;
  }

  /** The hop for a far jump: the one next to it on the way to the target. */
  hopFor(index: number, target: number): number {
    const { slots } = this;
    const distance = (slots[this.starts[target] ?? 0] ?? 0) - (slots[index + 1] ?? 0);
    const strides = Math.max(1, Math.ceil(Math.abs(distance) / stride) - 1);
    const sign = distance > 0 ? -1 : 1;
    if (this.hasLongJump) return this.hop(target, sign * strides, target);
    let goal = target;
    for (let k = 1; k <= strides; k++) goal = this.hop(target, sign * k, goal);
    return goal;
  }

  private hop(target: number, strides: number, goal: number): number {
    const ofTarget = this.hops.get(target) ?? new Map<number, number>();
    this.hops.set(target, ofTarget);
    const known = ofTarget.get(strides);
    if (known !== undefined) return known;
    const made = this.func.createBlock();
    made.instructions.push(jumpTo(goal));
    ofTarget.set(strides, made.id);
    this.want((this.slots[this.starts[target] ?? 0] ?? 0) + strides * stride, made.id);
    return made.id;
  }

  /** Notes that `hop` shall stand at about this slot. */
  private want(slot: number, hop: number): void {
    const { func, slots } = this;
    const { layout } = func;
    const index = lastUpTo(slots.length - 2, slot, (at) => slots[at] ?? 0);
    let place = this.placeAt(index);
    const first = func.block(layout[place] ?? 0);
    const isCut = first.instructions.length > maxWhole;
    for (let step = 0; !isCut && step < maxSearch && this.fallsThrough(place); step++) place++;
    const block = func.block(layout[place] ?? 0);
    // Pieces of one length, so that hops to many targets share the cuts.
    const offset = Math.floor((index - (this.starts[block.id] ?? 0)) / maxWhole) * maxWhole;
    const length = block.instructions.length;
    const at = isCut ? Math.min(Math.max(offset, 1), length - 1) : length;
    const byOffset = this.wanted.get(block.id) ?? new Map<number, number[]>();
    this.wanted.set(block.id, byOffset);
    const list = byOffset.get(at);
    if (list === undefined) byOffset.set(at, [hop]);
    else list.push(hop);
  }

  /** Would a block behind this one need a jump around it? */
  private fallsThrough(place: number): boolean {
    const { func } = this;
    const next = func.layout[place + 1];
    return next !== undefined && successorsOf(func.block(func.layout[place] ?? 0)).includes(next);
  }

  /** Puts all hops into the layout. */
  place(): void {
    const { func } = this;
    const layout: number[] = [];
    for (const id of func.layout) {
      layout.push(id);
      const wanted = this.wanted.get(id);
      if (wanted !== undefined) this.placeIn(id, wanted, layout);
    }
    func.layout = layout;
  }

  private placeIn(id: number, wanted: ReadonlyMap<number, readonly number[]>, layout: number[]): void {
    const { func } = this;
    const whole = func.block(id).instructions;
    let piece = func.block(id);
    let start = 0;
    for (const [at, hops] of [...wanted].sort(([a], [b]) => a - b)) {
      layout.push(...hops);
      if (at === whole.length) continue;
      const rest = func.createBlock();
      piece.instructions = [...whole.slice(start, at), jumpTo(rest.id)];
      rest.instructions = whole.slice(at);
      layout.push(rest.id);
      piece = rest;
      start = at;
    }
  }
}

function jumpTo(target: number): MachineIns {
  const jump = new MachineIns(Kind.ja, -1, -1, 0, 0);
  jump.target = target;
  return jump;
}
