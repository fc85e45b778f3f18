/**
 * CO-RE: our objects relocated by libbpf against kernels whose types have changed (test/fixtures/core), and against the running
 * one. Each case has its numbers here; clang's object of the same source must give the same, where clang is installed.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { type Numbers, runAgainst } from './core-run.ts';
import { TestRunner, whyNoTestRun } from './test-run.ts';

const sources = join(import.meta.dirname, '../fixtures/core');
const clang = ['clang-22', 'clang-19', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0);

const missing = 0xdeadn;
const names = {
  results: [
    ...[
      'count',
      'small',
      'negative',
      'flag',
      'bits',
      'bits_probed',
      'signed_bits',
      'removed',
      'element',
      'y',
      'hidden',
    ],
    ...['low', 'next_count', 'next_y', 'text', 'text_size', 'kind', 'old', 'sum', 'stored', 'either'],
  ],
  facts: [
    ...[
      'has_removed',
      'has_old',
      'has_gone',
      'gone_size',
      'has_pair',
      'pair_size',
      'matches_pair',
      'has_b',
      'b',
    ],
    ...[
      'has_gone_value',
      'gone_value',
      'high',
      'list_size',
      'count_size',
      'count_signed',
      'negative_signed',
      'has_list_3',
    ],
  ],
  task: ['pid', 'tgid', 'leader', 'uid', 'comm', 'state', 'type', 'bit', 'missing'],
} as const;

const fields = {
  ...{ count: 11n, small: 200n, negative: -300n, flag: 1n, bits: 21n, bits_probed: 21n, signed_bits: -9n },
  ...{ element: 4n, y: 44n, hidden: 1234n, low: 4321n, kind: 2n },
};
const maybe = { removed: 99n, old: missing, either: 11n };
const chain = { next_count: 11n, next_y: 66n, text: 0x6869n, text_size: 8n };
const facts = {
  ...{
    has_removed: 1n,
    has_old: 0n,
    has_gone: 1n,
    gone_size: 4n,
    has_pair: 1n,
    pair_size: 8n,
    matches_pair: 1n,
  },
  ...{
    has_b: 1n,
    b: 2n,
    has_gone_value: 1n,
    gone_value: 3n,
    high: 0x100000000n,
    list_size: 16n,
    count_size: 4n,
  },
  ...{ count_signed: 0n, negative_signed: 1n, has_list_3: 1n },
};
const written = { stored: 1677n };
const listed = { sum: 3141n };

/** By target and program: the numbers that are not 0. */
const cases: Readonly<Record<string, Readonly<Record<string, Numbers>>>> = {
  same: {
    read_fields: fields,
    read_maybe: maybe,
    read_chain: chain,
    read_list: listed,
    write_field: written,
    ask: facts,
  },
  moved: {
    read_fields: { ...fields, kind: 7n },
    read_maybe: maybe,
    read_chain: chain,
    // No loop over `list`: its record is for the whole array, which libbpf refuses on a load where the size has changed; clang's too.
    write_field: written,
    ask: { ...facts, gone_size: 16n, pair_size: 24n, b: 7n, high: 0x500000000n, list_size: 24n },
  },
  resized: {
    read_fields: fields,
    read_maybe: maybe,
    read_chain: { ...chain, text_size: 16n },
    read_list: listed,
    write_field: written,
    ask: { ...facts, count_size: 8n, high: 3n },
  },
  removed: {
    read_fields: { ...fields, kind: 5n },
    read_maybe: { removed: missing, old: 55n, either: 3n },
    read_chain: chain,
    read_list: listed,
    write_field: written,
    ask: {
      ...{
        ...facts,
        has_removed: 0n,
        has_gone: 0n,
        gone_size: 0n,
        b: 5n,
        has_gone_value: 0n,
        gone_value: missing,
      },
      high: 0x200000000n,
    },
  },
  flavoured: {
    read_fields: fields,
    read_maybe: { ...maybe, old: 42n },
    read_chain: chain,
    read_list: listed,
    write_field: written,
    ask: { ...facts, has_old: 1n, has_gone: 0n, gone_size: 0n, pair_size: 1n, matches_pair: 0n },
  },
};

const reason = whyNoTestRun();

describe.skipIf(reason !== undefined)(`CO-RE in the kernel (${reason ?? 'runs'})`, () => {
  let folder: string;
  let runner: TestRunner;
  const place = (name: string): string => join(folder, `${name}.o`);

  function compile(source: string, level: string, to: string): void {
    const { object, diagnostics } = compileText(source, folderHost(sources), [level, '-g']).result;
    expect(diagnostics).toEqual([]);
    writeFileSync(place(to), object ?? new Uint8Array(0));
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bpfcc-core-'));
    runner = new TestRunner();
    for (const target of Object.keys(cases)) compile(`${target}.c`, '-O2', target);
    for (const source of ['program', 'kernel']) {
      for (const level of ['-O0', '-O2']) compile(`${source}.bpf.c`, level, `${source}${level}`);
      if (clang === undefined) continue;
      const flags = ['-target', 'bpf', '-O2', '-g', '-I/usr/include/x86_64-linux-gnu'];
      spawnSync(clang, [...flags, '-c', join(sources, `${source}.bpf.c`), '-o', place(`${source}-clang`)]);
    }
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    runner.close();
  });

  const kinds = ['-O0', '-O2', ...(clang === undefined ? [] : ['-clang'])];
  const all = Object.entries(cases).flatMap(([target, programs]) =>
    Object.entries(programs).flatMap(([program, wanted]) =>
      kinds.map((kind) => [target, program, kind, wanted] as const),
    ),
  );

  it.each(all)('against %s: %s, %s', (target, program, kind, wanted) => {
    const variable = program === 'ask' ? 'facts' : 'results';
    const listed = { name: program, type: 'xdp' };
    const found = runAgainst(
      runner,
      place(`program${kind}`),
      place(target),
      listed,
      variable,
      names[variable],
    );
    const zeros = Object.fromEntries(names[variable].map((name) => [name, 0n]));
    expect(found).toEqual({ ...zeros, ...wanted });
  });

  it.skipIf(!existsSync('/sys/kernel/btf/vmlinux')).each(kinds)('in the running kernel, %s', (kind) => {
    const listed = { name: 'read_task', type: 'syscall' };
    const found = runAgainst(runner, place(`kernel${kind}`), undefined, listed, 'results', names.task);
    expect(found).toEqual(Object.fromEntries(names.task.map((name) => [name, 1n])));
  });
});
