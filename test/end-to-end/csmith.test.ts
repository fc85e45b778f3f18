/** A few fixed seeds of scripts/csmith.js, where csmith and gcc are installed. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/cli/node-host.ts';

it('random programs give the checksum of the host', { timeout: 120_000 }, (context) => {
  const script = join(packageRoot(), 'scripts/csmith.js');
  const run = spawnSync(process.execPath, [script, '--seed', '1', '--count', '8', '--variants', '2'], {
    encoding: 'utf8',
  });
  if (run.stdout.includes('not installed')) context.skip(run.stdout.trim());
  expect(`${run.stdout}${run.stderr}`).toMatch(/ programs right, 0 wrong/);
  expect(run.status).toBe(0);
});
