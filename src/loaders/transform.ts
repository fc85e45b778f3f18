/**
 * A C source -> a JavaScript module with the object, its programs and maps; the declaration file for it; the files that it was made
 * of. All loaders (Vite, esbuild, Node) and `bpfcc-ts types` are this one function.
 */

import { relative } from 'node:path';
import { nodeHost } from '../cli/node-host.ts';
import { writeWhole } from '../cli/output.ts';
import { describeResult } from '../driver/api.ts';
import type { CompileDiagnostic } from '../driver/api-diagnostics.ts';
import { parseCommandLine } from '../driver/command-line.ts';
import { compileSource } from '../driver/compile.ts';
import { mapDefinitions, typesOf, variableDefinitions } from '../driver/object-facts.ts';
import type { CompileOptions } from '../driver/options.ts';
import { createSession, type Session } from '../driver/session.ts';
import { isElfError, readElf } from '../object/elf-reader.ts';
import { writeDeclarations } from './declarations.ts';

/** What all loaders take. */
export interface LoaderOptions {
  /** Flags of the compiler: `['-O2', '-mcpu=v4', '-Iinclude']`. Folders are those below the working directory. */
  readonly flags?: readonly string[];
  /** Which imports are compiled; `.bpf.c` files by default. */
  readonly include?: RegExp;
  /** Write `x.bpf.c.d.ts` beside each source that is compiled; with `nodenext`, `x.bpf.d.c.ts`. */
  readonly types?: boolean | 'nodenext';
}

export const defaultInclude = /\.bpf\.c$/;

export interface LoadedModule {
  /** The JavaScript module; undefined after errors. */
  readonly code: string | undefined;
  /** The declaration file; undefined after errors. */
  readonly declarations: string | undefined;
  readonly diagnostics: readonly CompileDiagnostic[];
  /** All diagnostics as the command prints them. */
  readonly messages: string;
  /** The files that were read, the bundled headers and the source among them: what to watch. */
  readonly files: readonly string[];
}

/** A wrong flag is a mistake in the bundler's configuration, which is said at once. */
function optionsOf(flags: readonly string[]): CompileOptions {
  const { errors, options } = parseCommandLine([...flags, '--', 'source.c']);
  if (errors.length > 0) throw new TypeError(`bpfcc-ts: ${errors.join('; ')}`);
  return options;
}

/** Compiles sources for imports; keeps headers from one to the next. */
export class ModuleCompiler {
  private readonly options: LoaderOptions;
  private readonly compileOptions: CompileOptions;
  private session: Session | undefined;

  /** @param compileOptions What `flags` say, where somebody has read them already. */
  constructor(options: LoaderOptions, compileOptions = optionsOf(options.flags ?? [])) {
    this.options = options;
    this.compileOptions = compileOptions;
  }

  /** Is this path one to compile? */
  wants(path: string): boolean {
    return (this.options.include ?? defaultInclude).test(path);
  }

  compile(path: string): LoadedModule {
    // A name below the working directory makes the same object on every machine.
    const name = relative(process.cwd(), path) || path;
    this.session ??= createSession();
    const result = compileSource({
      session: this.session,
      host: nodeHost(),
      path: name,
      outputName: name.replace(/\.[^.]*$/, '.o'),
      options: { ...this.compileOptions, phase: 'object' },
    });
    const { object, programs, maps, variables, diagnostics, messages } = describeResult(result);
    const files = result.files.map((file) => file.path);
    const shared = { diagnostics, messages, files };
    const elf = object === undefined ? undefined : readElf(object);
    if (object === undefined || elf === undefined || isElfError(elf)) {
      return { ...shared, code: undefined, declarations: undefined };
    }
    const types = typesOf(elf);
    const declarations = writeDeclarations(
      name,
      programs,
      mapDefinitions(elf, types),
      variableDefinitions(types),
      types,
    );
    const { types: wanted = false } = this.options;
    if (wanted !== false) writeBeside(declarationPath(path, wanted === 'nodenext'), declarations);
    return { ...shared, code: moduleText(object, programs, maps, variables), declarations };
  }
}

function writeBeside(place: string, declarations: string): void {
  const reason = writeWhole(place, declarations);
  if (reason !== undefined) throw new Error(`bpfcc-ts: cannot write '${place}': ${reason}`);
}

/**
 * Where TypeScript looks for the types of an import of this file. By default it takes the whole name for one without an extension; under
 * `nodenext`, and everywhere with `allowArbitraryExtensions`, it knows that `.c` is one.
 */
export function declarationPath(path: string, isNodeNext: boolean): string {
  return isNodeNext ? path.replace(/(\.[^./\\]+)?$/, '.d$1.ts') : `${path}.d.ts`;
}

interface Named {
  readonly name: string;
}

/** Rows by name as the text of an expression. It is parsed, not written out: `__proto__` is a name as any other. */
function byName(rows: readonly Named[]): string {
  const text = `{${rows.map((row) => `${JSON.stringify(row.name)}:${JSON.stringify(row)}`).join(',')}}`;
  return `JSON.parse(${JSON.stringify(text)})`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function moduleText(
  object: Uint8Array,
  programs: readonly Named[],
  maps: readonly Named[],
  variables: readonly Named[],
): string {
  return [
    `const bytes = atob('${base64(object)}');`,
    'export const object = Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));',
    `export const programs = ${byName(programs)};`,
    `export const maps = ${byName(maps)};`,
    `export const variables = ${byName(variables)};`,
    'export default { object, programs, maps, variables };',
    '',
  ].join('\n');
}
