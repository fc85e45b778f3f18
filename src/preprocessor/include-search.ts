/**
 * Where `#include` looks: a header name and the includer -> a file (C11 6.10.2; the order is clang's).
 *
 * `"x"` looks beside the includer, then in -iquote, then as `<x>`: -I, then the system directories (-isystem,
 * the bundled headers, the host's), then -idirafter. `#include_next` goes on behind the directory that the
 * includer was found in. A directory that comes twice counts once: a system directory silences the same
 * directory given by -I, otherwise the first stays.
 */

import type { FileOrigin } from '../diagnostics/source-manager.ts';
import { type FileSystem, latin1 } from '../support/file-system.ts';

export interface IncludePaths {
  /** -iquote */
  readonly quote: readonly string[];
  /** -I */
  readonly angled: readonly string[];
  /** -isystem, bundled headers, host directories. */
  readonly system: readonly string[];
  /** -idirafter */
  readonly after: readonly string[];
}

/** A file that was found. */
export interface FoundFile {
  /** The directory as given, a slash, and the name as given; of a generated header what it was made from. */
  readonly path: string;
  /** What tells files apart: the path without `.`, `..` and doubled slashes. */
  readonly identity: string;
  readonly text: string;
  readonly origin: FileOrigin;
  /** Index in the search list, or -1 when it was found beside its includer or by an absolute name. */
  readonly directory: number;
  /** Of a generated header: the file that it depends on, if any. */
  readonly madeFrom?: { readonly file: string | undefined };
}

/** A header that is no file. */
export interface GeneratedHeader {
  /** What messages call it. */
  readonly title: string;
  readonly text: string;
  /** The file that it was made from, for make rules. */
  readonly file: string | undefined;
}

/** Makes the header of a name that no directory has. */
export type HeaderGenerator = (name: string) => GeneratedHeader | undefined;

/** What the search needs to know of the file that includes. */
export interface Includer {
  readonly path: string;
  readonly origin: FileOrigin;
  readonly directory: number;
}

/** What was asked of the world outside, and what it said: a file's text or null, or a generated header's. */
export interface SearchAnswer {
  readonly kind: 'file' | 'generated';
  /** A path, or the name of a header. */
  readonly name: string;
  readonly text: string | null;
  /** Of a generated header: what messages call it, and the file that it was made from. */
  readonly source?: string;
}

interface Directory {
  readonly path: string;
  readonly origin: FileOrigin;
}

interface LoadedFile {
  readonly identity: string;
  readonly text: string;
}

export class IncludeSearch {
  private readonly directories: readonly Directory[];
  /** Index of the first directory for `<x>`. */
  private readonly angledStart: number;
  private readonly fileSystem: FileSystem;
  private readonly generate: HeaderGenerator | undefined;
  /** Files by path; null where there is none. */
  private readonly loaded = new Map<string, LoadedFile | null>();
  private readonly isDirectory = new Map<string, boolean>();
  private readonly generatedAnswers: SearchAnswer[] = [];

  constructor(paths: IncludePaths, fileSystem: FileSystem, generate?: HeaderGenerator) {
    this.fileSystem = fileSystem;
    this.generate = generate;
    const quote = withoutDuplicates(this.existing(paths.quote, 'header'));
    const angled = withoutDuplicates([
      ...this.existing(paths.angled, 'header'),
      ...this.existing(paths.system, 'system'),
      ...this.existing(paths.after, 'system'),
    ]);
    this.directories = [...quote, ...angled];
    this.angledStart = quote.length;
  }

  /** Finds `name`; `includer` undefined stands for the command line. */
  find(name: string, isAngled: boolean, includer: Includer | undefined): FoundFile | undefined {
    if (isAbsolute(name)) return this.at(name, includer?.origin ?? 'user', -1);
    if (!isAngled) {
      const beside = joinPath(directoryOf(includer?.path ?? ''), name);
      const found = this.at(beside, includer?.origin ?? 'user', -1);
      if (found !== undefined) return found;
    }
    return this.findFrom(name, isAngled ? this.angledStart : 0) ?? this.generated(name);
  }

  private generated(name: string): FoundFile | undefined {
    const header = this.generate?.(name);
    this.generatedAnswers.push({
      kind: 'generated',
      name,
      text: header?.text ?? null,
      ...(header !== undefined && { source: sourceOf(header) }),
    });
    if (header === undefined) return undefined;
    const { title, text, file } = header;
    return {
      path: title,
      identity: `generated ${name}`,
      text,
      origin: 'system',
      directory: -1,
      madeFrom: { file },
    };
  }

  /** Finds `name` for `#include_next`. */
  findNext(name: string, includer: Includer): FoundFile | undefined {
    if (isAbsolute(name)) return this.at(name, includer.origin, -1);
    return this.findFrom(name, includer.directory < 0 ? this.angledStart : includer.directory + 1);
  }

  /** Reads a file by its path: the main file. It is no answer to a search. */
  read(path: string): FoundFile | undefined {
    const file = this.readFile(path);
    return file === null ? undefined : { path, origin: 'user', directory: -1, ...file };
  }

  /** The directories that are there, in a form in which the same are equal. */
  get key(): string {
    return JSON.stringify([this.angledStart, this.directories]);
  }

  /** All that was asked so far. */
  answers(): readonly SearchAnswer[] {
    const files = [...this.loaded].map(([name, file]) => ({
      kind: 'file' as const,
      name,
      text: file?.text ?? null,
    }));
    return [...files, ...this.generatedAnswers];
  }

  /** Whether the same questions have the same answers now; they are asked again up to the first that has not. */
  confirms(answers: readonly SearchAnswer[]): boolean {
    return answers.every(({ kind, name, text, source }) => {
      if (kind === 'file') return (this.load(name)?.text ?? null) === text;
      const header = this.generate?.(name);
      if (header === undefined) return text === null;
      return header.text === text && sourceOf(header) === source;
    });
  }

  private findFrom(name: string, first: number): FoundFile | undefined {
    for (let index = first; index < this.directories.length; index++) {
      const directory = this.directories[index];
      if (directory === undefined) continue;
      const found = this.at(joinPath(directory.path, name), directory.origin, index);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private at(path: string, origin: FileOrigin, directory: number): FoundFile | undefined {
    const file = this.load(path);
    return file === null ? undefined : { path, origin, directory, ...file };
  }

  private load(path: string): LoadedFile | null {
    const known = this.loaded.get(path);
    if (known !== undefined) return known;
    const file = this.readFile(path);
    this.loaded.set(path, file);
    return file;
  }

  private readFile(path: string): LoadedFile | null {
    const result = path.includes('\0') ? undefined : this.fileSystem.readFile(path);
    if (result?.kind !== 'file') return null;
    return { identity: normalizePath(path), text: result.text ?? latin1(result.bytes) };
  }

  private existing(paths: readonly string[], origin: FileOrigin): Directory[] {
    return paths.filter((path) => this.directoryExists(path)).map((path) => ({ path, origin }));
  }

  private directoryExists(path: string): boolean {
    const known = this.isDirectory.get(path);
    if (known !== undefined) return known;
    const exists = this.fileSystem.isDirectory(path);
    this.isDirectory.set(path, exists);
    return exists;
  }
}

function sourceOf({ title, file = '' }: GeneratedHeader): string {
  return `${title}\n${file}`;
}

function withoutDuplicates(directories: readonly Directory[]): Directory[] {
  const kept: Directory[] = [];
  for (const directory of directories) {
    const identity = normalizePath(directory.path);
    const before = kept.findIndex((other) => normalizePath(other.path) === identity);
    if (before < 0) {
      kept.push(directory);
    } else if (directory.origin === 'system' && kept[before]?.origin !== 'system') {
      kept.splice(before, 1);
      kept.push(directory);
    }
  }
  return kept;
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);
}

/** The part of a path before its last slash; empty where it has none. */
export function directoryOf(path: string): string {
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return slash < 0 ? '' : slash === 0 ? '/' : path.slice(0, slash);
}

function joinPath(directory: string, name: string): string {
  if (directory === '') return name;
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

function normalizePath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/');
}
