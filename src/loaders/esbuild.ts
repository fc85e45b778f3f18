/** `bpfcc-ts/esbuild`: a plugin of esbuild with which `import program from './x.bpf.c'` compiles the source. */

import { resolve } from 'node:path';
import type { CompileDiagnostic } from '../driver/api-diagnostics.ts';
import { defaultInclude, type LoaderOptions, ModuleCompiler } from './transform.ts';

interface Message {
  readonly text: string;
  readonly location?: { readonly file: string; readonly line: number; readonly column: number };
}

interface LoadResult {
  readonly contents?: string;
  readonly loader?: 'js';
  readonly watchFiles: string[];
  readonly errors: Message[];
  readonly warnings: Message[];
}

/** The part of esbuild's plugin interface that is used. */
interface PluginBuild {
  onLoad(options: { readonly filter: RegExp }, load: (args: { readonly path: string }) => LoadResult): void;
}

export interface BpfPlugin {
  readonly name: string;
  setup(build: PluginBuild): void;
}

export type { LoaderOptions };

function messageOf({ message, option, range }: CompileDiagnostic): Message {
  const text = option === undefined ? message : `${message} [${option}]`;
  if (range === undefined) return { text };
  return { text, location: { file: range.file, line: range.line, column: range.column - 1 } };
}

/**
 * ```ts
 * import { build } from 'esbuild';
 * import bpf from 'bpfcc-ts/esbuild';
 * await build({ entryPoints: ['app.ts'], bundle: true, plugins: [bpf({ flags: ['-O2'] })] });
 * ```
 */
export default function bpf(options: LoaderOptions = {}): BpfPlugin {
  const compiler = new ModuleCompiler(options);
  return {
    name: 'bpfcc-ts',
    setup(build) {
      build.onLoad({ filter: options.include ?? defaultInclude }, ({ path }) => {
        const { code, diagnostics, files } = compiler.compile(path);
        const isWarning = ({ severity }: CompileDiagnostic) => severity === 'warning';
        return {
          ...(code === undefined ? {} : { contents: code, loader: 'js' }),
          watchFiles: files.map((file) => resolve(file)),
          warnings: diagnostics.filter(isWarning).map(messageOf),
          errors: diagnostics.filter((one) => !isWarning(one)).map(messageOf),
        };
      });
    },
  };
}
