/**
 * The pipeline: the one list of passes, in order. A row says what runs, from which level on, which facts it asks for and
 * which stay true. Rows of functions that stand together run for one function after the other; a row of the module
 * is a barrier. Why the order is as it is stands in `orderPairs`, which is checked when the pipeline is built.
 */

import type { AnalysisName } from '../ir/analyses.ts';
import { bug } from '../support/bug.ts';
import { argumentConstants } from './argument-constants.ts';
import { balanceSums } from './balance-sums.ts';
import { blockOrder } from './block-order.ts';
import { branchConditions } from './branch-conditions.ts';
import { combine, combineWide } from './combine.ts';
import { commonTails } from './common-tails.ts';
import { dce } from './dce.ts';
import { deadArguments } from './dead-arguments.ts';
import { dse } from './dse.ts';
import { expand } from './expand.ts';
import { foldPhi } from './fold-phi.ts';
import { forwardStores } from './forward-stores.ts';
import { fuseUpdates } from './fuse-updates.ts';
import { globalConstants } from './global-constants.ts';
import { globalDce } from './global-dce.ts';
import { gvn } from './gvn.ts';
import { inline } from './inline.ts';
import { inspect } from './inspect.ts';
import { jumpThreading, loopRotation, threadLoopExits } from './jump-threading.ts';
import { lowerIsConstant } from './lower-is-constant.ts';
import { lowerMem } from './lower-mem.ts';
import { lowerSwitch } from './lower-switch.ts';
import { mem2reg } from './mem2reg.ts';
import { memoryArguments } from './memory-arguments.ts';
import { mergeLoads } from './merge-loads.ts';
import { mergeStores } from './merge-stores.ts';
import { narrowArguments } from './narrow-arguments.ts';
import { overwrittenStores } from './overwritten-stores.ts';
import type { FunctionPass, ModulePass, PassOptions } from './pass.ts';
import { levelNumber } from './pass.ts';
import { promote } from './promote.ts';
import { scaleCounters } from './scale-counters.ts';
import { sccp } from './sccp.ts';
import { signExtension } from './sign-extension.ts';
import { simplifyCfg } from './simplify-cfg.ts';
import { sroa } from './sroa.ts';
import { strengthReduction } from './strength-reduction.ts';
import { unroll } from './unroll.ts';
import { wideCopies } from './wide-copies.ts';

interface PassRowBase {
  /** What dumps, options and reports call it; a pass that runs twice has two rows of one name. */
  readonly name: string;
  /** The lowest level at which it runs. */
  readonly level: 0 | 1 | 2;
  /** Facts that stay true although it changes the function. */
  readonly keeps: readonly AnalysisName[];
  /** The back end takes only what it leaves, so it cannot be skipped. */
  readonly isRequired: boolean;
}

export interface FunctionPassRow extends PassRowBase {
  readonly scope: 'function';
  readonly run: FunctionPass;
  /** Facts that it asks for. */
  readonly needs: readonly AnalysisName[];
}

export interface ModulePassRow extends PassRowBase {
  readonly scope: 'module';
  readonly run: ModulePass;
}

export type PassRow = FunctionPassRow | ModulePassRow;

type Level = PassRowBase['level'];

function row(
  name: string,
  level: Level,
  run: FunctionPass,
  needs: readonly AnalysisName[] = [],
  keeps: readonly AnalysisName[] = [],
): FunctionPassRow {
  return { scope: 'function', name, level, run, needs, keeps, isRequired: false };
}

function moduleRow(name: string, level: Level, run: ModulePass): ModulePassRow {
  return { scope: 'module', name, level, run, keeps: [], isRequired: false };
}

const required = (pass: PassRow): PassRow => ({ ...pass, isRequired: true });

const graph = ['cfg', 'dominators', 'loops'] as const;

export const pipeline: readonly PassRow[] = [
  row('simplify-cfg', 0, simplifyCfg, [], ['cfg']),
  row('sroa', 0, sroa, ['uses'], graph),
  row('mem2reg', 0, mem2reg, ['cfg', 'dominators', 'uses'], graph),
  moduleRow('global-constants', 0, globalConstants),
  row('combine', 0, combine, ['cfg'], graph),
  moduleRow('inline', 0, inline),
  moduleRow('global-dce', 0, globalDce),
  row('simplify-cfg', 0, simplifyCfg, [], ['cfg']),
  row('sroa', 0, sroa, ['uses'], graph),
  row('mem2reg', 0, mem2reg, ['cfg', 'dominators', 'uses'], graph),
  row('sccp', 1, sccp, ['uses']),
  row('combine', 0, combine, ['cfg'], graph),
  row('simplify-cfg', 0, simplifyCfg, [], ['cfg']),
  moduleRow('inspect', 0, inspect),
  moduleRow('argument-constants', 1, argumentConstants),
  row('gvn', 1, gvn, ['cfg', 'dominators', 'alias'], graph),
  row('branch-conditions', 1, branchConditions, ['cfg', 'dominators', 'uses'], graph),
  row('jump-threading', 1, jumpThreading, [...graph, 'uses']),
  row('simplify-cfg', 1, simplifyCfg, [], ['cfg']),
  row('gvn', 1, gvn, ['cfg', 'dominators', 'alias'], graph),
  row('unroll', 1, unroll, ['cfg', 'dominators', 'loops']),
  row('sroa', 1, sroa, ['uses'], graph),
  row('mem2reg', 1, mem2reg, ['cfg', 'dominators', 'uses'], graph),
  row('sccp', 1, sccp, ['uses']),
  row('combine', 1, combine, ['cfg'], graph),
  row('simplify-cfg', 1, simplifyCfg, [], ['cfg']),
  row('branch-conditions', 1, branchConditions, ['cfg', 'dominators', 'uses'], graph),
  row('jump-threading', 1, jumpThreading, [...graph, 'uses']),
  row('simplify-cfg', 1, simplifyCfg, [], ['cfg']),
  row('loop-rotation', 1, loopRotation, [...graph, 'uses']),
  row('simplify-cfg', 1, simplifyCfg, [], ['cfg']),
  row('loop-exits', 1, threadLoopExits, [...graph, 'uses']),
  row('simplify-cfg', 1, simplifyCfg, [], ['cfg']),
  row('scale-counters', 1, scaleCounters, [...graph, 'uses'], graph),
  row('fold-phi', 1, foldPhi, ['uses'], graph),
  row('sign-extension', 1, signExtension, ['uses'], graph),
  row('combine', 1, combine, ['cfg'], graph),
  row('gvn', 1, gvn, ['cfg', 'dominators', 'alias'], graph),
  row('dse', 1, dse, ['cfg', 'alias'], graph),
  moduleRow('argument-constants', 1, argumentConstants),
  moduleRow('dead-arguments', 1, deadArguments),
  required(moduleRow('memory-arguments', 0, memoryArguments)),
  required(row('lower-mem', 0, lowerMem, ['alias', 'provenance', 'uses'])),
  row('sroa', 1, sroa, ['uses'], graph),
  row('mem2reg', 1, mem2reg, ['cfg', 'dominators', 'uses'], graph),
  required(row('lower-is-constant', 0, lowerIsConstant, [], graph)),
  row('simplify-cfg', 1, simplifyCfg, [], ['cfg']),
  row('gvn', 1, gvn, ['cfg', 'dominators', 'alias'], graph),
  row('sccp', 1, sccp, ['uses']),
  row('simplify-cfg', 1, simplifyCfg, [], ['cfg']),
  row('forward-stores', 1, forwardStores, ['alias', 'provenance'], graph),
  row('dse', 1, dse, ['cfg', 'alias'], graph),
  row('narrow-arguments', 2, narrowArguments, ['uses'], graph),
  row('overwritten-stores', 1, overwrittenStores, ['alias', 'provenance'], graph),
  row('merge-loads', 1, mergeLoads, ['alias', 'provenance', 'uses'], graph),
  row('merge-stores', 1, mergeStores, ['alias', 'provenance', 'uses'], graph),
  row('wide-copies', 1, wideCopies, ['cfg', 'dominators', 'alias', 'provenance', 'uses'], graph),
  required(row('lower-switch', 0, lowerSwitch)),
  row('promote', 0, promote, ['cfg'], graph),
  required(row('expand', 0, expand, ['alias', 'provenance'], graph)),
  row('fold-phi', 1, foldPhi, ['uses'], graph),
  row('combine-wide', 0, combineWide, ['cfg'], graph),
  row('simplify-cfg', 0, simplifyCfg, [], ['cfg']),
  row('gvn', 1, gvn, ['cfg', 'dominators', 'alias'], graph),
  row('balance-sums', 2, balanceSums, ['uses'], graph),
  row('dce', 0, dce, ['uses'], graph),
  row('strength-reduction', 1, strengthReduction, graph),
  row('fuse-updates', 2, fuseUpdates, ['alias', 'provenance', 'uses'], graph),
  row('common-tails', 1, commonTails, ['loops', 'uses']),
  row('simplify-cfg', 1, simplifyCfg, [], ['cfg']),
  row('dce', 1, dce, ['uses'], graph),
  row('block-order', 0, blockOrder, graph),
  moduleRow('global-dce', 0, globalDce),
];

/** `before` must have run before each row of `after`. */
export interface OrderPair {
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

export const orderPairs: readonly OrderPair[] = [
  { before: 'sroa', after: 'mem2reg', reason: 'only whole objects become values' },
  { before: 'mem2reg', after: 'combine', reason: 'most rules need values rather than loads of locals' },
  {
    before: 'global-constants',
    after: 'combine',
    reason: 'a call through a constant becomes a call of a helper',
  },
  { before: 'inline', after: 'inspect', reason: 'checks of arguments stand in inlined functions, too' },
  { before: 'mem2reg', after: 'inspect', reason: 'it follows values, not variables' },
  { before: 'inline', after: 'argument-constants', reason: 'calls that go in need not agree' },
  { before: 'mem2reg', after: 'unroll', reason: 'iterations are counted on values' },
  { before: 'sroa', after: 'lower-mem', reason: 'copies of structures are cut as a whole' },
  { before: 'lower-mem', after: 'merge-stores', reason: 'pieces of neighbouring copies are merged too' },
  {
    before: 'merge-loads',
    after: 'merge-stores',
    reason: 'what was put together from loads and is stored again is a copy',
  },
  { before: 'lower-mem', after: 'promote', reason: 'block operations leave narrow arithmetic' },
  {
    before: 'lower-switch',
    after: 'promote',
    reason: 'a switch on a narrow value becomes comparisons of it',
  },
  { before: 'promote', after: 'expand', reason: 'expansions know 32 and 64 bits only' },
  {
    before: 'promote',
    after: 'combine-wide',
    reason: 'it keeps what promote has made, the other rows need not',
  },
  {
    before: 'argument-constants',
    after: 'dead-arguments',
    reason: 'a parameter that is a constant is read no more',
  },
  {
    before: 'dead-arguments',
    after: 'memory-arguments',
    reason: 'arguments that nobody reads need no memory',
  },
  { before: 'inline', after: 'memory-arguments', reason: 'calls that go in need no frame for arguments' },
  { before: 'memory-arguments', after: 'promote', reason: 'slots hold 64 bits' },
  {
    before: 'strength-reduction',
    after: 'fuse-updates',
    reason: 'the verifier sees the alignment of a scaled index, but not that of a counter in its place',
  },
  { before: 'gvn', after: 'common-tails', reason: 'a join keeps what is computed twice apart' },
  {
    before: 'merge-loads',
    after: 'balance-sums',
    reason: 'bytes that one load gives are one term',
  },
  {
    before: 'unroll',
    after: 'lower-is-constant',
    reason: 'a counter is a constant in each copy of a body',
  },
  {
    before: 'lower-is-constant',
    after: 'forward-stores',
    reason: 'it looks at one block at a time',
  },
  { before: 'inline', after: 'global-dce', reason: 'static functions are dropped once their calls are gone' },
];

/** Names of passes that may be left out. */
export const skippablePasses: ReadonlySet<string> = new Set(
  pipeline.filter(({ isRequired }) => !isRequired).map(({ name }) => name),
);

/** The rows that run under these options; a violated order pair is a bug of ours. */
export function pipelineFor(options: PassOptions): PassRow[] {
  checkOrder(pipeline, orderPairs);
  const level = levelNumber(options.optLevel);
  return pipeline.filter((pass) => pass.level <= level);
}

export function checkOrder(rows: readonly PassRow[], pairs: readonly OrderPair[]): void {
  for (const { before, after, reason } of pairs) {
    const earlier = rows.findIndex((pass) => pass.name === before);
    const later = rows.findIndex((pass) => pass.name === after);
    if (earlier < 0 || later < earlier) bug(`pass ${before} must run before ${after}: ${reason}`);
  }
}
