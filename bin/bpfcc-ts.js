#!/usr/bin/env node
/**
 * The command: runs the one bundled file, with the code that V8 made of it the last time.
 *
 * Node 22.8 and later keep that code themselves. For earlier ones it lies in the user's cache folder, one file for a version of the
 * package and of V8, written after a first compilation and trusted only where nobody else may write it. Whatever goes wrong with
 * it, the command runs all the same. `NODE_DISABLE_COMPILE_CACHE=1` turns it off, as it does for Node's own.
 */

const {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const module_ = require('node:module');
const { homedir } = require('node:os');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

const file = join(__dirname, '..', 'dist', 'cli.cjs');

/** Is it ours alone? Code from a file that others write is not run. */
function isOwn(path) {
  const { uid, mode } = statSync(path);
  return uid === process.getuid?.() && (mode & 0o022) === 0;
}

function cachePath(text) {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'bpfcc-ts');
  // The bundle names its own content in its first line.
  const build = /^\/\/ (\w+)/.exec(text)?.[1] ?? 'unknown';
  return join(folder, `${build}-${process.versions.v8}-${process.arch}.bin`);
}

function readCache(path) {
  try {
    return isOwn(dirname(path)) && isOwn(path) ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}

function writeCache(path, data) {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${process.pid}`;
    writeFileSync(temporary, data, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
    dropOldest(dirname(path));
  } catch {
    // A read-only home, say: the next run is as slow as this one.
  }
}

/** Code of this many builds and versions of Node is kept. */
const maxFiles = 4;

function dropOldest(folder) {
  const age = (path) => Date.now() - statSync(path).mtimeMs;
  const files = readdirSync(folder).map((name) => join(folder, name));
  for (const path of files.sort((a, b) => age(a) - age(b)).slice(maxFiles)) rmSync(path);
}

function runCached() {
  const text = readFileSync(file, 'latin1');
  const path = cachePath(text);
  const cachedData = readCache(path);
  const wrapped = `(function (require, module, exports, __filename) {${text}\n})`;
  const script = new Script(wrapped, { filename: file, cachedData });
  const module = { exports: {} };
  script.runInThisContext()(module_.createRequire(file), module, module.exports, file);
  if (cachedData === undefined || script.cachedDataRejected) {
    process.on('exit', () => {
      if (module.exports.hasCompiled) writeCache(path, script.createCachedData());
    });
  }
}

if (module_.enableCompileCache !== undefined) {
  module_.enableCompileCache();
  require(file);
} else if (process.env['NODE_DISABLE_COMPILE_CACHE'] || !existsSync(file)) {
  require(file);
} else {
  runCached();
}
