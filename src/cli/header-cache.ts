/**
 * Headers made of BTF, kept in the user's cache folder: making one takes half as long as compiling a small program with it.
 *
 * A file is called by what names the BTF, or its digest, and by the build of the compiler, so that nothing stale is read; it
 * counts only where nobody else may write it. Whatever goes wrong, the header is made again. `NODE_DISABLE_COMPILE_CACHE=1`
 * turns it off, as it does the cache of the compiler's code.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BtfSource, HeaderCache } from '../driver/kernel-header.ts';
import { version } from './version.ts';

/** Headers of this many BTFs and builds are kept. */
const maxFiles = 4;

function isOwn(path: string): boolean {
  const { uid, mode } = statSync(path);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}

function pathOf(source: BtfSource): string {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'bpfcc-ts', 'headers');
  const { mtimeMs, size } = statSync(fileURLToPath(import.meta.url));
  const build = `${version}-${mtimeMs}-${size}`;
  return join(folder, `${keyOf(source).replace(/[^\w.-]+/g, '_')}-${build}.h`);
}

/** Loading the digests takes longer than the rest of the search: what has a name needs none. */
function keyOf(source: BtfSource): string {
  if (source.identity !== undefined) return source.identity;
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(source.bytes).digest('hex');
}

function read(path: string): string | undefined {
  try {
    return isOwn(dirname(path)) && isOwn(path) ? readFileSync(path, 'latin1') : undefined;
  } catch {
    return undefined;
  }
}

function write(path: string, text: string): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!isOwn(folder)) return;
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, text, { encoding: 'latin1', mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
    const age = (name: string): number => -statSync(join(folder, name)).mtimeMs;
    const oldest = readdirSync(folder).sort((a, b) => age(a) - age(b));
    for (const name of oldest.slice(maxFiles)) rmSync(join(folder, name));
  } catch {
    // A read-only home, say: the next run makes the header again.
  }
}

/** The cache of the built command; sources that run unbundled have none, for they change under it. */
export function headerCache(): HeaderCache | undefined {
  if (version === 'development' || process.env['NODE_DISABLE_COMPILE_CACHE']) return undefined;
  return {
    make(source, make) {
      const path = pathOf(source);
      const known = read(path);
      if (known !== undefined) return { text: known };
      const made = make();
      if ('text' in made) write(path, made.text);
      return made;
    },
  };
}
