/**
 * Common tails: blocks that end alike keep one copy of their ends and branch to it (cross-jumping; LLVM's sinking of common
 * code). Functions that were inlined several times, and error paths, leave such blocks. On values this finds more than
 * on registers: integers that differ become a phi, and a temporary object of one copy stands for those of the others.
 *
 * A tail is the last `depth` instructions with a place in the order of effects (loads, stores, calls) and the
 * terminator; no order changes. `tail-join.ts` says what a join of given blocks is worth and does it; here stands the
 * search: blocks with one ending are parted by what their instructions look like from the last one on, and of all sets that
 * agree for a while the one that saves most is joined. The constants below bound it.
 */

import type { Block, Func, Ins } from '../ir/func.ts';
import type { Loop } from '../ir/loops.ts';
import { Op } from '../ir/ops.ts';
import type { PassContext } from './pass.ts';
import { type Member, memberOf, planJoin, TailJoin } from './tail-join.ts';

/** Blocks with one ending that are compared with each other. */
const maxGroup = 48;
const maxRounds = 12;
/** Slots that a join must save. */
const minProfit = 1;
/** Members that the others are compared with one by one. */
const maxLeaders = 4;

interface Candidate {
  readonly members: readonly Member[];
  readonly depth: number;
  readonly profit: number;
}

export function commonTails(func: Func, cx: PassContext): boolean {
  let changed = false;
  for (let round = 0; round < maxRounds; round++) {
    const { loops, uses } = cx.analyses;
    let joined = false;
    for (const group of findGroups(func, (block) => loops.of.get(block.id))) {
      const best = new Search(func, cx).run(group);
      if (best === undefined) continue;
      new TailJoin(func, cx, best.members, best.depth).apply(uses);
      joined = true;
    }
    if (!joined) break;
    cx.analyses.invalidate();
    changed = true;
  }
  return changed;
}

/** What blocks must share to be joined: the loop, the terminator and where it goes. */
function endingOf(terminator: Ins, loop: Loop | undefined): string | undefined {
  const { op, targets, operands } = terminator;
  if (op !== Op.br && op !== Op.condbr && op !== Op.ret) return undefined;
  return `${loop?.header ?? -1} ${op} ${operands.length} ${targets.join()}`;
}

function findGroups(func: Func, loopOf: (block: Block) => Loop | undefined): Member[][] {
  const groups = new Map<string, Block[]>();
  for (const block of func.eachBlock()) {
    const terminator = func.terminator(block.id);
    const key = endingOf(terminator, loopOf(block));
    if (key === undefined || terminator.targets.includes(block.id)) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [block]);
    else if (group.length < maxGroup) group.push(block);
  }
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => group.map((block) => memberOf(func, block)));
}

class Search {
  private readonly func: Func;
  private readonly cx: PassContext;
  private found: Candidate | undefined = undefined;

  constructor(func: Func, cx: PassContext) {
    this.func = func;
    this.cx = cx;
  }

  run(group: readonly Member[]): Candidate | undefined {
    this.explore(group, 0);
    return this.found;
  }

  /** All of `members` agree on `depth` instructions: tries them, and the parts that agree further. */
  private explore(members: readonly Member[], depth: number): void {
    let common = depth;
    const [first] = members;
    while (
      members.every(({ shapes }) => shapes[common] !== undefined && shapes[common] === first?.shapes[common])
    ) {
      common++;
    }
    this.consider(members, common);
    const parts = new Map<string, Member[]>();
    for (const member of members) {
      const shape = member.shapes[common];
      if (shape === undefined) continue;
      const part = parts.get(shape);
      if (part === undefined) parts.set(shape, [member]);
      else part.push(member);
    }
    for (const part of parts.values()) if (part.length > 1) this.explore(part, common + 1);
  }

  /** Tries the members together and, where some do not fit, the sets of those that fit one of them for longest. */
  private consider(members: readonly Member[], depth: number): void {
    if (depth === 0) return;
    const reached = this.attempt(members, depth);
    if (reached === depth || members.length === 2) return;
    for (const leader of members.slice(0, maxLeaders)) {
      const fits = members
        .filter((member) => member !== leader)
        .map((member) => ({ member, depth: this.attempt([leader, member], depth) }))
        .sort((a, b) => b.depth - a.depth);
      fits.forEach((fit, index) => {
        if (index === 0 || fit.depth === fits[index + 1]?.depth) return;
        this.attempt([leader, ...fits.slice(0, index + 1).map(({ member }) => member)], fit.depth);
      });
    }
  }

  /** The greatest depth at which the members can be joined; notes the join when it is the best so far. */
  private attempt(members: readonly Member[], depth: number): number {
    let at = depth;
    while (at > 0) {
      const plan = planJoin(this.func, this.cx, members, at);
      if (plan.failedAt === undefined) {
        const isBetter = plan.profit >= minProfit && plan.profit > (this.found?.profit ?? 0);
        if (isBetter) this.found = { members, depth: at, profit: plan.profit };
        return at;
      }
      at = plan.failedAt;
    }
    return 0;
  }
}
