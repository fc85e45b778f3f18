/** What the project's scripts share: install and build when a fresh clone has not been set up yet. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Runs a command in the project's root with our terminal; exits with its status when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) process.exit(result.status ?? 1);
  return result;
}

/**
 * Installs the dependencies when they are missing or older than package.json. Versions are exact there; no lock file is
 * kept, because the native packages of the development tools differ by platform.
 */
export function ensureInstalled() {
  const marker = join(root, 'node_modules', '.package-lock.json');
  const wanted = join(root, 'package.json');
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(wanted).mtimeMs) return;
  run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']);
  const now = new Date();
  if (existsSync(marker)) utimesSync(marker, now, now);
}

/** Installs, then builds `dist/`. */
export function ensureBuilt() {
  ensureInstalled();
  run(process.execPath, [join(root, 'scripts', 'build.js')]);
}

export function packageVersion() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

/** What a TypeScript module of the project exports. */
export async function importTypeScript(path) {
  return (await importTypeScriptAll([path])).get(path);
}

/** What several TypeScript modules of the project export, by path. */
export async function importTypeScriptAll(paths) {
  // Not at the head: this file also installs what is missing.
  const { build } = await import('esbuild');
  const exported = paths.map((path, index) => `export * as module${index} from './${path}';`);
  const { outputFiles } = await build({
    stdin: { contents: exported.join('\n'), resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
    logLevel: 'error',
  });
  const source = Buffer.from(outputFiles[0].contents).toString('base64');
  const modules = await import(`data:text/javascript;base64,${source}`);
  return new Map(paths.map((path, index) => [path, modules[`module${index}`]]));
}
