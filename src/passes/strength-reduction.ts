/**
 * Strength reduction of addresses: an address that goes up by the same amount in each iteration of a loop is added up instead
 * of computed anew (Allen, Cocke, Kennedy, "Reduction of Operator Strength", 1981).
 *
 *     b1: v1 = phi [0 b0], [v5 b1]            b1: v1 = phi [0 b0], [v5 b3]
 *         v2 = zext i64 v1                        v6 = phi [@a b0], [v7 b3]
 *         v3 = shl v2, 2                ->        v4 = load v6
 *         v4 = load (ptradd @a, v3)               v5 = add v1, 1
 *         v5 = add v1, 1                          condbr .., b3, b2
 *         condbr .., b1, b2                   b3: v7 = ptradd v6, 4
 *                                                 br b1
 *
 * Only in loops whose number of iterations is a constant: there the verifier goes through each iteration with numbers,
 * and the pointer is one known place each time, as the index was. Where it has to find a state that stands for all iterations, a
 * pointer that moves has none. The count also shows that the index does not wrap. The addition stands on the way back,
 * behind the test that ends the loop, and the address must have been computed in each iteration: so the pointer never
 * leaves its object, which the kernel refuses where it guards against speculation. Objects on the stack keep their index:
 * their addresses are what several analyses go by.
 */

import { addIncoming } from '../ir/builder.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import type { Loop } from '../ir/loops.ts';
import { Op } from '../ir/ops.ts';
import { bitsOf, Type } from '../ir/types.ts';
import type { PassContext } from './pass.ts';
import { phisOf, Replacements } from './rewrite.ts';
import { tripCount } from './trip-count.ts';

const maxIterations = 4096;
const maxChain = 4;

/** A phi of the header that goes up by a constant. */
interface Counter {
  readonly phi: Ins;
  readonly start: bigint;
  readonly step: bigint;
}

/** `counter * scale` bytes behind `base`. */
interface Address {
  readonly ins: Ins;
  readonly base: ValueId;
  readonly counter: Counter;
  readonly scale: bigint;
}

export function strengthReduction(func: Func, cx: PassContext): boolean {
  const replacements = new Replacements();
  for (const loop of cx.analyses.loops.innerFirst) {
    const latch = loop.latches[0];
    const counters = latch === undefined ? [] : countersOf(func, cx, loop, latch);
    if (latch === undefined || counters.length === 0) continue;
    const count = tripCount(func, loop, cx.analyses, maxIterations);
    if (typeof count === 'string' || count.exiting !== latch) continue;
    const addresses = [...loop.blocks]
      .filter((block) => cx.analyses.dominators.dominates(block, latch))
      .flatMap((block) => addressesIn(func, loop, block, counters))
      .filter(({ counter }) => staysInType(func, counter, BigInt(count.headerRuns)));
    if (addresses.length === 0) continue;
    const back = splitBackEdge(func, loop.header, latch);
    for (const address of addresses) {
      replacements.set(address.ins.id, makePointer(func, loop.header, back, address).id);
    }
  }
  if (replacements.isEmpty) return false;
  replacements.apply(func);
  return true;
}

/** Phis that begin with one constant and go up by another. */
function countersOf(func: Func, cx: PassContext, loop: Loop, latch: BlockId): Counter[] {
  if (loop.latches.length !== 1 || cx.analyses.cfg.predecessors[loop.header]?.length !== 2) return [];
  return phisOf(func, loop.header).flatMap((phi) => {
    const [start] = phi.operands.flatMap((operand, i) =>
      phi.targets[i] === latch ? [] : [constantOf(func, operand)],
    );
    const next = func.ins(phi.operands[phi.targets.indexOf(latch)] ?? phi.id);
    const [left, right] = next.operands;
    const step = right === undefined ? undefined : constantOf(func, right);
    if (next.op !== Op.add || left !== phi.id || step === undefined || start === undefined) return [];
    return [{ phi, start, step }];
  });
}

/** Does the counter go through all iterations without a carry into its sign? */
function staysInType(func: Func, { phi, start, step }: Counter, count: bigint): boolean {
  return start + count * step < 1n << BigInt(bitsOf(func.ins(phi.id).type) - 1);
}

function addressesIn(func: Func, loop: Loop, block: BlockId, counters: readonly Counter[]): Address[] {
  return func.block(block).instructions.flatMap((id) => {
    const ins = func.ins(id);
    const [base, bytes] = ins.operands;
    if (ins.op !== Op.ptradd || base === undefined || bytes === undefined) return [];
    const origin = func.ins(base);
    const isFixed = origin.op === Op.globaladdr || (origin.block >= 0 && !loop.blocks.has(origin.block));
    if (!isFixed || origin.op === Op.alloca || origin.op === Op.ptradd) return [];
    const multiple = multipleOf(func, bytes, counters);
    return multiple === undefined ? [] : [{ ins, base, ...multiple }];
  });
}

/** Takes `counter << n`, `counter * n` and extensions apart. */
function multipleOf(
  func: Func,
  value: ValueId,
  counters: readonly Counter[],
): { readonly counter: Counter; readonly scale: bigint } | undefined {
  let scale = 1n;
  let at = value;
  for (let depth = 0; depth < maxChain; depth++) {
    const counter = counters.find(({ phi }) => phi.id === at);
    if (counter !== undefined) return { counter, scale };
    const { op, operands } = func.ins(at);
    const [left, right] = operands;
    const constant = right === undefined ? undefined : constantOf(func, right);
    if (left === undefined) return undefined;
    if (op === Op.shl && constant !== undefined && constant < 32n) scale <<= constant;
    else if (op === Op.mul && constant !== undefined && constant < 1n << 31n) scale *= constant;
    else if (op !== Op.zext && op !== Op.sext) return undefined;
    // What is multiplied in 32 bits could wrap there.
    if ((op === Op.shl || op === Op.mul) && func.ins(at).type !== Type.i64) return undefined;
    at = left;
  }
  return undefined;
}

/** A block of its own for the way back. */
function splitBackEdge(func: Func, header: BlockId, latch: BlockId): BlockId {
  const back = func.addBlock();
  const branch = func.terminator(latch);
  branch.targets = branch.targets.map((target) => (target === header ? back.id : target));
  for (const phi of phisOf(func, header)) {
    phi.targets = phi.targets.map((from) => (from === latch ? back.id : from));
  }
  const jump = func.create(Op.br, Type.void, [], branch.pos);
  jump.targets = [header];
  func.append(back.id, jump);
  return back.id;
}

/** The phi that goes up with the address. */
function makePointer(
  func: Func,
  header: BlockId,
  back: BlockId,
  { ins, base, counter, scale }: Address,
): Ins {
  const phi = func.create(Op.phi, Type.ptr, [], ins.pos);
  phi.block = header;
  func.block(header).instructions.unshift(phi.id);
  const offset = (bytes: bigint): ValueId => func.constant(Type.i64, BigInt.asUintN(64, bytes));
  const before = (block: BlockId, pointer: ValueId, bytes: bigint): ValueId => {
    const address = func.create(Op.ptradd, Type.ptr, [pointer, offset(bytes)], ins.pos);
    return func.insertBefore(func.terminator(block), address).id;
  };
  const first = counter.start * scale;
  for (const from of counter.phi.targets) {
    if (from === back) addIncoming(phi, before(back, phi.id, counter.step * scale), from);
    else addIncoming(phi, first === 0n ? base : before(from, base, first), from);
  }
  return phi;
}
