/**
 * What the parts of a start from a snapshot agree on: `bin/start.sh`, which looks for one and tells the command under which name; the
 * command, which has one made after a compilation; and the process that makes it.
 *
 * A snapshot is V8's heap with the whole compiler in it, ready to run. It belongs to one file of one package and to one binary of
 * node, which its name says, and to the processor's features. Those are known to be the same until the machine boots again: beside
 * a snapshot lies a file that names the boot during which it was tried, and the flags node needs with it.
 */

import { readFileSync } from 'node:fs';
import { UserCache } from '../user-cache.ts';

/**
 * What only a start is better off with. Feedback is gathered from a function's first call on: what happens once is no longer there
 * to be called. Hash tables stay as they were written, with the seed of the process that made them, which takes a sixth off the start.
 * Nothing is optimised before there is much to do ({@link optimizeFlag}): a small program is compiled before that pays.
 */
export const startFlags: readonly string[] = [
  '--no-lazy-feedback-allocation',
  '--no-rehash-snapshot',
  '--no-turbofan',
];

/** Takes back the last of them. */
export const optimizeFlag = '--turbofan';

/**
 * How much bytecode of a function runs before V8 optimises it; its own value is a sixth. Most runs are over before what they
 * optimise pays: with this one compiles take a fifth less work and no more time, and threads with sources of their own get the processors.
 */
export const budgetFlag = '--interrupt-budget=400000';

/**
 * What node is told with a snapshot; it refuses one that was made with other flags. With the second, a size in MB, what a small program
 * leaves is never collected.
 */
export const snapshotFlags: readonly string[] = [budgetFlag, '--min-semi-space-size=16', ...startFlags];

/**
 * The start script says by them which snapshot it looked for, and gives back what it hides from node; who makes a snapshot, of which
 * file it is the command.
 */
export const StartVariable = Object.freeze({
  snapshot: 'BPFCC_TS_SNAPSHOT',
  certificates: 'BPFCC_TS_EXTRA_CA_CERTS',
  madeOf: 'BPFCC_TS_MADE_OF',
});

/** What the start script tells the C library where nobody else tells it anything. */
const largePages = 'glibc.malloc.hugetlb=1';

/** Four snapshots with the files beside them. */
const maxFiles = 16;

export function snapshotCache(): UserCache {
  return new UserCache('snapshots', maxFiles);
}

/** The end of a snapshot's name: a path as one file name. */
export function pathAsName(path: string): string {
  return path.split('/').join('%');
}

/** Names this run of the machine; undefined where no snapshots are made: on systems other than Linux. */
export function bootName(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return undefined;
  }
}

/**
 * Takes what the start script told from the environment, so that no program that this one starts sees it; gives the snapshot's name
 * where one may be made.
 */
export function takeStart(): string | undefined {
  const { env, execPath } = process;
  const name = env[StartVariable.snapshot];
  const certificates = env[StartVariable.certificates];
  delete env[StartVariable.snapshot];
  delete env[StartVariable.certificates];
  if (env['GLIBC_TUNABLES'] === largePages) delete env['GLIBC_TUNABLES'];
  if (certificates !== undefined) env['NODE_EXTRA_CA_CERTS'] = certificates;
  // Where the name that the script found is a link or a version manager's script, what it leads to may change.
  return name?.endsWith(pathAsName(execPath)) && /^[^/\0]+$/.test(name) ? name : undefined;
}
