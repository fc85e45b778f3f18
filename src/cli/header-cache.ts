/**
 * Headers made of BTF, kept in the user's cache folder: making one takes half as long as compiling a small program with it.
 *
 * A file is called by what names the BTF, or its digest, and by the build of the compiler, so that nothing stale is read.
 */

import type { BtfSource, HeaderCache } from '../driver/kernel-header.ts';
import { buildName, UserCache } from './user-cache.ts';
import { version } from './version.ts';

function nameOf(source: BtfSource): string {
  return `${keyOf(source).replace(/[^\w.-]+/g, '_')}-${buildName()}.h`;
}

/** Loading the digests takes longer than the rest of the search: what has a name needs none. */
function keyOf(source: BtfSource): string {
  if (source.identity !== undefined) return source.identity;
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(source.bytes).digest('hex');
}

/** The cache of the built command; sources that run unbundled have none, for they change under it. */
export function headerCache(): HeaderCache | undefined {
  if (version === 'development' || UserCache.isOff) return undefined;
  const cache = new UserCache('headers');
  return {
    make(source, make) {
      const name = nameOf(source);
      const known = cache.read(name);
      if (known !== undefined) return { text: known.toString('latin1') };
      const made = make();
      if ('text' in made) cache.write(name, Buffer.from(made.text, 'latin1'));
      return made;
    },
  };
}
