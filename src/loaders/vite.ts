/**
 * `bpfcc-ts/vite`: a plugin of Vite and Rollup with which `import program from './x.bpf.c'` compiles the source.
 *
 * The source and every header it includes are watched; errors carry the place in C.
 */

import { resolve } from 'node:path';
import type { CompileDiagnostic } from '../driver/api-diagnostics.ts';
import { type LoaderOptions, ModuleCompiler } from './transform.ts';

/** The part of Rollup's plugin context that is used. */
interface PluginContext {
  addWatchFile(path: string): void;
  warn(message: string): void;
  error(problem: PluginError): never;
}

interface PluginError {
  readonly message: string;
  readonly id?: string;
  readonly loc?: { readonly file: string; readonly line: number; readonly column: number };
}

export interface BpfPlugin {
  readonly name: string;
  readonly enforce: 'pre';
  load(this: PluginContext, id: string): { readonly code: string; readonly map: null } | undefined;
}

export type { LoaderOptions };

function problemOf(id: string, errors: readonly CompileDiagnostic[], message: string): PluginError {
  const range = errors.find((one) => one.range !== undefined)?.range;
  if (range === undefined) return { message, id };
  return { message, id, loc: { file: range.file, line: range.line, column: range.column - 1 } };
}

/**
 * ```ts
 * // vite.config.ts
 * import bpf from 'bpfcc-ts/vite';
 * export default { plugins: [bpf({ flags: ['-O2'], types: true })] };
 * ```
 */
export default function bpf(options: LoaderOptions = {}): BpfPlugin {
  const compiler = new ModuleCompiler(options);
  return {
    name: 'bpfcc-ts',
    enforce: 'pre',
    load(id) {
      const path = id.replace(/[?#].*$/, '');
      if (!compiler.wants(path)) return undefined;
      const { code, diagnostics, messages, files } = compiler.compile(path);
      for (const file of files) this.addWatchFile(resolve(file));
      const errors = diagnostics.filter(({ severity }) => severity === 'error' || severity === 'fatal');
      if (code === undefined) return this.error(problemOf(id, errors, messages));
      if (messages !== '') this.warn(messages);
      return { code, map: null };
    },
  };
}
