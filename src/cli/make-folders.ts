/**
 * Making a folder and those above it that are missing. Node's own way, `mkdir` with `recursive`, never returns where the system
 * gives no folder and says that the one above is missing, as it does in /proc.
 */

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Throws what the system says when the folder cannot be made; one that exists is as good. */
export function makeFolders(path: string, mode?: number): void {
  const above = dirname(path);
  if (above !== path && !existsSync(above)) makeFolders(above, mode);
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
