/** What csmith and the host's compiler do for scripts/csmith.js and the test that runs a few fixed seeds. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder of csmith's headers; undefined where csmith, gcc or the headers are missing. */
export function csmithHeaders() {
  const folder = ['/usr/include/csmith', '/usr/local/include/csmith'].find((path) =>
    existsSync(join(path, 'csmith.h')),
  );
  const runs = (command) => spawnSync(command, ['--version'], { cwd: tmpdir() }).status === 0;
  return folder !== undefined && runs('csmith') && runs('gcc') ? folder : undefined;
}

/** The program of a seed, of a size that the machine runs in a second. */
export function csmithProgram(seed) {
  const sizes = ['--max-funcs', '5', '--max-block-depth', '3', '--max-array-len-per-dim', '6'];
  // csmith leaves a file in its working folder.
  const folder = mkdtempSync(join(tmpdir(), 'bpfcc-csmith-'));
  const made = spawnSync('csmith', ['--no-float', '--no-argc', ...sizes, '--seed', `${seed}`], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  rmSync(folder, { recursive: true });
  return made.stdout;
}

/** What the program prints on the host; undefined where it takes too long. */
export function hostChecksum(path, headers) {
  const program = `${path}.host`;
  const built = spawnSync('gcc', ['-O1', '-w', `-I${headers}`, '-o', program, path], { timeout: 20_000 });
  const ran = built.status === 0 ? spawnSync(program, { timeout: 500, encoding: 'utf8' }) : undefined;
  rmSync(program, { force: true });
  return ran?.status === 0 ? ran.stdout : undefined;
}
