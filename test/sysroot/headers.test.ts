import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledHeaders, checkHeaders, clang, hasClang, sysroot } from './clang.ts';

const headers = bundledHeaders();
/** As with libbpf, these want the integer types from linux/bpf.h or vmlinux.h before them. */
const libbpfHeaders = headers.filter((header) => header.startsWith('bpf/'));

describe('every bundled header', () => {
  it.each(headers)('%s says what it is and guards itself', (header) => {
    const lines = readFileSync(join(sysroot, header), 'utf8').split('\n');
    expect(lines[0]).toBe('/* SPDX-License-Identifier: MIT */');
    expect(lines[1]).toMatch(/^\/\* bpfcc-ts bundled header: /);
    const guard = lines.find((line) => line.startsWith('#ifndef '))?.slice('#ifndef '.length);
    if (guard !== undefined) {
      expect(guard).toMatch(/^BPFCC_[A-Z0-9_]+_H$/);
      expect(lines).toContain(`#define ${guard}`);
    }
  });

  it('has a guard of its own name', () => {
    const guards = headers.map(
      (header) => /#ifndef (\w+)/.exec(readFileSync(join(sysroot, header), 'utf8'))?.[1],
    );
    const defined = guards.filter((guard) => guard !== undefined);
    expect(new Set(defined).size).toBe(defined.length);
  });

  it('has a uapi/ spelling if it is in linux/', () => {
    const plain = headers.filter((header) => /^linux\/\w+\.h$/.test(header));
    expect(headers.filter((header) => header.startsWith('uapi/'))).toEqual(
      plain.map((header) => `uapi/${header}`),
    );
  });
});

describe.skipIf(!hasClang)('clang-19 takes every bundled header without warnings', () => {
  it('alone', { timeout: 60_000 }, () => {
    expect(checkHeaders(headers.filter((header) => !libbpfHeaders.includes(header)))).toBe('');
  });

  it('after linux/bpf.h, for those of libbpf', () => {
    const options = [
      '-include',
      'linux/bpf.h',
      '-include',
      'linux/ptrace.h',
      '-D__TARGET_ARCH_x86',
      '-Wno-unused',
    ];
    expect(checkHeaders(libbpfHeaders, ...options)).toBe('');
  });

  it.each(['-mlittle-endian', '-mbig-endian'])('all together, %s', (order) => {
    const source = [
      '#include <linux/bpf.h>',
      '#include <linux/ptrace.h>',
      ...headers.map((header) => `#include <${header}>`),
    ].join('\n');
    const target = order === '-mbig-endian' ? 'bpfeb' : 'bpfel';
    expect(
      clang('bundled', source, '-target', target, '-D__TARGET_ARCH_x86', '-Werror', '-fsyntax-only').messages,
    ).toBe('');
  });

  it('inside the kernel tree (-D__KERNEL__)', () => {
    const linux = headers.filter((header) => header.startsWith('uapi/'));
    const source = linux.map((header) => `#include <${header}>`).join('\n');
    expect(
      clang('bundled', `${source}\nbool flag; u64 wide;`, '-D__KERNEL__', '-fsyntax-only').messages,
    ).toBe('');
  });
});
