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
  private readonly folder: string;
  private readonly maxFiles: number;

  constructor(kind: string, maxFiles = defaultMaxFiles) {
    this.maxFiles = maxFiles;
    this.folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'bpfcc-ts', kind);
  }

  static get isOff(): boolean {
    return Boolean(process.env['NODE_DISABLE_COMPILE_CACHE']);
  }

  read(name: string): Buffer | undefined {
    const path = join(this.folder, name);
    try {
      return isOwn(this.folder) && isOwn(path) ? readFileSync(path) : undefined;
    } catch {
      return undefined;
    }
  }

  write(name: string, content: Uint8Array): void {
    const { folder } = this;
    const path = join(folder, name);
    try {
      makeFolders(folder, 0o700);
      if (!isOwn(folder)) return;
      const temporary = `${path}.${process.pid}`;
      writeFileSync(temporary, content, { mode: 0o600, flag: 'wx' });
      renameSync(temporary, path);
      const time = (file: string): number => statSync(join(folder, file)).mtimeMs;
      const newestFirst = readdirSync(folder).sort((a, b) => time(b) - time(a));
      for (const file of newestFirst.slice(this.maxFiles)) rmSync(join(folder, file));
    } catch {
      // A read-only home, say: the next run does without.
    }
  }
}
