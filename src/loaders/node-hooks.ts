/** The hooks that `bpfcc-ts/node` registers (Node's "Customization Hooks"): they run in a thread of their own. */

import { fileURLToPath } from 'node:url';
import { splitResponseFile } from '../driver/response-file.ts';
import { ModuleCompiler } from './transform.ts';

interface LoadedSource {
  readonly format: string;
  readonly source?: string;
  readonly shortCircuit?: boolean;
}

type NextLoad = (url: string, context: object) => Promise<LoadedSource>;

const compiler = new ModuleCompiler({ flags: splitResponseFile(process.env['BPFCC_FLAGS'] ?? '') });

/** Compiles a source; everything else is the next hook's. */
export async function load(url: string, context: object, nextLoad: NextLoad): Promise<LoadedSource> {
  const place = url.replace(/[?#].*$/, '');
  if (!place.startsWith('file:') || !compiler.wants(place)) return nextLoad(url, context);
  const path = fileURLToPath(place);
  const { code, messages } = compiler.compile(path);
  if (code === undefined) throw new SyntaxError(`${path} does not compile\n${messages}`);
  process.stderr.write(messages);
  return { format: 'module', source: code, shortCircuit: true };
}
