/**
 * How often a loop runs: a loop with constants to begin with -> the number of times its header is entered.
 *
 * Method: the loop's own test is evaluated, iteration by iteration, on the constants that its phis begin with (as
 * LLVM's scalar evolution does where no formula fits). That takes any step and any predicate, and gives up on values
 * that come from memory or calls.
 */

import type { Analyses } from '../ir/analyses.ts';
import { foldValues } from '../ir/fold.ts';
import { type BlockId, constantOf, type Func, type Ins, type ValueId } from '../ir/func.ts';
import type { Loop } from '../ir/loops.ts';
import { Op, opRow } from '../ir/ops.ts';
import { phisOf } from './rewrite.ts';

export interface TripCount {
  /** Times that the header is entered; the test leaves the loop in the last. */
  readonly headerRuns: number;
  /** The block whose test ends the loop. */
  readonly exiting: BlockId;
}

const maxDepth = 64;

/** The count, or why there is none. */
export function tripCount(func: Func, loop: Loop, analyses: Analyses, limit: number): TripCount | string {
  const [latch, second] = loop.latches;
  if (latch === undefined || second !== undefined) return 'it goes on in more than one place';
  const exits = exitingBlocks(func, loop).filter((block) => analyses.dominators.dominates(block, latch));
  if (exits.length === 0) return 'no test runs in every iteration';
  let reason = 'its number of iterations is not a constant';
  for (const exiting of exits) {
    const runs = new Simulation(func, loop, latch, exiting).run(limit);
    if (typeof runs === 'number') return { headerRuns: runs, exiting };
    if (runs === 'limit') reason = `it runs more than ${limit} times`;
  }
  return reason;
}

function exitingBlocks(func: Func, loop: Loop): BlockId[] {
  return [...loop.blocks].filter((id) => {
    const terminator = func.terminator(id);
    const inside = terminator.targets.filter((target) => loop.blocks.has(target)).length;
    return terminator.op === Op.condbr && inside === 1;
  });
}

class Simulation {
  private readonly func: Func;
  private readonly loop: Loop;
  private readonly latch: BlockId;
  private readonly test: Ins;
  private readonly phis: readonly Ins[];
  private state = new Map<ValueId, bigint>();

  constructor(func: Func, loop: Loop, latch: BlockId, exiting: BlockId) {
    this.func = func;
    this.loop = loop;
    this.latch = latch;
    this.test = func.terminator(exiting);
    this.phis = phisOf(func, loop.header);
  }

  run(limit: number): number | 'limit' | 'unknown' {
    for (const phi of this.phis) {
      // The loop may be entered from several places, with one value for all.
      const [initial, other] = new Set(phi.operands.filter((_, i) => phi.targets[i] !== this.latch));
      const constant =
        initial !== undefined && other === undefined ? constantOf(this.func, initial) : undefined;
      if (constant !== undefined) this.state.set(phi.id, constant);
    }
    const [condition] = this.test.operands;
    if (condition === undefined) return 'unknown';
    const leavesOnTrue = !this.loop.blocks.has(this.test.targets[0] ?? this.loop.header);
    for (let runs = 1; runs <= limit; runs++) {
      const values = new Map(this.state);
      const taken = this.evaluate(condition, values, 0);
      if (taken === undefined) return 'unknown';
      if ((taken !== 0n) === leavesOnTrue) return runs;
      this.state = this.step(values);
    }
    return 'limit';
  }

  private step(values: Map<ValueId, bigint>): Map<ValueId, bigint> {
    const next = new Map<ValueId, bigint>();
    for (const phi of this.phis) {
      if (!this.state.has(phi.id)) continue;
      const operand = phi.operands[phi.targets.indexOf(this.latch)];
      const value = operand === undefined ? undefined : this.evaluate(operand, values, 0);
      if (value !== undefined) next.set(phi.id, value);
    }
    return next;
  }

  private evaluate(id: ValueId, values: Map<ValueId, bigint>, depth: number): bigint | undefined {
    const known = values.get(id) ?? constantOf(this.func, id);
    if (known !== undefined || depth > maxDepth) return known;
    const ins = this.func.ins(id);
    const row = opRow(ins.op);
    const [first] = ins.operands;
    if (row.memory !== 'none' || row.effect || ins.op === Op.phi || first === undefined) return undefined;
    const operands: bigint[] = [];
    for (const operand of ins.operands) {
      const value = this.evaluate(operand, values, depth + 1);
      if (value === undefined) return undefined;
      operands.push(value);
    }
    const result = foldValues(ins, this.func.ins(first).type, operands);
    if (result !== undefined) values.set(id, result);
    return result;
  }
}
