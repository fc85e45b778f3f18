/** Starts the process that makes a snapshot, which goes on when this one has ended. */

import { fileURLToPath } from 'node:url';
import { UserCache } from '../user-cache.ts';
import { bootName, snapshotCache } from './names.ts';

/** A maker that takes longer has been stopped. */
const longestMaking = 1_000_000;

/** @param name The snapshot's. @param bin The command's file, as it was called. */
export function beginMaking(name: string, bin: string): void {
  if (UserCache.isOff || bootName() === undefined) return;
  if (!snapshotCache().lock(`${name}.lock`, longestMaking)) return;
  const { spawn } = process.getBuiltinModule('node:child_process');
  const maker = fileURLToPath(new URL('make-snapshot.cjs', import.meta.url));
  const child = spawn(process.execPath, [maker, name, bin], { detached: true, stdio: 'ignore', cwd: '/' });
  child.on('error', () => undefined);
  child.unref();
}
