/**
 * Use lists: a function -> for every value, the instructions that have it as an operand.
 *
 * A user stands once for each operand. The lists are a snapshot of when they were built; a pass that changes
 * operands keeps its own copy right with `replace`, or asks again.
 */

import type { Func, Ins, ValueId } from './func.ts';

export class Uses {
  private readonly lists: (Ins[] | undefined)[];

  constructor(func: Func) {
    this.lists = new Array<Ins[] | undefined>(func.values.length);
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) this.addUser(func.ins(id));
    }
  }

  /** Notes all operands of a new instruction. */
  addUser(ins: Ins): void {
    for (const operand of ins.operands) this.addUse(operand, ins);
  }

  /** Notes one more operand of an instruction. */
  addUse(value: ValueId, ins: Ins): void {
    const list = this.lists[value];
    if (list === undefined) this.lists[value] = [ins];
    else list.push(ins);
  }

  of(value: ValueId): readonly Ins[] {
    return this.lists[value] ?? [];
  }

  count(value: ValueId): number {
    return this.lists[value]?.length ?? 0;
  }

  /** Forgets that `ins` uses its operands (it is about to go). */
  dropUser(ins: Ins): void {
    for (const operand of ins.operands) {
      const list = this.lists[operand];
      const at = list?.indexOf(ins) ?? -1;
      if (list === undefined || at < 0) continue;
      const last = list.pop();
      if (last !== undefined && at < list.length) list[at] = last;
    }
  }

  /** Makes every user of `from` use `to`. */
  replace(from: ValueId, to: ValueId): void {
    const users = this.lists[from];
    if (users === undefined || from === to) return;
    this.lists[from] = undefined;
    for (const user of users) {
      for (let i = 0; i < user.operands.length; i++) if (user.operands[i] === from) user.operands[i] = to;
    }
    const list = this.lists[to];
    if (list === undefined) this.lists[to] = users;
    else for (const user of users) list.push(user);
  }
}
