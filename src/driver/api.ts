/**
 * `compile()`: sources in, an object and all that is known of it out. No file system is needed and nothing of Node is used.
 *
 * The sources are files by path; `#include` finds them beside the including file and where `-I` says, then the
 * bundled headers, which are a module of their own (`bpfcc-ts/headers`, loaded on the first call that wants them).
 * Whatever is wrong with sources or request is a diagnostic: only bugs of the compiler are thrown.
 */

import type { ObjectFile } from '../object/elf.ts';
import { isElfError, readElf } from '../object/elf-reader.ts';
import type { FileSystem, ReadResult } from '../support/file-system.ts';
import { type CompileDiagnostic, plainDiagnostics, renderAll, requestError } from './api-diagnostics.ts';
import { parseCommandLine } from './command-line.ts';
import { type CompileResult, compileSource, objectListing } from './compile.ts';
import type { BtfSource } from './kernel-header.ts';
import {
  type MapInfo,
  mapDefinitions,
  mapInfo,
  type ProgramInfo,
  programInfo,
  typesOf,
  type VariableInfo,
  variableDefinitions,
  variableInfo,
} from './object-facts.ts';
import type { CompileOptions, Phase } from './options.ts';
import { createSession, type Session } from './session.ts';

/** A file's content: text (written as UTF-8) or bytes. */
export type SourceText = string | Uint8Array;

/** Headers by the name that `#include <name>` uses. */
export type HeaderFiles = Readonly<Record<string, string>>;

/** What to compile, and how. */
export interface CompileInput {
  /** The source and the headers it includes, by path: `{ 'prog.c': '...', 'include/shared.h': '...' }`. */
  readonly sources: Readonly<Record<string, SourceText>>;
  /** The path of the source to compile; may be left out where `sources` has only one `.c` (or `.s`). */
  readonly main?: string;
  /** Flags as on the command line: `['-O2', '-mcpu=v4', '-DDEBUG', '-Iinclude']`. */
  readonly flags?: readonly string[];
  /** Typed options; they override `flags`. */
  readonly options?: Partial<CompileOptions>;
  /**
   * What `#include "vmlinux.h"` is made from where `sources` has no such file: `/sys/kernel/btf/vmlinux`, an object
   * with a `.BTF` section, or the package's `bpfcc-ts/vmlinux.btf.gz`; gzip is undone.
   */
  readonly btf?: Uint8Array | ArrayBuffer;
  /** Keeps parsed headers from one compilation to the next; without one each call starts anew. */
  readonly session?: Session;
}

/** {@link CompileInput} for {@link compileSync}, which cannot load anything. */
export interface CompileSyncInput extends CompileInput {
  /** The bundled headers (`import { headers } from 'bpfcc-ts/headers'`); without them only `sources` are found. */
  readonly headers?: HeaderFiles;
}

/** What a compilation made. */
export interface CompileOutput {
  /** No errors. */
  readonly ok: boolean;
  /** The ELF object, ready for libbpf, bpftool or `bpfcc-ts/machine`; undefined after errors. */
  readonly object: Uint8Array | undefined;
  readonly diagnostics: readonly CompileDiagnostic[];
  /** All diagnostics as the command prints them; empty when there are none. */
  readonly messages: string;
  /** BPF assembly of the object, as `-S` writes it (with C lines where `flags` has `--source`). */
  readonly listing: string | undefined;
  /** What `-E` asks for. */
  readonly preprocessed: string | undefined;
  /** With `--emit=html`, which makes no object: a page with C, IR and code side by side. */
  readonly page: string | undefined;
  /** Source Map v3 as JSON: instruction numbers to C lines. */
  readonly sourceMap: string | undefined;
  readonly programs: readonly ProgramInfo[];
  readonly maps: readonly MapInfo[];
  /** Global variables, where the object has their types (`-g`). */
  readonly variables: readonly VariableInfo[];
  /** Paths of the sources that were read, the main one first; bundled headers are not among them. */
  readonly files: readonly string[];
}

/** Where the bundled headers stand in the file system of a compilation. */
const headerFolder = '/bpfcc-ts/sysroot';

const gzipMagic = [0x1f, 0x8b];

/** The request's sources, and the bundled headers behind them. */
class SourceFiles implements FileSystem {
  private readonly sources: Readonly<Record<string, SourceText>>;
  private readonly headers: HeaderFiles;
  private readonly folders: ReadonlySet<string>;

  constructor(sources: Readonly<Record<string, SourceText>>, headers: HeaderFiles) {
    this.sources = sources;
    this.headers = headers;
    const paths = [...Object.keys(sources), ...Object.keys(headers).map((name) => `${headerFolder}/${name}`)];
    const folders = new Set<string>(['.', '']);
    for (const path of paths) {
      for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1))
        folders.add(path.slice(0, at));
    }
    this.folders = folders;
  }

  readFile(path: string): ReadResult {
    const content = this.contentOf(normalized(path));
    if (content === undefined) return { kind: 'missing' };
    return { kind: 'file', bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content };
  }

  isDirectory(path: string): boolean {
    return this.folders.has(normalized(path));
  }

  private contentOf(path: string): SourceText | undefined {
    if (Object.hasOwn(this.sources, path)) return this.sources[path];
    if (!path.startsWith(`${headerFolder}/`)) return undefined;
    const name = path.slice(headerFolder.length + 1);
    return Object.hasOwn(this.headers, name) ? this.headers[name] : undefined;
  }
}

/** A path without `.`, `..` and doubled slashes, as far as these can be resolved. */
function normalized(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/');
}

/** The source to compile, or what is wrong. */
function mainOf({ sources, main }: CompileInput): { readonly path: string } | { readonly error: string } {
  if (main !== undefined) return { path: main };
  const candidates = Object.keys(sources).filter((path) => /\.[cs]$/.test(path));
  const [path] = candidates;
  if (path === undefined) return { error: "no source: 'sources' has no file that ends in .c" };
  if (candidates.length === 1) return { path };
  return { error: `several sources (${candidates.join(', ')}): name the one to compile with 'main'` };
}

function failed(errors: readonly string[]): CompileOutput {
  const diagnostics = errors.map(requestError);
  return {
    ok: false,
    object: undefined,
    diagnostics,
    messages: diagnostics.map(({ text }) => text).join(''),
    listing: undefined,
    preprocessed: undefined,
    page: undefined,
    sourceMap: undefined,
    programs: [],
    maps: [],
    variables: [],
    files: [],
  };
}

function parsedObject(object: Uint8Array | undefined): ObjectFile | undefined {
  const parsed = object === undefined ? undefined : readElf(object);
  return parsed === undefined || isElfError(parsed) ? undefined : parsed;
}

/** The result of the lower-level call as plain data. */
export function describeResult(result: CompileResult, phase: Phase = 'object'): CompileOutput {
  const { diagnostics, sources, hasErrors, object, text, sourceMap } = result;
  const parsed = parsedObject(object);
  const types = parsed === undefined ? undefined : typesOf(parsed);
  return {
    ok: !hasErrors,
    object,
    diagnostics: plainDiagnostics(diagnostics, sources),
    messages: diagnostics.length === 0 ? '' : renderAll(diagnostics, sources),
    // Beside an object, a text is the listing with C lines.
    listing: parsed === undefined ? undefined : (text ?? objectListing(parsed)),
    preprocessed: phase === 'preprocess' ? text : undefined,
    page: phase === 'html' ? text : undefined,
    sourceMap,
    programs: result.programs.map(programInfo),
    maps: parsed === undefined || types === undefined ? [] : mapDefinitions(parsed, types).map(mapInfo),
    variables: types === undefined ? [] : variableDefinitions(types).map(variableInfo),
    files: result.files.map(({ path }) => path).filter((path) => !path.startsWith(`${headerFolder}/`)),
  };
}

function bytesOf(btf: Uint8Array | ArrayBuffer): Uint8Array {
  return btf instanceof Uint8Array ? btf : new Uint8Array(btf);
}

function kernelBtf(btf: Uint8Array | ArrayBuffer | undefined): (() => BtfSource) | undefined {
  if (btf === undefined) return undefined;
  return () => ({ title: "the request's 'btf'", bytes: bytesOf(btf) });
}

/**
 * Compiles one source without waiting for anything. The bundled headers are those that are given, and `btf` is not unpacked.
 *
 * ```ts
 * import { compileSync } from 'bpfcc-ts';
 * import { headers } from 'bpfcc-ts/headers';
 * const { object } = compileSync({ sources: { 'prog.c': text }, headers });
 * ```
 */
export function compileSync(input: CompileSyncInput): CompileOutput {
  const main = mainOf(input);
  if ('error' in main) return failed([main.error]);
  const { errors, options } = parseCommandLine([...(input.flags ?? []), '--', main.path]);
  if (errors.length > 0) return failed(errors);
  const asked = { ...options, sourceMap: true, ...input.options };
  // The listing comes with every object.
  const phase = asked.phase === 'assembly' ? 'object' : asked.phase;
  const sources: Record<string, SourceText> = {};
  for (const [path, text] of Object.entries(input.sources)) sources[normalized(path)] = text;
  const result = compileSource({
    session: input.session ?? createSession(),
    host: {
      fileSystem: new SourceFiles(sources, input.headers ?? {}),
      bundledHeaders: headerFolder,
      hostHeaders: [],
      ...(input.btf === undefined ? {} : { kernelBtf: kernelBtf(input.btf) }),
    },
    path: main.path,
    outputName: main.path.replace(/^.*\//, '').replace(/\.[^.]*$/, '.o'),
    options: { ...asked, phase },
  });
  return describeResult(result, phase);
}

/** Undoes gzip, with what every platform of the web has. */
async function unpacked(btf: Uint8Array | ArrayBuffer): Promise<Uint8Array | string> {
  const bytes = bytesOf(btf);
  if (!gzipMagic.every((byte, at) => bytes[at] === byte)) return bytes;
  try {
    const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    return `'btf' cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/**
 * Compiles one source.
 *
 * ```ts
 * import { compile } from 'bpfcc-ts';
 * const { ok, object, messages } = await compile({
 *   sources: { 'prog.c': text },
 *   flags: ['-O2', '-mcpu=v3'],
 * });
 * if (!ok) console.error(messages);
 * ```
 *
 * @returns the object, the diagnostics as data and as text, the listing, the source map, programs and maps.
 * Rejects only for bugs of the compiler.
 */
export async function compile(input: CompileInput): Promise<CompileOutput> {
  const { headers } = await import('bpfcc-ts/headers');
  if (input.btf === undefined) return compileSync({ ...input, headers });
  const btf = await unpacked(input.btf);
  return typeof btf === 'string' ? failed([btf]) : compileSync({ ...input, headers, btf });
}
