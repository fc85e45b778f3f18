/**
 * A list that several processes take from, at its two ends, each entry once and without waiting for each other.
 *
 * Processes that inherit an open file share the place in it, and a read moves that place in one step (POSIX.1-2017, System
 * Interfaces 2.9.7). So a file of numbers that is read in turn counts for all of them. Three such counts belong to a list: of
 * all entries taken, which is drawn first and comes to an end with the list; and of those taken at each end. Since the
 * last two never are more than the first together, no entry is taken at both ends.
 */

import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';

const bytesPerNumber = 4;

export type ListEnd = 'front' | 'back';

/** The open files of a list; a process that inherits them takes from the same list. */
export interface ListFiles {
  readonly taken: number;
  readonly front: number;
  readonly back: number;
}

export class SharedList {
  readonly files: ListFiles;
  private readonly length: number;

  /** @param length The same in every process. */
  constructor(length: number, files: ListFiles) {
    this.length = length;
    this.files = files;
  }

  /** Makes a list; the file at `path` may go once this has returned. */
  static create(length: number, path: string): SharedList {
    const numbers = Buffer.alloc(length * bytesPerNumber);
    for (let number = 0; number < length; number++) numbers.writeUInt32LE(number, number * bytesPerNumber);
    writeFileSync(path, numbers, { mode: 0o600, flag: 'wx' });
    const open = () => openSync(path, 'r');
    return new SharedList(length, { taken: open(), front: open(), back: open() });
  }

  /** The number of an entry that nobody has or gets; undefined where there is none. */
  take(end: ListEnd): number | undefined {
    if (next(this.files.taken) === undefined) return undefined;
    const number = next(this.files[end]);
    if (number === undefined) return undefined;
    return end === 'front' ? number : this.length - 1 - number;
  }

  close(): void {
    for (const file of Object.values(this.files)) closeSync(file);
  }
}

function next(file: number): number | undefined {
  const bytes = Buffer.alloc(bytesPerNumber);
  // No position: that of the file, which it moves.
  return readSync(file, bytes) === bytesPerNumber ? bytes.readUInt32LE() : undefined;
}
