import { describe, expect, it } from 'vitest';
import { type PlacedStretch, placeReloads } from '../../src/regalloc/reload-placement.ts';

const stretch = (given: Partial<PlacedStretch>): PlacedStretch => ({
  frequency: 1,
  isCut: false,
  reachesEnd: true,
  isUsed: false,
  readsFirst: false,
  predecessors: [],
  ...given,
});
const use = { isUsed: true, readsFirst: true } as const;

describe('reloads', () => {
  it('wait for the way that needs the value', () => {
    const { entersInRegister, leavesInRegister } = placeReloads([
      stretch({ isCut: true }),
      stretch({ ...use, predecessors: [0] }),
      stretch({ predecessors: [0] }),
    ]);
    expect(leavesInRegister[0]).toBe(false);
    expect(entersInRegister).toEqual([false, false, false]);
  });

  it('stand behind the call when two ways need the value', () => {
    const { entersInRegister, leavesInRegister } = placeReloads([
      stretch({ isCut: true }),
      stretch({ ...use, predecessors: [0] }),
      stretch({ ...use, predecessors: [0] }),
    ]);
    expect(leavesInRegister[0]).toBe(true);
    expect(entersInRegister.slice(1)).toEqual([true, true]);
  });

  it('stay out of a loop that only carries the value', () => {
    // 0: used before the loop, 1: header, 2: body behind a call, 3: used after the loop.
    const { entersInRegister, leavesInRegister } = placeReloads([
      stretch({ isUsed: true }),
      stretch({ frequency: 10, predecessors: [0, 2] }),
      stretch({ frequency: 10, isCut: true }),
      stretch({ ...use, predecessors: [1] }),
    ]);
    expect(leavesInRegister[2]).toBe(false);
    expect(entersInRegister).toEqual([false, false, false, false]);
  });

  it('stand before a loop that needs the value', () => {
    // 0: behind a call, 1: a loop of one block.
    const { entersInRegister, leavesInRegister } = placeReloads([
      stretch({ isCut: true }),
      stretch({ frequency: 10, ...use, predecessors: [0, 1] }),
    ]);
    expect(leavesInRegister[0]).toBe(true);
    expect(entersInRegister[1]).toBe(true);
  });

  it('enter in a register only where every predecessor has the value in one', () => {
    // A diamond: a call on the right side, the value used on the left and at the join.
    const placed = placeReloads([
      stretch({ isUsed: true }),
      stretch({ ...use, predecessors: [0] }),
      stretch({ isCut: true }),
      stretch({ ...use, predecessors: [1, 2] }),
    ]);
    expect(placed.entersInRegister[3]).toBe(placed.leavesInRegister[2]);
  });
});
