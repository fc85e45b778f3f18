/**
 * `bpfcc-ts watch [flags] a.c ...`: builds the sources, then again whatever an edit makes stale, until it is interrupted.
 *
 * Exit status: 0 when interrupted; 2 for a wrong command line; 1 where the folder of outputs cannot be made.
 *
 * Method: an event of a watched folder (folder-watcher.ts) starts a round a moment later: the plan (plan.ts) says which sources are
 * stale, they are built, and the folders that the builds looked at are watched from then on. Rounds follow by themselves for
 * a while after a build, because no event tells of a second write in the same tick of the clock.
 */

import { parseCommandLine } from '../../driver/command-line.ts';
import { expandResponseFiles } from '../compile-command.ts';
import { wantsColor } from '../compile-input.ts';
import { complain } from '../complaint.ts';
import { makeOutDir, outputCollisions, outputPath } from '../output-files.ts';
import type { PacketRunOptions } from '../packet-run.ts';
import { CommandRunner, parseRunArguments, runInMachine } from './after-build.ts';
import { Builder } from './builder.ts';
import { type Display, jsonDisplay, textDisplay } from './display.ts';
import { FolderWatcher, foldersOf } from './folder-watcher.ts';
import { Plan } from './plan.ts';
import { onInterrupt } from './roomy-thread.ts';
import type { WatchOptions } from './watch-options.ts';

/** From an event to the look at the files: one save is several events, in ms. */
const quietTime = 2;
/** From a look at half a save to the next. */
const waitTime = 10;
/** Looks that follow a build by themselves. */
const settleTimes = [60, 300];

class Watch {
  private readonly sources: readonly string[];
  private readonly builder: Builder;
  private readonly plan: Plan;
  private readonly display: Display;
  private readonly watcher: FolderWatcher;
  private readonly run: PacketRunOptions | undefined;
  private readonly runner: CommandRunner | undefined;
  private timer: NodeJS.Timeout | undefined;
  private settling: NodeJS.Timeout[] = [];
  private isReady = false;
  private isStopped = false;
  /** When the event came that the next round is about. */
  private eventAt: number | undefined;

  constructor(
    sources: readonly string[],
    builder: Builder,
    display: Display,
    options: WatchOptions,
    run: PacketRunOptions | undefined,
  ) {
    this.sources = sources;
    this.builder = builder;
    this.plan = new Plan(builder.files, sources);
    this.display = display;
    this.run = run;
    this.runner =
      options.exec === undefined
        ? undefined
        : new CommandRunner(options.exec, options.json, (result) => display.ran(result));
    this.watcher = new FolderWatcher(
      () => this.onEvent(),
      (reason) => display.note(`looking at the files at intervals: ${reason}`),
      () => this.onReady(),
    );
    if (options.poll) this.watcher.poll();
  }

  start(): void {
    this.eventAt = performance.now();
    this.round();
  }

  /** The first folders are watched: what changes from now on has an event. */
  private onReady(): void {
    if (this.isReady) return;
    this.isReady = true;
    this.display.ready(this.sources);
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    for (const timer of this.settling) clearTimeout(timer);
    this.watcher.close();
    this.runner?.stop();
  }

  private onEvent(): void {
    this.eventAt ??= performance.now();
    this.timer ??= setTimeout(() => this.round(), quietTime);
  }

  private round(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const step = this.plan.next(Date.now());
    if (step.kind === 'wait') {
      this.timer = setTimeout(() => this.round(), waitTime);
      return;
    }
    const start = this.eventAt ?? performance.now();
    this.eventAt = undefined;
    if (step.kind === 'build') {
      const builds = step.sources.map((source) => this.builder.build(source, start));
      for (const [i, { questions }] of builds.entries()) this.plan.built(step.sources[i] ?? '', questions);
      this.display.built(builds, step.changes);
      this.after(builds.flatMap(({ summary }) => (summary.output === undefined ? [] : [summary.output])));
    }
    // Folders come and go: where a watch is new, something may have changed before it.
    const { files, folders } = this.plan.paths();
    if (this.watcher.watch(foldersOf(files, folders)) || step.kind === 'build') this.settle();
  }

  private settle(): void {
    for (const timer of this.settling) clearTimeout(timer);
    this.settling = settleTimes.map((time) => setTimeout(() => this.round(), time));
  }

  private after(objects: readonly string[]): void {
    if (objects.length === 0) return;
    if (this.run !== undefined)
      for (const object of objects) this.display.ran(runInMachine(object, this.run));
    const { runner } = this;
    if (runner === undefined) return;
    // What was said of the build stands above what the command says: here the streams go through another thread.
    process.stdout.write('', () => process.stderr.write('', () => this.isStopped || runner.start(objects)));
  }
}

/** Watches until SIGINT or SIGTERM; sets the exit status. */
export function watchCommand(rawArgs: readonly string[], options: WatchOptions): void {
  const args = expandResponseFiles(rawArgs);
  const invocation = parseCommandLine(args);
  const { inputs } = invocation;
  const errors = [...invocation.errors, ...outputCollisions(invocation)];
  if (inputs.includes('-')) errors.push('standard input cannot be watched');
  else if (inputs.some((input) => outputPath(invocation, input) === '-')) {
    errors.push('standard output cannot be kept up to date: name a file with -o');
  }
  const run = options.run === undefined ? undefined : parseRunArguments(options.run);
  if (typeof run === 'string') errors.push(run);
  for (const text of errors) complain(text);
  if (errors.length > 0 || typeof run === 'string') {
    process.exitCode = 2;
    return;
  }
  const noFolder = makeOutDir(invocation);
  if (noFolder !== undefined) {
    complain(noFolder);
    process.exitCode = 1;
    return;
  }
  const clears = options.clear && process.stdout.isTTY === true && process.stderr.isTTY === true;
  const display = options.json ? jsonDisplay() : textDisplay(clears);
  const builder = new Builder(invocation, args, !options.json && wantsColor(invocation));
  const watch = new Watch(inputs, builder, display, options, run);
  onInterrupt(() => watch.stop());
  watch.start();
}
