/**
 * How long networking programs of two objects of the same source take in the running kernel: loaded side by side, with the same map
 * elements, over the same packet, in turn. Needs root and chrt: while it is measured the process goes before all other work.
 *
 * The packet and the elements are those with which both objects together execute most instructions (busy-input.ts), as long as the
 * kernel gives what the machine gave; where the machine cannot tell, the packet that takes the kernel longest. Both objects must leave
 * the same return value and bytes. A packet that a program leaves as it was is repeated in one call of BPF_PROG_TEST_RUN, if many
 * repetitions leave the context (`skb->cb`, for instance) as one does; else the next would find other work, and packet and context are
 * given anew in a call of their own each time.
 *
 * In turn with the two runs a program of the same type that only returns 0: what it takes is the kernel's own loop. The net time of a
 * program is what it takes beyond that. A figure is the median over rounds of a load; a load decides where the kernel
 * places the code, so there are several, and the figure is the median over them.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { busyCandidates, type Candidate } from './busy-input.ts';
import { kernelInput, type Prepared, prepare, SUPPORTED, typesOf } from './kernel-agreement.ts';
import type { KernelInput, MapElement } from './kernel-run.ts';
import { PACKET_TYPES, type ProgramType, packetOfKernel } from './machine-run.ts';
import { hex, type ListedProgram, type Mode, type TestRunner } from './test-run.ts';

export interface TimedProgram {
  readonly program: string;
  readonly type: string;
  /** Nanoseconds a run: of the first object, of the second, of a program that only returns 0. */
  readonly first: number;
  readonly second: number;
  readonly empty: number;
  /** First to second, without and with the kernel's loop. */
  readonly net: number;
  readonly raw: number;
  /** Standard error of the net ratio over the loads. */
  readonly error: number;
  /** Instructions executed by each; unknown where the machine did not choose the packet. */
  readonly steps: readonly number[] | undefined;
  readonly isRepeated: boolean;
}

export interface TimeSettings {
  /** Generated packets to choose from. */
  readonly packets: number;
  readonly seed: number;
  /** At most; fewer where they agree. */
  readonly loads: number;
  readonly rounds: number;
}

/** `time` repeats in one call, `calls` does not. */
type Manner = 'time' | 'calls';
type What = 'program' | 'empty';

interface Sample {
  readonly nanoseconds: number;
  /** Return value and size of the packet, which tell paths apart. */
  readonly result: string;
}

interface Ran {
  readonly returnValue: number;
  readonly packet: Uint8Array;
  readonly context: string;
}

/** A program that stays loaded and answers. */
class LoadedRun {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;
  private readonly replies: AsyncIterator<string>;
  private setup = 0;

  constructor(
    runner: TestRunner,
    object: string,
    program: ListedProgram,
    mode: Mode,
    elements: readonly MapElement[],
  ) {
    const args = ['-r', '50', runner.binary, object, 'run', program.name, program.type, mode];
    this.process = spawn('chrt', args);
    this.process.stdin.on('error', () => undefined);
    this.process.stderr.resume();
    this.lines = createInterface({ input: this.process.stdout });
    this.replies = this.lines[Symbol.asyncIterator]();
    for (const { pin, key, value } of elements)
      this.process.stdin.write(`element ${pin} ${hex(key)} ${hex(value)}\n`);
  }

  private async ask(line: string): Promise<readonly string[]> {
    this.process.stdin.write(`${line}\n`);
    const { value, done } = await this.replies.next();
    return done === true ? [] : value.split(' ');
  }

  /** What comes of some repetitions in one call; nothing where the program is refused or does not run. */
  async often(count: number, { packet, context }: KernelInput): Promise<Ran | undefined> {
    const asked = `often ${count} ${hex(packet)} ${hex(context)}`;
    const [kind, returned, data = '-', after = '-'] = await this.ask(asked);
    return kind === 'run'
      ? { returnValue: Number(returned), packet: Buffer.from(data, 'hex'), context: after }
      : undefined;
  }

  /** What one call costs apart from its repetitions: for XDP the kernel patches its dispatcher where there are any. */
  async measureSetup(input: KernelInput): Promise<number> {
    this.setup = 0;
    const times: number[] = [];
    for (let i = 0; i < SETUP_ROUNDS; i++) {
      const sample = await this.time('time', 'empty', FEWEST_REPETITIONS, input);
      times.push((sample?.nanoseconds ?? 0) * FEWEST_REPETITIONS);
    }
    this.setup = median(times);
    return this.setup;
  }

  async time(
    manner: Manner,
    what: What,
    count: number,
    { packet, context }: KernelInput,
  ): Promise<Sample | undefined> {
    const asked = `${manner} ${what} ${count} ${hex(packet)} ${hex(context)}`;
    const [kind, nanoseconds, returned, size] = await this.ask(asked);
    if (kind !== 'time') return undefined;
    const setup = manner === 'time' ? this.setup : 0;
    return { nanoseconds: (Number(nanoseconds) - setup) / count, result: `${returned} ${size}` };
  }

  close(): void {
    this.lines.close();
    this.process.kill();
  }
}

type Pair = readonly [LoadedRun, LoadedRun];

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
}

/** Standard error of the mean. */
function standardError(list: readonly number[]): number {
  const mean = list.reduce((sum, one) => sum + one, 0) / list.length;
  const squares = list.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, list.length - 1) / list.length);
}

const SEARCH_COUNT = 1000;
const SETUP_ROUNDS = 15;
const FEWEST_REPETITIONS = 2;
/** A batch is so long, and so many times as long as the call around it, that what the call costs does not show. */
const BATCH_NANOSECONDS = 1_500_000;
const BATCH_SETUPS = 25;
const CALLS = 400;
/** Candidates that are tried in the kernel, and packets where only the kernel's time tells. */
const MOST_CANDIDATES = 12;
const MOST_TIMED = 60;

/** What is measured. */
interface Chosen {
  readonly input: KernelInput;
  readonly elements: readonly MapElement[];
  readonly manner: Manner;
  readonly steps: readonly number[] | undefined;
}

interface Agreed extends Ran {
  readonly manner: Manner;
}

/** What both objects do with an input that comes again and again, and how it is timed; nothing where they differ. */
async function agreed(pair: Pair, type: string, input: KernelInput): Promise<Agreed | undefined> {
  let ran: Ran | undefined;
  for (let i = 0; i < WARM_RUNS; i++) {
    const [first, second] = [await pair[0].often(1, input), await pair[1].often(1, input)];
    const isSame =
      first !== undefined &&
      first.returnValue === second?.returnValue &&
      first.context === second.context &&
      Buffer.compare(first.packet, second.packet) === 0;
    if (!isSame) return undefined;
    ran = first;
  }
  if (ran === undefined) return undefined;
  const known = [...PACKET_TYPES].find((one) => one === type) ?? 'xdp';
  const isKept =
    Buffer.compare(packetOfKernel(known, ran.packet), packetOfKernel(known, input.packet)) === 0 &&
    (await pair[0].often(REPETITIONS, input))?.context === ran.context &&
    (await pair[1].often(REPETITIONS, input))?.context === ran.context;
  const expected = `${ran.returnValue} ${ran.packet.length}`;
  for (const manner of isKept ? (['time', 'calls'] as const) : (['calls'] as const)) {
    const samples = [
      await pair[0].time(manner, 'program', SEARCH_COUNT, input),
      await pair[1].time(manner, 'program', SEARCH_COUNT, input),
    ];
    if (samples.every((sample) => sample?.result === expected)) return { ...ran, manner };
  }
  return undefined;
}

const WARM_RUNS = 3;
const REPETITIONS = 50;

/** Loads both, and ends them after use. */
async function withPair<T>(
  load: (elements: readonly MapElement[]) => Pair,
  elements: readonly MapElement[],
  use: (pair: Pair) => Promise<T>,
): Promise<T> {
  const pair = load(elements);
  try {
    return await use(pair);
  } finally {
    for (const run of pair) run.close();
  }
}

/** The best candidate with which the kernel does what the machine did. */
async function chosenByMachine(
  load: (elements: readonly MapElement[]) => Pair,
  type: ProgramType,
  candidates: readonly Candidate[],
): Promise<Chosen | undefined> {
  for (const { input, elements, steps, returnValue, packet } of candidates.slice(0, MOST_CANDIDATES)) {
    const given = kernelInput(type, input);
    const found = await withPair(load, elements, (pair) => agreed(pair, type, given));
    const isExpected =
      found?.returnValue === returnValue && Buffer.compare(packetOfKernel(type, found.packet), packet) === 0;
    if (isExpected) return { input: given, elements, manner: found.manner, steps };
  }
  return undefined;
}

/** The input on which the kernel spends most time beyond its loop. */
async function chosenByTime(
  load: (elements: readonly MapElement[]) => Pair,
  type: string,
  { inputs, elements }: Prepared,
): Promise<Chosen | undefined> {
  return withPair(load, elements, async (pair) => {
    let [best, longest]: [Chosen | undefined, number] = [undefined, 0];
    for (const input of inputs.slice(0, MOST_TIMED)) {
      const manner = (await agreed(pair, type, input))?.manner;
      if (manner === undefined) continue;
      const time = async (run: LoadedRun, what: What): Promise<number> => {
        const samples = [
          await run.time(manner, what, SEARCH_COUNT, input),
          await run.time(manner, what, SEARCH_COUNT, input),
        ];
        return Math.min(...samples.map((sample) => sample?.nanoseconds ?? 0));
      };
      const net =
        (await time(pair[0], 'program')) +
        (await time(pair[1], 'program')) -
        2 * (await time(pair[0], 'empty'));
      if (net > longest) [best, longest] = [{ input, elements, manner, steps: undefined }, net];
    }
    return best;
  });
}

/** Medians of one load: first, second, empty. */
async function measured(pair: Pair, { input, manner }: Chosen, count: number): Promise<readonly number[]> {
  const setup = Math.max(await pair[0].measureSetup(input), await pair[1].measureSetup(input));
  const trial = Math.max(10, (await pair[0].time('time', 'program', SEARCH_COUNT, input))?.nanoseconds ?? 10);
  const batch = Math.max(BATCH_NANOSECONDS, BATCH_SETUPS * setup);
  const repeat = manner === 'calls' ? CALLS : Math.max(SEARCH_COUNT, Math.round(batch / trial));
  const runs = [
    [pair[0], 'program'],
    [pair[1], 'program'],
    [pair[0], 'empty'],
    [pair[1], 'empty'],
  ] as const;
  const times: number[][] = runs.map(() => []);
  for (let round = 0; round <= count; round++) {
    for (let k = 0; k < runs.length; k++) {
      const which = round % 2 === 0 ? k : runs.length - 1 - k;
      const run = runs[which];
      const sample = await run?.[0].time(manner, run[1], repeat, input);
      // The first round warms caches.
      if (sample !== undefined && round > 0) times[which]?.push(sample.nanoseconds);
    }
  }
  const [first = Number.NaN, second = Number.NaN, ...empties] = times.map(median);
  return [first, second, Math.min(...empties)];
}

/** Enough loads for a standard error that no one asks to be smaller. */
const FEWEST_LOADS = 7;
const CERTAIN = 0.005;

function netRatios(loads: readonly (readonly number[])[]): readonly number[] {
  return loads.map(
    ([first = Number.NaN, second = Number.NaN, empty = Number.NaN]) => (first - empty) / (second - empty),
  );
}

async function timeAs(
  runner: TestRunner,
  paths: readonly [string, string],
  program: ListedProgram,
  mode: Mode,
  settings: TimeSettings,
): Promise<TimedProgram | undefined> {
  const load = (elements: readonly MapElement[]): Pair => [
    new LoadedRun(runner, paths[0], program, mode, elements),
    new LoadedRun(runner, paths[1], program, mode, elements),
  ];
  const type = [...PACKET_TYPES].find((one) => one === program.type);
  const candidates = type === undefined ? [] : busyCandidates(paths, program.name, type, settings);
  const chosen =
    (type === undefined ? undefined : await chosenByMachine(load, type, candidates)) ??
    (await chosenByTime(load, program.type, prepare(paths, program, settings)));
  if (chosen === undefined) return undefined;
  const loads: (readonly number[])[] = [];
  const isCertain = (): boolean => loads.length >= FEWEST_LOADS && standardError(netRatios(loads)) <= CERTAIN;
  while (loads.length < settings.loads && !isCertain())
    loads.push(await withPair(load, chosen.elements, (pair) => measured(pair, chosen, settings.rounds)));
  const column = (which: number): number => median(loads.map((times) => times[which] ?? Number.NaN));
  const nets = netRatios(loads);
  return {
    program: program.name,
    type: program.type,
    first: column(0),
    second: column(1),
    empty: column(2),
    net: median(nets),
    raw: median(loads.map(([first = Number.NaN, second = Number.NaN]) => first / second)),
    error: standardError(nets),
    steps: chosen.steps,
    isRepeated: chosen.manner === 'time',
  };
}

/** Times all networking programs that both objects have and the kernel runs; `isWanted` chooses by name. */
export async function timeObjects(
  runner: TestRunner,
  paths: readonly [string, string],
  isWanted: (program: string) => boolean,
  settings: TimeSettings,
): Promise<readonly TimedProgram[]> {
  const [ours, theirs] = [runner.programs(paths[0]), runner.programs(paths[1])];
  const found: TimedProgram[] = [];
  for (const listed of ours) {
    if (!SUPPORTED.has(listed.type) && listed.type !== 'unspec') continue;
    if (!isWanted(listed.name) || !theirs.some(({ name }) => name === listed.name)) continue;
    for (const type of typesOf(listed)) {
      const program = { name: listed.name, type };
      const timed =
        (await timeAs(runner, paths, program, 'together', settings)) ??
        (await timeAs(runner, paths, program, 'alone', settings));
      if (timed === undefined) continue;
      found.push(timed);
      break;
    }
  }
  return found;
}

export { TestRunner, whyNoTestRun } from './test-run.ts';
