/**
 * Runs the C programs of test/fixtures/hosted in the machine, at several levels and processor versions, with
 * validators between the passes: `main` has to return 0.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runHosted } from '../../src/cli/hosted-run.ts';
import { packageRoot } from '../../src/cli/node-host.ts';
import { createSession } from '../../src/driver/session.ts';

const folder = join(packageRoot(), 'test/fixtures/hosted');
const variants = [
  '-O0 -mcpu=v1',
  '-O0 -mcpu=v4',
  '-O1 -mcpu=v2',
  '-O2 -mcpu=v3',
  '-O2 -mcpu=v4',
  '-Os -mcpu=v1',
];
const session = createSession();

describe('hosted programs', () => {
  for (const name of readdirSync(folder).sort()) {
    it(name, () => {
      for (const variant of variants) {
        const args = [...variant.split(' '), '-w', '--check', join(folder, name)];
        const { outcome, stderr } = runHosted(session, args, { entry: 'main', expect: 0 });
        expect(`${variant}: ${outcome}\n${stderr}`).toBe(`${variant}: ok\n`);
      }
    });
  }
});
