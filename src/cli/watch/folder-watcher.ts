/**
 * Folders whose events lead to a look at the files: which ones, and watching them.
 *
 * Only folders are watched, never files: a file that an editor renames into place, deletes or makes later is an event of
 * its folder. Where a folder is missing, the nearest one above it that exists is watched. An event says only that something
 * may have changed; known-files.ts finds out what.
 *
 * Method: Node's `fs.watch`, one a folder. (A library on top of it would list and stat a whole folder of headers at every
 * event, which takes longer than the build.) Where the system gives no more watches, or with `--poll`, a timer stands in.
 */

import { type FSWatcher, realpathSync, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';

/** The folders to watch for answers about these files and folders. */
export function foldersOf(files: Iterable<string>, asked: Iterable<string>): Set<string> {
  const folders = new Set<string>();
  const parents = new Set<string>(asked);
  for (const path of files) {
    parents.add(dirname(path));
    // What a link names may be written without an event of the link's folder.
    const real = realPath(path);
    if (real !== undefined) folders.add(dirname(real));
  }
  for (const path of parents) folders.add(nearestFolder(path));
  return folders;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path);
  } catch {
    return undefined;
  }
}

function nearestFolder(path: string): string {
  for (let at = path; ; at = dirname(at)) if (inodeOf(at) !== undefined || dirname(at) === at) return at;
}

interface Watched {
  readonly watcher: FSWatcher;
  /** The folder itself may be replaced by another of its name. */
  readonly inode: bigint;
}

/** Milliseconds between looks where there are no events. */
const pollInterval = 300;

export class FolderWatcher {
  private readonly onEvent: () => void;
  /** Told once, when the system has no more watches. */
  private readonly onTrouble: (reason: string) => void;
  private readonly watched = new Map<string, Watched>();
  private timer: NodeJS.Timeout | undefined;

  constructor(onEvent: () => void, onTrouble: (reason: string) => void) {
    this.onEvent = onEvent;
    this.onTrouble = onTrouble;
  }

  /** Looks at regular intervals from now on. */
  poll(): void {
    this.timer ??= setInterval(this.onEvent, pollInterval);
  }

  /** Watches these folders and no others; true where a new watch began, before which something may have changed. */
  watch(folders: ReadonlySet<string>): boolean {
    for (const [folder, { watcher, inode }] of this.watched) {
      if (folders.has(folder) && inodeOf(folder) === inode) continue;
      watcher.close();
      this.watched.delete(folder);
    }
    let isNew = false;
    for (const folder of folders) {
      if (this.watched.has(folder)) continue;
      this.add(folder);
      isNew = true;
    }
    return isNew;
  }

  private add(folder: string): void {
    try {
      const inode = inodeOf(folder);
      if (inode === undefined) return;
      const watcher = watch(folder, this.onEvent);
      watcher.on('error', () => {
        watcher.close();
        this.watched.delete(folder);
        this.onEvent();
      });
      this.watched.set(folder, { watcher, inode });
    } catch (error) {
      if (this.timer === undefined) this.onTrouble(error instanceof Error ? error.message : String(error));
      this.poll();
    }
  }

  close(): void {
    for (const { watcher } of this.watched.values()) watcher.close();
    this.watched.clear();
    clearInterval(this.timer);
  }
}

/** Undefined where there is no folder. */
function inodeOf(folder: string): bigint | undefined {
  try {
    const stat = statSync(folder, { bigint: true });
    return stat.isDirectory() ? stat.ino : undefined;
  } catch {
    return undefined;
  }
}
