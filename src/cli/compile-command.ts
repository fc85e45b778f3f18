/**
 * `bpfcc-ts [flags] a.c ...`: the compiler's command, clang's in form.
 *
 * Exit status: 0; 1 when a source has errors; 2 for a wrong command line; 70 for a bug of ours, with a file
 * that reproduces it (internal-error.ts).
 */

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { flagHelp, type Invocation, parseCommandLine } from '../driver/command-line.ts';
import { splitResponseFile } from '../driver/response-file.ts';
import { createSession, type Session } from '../driver/session.ts';
import { compileInput, ExitStatus } from './compile-input.ts';
import { complain } from './complaint.ts';
import { reportingBugs } from './internal-error.ts';
import { nodeFileSystem, nodeHost, rememberingFileSystem, watchedFileSystem } from './node-host.ts';
import { makeOutDir, outputCollisions } from './output-files.ts';
import { InputRecorder } from './print-inputs.ts';
import { scanStore } from './scan-store.ts';
import { version } from './version.ts';

/** `@file` arguments may hold further ones; a cycle ends here. */
const maxResponseDepth = 10;

/** @param read Gets the names of the files that were read. */
export function expandResponseFiles(args: readonly string[], read: string[] = [], depth = 0): string[] {
  return args.flatMap((argument) => {
    if (!argument.startsWith('@') || depth >= maxResponseDepth) return [argument];
    const path = argument.slice(1);
    try {
      const words = splitResponseFile(readFileSync(path, 'utf8'));
      read.push(path);
      return expandResponseFiles(words, read, depth + 1);
    } catch {
      return [argument];
    }
  });
}

export const usage = `usage: bpfcc-ts [flags] file.c ...        compile C to eBPF objects
       bpfcc-ts help [command]             all commands
       bpfcc-ts --verifier-safe-bisect[=command] [flags] file.c
                                           find the pass that makes the kernel (or the command) refuse a program

flags (clang's names and meanings):
`;

function showInformation(invocation: Invocation): number | undefined {
  if (invocation.showHelp) {
    process.stdout.write(`${usage}${flagHelp()}\n`);
    return ExitStatus.ok;
  }
  if (invocation.showVersion) {
    process.stdout.write(`bpfcc-ts version ${version}\nTarget: bpf\n`);
    return ExitStatus.ok;
  }
  if (invocation.query !== undefined) {
    const { littleEndian } = invocation.options;
    const { bundledHeaders } = nodeHost();
    process.stdout.write(`${invocation.query({ littleEndian, bundledHeaders })}\n`);
    return ExitStatus.ok;
  }
  for (const text of invocation.warnings) complain(text, 'warning');
  const errors = [...invocation.errors, ...outputCollisions(invocation)];
  for (const text of errors) complain(text);
  if (errors.length > 0) return ExitStatus.usage;
  if (invocation.verbose || invocation.onlyShow) {
    process.stderr.write(`bpfcc-ts version ${version}\nTarget: bpf\n`);
    for (const flag of invocation.ignored) process.stderr.write(`without effect: ${flag}\n`);
  }
  if (!invocation.onlyShow) return undefined;
  const words = ['bpfcc-ts', ...invocation.flags, ...invocation.inputs].map((word) => JSON.stringify(word));
  process.stderr.write(` ${words.join(' ')}\n`);
  return ExitStatus.ok;
}

/** So many sources pay for a process of their own, which begins with nothing optimised and nothing known. */
const sourcesPerJob = 3;

/** How many processes the sources are compiled in: only where each writes files of its own. */
function jobCount({ jobs, inputs, options, printInputs, output }: Invocation): number {
  const isApart =
    printInputs === undefined &&
    output === undefined &&
    options.phase !== 'preprocess' &&
    !inputs.includes('-');
  if (!isApart || options.dependencies.kind === 'only' || version === 'development') return 1;
  if (jobs !== undefined) return Math.min(jobs, inputs.length);
  if (inputs.length < 2 * sourcesPerJob) return 1;
  // V8 optimises what runs on threads of its own: that is a part of the work.
  const processes = Math.round(availableParallelism() * 0.75);
  return Math.max(1, Math.min(processes, Math.floor(inputs.length / sourcesPerJob)));
}

/** What a process has when the command begins. */
export interface Start {
  session(): Session;
  /** Called if there are several sources. */
  readonly beforeSeveral?: () => void;
  /** Called as soon as there is much to do for one source: a long text was read, or the source is understood. */
  readonly beforeMuch?: () => void;
}

export const fromNothing: Start = { session: () => createSession(scanStore()) };

/** Bytes of all headers of a small program at most. */
const muchText = 500_000;

/** The whole command; gives the exit status, later where several processes work. */
export function compileCommand(
  rawArgs: readonly string[],
  start: Start = fromNothing,
): number | Promise<number> {
  const argumentFiles: string[] = [];
  const args = expandResponseFiles(rawArgs, argumentFiles);
  const invocation = parseCommandLine(args);
  const answered = showInformation(invocation);
  if (answered !== undefined) return answered;
  const noFolder = makeOutDir(invocation);
  if (noFolder !== undefined) {
    complain(noFolder);
    return ExitStatus.sourceErrors;
  }
  if (invocation.inputs.length > 1) start.beforeSeveral?.();
  const jobs = jobCount(invocation);
  const session = start.session();
  if (jobs > 1) {
    return import('./jobs.ts').then(({ compileInJobs }) => compileInJobs(args, invocation, jobs, session));
  }
  const { beforeMuch = () => undefined } = start;
  const fileSystem = watchedFileSystem(nodeFileSystem(), muchText, beforeMuch);
  const host = nodeHost(rememberingFileSystem(fileSystem));
  // Node takes a while to open standard error: not for nothing.
  const say = (text: string) => void (text !== '' && process.stderr.write(text));
  const recorder =
    invocation.printInputs === undefined ? undefined : new InputRecorder(invocation, argumentFiles);
  const statuses = invocation.inputs.map((input) =>
    reportingBugs(input, args, () =>
      compileInput(invocation, input, session, recorder?.hostFor(input, host) ?? host, say, beforeMuch),
    ),
  );
  if (recorder !== undefined) process.stdout.write(recorder.print());
  session.tokenCache.keep();
  return Math.max(ExitStatus.ok, ...statuses);
}
