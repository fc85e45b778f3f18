/**
 * What a watch knows of the disk: a file system that remembers contents, and what each build asked it.
 *
 * In: the disk and the stamp of a path (what `stat` says). Out: the same answers as the disk's, without reading what did not
 * change; and whether a build would get another answer now. Questions are the dependencies: a build that looked for a header
 * in a folder where there was none depends on that, so it is stale when one appears there.
 *
 * Invariants: within a round a path is looked at once, so a build sees one state of each file. A text that did not change
 * stays the same string, by which the session's token cache finds it at once. A file that was written just before it
 * was read is read again the next time: a clock's tick may hide a second write.
 */

import type { FileSystem, ReadResult } from '../../support/file-system.ts';

/** What tells that a file is not the one that was read. */
export interface Stamp {
  /** Empty where there is nothing. */
  readonly id: string;
  /** When it was written, in ms as `Date.now()` counts. */
  readonly modified: number;
}

export interface Disk {
  readonly fileSystem: FileSystem;
  stamp(path: string): Stamp;
  now(): number;
}

/** What a build asked: the numbers of the answers by path, and which paths were folders. */
export interface Questions {
  readonly files: ReadonlyMap<string, number>;
  readonly folders: ReadonlyMap<string, boolean>;
}

/** A change of one file, as a build would see it. */
export interface Change {
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
  /** It has no text now, as in the middle of a save. */
  readonly isEmpty: boolean;
}

interface KnownFile {
  stamp: Stamp;
  /** When it was read. */
  read: number;
  round: number;
  result: ReadResult;
  /** Number of the answer: another one for another content. */
  answer: number;
}

/** Two writes that are nearer than this may leave one stamp (the kernel's clock ticks every 1 to 10 ms). */
const youngAge = 50;

export class KnownFiles implements FileSystem {
  private readonly disk: Disk;
  /** Told the text of a file that is no more. */
  private readonly onForget: (text: string) => void;
  private readonly files = new Map<string, KnownFile>();
  private readonly folders = new Map<string, { round: number; isFolder: boolean }>();
  private asked: { files: Map<string, number>; folders: Map<string, boolean> } | undefined;
  private round = 0;
  private answers = 0;

  constructor(disk: Disk, onForget: (text: string) => void = () => {}) {
    this.disk = disk;
    this.onForget = onForget;
  }

  /** From now on the disk is looked at again. */
  beginRound(): void {
    this.round++;
  }

  readFile(path: string): ReadResult {
    const file = this.current(path);
    this.asked?.files.set(path, file.answer);
    return file.result;
  }

  isDirectory(path: string): boolean {
    const isFolder = this.isFolder(path);
    this.asked?.folders.set(path, isFolder);
    return isFolder;
  }

  /** Does the work and gives what it asked. */
  asking(work: () => void): Questions {
    const asked = { files: new Map<string, number>(), folders: new Map<string, boolean>() };
    this.asked = asked;
    try {
      work();
    } finally {
      this.asked = undefined;
    }
    return asked;
  }

  isStale({ files, folders }: Questions): boolean {
    for (const [path, answer] of files) if (this.current(path).answer !== answer) return true;
    for (const [path, was] of folders) if (this.isFolder(path) !== was) return true;
    return false;
  }

  /** The files that are not as they were when the questions were asked; `before` tells which there were. */
  changes({ files }: Questions, before: ReadonlySet<string>): readonly Change[] {
    const changes: Change[] = [];
    for (const [path, answer] of files) {
      const { result, answer: now } = this.current(path);
      if (now === answer) continue;
      const isThere = result.kind === 'file';
      const kind = !isThere ? 'removed' : before.has(path) ? 'changed' : 'added';
      changes.push({ path, kind, isEmpty: !isThere || result.bytes.length === 0 });
    }
    return changes;
  }

  /** The paths among the questions that are files. */
  existing({ files }: Questions): ReadonlySet<string> {
    return new Set([...files.keys()].filter((path) => this.files.get(path)?.result.kind === 'file'));
  }

  /** Forgets the files that nobody asked for. */
  keepOnly(questions: readonly Questions[]): void {
    for (const [path, { result }] of this.files) {
      if (questions.some(({ files }) => files.has(path))) continue;
      this.files.delete(path);
      this.forget(result);
    }
    for (const path of this.folders.keys()) {
      if (!questions.some(({ folders }) => folders.has(path))) this.folders.delete(path);
    }
  }

  private current(path: string): KnownFile {
    const known = this.files.get(path);
    if (known !== undefined && known.round === this.round) return known;
    const stamp = this.disk.stamp(path);
    const read = this.disk.now();
    if (known !== undefined) known.round = this.round;
    if (known?.stamp.id === stamp.id && (stamp.id === '' || known.read - stamp.modified > youngAge))
      return known;
    const result: ReadResult = stamp.id === '' ? { kind: 'missing' } : this.disk.fileSystem.readFile(path);
    if (known === undefined) {
      const file = { stamp, read, round: this.round, result, answer: ++this.answers };
      this.files.set(path, file);
      return file;
    }
    known.stamp = stamp;
    known.read = read;
    if (isSame(known.result, result)) return known;
    this.forget(known.result);
    known.result = result;
    known.answer = ++this.answers;
    return known;
  }

  private isFolder(path: string): boolean {
    const known = this.folders.get(path);
    if (known?.round === this.round) return known.isFolder;
    const isFolder = this.disk.fileSystem.isDirectory(path);
    this.folders.set(path, { round: this.round, isFolder });
    return isFolder;
  }

  private forget(result: ReadResult): void {
    if (result.kind === 'file' && result.text !== undefined) this.onForget(result.text);
  }
}

function isSame(a: ReadResult, b: ReadResult): boolean {
  if (a.kind === 'file' && b.kind === 'file') return isSameBytes(a.bytes, b.bytes);
  return a.kind === b.kind && (a.kind !== 'error' || b.kind !== 'error' || a.reason === b.reason);
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
