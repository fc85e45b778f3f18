/** The command as users run it: built once per test file, in a folder of its own inside the package. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/cli/node-host.ts';

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; a run that takes longer has status null. */
  readonly timeout?: number;
  /** Options of node itself. */
  readonly node?: readonly string[];
}

/** A built command and a working folder; `dispose` removes both. */
export class Command {
  readonly folder: string;
  /** The file to run with node. */
  readonly script: string;

  constructor() {
    // The command finds the bundled headers from its own place, so it has to lie inside the package.
    const root = packageRoot();
    const cache = join(root, 'node_modules/.cache');
    mkdirSync(cache, { recursive: true });
    this.folder = mkdtempSync(join(cache, 'command-'));
    const build = spawnSync(
      process.execPath,
      ['scripts/build.js', `--out=${join(this.folder, 'package/dist')}`],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    if (build.status !== 0) throw new Error(`the build failed: ${build.stderr}`);
    cpSync(join(root, 'bin'), join(this.folder, 'package/bin'), { recursive: true });
    this.script = join(this.folder, 'package/bin/bpfcc-ts.js');
    mkdirSync(this.work);
  }

  get work(): string {
    return join(this.folder, 'work');
  }

  run(args: readonly string[], options: RunOptions = {}): Run {
    const { status, stdout, stderr } = this.runForBytes(args, options);
    return { status, stdout: stdout.toString('latin1'), stderr };
  }

  runForBytes(args: readonly string[], options: RunOptions = {}) {
    const run = spawnSync(process.execPath, [...(options.node ?? []), this.script, ...args], {
      cwd: this.work,
      input: options.input ?? '',
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '', ...options.env },
      maxBuffer: 1 << 28,
      timeout: options.timeout ?? 60_000,
    });
    return { status: run.status, stdout: run.stdout, stderr: run.stderr.toString('utf8') };
  }

  path(name: string): string {
    return join(this.work, name);
  }

  write(name: string, content: string | Uint8Array): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
