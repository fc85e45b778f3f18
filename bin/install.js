/**
 * Run by package managers after they have unpacked the package: lets the command be started by a shell, which finds the snapshot
 * that the command keeps (start.sh). On Linux only; elsewhere, and where no such scripts are run, node starts the command as ever.
 */

const { createHash } = require('node:crypto');
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join, sep } = require('node:path');

const bin = join(__dirname, 'bpfcc-ts.js');
const isInstalled = __dirname.includes(`${sep}node_modules${sep}`);

// The path stands between quotes of the shell in a comment of JavaScript.
if (process.platform === 'linux' && isInstalled && !/['*\n]/.test(bin)) {
  const id = createHash('sha256').update(bin).digest('hex').slice(0, 16);
  const text = readFileSync(join(__dirname, 'start.sh'), 'utf8')
    .replace('@BIN@', () => bin)
    .replace('@ID@', id);
  // A new file: that one may be linked to from a package manager's store.
  const temporary = `${bin}.${process.pid}`;
  try {
    writeFileSync(temporary, text, { mode: 0o755 });
    renameSync(temporary, bin);
  } catch {
    // A read-only package, say.
  }
}
