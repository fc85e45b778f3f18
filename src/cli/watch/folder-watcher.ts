/**
 * Folders whose events lead to a look at the files: which ones, and watching them.
 *
 * Only folders are watched, never files: a file that an editor renames into place, deletes or makes later is an event of
 * its folder. Where a folder is missing, the nearest one above it that exists is watched. An event says only that something
 * may have changed; known-files.ts finds out what.
 *
 * Method: one chokidar watcher, which is told to leave out everything in the folders and whose `raw` events are taken: they come as
 * soon as the system's, before chokidar has listed the folder to say which file it was. Where the system gives no more watches,
 * or with `--poll`, a timer stands in.
 */

import { realpathSync, statSync } from 'node:fs';
import { dirname, normalize, resolve } from 'node:path';
import { FSWatcher } from 'chokidar';

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
  return new Set([...folders].map((path) => resolve(path)));
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

/** Milliseconds between looks where there are no events. */
const pollInterval = 300;

export class FolderWatcher {
  private readonly onEvent: () => void;
  private readonly onTrouble: (reason: string) => void;
  private readonly onReady: () => void;
  private watcher: FSWatcher;
  /** The folders with their inodes: one may be replaced by another of its name. */
  private readonly watched = new Map<string, bigint>();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param onTrouble Told once, when the system has no more watches.
   * @param onReady Told when what was asked for is watched.
   */
  constructor(onEvent: () => void, onTrouble: (reason: string) => void, onReady: () => void) {
    this.onEvent = onEvent;
    this.onTrouble = onTrouble;
    this.onReady = onReady;
    this.watcher = this.open();
  }

  /** Looks at regular intervals from now on. */
  poll(): void {
    this.timer ??= setInterval(this.onEvent, pollInterval);
  }

  /** Watches these folders and no others; true where a new watch began, before which something may have changed. */
  watch(folders: ReadonlySet<string>): boolean {
    const isAsBefore = ([folder, inode]: [string, bigint]) =>
      folders.has(folder) && inodeOf(folder) === inode;
    if (![...this.watched].every(isAsBefore)) {
      // chokidar's `unwatch` would leave out what appears below a folder later: the watcher is made anew.
      void this.watcher.close();
      this.watched.clear();
      this.watcher = this.open();
    }
    const added: string[] = [];
    for (const folder of folders) {
      const inode = this.watched.has(folder) ? undefined : inodeOf(folder);
      if (inode === undefined) continue;
      this.watched.set(folder, inode);
      added.push(folder);
    }
    if (added.length > 0) this.watcher.add(added);
    return added.length > 0;
  }

  private open(): FSWatcher {
    const watcher = new FSWatcher({
      ignoreInitial: true,
      atomic: false,
      depth: 0,
      // It asks with slashes on every system.
      ignored: (path) => !this.watched.has(normalize(path)),
    });
    // CHOKIDAR_USEPOLLING has it look at each path's own time, and a folder's does not tell of writes.
    if (watcher.options.usePolling) this.poll();
    return watcher
      .on('raw', this.onEvent)
      .on('ready', this.onReady)
      .on('error', (error) => {
        if (this.timer === undefined) this.onTrouble(error instanceof Error ? error.message : String(error));
        this.poll();
      });
  }

  close(): void {
    void this.watcher.close();
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
