/**
 * Objects of one source against each other in the kernel (kernel-agreement.ts): -O2 against -O0, ours against clang's where clang
 * is installed; and that the comparison finds what differs and leaves out what no source determines. scripts/compare-kernel.js --in-kernel does
 * the same for folders of objects.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { compareInKernel, TestRunner, whyNoTestRun } from './kernel-agreement.ts';

const sources = join(import.meta.dirname, '../fixtures/kernel');
const names = readdirSync(sources).filter((name) => name.endsWith('.c'));
const clang = ['clang-22', 'clang-19', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0);
const settings = { packets: 30, seed: 2 };

let folder: string;
let runner: TestRunner;

function compiled(name: string, level: string, text?: string): string {
  const extra = new Map(text === undefined ? [] : [[name, text]]);
  const { object, diagnostics } = compileText(name, folderHost(sources, extra), [
    level,
    '-g',
    '-Wno-pass-failed',
  ]).result;
  expect(diagnostics).toEqual([]);
  const path = join(folder, `${name.replace(/\.c$/, '')}${level}.o`);
  writeFileSync(path, object ?? new Uint8Array(0));
  return path;
}

function compare(first: string, second: string) {
  const { verdicts, refusal } = compareInKernel(runner, first, second, settings);
  expect(refusal).toBeUndefined();
  expect(verdicts.length).toBeGreaterThan(0);
  return verdicts;
}

const agreed = (first: string, second: string): void => {
  for (const { program, status, reason, packets } of compare(first, second)) {
    expect({ program, status, reason }).toEqual({ program, status: 'agrees', reason: '' });
    // Twice where there are variables to set.
    expect([30, 60]).toContain(packets);
  }
};

const reason = whyNoTestRun();

describe.skipIf(reason !== undefined)(`objects agree in the kernel (${reason ?? 'runs'})`, () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bpfcc-objects-agree-'));
    runner = new TestRunner();
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    runner.close();
  });

  it.each(names)('%s at -O0 and -O2', (name) => {
    agreed(compiled(name, '-O2'), compiled(name, '-O0'));
  });

  it.each(names)('%s at -O2 and -Osize', (name) => {
    agreed(compiled(name, '-Osize'), compiled(name, '-O2'));
  });

  it.skipIf(clang === undefined).each(names)(`%s and ${clang ?? "clang's"} object`, (name) => {
    const theirs = join(folder, `${name}-theirs.o`);
    const run = spawnSync(
      clang ?? '',
      [
        '-target',
        'bpf',
        '-O2',
        '-g',
        '-I/usr/include/x86_64-linux-gnu',
        '-c',
        join(sources, name),
        '-o',
        theirs,
      ],
      { encoding: 'utf8' },
    );
    expect(run.stderr).toBe('');
    agreed(compiled(name, '-O2'), theirs);
  });

  const program = (body: string, more = ''): string => `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct value { __u64 time, count; };
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, __u32); __type(value, struct value); __uint(max_entries, 1); } seen SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 65536); } ring SEC(".maps");
${more}
SEC("xdp") int run(struct xdp_md *ctx) {
  __u32 zero = 0;
  struct value *value = bpf_map_lookup_elem(&seen, &zero);
  if (!value) return 0;
  ${body}
}
char license[] SEC("license") = "GPL";
`;

  it('leaves out what differs between two runs of one object', () => {
    const text = program('value->time = bpf_ktime_get_ns(); value->count++; return 2;');
    const [verdict] = compare(compiled('time.c', '-O2', text), compiled('time.c', '-O0', text));
    expect(verdict).toMatchObject({ status: 'agrees', reason: 'without map seen', filledMaps: 1 });
  });

  const base = 'value->count++; return 2;';
  it.each([
    ['a return value', 'value->count++; return 1;', '', /^return value 0: 2 .* 1 in the second/],
    ['a map', 'value->time = bpf_ktime_get_ns(); value->count += 2; return 2;', '', /^map seen 00000000: /],
    ['a variable', 'number += 3; value->count++; return 2;', 'int number;', /^variable number : /],
    [
      'an event',
      'bpf_ringbuf_output(&ring, &zero, 4, 0); value->count++; return 2;',
      '',
      /^events of ring 0: /,
    ],
    [
      'a packet',
      'char *p = (void *)(long)ctx->data; if (p + 1 > (char *)(long)ctx->data_end) return 0; *p ^= 1; value->count++; return 2;',
      '',
      /^packet 0: /,
    ],
  ])('finds a difference in %s', (_, body, more, message) => {
    const change = more === '' ? base : `number += 2; ${base}`;
    const first = compiled('first.c', '-O2', program(change, more));
    const [verdict] = compare(first, compiled('second.c', '-O2', program(body, more)));
    expect(verdict).toMatchObject({ status: 'differs', reason: expect.stringMatching(message) });
  });
});
