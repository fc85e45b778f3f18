/**
 * How long networking programs of two objects of the same source take in the running kernel: loaded side by side, both over
 * the same packet, in turn. The packet is the one of many generated ones that keeps both busiest and that they leave as it was, so
 * that every repetition takes the same path. Needs root and chrt: while it is measured the process goes before all other work.
 *
 * A figure is the median over rounds and loads; a load decides where the kernel places the code, so there are several.
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { type Prepared, prepare, SUPPORTED, typesOf } from './kernel-agreement.ts';
import type { KernelInput } from './kernel-run.ts';
import { hex, type ListedProgram, type Mode, type TestRunner } from './test-run.ts';

export interface TimedProgram {
  readonly program: string;
  readonly type: string;
  /** Nanoseconds a run, and the median of first / second over all rounds. */
  readonly first: number;
  readonly second: number;
  readonly ratio: number;
}

export interface TimeSettings {
  /** Generated packets to choose from. */
  readonly packets: number;
  readonly seed: number;
  readonly loads: number;
  readonly rounds: number;
}

interface Sample {
  readonly nanoseconds: number;
  /** Return value and size of the packet, which tell paths apart. */
  readonly result: string;
}

/** A program that stays loaded and answers. */
class LoadedRun {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;
  private readonly replies: AsyncIterator<string>;
  private setup = 0;

  constructor(runner: TestRunner, object: string, program: ListedProgram, mode: Mode, prepared: Prepared) {
    const args = ['-r', '50', runner.binary, object, 'run', program.name, program.type, mode];
    this.process = spawn('chrt', args);
    this.process.stdin.on('error', () => undefined);
    this.process.stderr.resume();
    this.lines = createInterface({ input: this.process.stdout });
    this.replies = this.lines[Symbol.asyncIterator]();
    for (const { pin, key, value } of prepared.elements)
      this.process.stdin.write(`element ${pin} ${hex(key)} ${hex(value)}\n`);
  }

  /** What one call costs apart from its repetitions: for XDP the kernel patches its dispatcher. */
  async measureSetup(input: KernelInput): Promise<void> {
    this.setup = 0;
    const times: number[] = [];
    for (let i = 0; i < SETUP_ROUNDS; i++) times.push((await this.time(1, input))?.nanoseconds ?? 0);
    this.setup = median(times);
  }

  /** Nothing where the program is refused or does not run. */
  async time(count: number, { packet, context }: KernelInput): Promise<Sample | undefined> {
    this.process.stdin.write(`time ${count} ${hex(packet)} ${hex(context)}\n`);
    const { value, done } = await this.replies.next();
    const [kind, nanoseconds, returned, size] = done === true ? [] : value.split(' ');
    if (kind !== 'time') return undefined;
    return { nanoseconds: (Number(nanoseconds) - this.setup) / count, result: `${returned} ${size}` };
  }

  close(): void {
    this.lines.close();
    this.process.kill();
  }
}

function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;
}

const SEARCH_COUNT = 1000;
const SETUP_ROUNDS = 15;
const BATCH_NANOSECONDS = 4_000_000;

/** The time of both together, or nothing where repetition changes the path. */
async function steadyTime(pair: readonly LoadedRun[], input: KernelInput): Promise<number | undefined> {
  let sum = 0;
  const size = `${input.packet.length}`;
  for (const run of pair) {
    const once = await run.time(1, input);
    const many = [await run.time(SEARCH_COUNT, input), await run.time(SEARCH_COUNT, input)];
    const isSteady = many.every((sample) => sample !== undefined && sample.result === once?.result);
    if (once === undefined || !isSteady) return undefined;
    if (input.packet.length > 0 && once.result.split(' ')[1] !== size) return undefined;
    sum += Math.min(...many.map((sample) => sample?.nanoseconds ?? 0));
  }
  return sum;
}

/** The input that takes longest. */
async function busiest(
  pair: readonly LoadedRun[],
  inputs: readonly KernelInput[],
): Promise<KernelInput | undefined> {
  for (const run of pair) if (inputs[0] !== undefined) await run.measureSetup(inputs[0]);
  let [best, longest]: [KernelInput | undefined, number] = [undefined, 0];
  for (const input of inputs) {
    const time = await steadyTime(pair, input);
    if (time !== undefined && time > longest) [best, longest] = [input, time];
  }
  return best;
}

async function rounds(pair: readonly LoadedRun[], input: KernelInput, count: number): Promise<number[][]> {
  const times: number[][] = [[], []];
  for (const run of pair) await run.measureSetup(input);
  const trial = (await pair[0]?.time(SEARCH_COUNT, input))?.nanoseconds ?? 1;
  const repeat = Math.max(SEARCH_COUNT, Math.round(BATCH_NANOSECONDS / trial));
  for (let round = 0; round <= count; round++) {
    for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const sample = await pair[which]?.time(repeat, input);
      // The first round warms caches.
      if (sample !== undefined && round > 0) times[which]?.push(sample.nanoseconds);
    }
  }
  return times;
}

async function timeAs(
  runner: TestRunner,
  paths: readonly string[],
  program: ListedProgram,
  mode: Mode,
  settings: TimeSettings,
): Promise<TimedProgram | undefined> {
  const prepared = prepare(paths, program, settings);
  const load = (): LoadedRun[] => paths.map((path) => new LoadedRun(runner, path, program, mode, prepared));
  let input: KernelInput | undefined;
  const [first, second, ratios]: number[][] = [[], [], []];
  for (let i = 0; i < settings.loads; i++) {
    const pair = load();
    input ??= await busiest(pair, prepared.inputs);
    if (input !== undefined) {
      const [ours = [], theirs = []] = await rounds(pair, input, settings.rounds);
      first?.push(...ours);
      second?.push(...theirs);
      ratios?.push(...ours.map((time, k) => time / (theirs[k] ?? Number.NaN)));
    }
    for (const run of pair) run.close();
    if (input === undefined) return undefined;
  }
  const figures = { first: median(first ?? []), second: median(second ?? []), ratio: median(ratios ?? []) };
  return { program: program.name, type: program.type, ...figures };
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
