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
import { beginMaking } from './snapshot/begin-making.ts';
import { budgetFlag, takeStart } from './snapshot/names.ts';
import { UserCache } from './user-cache.ts';
import { isRoomyThread, startRoomyThread } from './watch/roomy-thread.ts';

const file = fileURLToPath(new URL('cli.cjs', import.meta.url));
const load = createRequire(file);

/** What the command exports. */
interface Bundle {
  readonly hasCompiled: boolean;
  main(args: readonly string[]): void;
}

/** What a CommonJS module is wrapped in. */
type Wrapper = (
  require: NodeJS.Require,
  module: { exports: Bundle },
  exports: object,
  fileName: string,
) => void;

function loadCached(): Bundle {
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
  // The bundle puts its exports in.
  const module: { exports: Bundle } = { exports: { hasCompiled: false, main: () => undefined } };
  const run: Wrapper = script.runInThisContext();
  run(load, module, module.exports, file);
  const { exports } = module;
  if (cachedData === undefined || script.cachedDataRejected === true) {
    process.on('exit', () => {
      if (exports.hasCompiled) cache.write(name, script.createCachedData());
    });
  }
  return exports;
}

function loadBundle(): Bundle {
  if ('enableCompileCache' in module_ && typeof module_.enableCompileCache === 'function') {
    module_.enableCompileCache();
    return load(file);
  }
  return UserCache.isOff ? load(file) : loadCached();
}

function runCommand(): void {
  setFlagsFromString(budgetFlag);
  const snapshot = takeStart();
  const bundle = loadBundle();
  if (snapshot !== undefined) {
    process.on('exit', () => {
      if (bundle.hasCompiled) beginMaking(snapshot, process.argv[1] ?? '');
    });
  }
  bundle.main(process.argv.slice(2));
}

if (process.argv[2] === 'watch' && !isRoomyThread()) startRoomyThread(fileURLToPath(import.meta.url));
else runCommand();
