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

it('leaves no growth after 100 builds, each with other names', () => {
  const source = join(folder, 'a.c');
  const args = [source, '--out-dir', folder];
  const builder = new Builder(parseCommandLine(args), args, false);
  const plan = new Plan(builder.files, [source]);
  let built = 0;
  const change = (number: number): void => {
    writeFileSync(source, program(number));
    if (plan.next(Date.now()).kind !== 'build') return;
    const { summary, questions } = builder.build(source, performance.now());
    plan.built(source, questions);
    if (summary.errors === 0) built++;
  };
  for (let i = 0; i < 10; i++) change(i);
  const before = usedMegabytes();
  for (let i = 10; i < 110; i++) change(i);
  expect(built).toBe(110);
  // 100 texts have 11 MB and more with their tokens; their 2,000 names may stay until there are more.
  expect(usedMegabytes() - before).toBeLessThan(5);
}, 60_000);
