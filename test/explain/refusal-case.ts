/** The fixtures of refused programs: a source, the log that a kernel wrote about it, and the explanation. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/cli/node-host.ts';
import { explainLog } from '../../src/explain/index.ts';
import { type ObjectFacts, readObjectFacts } from '../../src/explain/object-facts.ts';
import { renderExplanations } from '../../src/explain/render.ts';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';

export const refusalFolder = join(packageRoot(), 'test/fixtures/explain');

/** Names of the programs. */
export const refusalNames: readonly string[] = readdirSync(refusalFolder)
  .filter((file) => file.endsWith('.c'))
  .map((file) => file.slice(0, -2));

/** The kind in the first line of a program. */
export function wantedKind(name: string): string | undefined {
  return /^\/\/ explain: (\S+)/.exec(readFileSync(join(refusalFolder, `${name}.c`), 'utf8'))?.[1];
}

export function refusalLog(name: string): string {
  return readFileSync(join(refusalFolder, `${name}.log`), 'latin1');
}

/** What the object of a program says. */
export function refusalFacts(name: string): ObjectFacts {
  const host = folderHost(refusalFolder);
  const { result } = compileText(`${name}.c`, host, ['-O2', '-g', '-w', '-c'], { validate: false });
  const facts = readObjectFacts(result.object ?? new Uint8Array(0));
  if (typeof facts === 'string') throw new Error(`${name}: ${facts}`);
  return facts;
}

/** The explanation with the object, and the kinds that were found. */
export function explainRefusal(name: string): { readonly text: string; readonly kinds: readonly string[] } {
  const object = refusalFacts(name);
  const explanations = explainLog(refusalLog(name), object, undefined);
  return {
    text: renderExplanations(explanations, { object }),
    kinds: explanations.map((one) => one.refusal?.id ?? 'unknown'),
  };
}
