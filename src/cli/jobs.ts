/**
 * Many sources at the same time: this process and others take the next source of a list until there is none.
 *
 * In: a command line. Out: the files that compiling one after the other writes, and its messages in the order of the sources.
 * Each process has a session of its own; nothing of one source is seen in the output of another, whoever compiles it.
 * A source whose process went away is compiled here.
 *
 * Processes, not threads: one starts with the snapshot of V8's heap if this one did, in a third of the time that a thread takes to
 * load the compiler. Sources that begin alike stand together in the list and the processes take from both its
 * ends, so that most headers are read by one of them only.
 */

import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { type Invocation, parseCommandLine } from '../driver/command-line.ts';
import type { Session } from '../driver/session.ts';
import { latin1 } from '../support/file-system.ts';
import { compileInput, wantsColor } from './compile-input.ts';
import { reportingBugs } from './internal-error.ts';
import { nodeFileSystem, nodeHost, rememberingFileSystem } from './node-host.ts';
import { writeAll } from './output.ts';
import { type ListEnd, SharedList } from './shared-list.ts';
import { workerArgument } from './worker-argument.ts';

interface Outcome {
  readonly index: number;
  readonly status: number;
  /** What belongs on standard error. */
  readonly text: string;
}

/** What a process is told that compiles for another one. */
interface Task {
  readonly args: readonly string[];
  readonly color: boolean;
  /** The numbers of the sources, in the order of the list. */
  readonly order: readonly number[];
  readonly end: ListEnd;
}

/** Where such a process finds what it needs: open files beside the standard ones. */
const workerFiles = Object.freeze({ outcomes: 3, task: 4, list: { taken: 5, front: 6, back: 7 } });

/**
 * How much bytecode of a function runs before V8 optimises it (names.ts tells of the usual value): V8 does so on threads of its own, and here
 * no processor waits for them.
 */
const budgetFlag = '--interrupt-budget=1600000';

/** Compiles sources of a command line, each as it is asked for. */
class Compiler {
  private readonly invocation: Invocation;
  private readonly args: readonly string[];
  private readonly session: Session;
  private readonly host = nodeHost(rememberingFileSystem(nodeFileSystem()));

  constructor(args: readonly string[], invocation: Invocation, session: Session) {
    this.args = args;
    this.invocation = invocation;
    this.session = session;
    session.preludes.expectMore();
  }

  compile(index: number): Outcome {
    const { invocation, session, host } = this;
    const input = invocation.inputs[index] ?? '';
    const parts: string[] = [];
    const status = reportingBugs(input, this.args, () =>
      compileInput(invocation, input, session, host, (text) => parts.push(text)),
    );
    return { index, status, text: parts.join('') };
  }

  /** The sources that every process can read, those that include the same headers beside each other. */
  order(): readonly number[] {
    const { inputs } = this.invocation;
    const keys = inputs.map((input) => (isPlainFile(input) ? this.includes(input) : undefined));
    const order = [...inputs.keys()].filter((index) => keys[index] !== undefined);
    const compare = (a = '', b = ''): number => (a < b ? -1 : Number(a > b));
    return order.sort((a, b) => compare(keys[a], keys[b]) || a - b);
  }

  private includes(input: string): string {
    const file = this.host.fileSystem.readFile(input);
    if (file.kind !== 'file') return '';
    const head = latin1(file.bytes.subarray(0, longestHead));
    const names = head.matchAll(/^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)/gm);
    return Array.from(names, ([, name]) => name).join('\n');
  }

  end(): void {
    this.session.tokenCache.keep();
  }
}

/** Bytes of a source among which its includes are looked for. */
const longestHead = 1 << 16;

function isPlainFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What a process does that {@link compileInJobs} began. */
export function runWorker(session: Session): void {
  setFlagsFromString(budgetFlag);
  const { args, color, order, end }: Task = JSON.parse(readFileSync(workerFiles.task, 'utf8'));
  const compiler = new Compiler(args, { ...parseCommandLine(args), color }, session);
  const list = new SharedList(order.length, workerFiles.list);
  for (let at = list.take(end); at !== undefined; at = list.take(end)) {
    const outcome = compiler.compile(order[at] ?? 0);
    try {
      writeAll(workerFiles.outcomes, Buffer.from(`${JSON.stringify(outcome)}\n`));
    } catch {
      // The process that this one works for was killed.
      return;
    }
  }
}

/** Compiles all inputs in so many processes, this one among them; gives the exit status. */
export async function compileInJobs(
  args: readonly string[],
  invocation: Invocation,
  jobs: number,
  session: Session,
): Promise<number> {
  setFlagsFromString(budgetFlag);
  const outcomes = new Map<number, Outcome>();
  let shown = 0;
  const show = (outcome: Outcome): void => {
    outcomes.set(outcome.index, outcome);
    for (let ready = outcomes.get(shown); ready !== undefined; ready = outcomes.get(++shown)) {
      process.stderr.write(ready.text);
    }
  };
  const color = wantsColor(invocation);
  const compiler = new Compiler(args, { ...invocation, color }, session);
  const order = compiler.order();
  const shared = share({ args, color, order }, jobs - 1, show);
  for (let at = shared?.list.take('front'); at !== undefined; at = shared?.list.take('front')) {
    show(compiler.compile(order[at] ?? 0));
    // Lets in what the others have done.
    await new Promise(setImmediate);
  }
  await Promise.all(shared?.ended ?? []);
  for (const index of invocation.inputs.keys()) {
    if (!outcomes.has(index)) show(compiler.compile(index));
  }
  compiler.end();
  return Math.max(0, ...[...outcomes.values()].map(({ status }) => status));
}

interface Shared {
  readonly list: SharedList;
  /** Each is kept when a process ends, however it does. */
  readonly ended: readonly Promise<void>[];
}

/** Starts processes that take from a list; undefined where that does not work. */
function share(task: Omit<Task, 'end'>, count: number, show: (outcome: Outcome) => void): Shared | undefined {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), 'bpfcc-ts-'));
    const list = SharedList.create(task.order.length, join(folder, 'list'));
    const ended: Promise<void>[] = [];
    for (let number = 0; number < count; number++) {
      // This process takes from the front.
      const end = number % 2 === 0 ? 'back' : 'front';
      const path = join(folder, `${number}`);
      writeFileSync(path, JSON.stringify({ ...task, end } satisfies Task), { mode: 0o600, flag: 'wx' });
      ended.push(begin(path, list, show));
    }
    return { list, ended };
  } catch {
    // No place for files, say.
    return undefined;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function begin(path: string, { files }: SharedList, show: (outcome: Outcome) => void): Promise<void> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  // The command's file, or beside the bundle what that loads.
  const [, command = fileURLToPath(new URL('launch.cjs', import.meta.url))] = process.argv;
  const task = openSync(path, 'r');
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, '--', command, workerArgument], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', task, files.taken, files.front, files.back],
    // Certificates take node longer to read than a program to compile.
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined },
  });
  closeSync(task);
  const outcomes = child.stdio[workerFiles.outcomes];
  if (outcomes instanceof Readable) readLines(outcomes, (line) => show(JSON.parse(line)));
  return new Promise((resolve) => {
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
}

/** Calls back for each whole line. */
function readLines(stream: Readable, callback: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('error', () => undefined);
  stream.on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) callback(line);
  });
}
