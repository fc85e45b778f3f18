/**
 * The package as a package manager leaves it: its files in a folder, what runs after unpacking, the link in `node_modules/.bin`. For the
 * tests beside this file, and for the benchmarks (scripts/installed-command.js).
 */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What of the package the command needs to run. */
const runtimeParts = ['bin', 'dist', 'examples', 'sysroot'];

/** Runs what package managers run after they have unpacked the package into `home`. */
export function runPostinstall(home: string): void {
  const { status, stderr } = spawnSync(process.execPath, [join(home, 'bin/install.js')], {
    encoding: 'utf8',
  });
  if (status !== 0 || stderr !== '') throw new Error(`bin/install.js failed: ${stderr}`);
}

/** Puts folders of the checkout into `home` and does what belongs after. */
export function unpackPackage(checkout: string, home: string, parts: readonly string[] = runtimeParts): void {
  for (const name of parts) cpSync(join(checkout, name), join(home, name), { recursive: true });
  runPostinstall(home);
}

/** Installs the package, built before, for a project in `folder`; gives the command's path. */
export function installPackage(checkout: string, folder: string, parts?: readonly string[]): string {
  unpackPackage(checkout, join(folder, 'node_modules/bpfcc-ts'), parts);
  const command = join(folder, 'node_modules/.bin/bpfcc-ts');
  mkdirSync(join(folder, 'node_modules/.bin'));
  symlinkSync('../bpfcc-ts/bin/bpfcc-ts.js', command);
  return command;
}
