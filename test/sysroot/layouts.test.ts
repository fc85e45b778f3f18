/**
 * Layouts and constants against the machine's own kernel headers, which may be older than ours (they are 6.1 where
 * this was written): what both know must be equal; structures may have grown at their end or in their padding.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledHeaders, clang, hasClang, type Side, sysroot } from './clang.ts';

/** Not of the interface for user space, or a matter of version. */
const NOT_COMPARED = new Set([
  'linux/stddef.h',
  'linux/version.h',
  'linux/bpf_common.h',
  'linux/errno.h',
  'linux/sctp.h',
]);
const compared = bundledHeaders().filter(
  (header) =>
    /^linux\/\w+\.h$/.test(header) && !NOT_COMPARED.has(header) && existsSync(join('/usr/include', header)),
);
/** time.h and types of the C library clash with the kernel's: never in one file with the rest. */
const groups = [
  compared.filter((header) => header !== 'linux/time.h'),
  ['linux/time.h'],
  ['asm/errno.h'],
  ['sys/socket.h'],

  ['asm/unistd.h'],
];

const includes = (headers: readonly string[]) => headers.map((header) => `#include <${header}>\n`).join('');

/** Counts of enumerators and versions of the interface: they grow with every kernel. */
const GROWS =
  /^_*(MAX|NR)_|_MAX_?|_MAX$|_CNT$|_LAST|^__|_NUM$|_VER_LATEST|ALL_CB_FLAGS$|_CB_MASK$|^LINUX_VERSION|^PERF_SAMPLE_BRANCH_MAX/;

function constantNames(headers: readonly string[]): string[] {
  const names = new Set<string>();
  for (const line of clang('bundled', includes(headers), '-E', '-dD').output.split('\n')) {
    const name = /^#define (\w+) \S/.exec(line)?.[1] ?? /^\t(\w+) = /.exec(line)?.[1];
    if (name !== undefined && !GROWS.test(name)) names.add(name);
  }
  return [...names];
}

/** Value of each name that is an integer constant on this side; others are left out. */
function values(side: Side, headers: readonly string[], names: readonly string[]): Map<string, string> {
  const prologue = includes(headers);
  const firstLine = prologue.split('\n').length;
  const source = (list: readonly string[]) =>
    prologue + list.map((name, i) => `const long long bpfcc_${i} = (long long)(${name});`).join('\n');
  const flags = ['-ferror-limit=0', '-fno-caret-diagnostics', '-w'];
  const bad = new Set<number>();
  for (const match of clang(side, source(names), '-fsyntax-only', ...flags).messages.matchAll(
    /^<stdin>:(\d+):/gm,
  )) {
    bad.add(Number(match[1]) - firstLine);
  }
  const good = names.filter((_, i) => !bad.has(i));
  const assembly = clang(side, source(good), '-S', '-O1', '-o', '-', ...flags).output;
  const result = new Map<string, string>();
  for (const match of assembly.matchAll(/^bpfcc_(\d+):\n\s+\.quad\s+(\S+)/gm)) {
    result.set(good[Number(match[1])] ?? '', match[2] ?? '');
  }
  return result;
}

interface Layout {
  readonly size: number;
  /** `offset name` of every member with a name, inner ones too; bit fields as `offset:bits name`. */
  readonly members: ReadonlySet<string>;
}

function layouts(side: Side, headers: readonly string[]): Map<string, Layout> {
  const dump = clang(
    side,
    includes(headers),
    '-fsyntax-only',
    '-Xclang',
    '-fdump-record-layouts-complete',
    '-w',
  ).output;
  const result = new Map<string, Layout>();
  for (const block of dump.split('*** Dumping AST Record Layout').slice(1)) {
    const lines = block.split('\n').filter((line) => line.includes('|'));
    const name = /\| (?:struct|union) (\w+)$/.exec(lines[0] ?? '')?.[1];
    const size = /\[sizeof=(\d+)/.exec(block)?.[1];
    if (name === undefined || size === undefined) continue;
    const members = new Set<string>();
    for (const line of lines.slice(1)) {
      const member = /^\s*([\d:-]+) \|.*[ *](\w+)(?:\[\d*\])?$/.exec(line);
      if (member !== null && !/\)$/.test(line)) members.add(`${member[1]} ${member[2]}`);
    }
    result.set(name, { size: Number(size), members });
  }
  return result;
}

/** Got members after Linux 6.1. */
const GROWN = new Set([
  'bpf_attr',
  'bpf_link_info',
  'bpf_map_info',
  'bpf_sock_ops',
  'perf_event_attr',
  'tcp_info',
  'rtnl_link_stats64',
]);
/** Members that are named now and were holes or had another name. */
const RENAMED = new Set(['__reserved_3', '__reserved_2', 'reserved', '__pad', '__data', '__align', 'res1']);

function structNames(headers: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const header of headers) {
    const text = readFileSync(join(sysroot, header), 'utf8');
    for (const match of text.matchAll(/^(?:struct|union) (\w+) \{/gm)) names.add(match[1] ?? '');
  }
  return names;
}

const canCompare = hasClang && compared.length > 0;

describe.skipIf(!canCompare)('against the headers of the machine', () => {
  it.each(groups)('constants are equal: %s ...', { timeout: 60_000 }, (...headers) => {
    const names = constantNames(headers);
    const ours = values('bundled', headers, names);
    const theirs = values('system', headers, names);
    const common = [...theirs.keys()].filter((name) => ours.has(name));
    expect(common.length).toBeGreaterThan(names.length / 3);
    expect(common.map((name) => `${name} ${ours.get(name)}`)).toEqual(
      common.map((name) => `${name} ${theirs.get(name)}`),
    );
  });

  it('constants and types of the C standard headers are those of clang', () => {
    const standard = [
      'stdint.h',
      'limits.h',
      'stddef.h',
      'stdbool.h',
      'float.h',
      'stdatomic.h',
      'stdalign.h',
    ];
    const types = [
      'size_t',
      'ptrdiff_t',
      'wchar_t',
      'max_align_t',
      'intptr_t',
      'uintmax_t',
      'int_fast16_t',
      'uint_least8_t',
    ];
    const names = [
      ...constantNames(standard),
      ...types.flatMap((type) => [`sizeof(${type})`, `_Alignof(${type})`]),
      ...types.filter((type) => type !== 'max_align_t').map((type) => `(${type})-1 < 0`),
      ...['8', '16', '32', '64'].flatMap((bits) => [
        `sizeof(int${bits}_t)`,
        `(uint${bits}_t)-1 > 0`,
        `INT${bits}_C(1)`,
      ]),
    ];
    const ours = values('bundled', standard, names);
    const theirs = values('clang', standard, names);
    const common = [...theirs.keys()].filter((name) => ours.has(name));
    expect(common.length).toBeGreaterThan(100);
    expect(common.map((name) => `${name} ${ours.get(name)}`)).toEqual(
      common.map((name) => `${name} ${theirs.get(name)}`),
    );
  });

  it('structures are equal', () => {
    const [headers = []] = groups;
    const ours = layouts('bundled', headers);
    const theirs = layouts('system', headers);
    const names = [...structNames(headers)].filter((name) => theirs.has(name));
    expect(names.length).toBeGreaterThan(100);
    for (const name of names) {
      const mine = ours.get(name);
      const known = theirs.get(name);
      if (mine === undefined || known === undefined)
        throw new Error(`${name} is not complete in the bundled headers`);
      if (!GROWN.has(name)) expect(`${name} ${mine.size}`).toBe(`${name} ${known.size}`);
      const missing = [...known.members].filter(
        (member) => !mine.members.has(member) && !RENAMED.has(member.split(' ')[1] ?? ''),
      );
      expect(`${name}: ${missing.join(', ')}`).toBe(`${name}: `);
    }
  });
});
