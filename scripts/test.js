/**
 * `npm test`: installs and builds what is missing, runs the checks, then every test. Arguments go to vitest.
 */

import { ensureBuilt, run } from './support.js';

ensureBuilt();
if (process.argv.length === 2) run(process.execPath, ['scripts/check.js']);
run('npx', ['--no-install', 'vitest', 'run', ...process.argv.slice(2)]);
