/**
 * Runs the command's one bundled file with the code that V8 made of it the last time.
 *
 * Node 22.8 and later keep that code themselves. For earlier ones it lies in the user's cache, one file for a build of the command and
 * a version of V8, written after a first compilation.
 */

import { readFileSync } from 'node:fs';
import module_, { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { UserCache } from './user-cache.ts';
import { isRoomyThread, startRoomyThread } from './watch/roomy-thread.ts';

const file = fileURLToPath(new URL('cli.cjs', import.meta.url));
const load = createRequire(file);

/** What a CommonJS module is wrapped in, and what the command exports. */
type Wrapper = (require: NodeJS.Require, module: object, exports: object, fileName: string) => void;

function runCached(): void {
  const text = readFileSync(file, 'latin1');
  const cache = new UserCache('code');
  // The bundle names its own content in its first line.
  const build = /^\/\/ (\w+)/.exec(text)?.[1] ?? 'unknown';
  const name = `${build}-${process.versions.v8}-${process.arch}.bin`;
  const cachedData = cache.read(name);
  const script = new Script(`(function (require, module, exports, __filename) {${text}\n})`, {
    filename: file,
    ...(cachedData !== undefined && { cachedData }),
  });
  const module: { exports: { hasCompiled?: boolean } } = { exports: {} };
  const run: Wrapper = script.runInThisContext();
  run(load, module, module.exports, file);
  if (cachedData !== undefined && script.cachedDataRejected !== true) return;
  process.on('exit', () => {
    if (module.exports.hasCompiled === true) cache.write(name, script.createCachedData());
  });
}

function runCommand(): void {
  /**
   * How much bytecode of a function runs before V8 optimises it; its own value is a third. Most runs are over before what they
   * optimise pays: with this one compiles of small programs take a tenth less time and a fifth less work, and long ones the same.
   */
  setFlagsFromString('--interrupt-budget=200000');

  if ('enableCompileCache' in module_ && typeof module_.enableCompileCache === 'function') {
    module_.enableCompileCache();
    load(file);
  } else if (UserCache.isOff) {
    load(file);
  } else {
    runCached();
  }
}

if (process.argv[2] === 'watch' && !isRoomyThread()) startRoomyThread(fileURLToPath(import.meta.url));
else runCommand();
