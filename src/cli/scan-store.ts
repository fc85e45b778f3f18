/**
 * What was found in long headers, kept in the user's cache folder: a program with a `vmlinux.h` is compiled in half the time when
 * the header needs no scanning.
 *
 * A file is called by the length of the header's text, by a sample of it and by the build of the compiler. It holds what was found
 * twice and then the text itself: whole texts are compared, so that nothing stale is read, and what differs from its
 * copy is damaged and not read. Comparing is what memory does; a digest would take longer to load than the headers of a small
 * program take to scan. The output is the same with it and without.
 */

import type { ScanStore } from '../driver/session.ts';
import { buildName, UserCache } from './user-cache.ts';
import { version } from './version.ts';

/** A project has a dozen long headers; each file is twice as long as its header. */
const maxFiles = 48;

/** Characters of a text that its name tells. */
const sampled = 1024;

/** Tells texts apart that are not nearly the same: FNV-1a of characters all over it. */
function sampleOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < sampled; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(Math.floor((i * text.length) / sampled)), 0x01000193);
  }
  return hash >>> 0;
}

/** What was found, twice, and the text it was found in. */
function pack(found: Uint8Array, text: string): Uint8Array {
  return Buffer.concat([found, found, Buffer.from(text, 'latin1')]);
}

/** The inverse; undefined for a file that was made of another text or is damaged. */
function unpack(file: Buffer, text: string): Uint8Array | undefined {
  const size = (file.length - text.length) / 2;
  if (size <= 0 || !Number.isInteger(size) || file.toString('latin1', 2 * size) !== text) return undefined;
  const found = file.subarray(0, size);
  return found.equals(file.subarray(size, 2 * size)) ? found : undefined;
}

/** The store of the built command; sources that run unbundled have none, for they change under it. */
export function scanStore(): ScanStore | undefined {
  if (version === 'development' || UserCache.isOff) return undefined;
  const cache = new UserCache('scans', maxFiles);
  let build: string | undefined;
  const nameOf = (text: string) => {
    build ??= buildName();
    return `${text.length}-${sampleOf(text).toString(16)}-${build}-${process.arch}.scan`;
  };
  return {
    read(text) {
      const file = cache.read(nameOf(text));
      return file && unpack(file, text);
    },
    write(text, bytes) {
      cache.write(nameOf(text), pack(bytes, text));
    },
  };
}
