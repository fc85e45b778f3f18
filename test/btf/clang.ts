/** clang and bpftool as oracles for BTF; undefined or skipped where the machine lacks them. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool } from '../isa/tools.ts';

export const clang = findTool('clang-19', 'clang');
export const bpftool =
  spawnSync('bpftool', ['version'], { stdio: 'ignore' }).status === 0 ? 'bpftool' : undefined;

/** Runs `action` in a folder of its own that is gone afterwards. */
export function inTemporaryFolder<T>(action: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bpfcc-test-'));
  try {
    return action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** clang's object of a source file. */
export function clangObject(source: string, flags: readonly string[]): Uint8Array {
  return inTemporaryFolder((folder) => {
    const output = join(folder, 'a.o');
    const args = ['-target', 'bpf', '-g', '-O2', '-w', ...flags, '-c', source, '-o', output];
    const run = spawnSync(clang ?? 'clang', args, { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(run.stderr);
    return readFileSync(output);
  });
}

/** Clang's object of a preprocessed text. */
export function clangObjectOfText(text: string, flags: readonly string[]): Uint8Array {
  return inTemporaryFolder((folder) => {
    const source = join(folder, 'a.i');
    writeFileSync(source, text, 'latin1');
    return clangObject(source, flags);
  });
}

/** What `bpftool btf dump file` prints for an object. */
export function bpftoolDump(object: Uint8Array): string {
  return inTemporaryFolder((folder) => {
    const file = join(folder, 'a.o');
    writeFileSync(file, object);
    const run = spawnSync(bpftool ?? 'bpftool', ['btf', 'dump', 'file', file], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (run.status !== 0) throw new Error(run.stderr);
    return run.stdout;
  });
}
