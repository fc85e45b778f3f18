/**
 * `bpfcc-ts --verifier-safe-bisect[=COMMAND] [flags] a.c`: finds the pass, and the function, without which the kernel
 * accepts a program that it refuses.
 *
 * The judge is a command of the shell that takes an object and ends with status 0 when it is fine: `{}` in it stands for the
 * object's path, which else is its last argument. Without one, bpftool loads the object into the running kernel.
 *
 * Method: each pass is left out alone; when none of them is the one, all are left out that can be, and put back one by
 * one as long as the object stays fine (the minimising step of Zeller's delta debugging). Of what is left,
 * each pass is then tried on one function at a time.
 *
 * Exit status: 0 with an answer (or nothing to search), 1 when no choice of passes helps, 2 for a wrong command line.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCommandLine, skippablePasses } from '../driver/command-line.ts';
import { compileSource } from '../driver/compile.ts';
import type { CompileOptions } from '../driver/options.ts';
import { createSession } from '../driver/session.ts';
import { isElfError, readElf } from '../object/elf-reader.ts';
import { isBisectFlag, judgeOf } from './bisect-flag.ts';
import { complain } from './complaint.ts';
import { nodeHost } from './node-host.ts';

/** Loads and pins all programs in a folder that goes away again. */
const kernelJudge =
  'd=/sys/fs/bpf/bpfcc-bisect-$$; bpftool prog loadall {} $d >/dev/null 2>&1; s=$?; rm -rf $d; exit $s';

class Bisection {
  private readonly input: string;
  private readonly options: CompileOptions;
  private readonly judge: string;
  private readonly path: string;
  private readonly session = createSession();
  private readonly host = nodeHost();
  /** Functions of the last object. */
  private functions: readonly string[] = [];

  constructor(input: string, options: CompileOptions, judge: string, folder: string) {
    this.input = input;
    this.options = options;
    this.judge = judge;
    this.path = join(folder, 'bisect.o');
  }

  /** An object made without some passes; false when there is none without them. */
  private compile(skipped: readonly string[]): boolean {
    const { session, host, input, options } = this;
    const skipPasses = [...options.skipPasses, ...skipped];
    let object: Uint8Array | undefined;
    try {
      object = compileSource({
        session,
        host,
        path: input,
        outputName: this.path,
        options: { ...options, skipPasses },
      }).object;
    } catch {
      // Without a pass that others need the compiler may stop anywhere.
      return false;
    }
    if (object === undefined) return false;
    writeFileSync(this.path, object);
    const elf = readElf(object);
    if (!isElfError(elf)) {
      this.functions = elf.symbols.filter(({ type }) => type === 'func').map(({ name }) => name);
    }
    return true;
  }

  private isAccepted(skipped: readonly string[]): boolean {
    if (!this.compile(skipped)) return false;
    const command = this.judge.includes('{}')
      ? this.judge.replaceAll('{}', this.path)
      : `${this.judge} ${this.path}`;
    return spawnSync('/bin/sh', ['-c', command], { stdio: 'ignore' }).status === 0;
  }

  run(): number {
    if (!this.compile([])) return this.say('it does not compile', 1);
    const { functions } = this;
    if (this.isAccepted([])) return this.say('it is accepted as it is', 0);
    const alone = [...skippablePasses].filter((pass) => this.isAccepted([pass]));
    for (const pass of alone) this.sayPass(pass, functions);
    if (alone.length > 0) return 0;
    const together = this.smallestSet();
    if (together === undefined) return this.say('it is refused with any choice of passes', 1);
    return this.say(`it is accepted without all of: ${together.join(', ')}`, 0);
  }

  /** A pass and the functions on which it makes the difference. */
  private sayPass(pass: string, functions: readonly string[]): void {
    const where = functions.filter((name) => this.isAccepted([`${pass}@${name}`]));
    const places = where.length === 0 ? '' : `, in ${where.join(' or ')} alone`;
    this.say(`it is accepted without ${pass}${places} (--skip-pass=${pass}${places && `@${where[0]}`})`, 0);
  }

  /** Passes that must be left out together; none of them can be put back. */
  private smallestSet(): readonly string[] | undefined {
    let left = [...skippablePasses].filter((pass) => this.compile([pass]));
    if (!this.isAccepted(left)) return undefined;
    for (const pass of [...left]) {
      const fewer = left.filter((other) => other !== pass);
      if (this.isAccepted(fewer)) left = fewer;
    }
    return left;
  }

  private say(text: string, status: number): number {
    process.stdout.write(`${this.input}: ${text}\n`);
    return status;
  }
}

export function bisectCommand(args: readonly string[]): number {
  const judge = args.filter(isBisectFlag).map(judgeOf).at(-1) ?? kernelJudge;
  const { options, inputs, errors } = parseCommandLine(args.filter((argument) => !isBisectFlag(argument)));
  const [input, second] = inputs;
  const problems = second === undefined ? errors : [...errors, 'one source at a time'];
  if (input === undefined || problems.length > 0) {
    for (const text of problems) complain(text);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bpfcc-bisect-'));
  try {
    return new Bisection(input, { ...options, phase: 'object' }, judge, folder).run();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
