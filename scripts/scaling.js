/**
 * How compile time and memory grow with the input: each program of `test/driver/large-inputs.ts` at sizes that double, a process of its own each.
 *
 *   node scripts/scaling.js [--shape=PATTERN] [--levels=-O0,-O2] [--steps=2] [--scale=1] [--limit=60] [--json=FILE]
 *
 * A line is a program at one level: seconds and MB for each size, the growth of the last step, and the stages and passes that
 * took the most of it. Marked are a growth above 2.5 from a second on, more than 10 s, and more than 1 GB.
 */

import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { argument } from './measure.js';
import { root } from './support.js';

const bundle = join(root, 'node_modules', '.cache', `scaling-${process.pid}.mjs`);
const pattern = new RegExp(argument('shape') ?? '.');
const levels = (argument('levels') ?? '-O0,-O2').split(',');
const steps = Number(argument('steps') ?? 2);
const scale = Number(argument('scale') ?? 1);
const limit = Number(argument('limit') ?? 60);

/** The process that compiles: what it took goes to its standard output. */
const child = `
import { parseCommandLine, compileSource, createSession, shapes, nodeHost } from ${JSON.stringify(bundle)};
const [name, size, ...flags] = process.argv.slice(1);
const host = nodeHost();
const bytes = Buffer.from(shapes[name].text(Number(size)), 'latin1');
const fileSystem = {
  readFile: (path) => (path === 'input.c' ? { kind: 'file', bytes } : host.fileSystem.readFile(path)),
  isDirectory: (path) => host.fileSystem.isDirectory(path),
};
const { options } = parseCommandLine([...flags, 'input.c']);
const request = { session: createSession(), host: { ...host, fileSystem }, path: 'input.c', outputName: 'input.o', options };
const before = process.cpuUsage();
const { object, diagnostics, statistics } = compileSource(request);
const { user, system } = process.cpuUsage(before);
const parts = [...statistics.stages, ...statistics.passes].map(({ name, milliseconds }) => [name, milliseconds]);
const mb = process.resourceUsage().maxRSS / 1024;
const outcome = object === undefined ? diagnostics.find(({ severity }) => /error|fatal/.test(severity))?.message : 'object';
console.log(JSON.stringify({ seconds: (user + system) / 1e6, mb, parts, outcome, instructions: statistics.counts.instructions }));
`;

async function bundleCompiler() {
  const exports = [
    `export { parseCommandLine } from './src/driver/command-line.ts';`,
    `export { compileSource } from './src/driver/compile.ts';`,
    `export { createSession } from './src/driver/session.ts';`,
    `export { nodeHost } from './src/cli/node-host.ts';`,
    `export { shapes } from './test/driver/large-inputs.ts';`,
  ];
  await build({
    stdin: { contents: exports.join('\n'), resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: bundle,
    logLevel: 'error',
    define: { BPFCC_VERSION: '"0"' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
}

function measured(name, size, level) {
  const args = ['--input-type=module', '--eval', child, '--', name, String(size), level, '-w'];
  const run = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: limit * 1000,
    maxBuffer: 1 << 28,
  });
  if (run.status === 0) return JSON.parse(run.stdout);
  const reason =
    run.signal === 'SIGTERM'
      ? `over ${limit} s`
      : (/\w*Error.*|heap out of memory/.exec(run.stderr)?.[0] ?? run.stderr);
  return { seconds: Number.NaN, mb: Number.NaN, parts: [], outcome: reason, instructions: 0 };
}

const total = (found) => {
  const sums = new Map();
  for (const [part, ms] of found.parts) sums.set(part, (sums.get(part) ?? 0) + ms);
  return sums;
};

/** The parts that took most of the last size, with their growth. */
function worst(before, after) {
  const earlier = total(before);
  return [...total(after)]
    .sort((a, b) => b[1] - a[1])
    .filter(([part]) => part !== 'optimize')
    .slice(0, 5)
    .map(
      ([part, ms]) =>
        `${part} ${(ms / 1000).toFixed(2)}${earlier.get(part) > 20 ? ` x${(ms / earlier.get(part)).toFixed(1)}` : ''}`,
    )
    .join(', ');
}

const { shapes } = await (async () => {
  await bundleCompiler();
  return import(bundle);
})();
const rows = [];
for (const [name, { size }] of Object.entries(shapes)) {
  if (!pattern.test(name)) continue;
  for (const level of levels) {
    const found = [];
    for (let step = 0; step < steps; step++) {
      const one = measured(name, Math.round(size * scale) * 2 ** step, level);
      found.push(one);
      if (Number.isNaN(one.seconds)) break;
    }
    const last = found.at(-1);
    const before = found.at(-2) ?? last;
    const growth = last.seconds / before.seconds;
    const isBad =
      Number.isNaN(last.seconds) || (growth > 2.5 && last.seconds > 1) || last.seconds > 10 || last.mb > 1000;
    const seconds = found.map((one) => one.seconds.toFixed(2)).join(' ');
    const mb = found.map((one) => one.mb.toFixed(0)).join(' ');
    console.log(
      `${isBad ? '!' : ' '} ${name} ${level}: ${seconds} s, x${growth.toFixed(1)}, ${mb} MB, ${last.outcome.slice(0, 80)}${last.outcome === 'object' ? ` ${last.instructions}` : ''}; ${worst(before, last)}`,
    );
    rows.push({ name, level, size: Math.round(size * scale), found });
  }
}
const json = argument('json');
if (json !== undefined) writeFileSync(json, JSON.stringify(rows));
rmSync(bundle, { force: true });
