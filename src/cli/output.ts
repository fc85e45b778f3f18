/**
 * Files that appear whole or not at all: written beside their place under another name, then renamed.
 */

import {
  closeSync,
  constants,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Undefined when it worked, else the reason. */
export function writeWhole(path: string, content: Uint8Array | string): string | undefined {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  if (path === '-') return attempt(() => writeAll(1, bytes));
  const existing = statSync(path, { throwIfNoEntry: false });
  // A link stays a link: what it names is replaced.
  const place = existing === undefined ? path : realpathSync(path);
  if (existing?.isDirectory()) return 'is a directory';
  // Devices and pipes (/dev/null) are written in place.
  if (existing !== undefined && !existing.isFile()) return attempt(() => writeFileSync(path, bytes));
  const beside = join(dirname(place), `.${basename(place)}.${process.pid}.tmp`);
  return attempt(() => {
    const descriptor = openSync(beside, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o666);
    try {
      writeAll(descriptor, bytes);
      closeSync(descriptor);
      renameSync(beside, place);
    } catch (error) {
      unlinkSync(beside);
      throw error;
    }
  });
}

/** Writes to an open file, in as many steps as that takes. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

function attempt(action: () => void): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof Error
      ? error.message.replace(/^[A-Z]+: /, '').replace(/, \w+.*$/, '')
      : String(error);
  }
}
