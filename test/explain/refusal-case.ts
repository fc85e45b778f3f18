/** The fixtures of refused programs: a source, the log that a kernel wrote about it, and the explanation. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/cli/node-host.ts';

export const refusalFolder = join(packageRoot(), 'test/fixtures/explain');

/** Names of the programs. */
export const refusalNames: readonly string[] = readdirSync(refusalFolder)
  .filter((file) => file.endsWith('.c'))
  .map((file) => file.slice(0, -2));

/** The kind in the first line of a program. */
export function wantedKind(name: string): string | undefined {
  return /^\/\/ explain: (\S+)/.exec(readFileSync(join(refusalFolder, `${name}.c`), 'utf8'))?.[1];
}

export function refusalLog(name: string, folder = refusalFolder): string {
  return readFileSync(join(folder, `${name}.log`), 'latin1');
}
