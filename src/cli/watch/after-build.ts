/**
 * What happens after a good build: `--run 'ARGS'` runs the object in the machine, `--exec CMD` a command of the shell.
 *
 * A command that is still running when the next build is done is ended first; its children too, where there are process groups.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { Command, CommanderError } from 'commander';
import { splitResponseFile } from '../../driver/response-file.ts';
import { reportingBugs } from '../internal-error.ts';
import { type PacketRunOptions, runObject } from '../packet-run.ts';
import { addRunOptions } from '../run-options.ts';
import type { AfterRun } from './display.ts';

/** The options of `--run`; a text where they are wrong. */
export function parseRunArguments(text: string): PacketRunOptions | string {
  const complaints: string[] = [];
  const command = addRunOptions(new Command('--run'))
    .allowUnknownOption(false)
    .allowExcessArguments(false)
    .exitOverride()
    .helpOption(false)
    .configureOutput({ writeErr: (line) => complaints.push(line.trim()) });
  try {
    command.parse(splitResponseFile(text), { from: 'user' });
    if (command.args.length > 0)
      return `--run: '${command.args[0]}' is no option: the object is the one just built`;
    return command.opts<PacketRunOptions>();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return `--run: ${complaints.join(' ').replace(/^error: /, '')}`;
  }
}

/** Runs an object in the machine. */
export function runInMachine(object: string, options: PacketRunOptions): AfterRun {
  let stdout = '';
  let stderr = '';
  const output = {
    out: (text: string) => void (stdout += text),
    err: (text: string) => void (stderr += text),
  };
  const status = reportingBugs(object, [], () => runObject(object, options, output));
  return { kind: 'run', status, stdout, stderr };
}

/** Runs a command of the shell, one at a time. */
export class CommandRunner {
  private readonly command: string;
  private readonly collects: boolean;
  private readonly onEnd: (result: AfterRun) => void;
  private running: ChildProcess | undefined;

  /** @param collects Its output goes to `onEnd`, not to the terminal. */
  constructor(command: string, collects: boolean, onEnd: (result: AfterRun) => void) {
    this.command = command;
    this.collects = collects;
    this.onEnd = onEnd;
  }

  /** Starts the command; `$BPFCC_OBJECTS` has the objects of this build, a line each. */
  start(objects: readonly string[]): void {
    this.stop();
    const child = spawn(this.command, {
      shell: true,
      detached: process.platform !== 'win32',
      stdio: ['ignore', this.collects ? 'pipe' : 'inherit', this.collects ? 'pipe' : 'inherit'],
      env: { ...process.env, BPFCC_OBJECTS: objects.join('\n') },
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (bytes: Buffer) => void (stdout += bytes.toString()));
    child.stderr?.on('data', (bytes: Buffer) => void (stderr += bytes.toString()));
    child.on('error', (error) => void (stderr += `${error.message}\n`));
    child.on('close', (status) => {
      // One that was stopped for the next build has nothing to say.
      if (this.running !== child) return;
      this.running = undefined;
      this.onEnd({ kind: 'exec', status: status ?? 1, stdout, stderr });
    });
    this.running = child;
  }

  stop(): void {
    const { running } = this;
    this.running = undefined;
    if (running?.pid === undefined) return;
    try {
      if (process.platform === 'win32') running.kill();
      else process.kill(-running.pid);
    } catch {
      // It has ended by itself.
    }
  }
}
