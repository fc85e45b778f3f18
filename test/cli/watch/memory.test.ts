/** A watch's builds in one process, many times: what they leave in memory. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, it } from 'vitest';
import { Builder } from '../../../src/cli/watch/builder.ts';
import { Plan } from '../../../src/cli/watch/plan.ts';
import { parseCommandLine } from '../../../src/driver/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'bpfcc-memory-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function usedMegabytes(): number {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
}

/** A text of its own each time, as large as a big program, with names of its own. */
function program(number: number): string {
  const lines = Array.from({ length: 20 }, (_, i) => `int name_${number}_${i}; /* ${'x'.repeat(5000)} */`);
  return `#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n${lines.join('\n')}\n
SEC("xdp") int prog(struct xdp_md *ctx) { return name_${number}_0; }\n`;
}

/** Builds after each change of real files; gives the growth in MB from the tenth build on. */
function growth(builds: number, change: (number: number) => void): number {
  const source = join(folder, 'a.c');
  const args = [source, '--out-dir', folder, '-isystem', folder];
  const builder = new Builder(parseCommandLine(args), args, false);
  const plan = new Plan(builder.files, [source]);
  let before = 0;
  for (let i = 0; i < builds; i++) {
    if (i === 10) before = usedMegabytes();
    change(i);
    expect(plan.next(Date.now()).kind).toBe('build');
    const { summary, questions } = builder.build(source, performance.now());
    plan.built(source, questions);
    expect(summary.errors).toBe(0);
  }
  return usedMegabytes() - before;
}

it('leaves no growth after 100 builds, each with other names', () => {
  const used = growth(110, (number) => writeFileSync(join(folder, 'a.c'), program(number)));
  // 100 texts have 11 MB and more with their tokens; their 2,000 names may stay until there are more.
  expect(used).toBeLessThan(5);
}, 60_000);

/** A long header of types, which stay folded and whose checked declarations are kept; one of them is another each time. */
function header(number: number): string {
  const types = Array.from(
    { length: 2000 },
    (_, i) =>
      `struct type${i} {\n\tstruct type${i + 1} *next;\n\tlong value[${i === 1000 ? number + 1 : 4}];\n};\n`,
  );
  return types.join('');
}

it('leaves no growth after 50 changes of a long header', () => {
  const objects = Array.from({ length: 200 }, (_, i) => `struct type${i * 10} object${i};\n`);
  writeFileSync(join(folder, 'a.c'), `#include <types.h>\n${objects.join('')}`);
  const used = growth(60, (number) => writeFileSync(join(folder, 'types.h'), header(number)));
  // 50 texts of 130 kB with their columns and what is kept of each.
  expect(used).toBeLessThan(3);
}, 60_000);
