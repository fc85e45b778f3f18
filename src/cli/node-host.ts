/**
 * The machine the compiler runs on: its files, the bundled headers of this package, the host's header directories.
 */

import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host } from '../driver/front-end.ts';
import type { BtfSource } from '../driver/kernel-header.ts';
import type { FileSystem, ReadResult } from '../support/file-system.ts';
import { headerCache } from './header-cache.ts';

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'permission denied',
    EISDIR: 'is a directory',
    ELOOP: 'too many levels of symbolic links',
    ENAMETOOLONG: 'file name too long',
  };
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** A regular file, pipe or device whole; directories are an error. */
function readPath(path: string): ReadResult {
  try {
    // Most lookups of headers find nothing; an exception for each takes five times as long.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return { kind: 'missing' };
    const descriptor = openSync(path, 'r');
    try {
      if (fstatSync(descriptor).isDirectory()) return { kind: 'error', reason: 'is a directory' };
      const bytes = readFileSync(descriptor);
      return { kind: 'file', bytes, text: bytes.toString('latin1') };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return isMissing(error) ? { kind: 'missing' } : { kind: 'error', reason: reasonOf(error) };
  }
}

/** Standard input to its end. */
function readStandardInput(): ReadResult {
  const chunks: Uint8Array[] = [];
  const buffer = new Uint8Array(65536);
  for (;;) {
    try {
      const count = readSync(0, buffer);
      if (count === 0) return { kind: 'file', bytes: Buffer.concat(chunks) };
      chunks.push(buffer.slice(0, count));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') continue;
      if (error instanceof Error && 'code' in error && error.code === 'EOF') {
        return { kind: 'file', bytes: Buffer.concat(chunks) };
      }
      return { kind: 'error', reason: reasonOf(error) };
    }
  }
}

/** The name under which standard input is compiled. */
export const standardInputName = '<stdin>';

function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    // A file on the way, a circle of links, a name too long: no directory that could be searched.
    return false;
  }
}

export function nodeFileSystem(): FileSystem {
  return {
    readFile: (path) => (path === standardInputName ? readStandardInput() : readPath(path)),
    isDirectory,
  };
}

/** A file system that reads each file once: for a command that compiles many sources and is soon over. */
export function rememberingFileSystem(fileSystem: FileSystem): FileSystem {
  const files = new Map<string, ReadResult>();
  const folders = new Map<string, boolean>();
  const remembered = <T>(answers: Map<string, T>, path: string, ask: (path: string) => T): T => {
    const known = answers.get(path);
    if (known !== undefined) return known;
    const answer = ask(path);
    answers.set(path, answer);
    return answer;
  };
  return {
    readFile: (path) => remembered(files, path, fileSystem.readFile),
    isDirectory: (path) => remembered(folders, path, fileSystem.isDirectory),
  };
}

/** Calls `onMuch` once so many bytes were read. */
export function watchedFileSystem(fileSystem: FileSystem, much: number, onMuch: () => void): FileSystem {
  let left = much;
  return {
    isDirectory: fileSystem.isDirectory,
    readFile(path) {
      const result = fileSystem.readFile(path);
      if (left > 0 && result.kind === 'file') {
        left -= result.bytes.length;
        if (left <= 0) onMuch();
      }
      return result;
    },
  };
}

/** This package's folder: the one that holds `sysroot/`, from the bundle in dist/ or from the sources. */
export function packageRoot(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, 'sysroot'))) {
    const up = dirname(at);
    if (up === at) return at;
    at = up;
  }
  return at;
}

/** Written by scripts/kernel-btf.js; the name before it says which kernel it describes. */
const bundledEnding = '.btf.gz';
const runningKernel = '/sys/kernel/btf/vmlinux';

/** Names the running kernel's BTF: it is the same until the machine boots again. */
function kernelIdentity(path: string): string | undefined {
  const boot = readPath('/proc/sys/kernel/random/boot_id');
  if (path !== runningKernel || boot.kind !== 'file') return undefined;
  return `${release()} ${boot.text} ${statSync(path).size}`;
}

/** The running kernel's types; where it offers none, those of the kernel that this package brings along. */
export function kernelBtf(kernel = runningKernel): BtfSource | undefined {
  if (existsSync(kernel)) {
    return {
      title: "the running kernel's BTF",
      identity: kernelIdentity(kernel),
      get bytes() {
        return readFileSync(kernel);
      },
    };
  }
  const folder = join(packageRoot(), 'sysroot/bpfcc-ts');
  const name = readdirSync(folder).find((file) => file.endsWith(bundledEnding));
  const bundled = readPath(join(folder, name ?? ''));
  if (name === undefined || bundled.kind !== 'file') return undefined;
  const { gunzipSync } = process.getBuiltinModule('node:zlib');
  const title = `the bundled BTF of ${name.slice(0, -bundledEnding.length)}`;
  return { title, bytes: gunzipSync(bundled.bytes) };
}

export function nodeHost(fileSystem = nodeFileSystem()): Host {
  return {
    fileSystem,
    bundledHeaders: join(packageRoot(), 'sysroot'),
    kernelBtf,
    headerCache: headerCache(),
    hostHeaders: process.platform === 'win32' ? [] : ['/usr/local/include', '/usr/include'],
  };
}
