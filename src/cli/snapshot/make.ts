/**
 * Makes a snapshot: `node make-snapshot.cjs NAME BIN`, begun by a compilation that had none (begin-making.ts).
 *
 * A snapshot is used only after it has compiled an example to the same bytes as the command without one. One that is there from an
 * earlier boot of the machine is tried in the same way and kept. Nobody waits for this process or hears of it.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootName, StartVariable, snapshotCache, snapshotFlags } from './names.ts';

const beside = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const example = beside('../examples/sockex2_kern.c');
const longestRun = 200_000;

function node(args: readonly string[], bin: string): boolean {
  const env = { ...process.env, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: '', [StartVariable.madeOf]: bin };
  const { status } = spawnSync(process.execPath, args, { env, stdio: 'ignore', timeout: longestRun });
  return status === 0;
}

/** True if the command compiles the example with the snapshot as it does without. */
function isGood(snapshot: string, bin: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'bpfcc-ts-'));
  try {
    const [plain, quick] = [join(folder, 'plain.o'), join(folder, 'quick.o')];
    const fromSnapshot = [...snapshotFlags, '--snapshot-blob', snapshot, '--', bin];
    return (
      node([...fromSnapshot, '-c', example, '-o', quick], bin) &&
      node([beside('launch.cjs'), '-c', example, '-o', plain], bin) &&
      readFileSync(plain).equals(readFileSync(quick))
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** True if there is a good snapshot now. */
function make(name: string, bin: string): boolean {
  const cache = snapshotCache();
  const boot = bootName();
  if (boot === undefined) return false;
  const build = [...snapshotFlags, '--build-snapshot', beside('snapshot.cjs')];
  const known = cache.own(`${name}.blob`);
  const isThere =
    (known !== undefined && isGood(known, bin)) ||
    cache.make(`${name}.blob`, (path) => node(['--snapshot-blob', path, ...build], bin) && isGood(path, bin));
  if (isThere) cache.write(`${name}.boot`, Buffer.from(`${boot} ${snapshotFlags.join(' ')}\n`));
  return isThere;
}

process.umask(0o077);
const [, , name = '', bin = ''] = process.argv;
setPriority(10);
// What failed is not tried again with each compilation: its lock stays for a while.
if (make(name, bin)) snapshotCache().remove(`${name}.lock`);
