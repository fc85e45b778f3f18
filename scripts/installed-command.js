/**
 * The command that benchmarks time: the one a package manager installs, with caches of its own.
 *
 * Where $NODE_EXTRA_CA_CERTS is set, node reads certificates for longer than it compiles. It is hidden from all contestants.
 */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, importTypeScript, root } from './support.js';

/** What all contestants find in their environment. */
export function plainEnvironment() {
  const { NODE_EXTRA_CA_CERTS, ...env } = process.env;
  return env;
}

/** Builds the package and installs it below `folder`, which gets the caches too; `{ command, env }`. */
export async function installCommand(folder) {
  ensureBuilt();
  const { installPackage } = await importTypeScript('test/cli/install-package.ts');
  return { command: installPackage(root, folder), env: { ...plainEnvironment(), XDG_CACHE_HOME: folder } };
}

/** Waits until no process that an earlier run began fills the caches in `folder` any more. */
export async function cachesAreFilled(folder) {
  const snapshots = join(folder, 'bpfcc-ts/snapshots');
  const isLocked = () =>
    existsSync(snapshots) && readdirSync(snapshots).some((name) => name.endsWith('.lock'));
  while (isLocked()) await new Promise((resolve) => setTimeout(resolve, 100));
}
