/**
 * Files that a later run can do without, in the user's cache folder: the command's compiled code, headers made of BTF,
 * what was found in long headers.
 *
 * Each kind has a folder of its own and keeps its newest few. A file counts only where nobody else may write it or its folder.
 * Whatever goes wrong, it is as if nothing were kept. `NODE_DISABLE_COMPILE_CACHE=1` turns all of it off.
 */

import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolders } from './make-folders.ts';
import { version } from './version.ts';

/** Files of a kind that are kept where no other number is named: those of so many builds, versions of Node or BTFs. */
const defaultMaxFiles = 4;

/** Names the build of the command whose file this is in. */
export function buildName(): string {
  const { mtimeMs, size } = statSync(fileURLToPath(import.meta.url));
  return `${version}-${mtimeMs}-${size}`;
}

function isOwn(path: string): boolean {
  const { uid, mode } = statSync(path);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}

export class UserCache {
  private readonly kind: string;
  private readonly maxFiles: number;

  constructor(kind: string, maxFiles = defaultMaxFiles) {
    this.kind = kind;
    this.maxFiles = maxFiles;
  }

  private get folder(): string {
    return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'bpfcc-ts', this.kind);
  }

  static get isOff(): boolean {
    return Boolean(process.env['NODE_DISABLE_COMPILE_CACHE']);
  }

  /** The path of a file that counts. */
  own(name: string): string | undefined {
    const { folder } = this;
    const path = join(folder, name);
    try {
      return isOwn(folder) && isOwn(path) ? path : undefined;
    } catch {
      return undefined;
    }
  }

  read(name: string): Buffer | undefined {
    try {
      const path = this.own(name);
      return path === undefined ? undefined : readFileSync(path);
    } catch {
      return undefined;
    }
  }

  write(name: string, content: Uint8Array): void {
    this.make(name, (path) => {
      writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
      return true;
    });
  }

  /** Keeps what `make` writes to the path that it gets, if that says so; true if it is kept. */
  make(name: string, make: (path: string) => boolean): boolean {
    const { folder } = this;
    const path = join(folder, name);
    const temporary = `${path}.${process.pid}`;
    try {
      makeFolders(folder, 0o700);
      if (!isOwn(folder)) return false;
      try {
        if (!make(temporary)) return false;
        renameSync(temporary, path);
      } finally {
        rmSync(temporary, { force: true });
      }
      const time = (file: string): number => statSync(join(folder, file)).mtimeMs;
      const newestFirst = readdirSync(folder).sort((a, b) => time(b) - time(a));
      for (const file of newestFirst.slice(this.maxFiles)) rmSync(join(folder, file));
      return true;
    } catch {
      // A read-only home, say: the next run does without.
      return false;
    }
  }

  /** Makes an empty file if there is none, or only one that is older; false where somebody else has done so. */
  lock(name: string, maxMilliseconds: number): boolean {
    const path = join(this.folder, name);
    try {
      const held = statSync(path, { throwIfNoEntry: false });
      if (held !== undefined && Date.now() - held.mtimeMs > maxMilliseconds) rmSync(path);
    } catch {
      return false;
    }
    return this.createEmpty(path);
  }

  private createEmpty(path: string): boolean {
    try {
      makeFolders(this.folder, 0o700);
      if (!isOwn(this.folder)) return false;
      writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
      return true;
    } catch {
      return false;
    }
  }

  remove(name: string): void {
    rmSync(join(this.folder, name), { force: true });
  }
}
