/**
 * What was found in long headers, kept in the user's cache folder: a program with a `vmlinux.h` is compiled in half the time when
 * the header needs no scanning.
 *
 * A file is called by the digest of the header's text and by the build of the compiler, and begins with the digest of what
 * follows, so that nothing stale and nothing damaged is read. The output is the same with it and without.
 */

import type { ScanStore } from '../driver/session.ts';
import { buildName, UserCache } from './user-cache.ts';
import { version } from './version.ts';

/** A project has a dozen long headers; each file is half as long as its header. */
const maxFiles = 48;
const digestLength = 32;

function digest(content: string | Uint8Array): Buffer {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256');
  return (typeof content === 'string' ? hash.update(content, 'latin1') : hash.update(content)).digest();
}

/** The store of the built command; sources that run unbundled have none, for they change under it. */
export function scanStore(): ScanStore | undefined {
  if (version === 'development' || UserCache.isOff) return undefined;
  const cache = new UserCache('scans', maxFiles);
  let build: string | undefined;
  const nameOf = (text: string) => {
    build ??= buildName();
    return `${digest(text).toString('hex')}-${build}-${process.arch}.scan`;
  };
  return {
    read(text) {
      const file = cache.read(nameOf(text));
      const content = file?.subarray(digestLength);
      if (file === undefined || content === undefined) return undefined;
      return digest(content).equals(file.subarray(0, digestLength)) ? content : undefined;
    },
    write(text, bytes) {
      cache.write(nameOf(text), Buffer.concat([digest(bytes), bytes]));
    },
  };
}
