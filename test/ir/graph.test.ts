import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noPos } from '../../src/diagnostics/source-manager.ts';
import { Analyses } from '../../src/ir/analyses.ts';
import { Builder } from '../../src/ir/builder.ts';
import { findRecursion } from '../../src/ir/call-graph.ts';
import { type BlockId, Func } from '../../src/ir/func.ts';
import { readModule } from '../../src/ir/reader.ts';
import { Type } from '../../src/ir/types.ts';
import { asId } from '../../src/support/ids.ts';

/** A function whose block `i` branches to the blocks of `edges[i]`. */
function graph(edges: readonly (readonly [number, number])[]): Func {
  const func = new Func('g', asId(0), [Type.i1], Type.void, noPos);
  const entry = func.addBlock();
  const blocks = edges.map(() => func.addBlock());
  const at = (index: number): BlockId => blocks[index % blocks.length]?.id ?? entry.id;
  new Builder(func, entry.id).br(at(0));
  edges.forEach(([a, b], index) => {
    const builder = new Builder(func, at(index));
    if (a === 0 && b === 0) builder.ret();
    else builder.condbr(func.parameter(0), at(a), at(b));
  });
  return func;
}

/** Blocks that the entry reaches when `without` is taken away. */
function reach(analyses: Analyses, without: number): Set<number> {
  const seen = new Set<number>();
  const work: number[] = without === analyses.func.entry ? [] : [analyses.func.entry];
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    if (seen.has(block) || block === without) continue;
    seen.add(block);
    work.push(...(analyses.cfg.successors[block] ?? []));
  }
  return seen;
}

const edges = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { minLength: 1, maxLength: 8 });

describe('graphs', () => {
  it('a dominates b exactly when b is out of reach without a', () => {
    fc.assert(
      fc.property(edges, (rows) => {
        const analyses = new Analyses(graph(rows));
        const { cfg, dominators } = analyses;
        for (const a of cfg.rpo) {
          const reached = reach(analyses, a);
          for (const b of cfg.rpo) expect(dominators.dominates(a, b)).toBe(!reached.has(b));
          // The frontier: blocks not strictly dominated with a dominated predecessor.
          const frontier = cfg.rpo.filter(
            (b) =>
              !(a !== b && dominators.dominates(a, b)) &&
              (cfg.predecessors[b] ?? []).some((from) => dominators.dominates(a, from)),
          );
          expect(new Set(dominators.frontier(a))).toEqual(new Set(frontier));
        }
      }),
    );
  });

  it('the blocks of a loop reach its latch without the header', () => {
    fc.assert(
      fc.property(edges, (rows) => {
        const { loops, cfg, dominators } = new Analyses(graph(rows));
        for (const loop of loops.innerFirst) {
          for (const block of loop.blocks) expect(dominators.dominates(loop.header, block)).toBe(true);
          for (const latch of loop.latches) expect(cfg.successors[latch]).toContain(loop.header);
          if (loop.parent !== undefined) {
            expect(loop.depth).toBe(loop.parent.depth + 1);
            for (const block of loop.blocks) expect(loop.parent.blocks.has(block)).toBe(true);
          }
        }
      }),
    );
  });

  it('finds recursion', () => {
    const text = `@a = function internal
@b = function internal
@c = function internal
@d = function internal
func @a() void {
b0:
  call void @b()
  call void @c()
  ret
}
func @b() void {
b0:
  call void @c()
  ret
}
func @c() void {
b0:
  call void @b()
  ret
}
func @d() void {
b0:
  call void @d()
  call void @a()
  ret
}
`;
    const { module } = readModule(text);
    const names = findRecursion(module).map((group) => group.map((id) => module.symbol(id).name).sort());
    expect(names).toEqual([['b', 'c'], ['d']]);
  });
});
