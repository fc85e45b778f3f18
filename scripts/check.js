/**
 * `npm run check`: types, lint and format, import directions and cycles, file and function budgets, unused
 * exports. Every step runs even when an earlier one failed, so that one run shows everything.
 */

import { spawnSync } from 'node:child_process';
import { ensureInstalled } from './support.js';

ensureInstalled();

const steps = [
  ['types', 'tsc', ['-p', '.']],
  ['lint, format and budgets', 'biome', ['check', '.']],
  ['import directions and cycles', 'depcruise', ['src', 'bin', '--config', '.dependency-cruiser.cjs']],
  ['unused exports and dependencies', 'knip', []],
];

const failed = [];
for (const [what, command, args] of steps) {
  console.log(`check: ${what}`);
  const run = spawnSync('npx', ['--no-install', command, ...args], { stdio: 'inherit' });
  if (run.status !== 0) failed.push(what);
}
if (failed.length > 0) {
  console.error(`check: failed: ${failed.join('; ')}`);
  process.exit(1);
}
