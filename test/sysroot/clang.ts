/** Runs clang as an oracle for the bundled headers. Everything here is test code; the product never calls clang. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const sysroot = join(repository, 'sysroot');

const CLANG = 'clang-19';

export const hasClang = spawnSync(CLANG, ['--version']).status === 0;

/** Paths of all bundled headers, relative to the sysroot, sorted. */
export function bundledHeaders(): string[] {
  return readdirSync(sysroot, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.h'))
    .map((entry) => relative(sysroot, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

export interface ClangResult {
  readonly ok: boolean;
  readonly output: string;
  readonly messages: string;
}

/** Where headers come from: ours alone, the machine's own, or those that clang itself brings. */
export type Side = 'bundled' | 'system' | 'clang';

const SEARCH: Record<Side, readonly string[]> = {
  bundled: ['-target', 'bpf', '-nostdinc', '-isystem', sysroot],
  system: ['-target', 'bpf', '-D__x86_64__', '-I/usr/include', '-I/usr/include/x86_64-linux-gnu'],
  clang: ['-target', 'bpf', '-ffreestanding', '-nostdlibinc'],
};

/** Compiles C text given on standard input. */
export function clang(side: Side, source: string, ...options: string[]): ClangResult {
  const result = spawnSync(CLANG, [...SEARCH[side], ...options, '-x', 'c', '-'], {
    input: source,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { ok: result.status === 0, output: result.stdout, messages: result.stderr };
}

/** Compiles header files as they are; returns clang's messages, empty if all is well. */
export function checkHeaders(headers: readonly string[], ...options: string[]): string {
  const files = headers.map((header) => join(sysroot, header));
  const flags = [...SEARCH.bundled, '-Wall', '-Wextra', '-Werror', '-fsyntax-only', ...options, '-x', 'c'];
  // As the primary file a header that passes on to the next one of its name has no place to go on from.
  flags.push('-Wno-include-next-outside-header');
  const result = spawnSync(CLANG, [...flags, ...files], { encoding: 'utf8', maxBuffer: 1 << 28 });
  return result.status === 0 ? '' : `failed: ${result.stderr}`;
}

export function node(...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: repository, encoding: 'utf8' });
}
