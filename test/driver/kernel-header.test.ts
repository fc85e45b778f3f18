/** `vmlinux.h` where no directory has one. */

import { describe, expect, it } from 'vitest';
import type { BtfType } from '../../src/btf/format.ts';
import { createSession } from '../../src/driver/session.ts';
import { btfBytes, compileFiles, messages } from '../btf/btf-bytes.ts';

const kernel = (name: string): Uint8Array => {
  const types: BtfType[] = [
    { kind: 'INT', name: 'int', size: 4, encoding: 1, bits: 32, bitOffset: 0 },
    {
      kind: 'STRUCT',
      name,
      size: 12,
      members: [{ name: 'x', type: 1, bitOffset: 64, bitWidth: 0 }],
    },
  ];
  return btfBytes(types);
};

const uses = (name: string): string =>
  `#if !__has_include("vmlinux.h")\n#error\n#endif\n#include "vmlinux.h"\n#include <vmlinux.h>
int f(struct ${name} *p) { _Static_assert(__builtin_offsetof(struct ${name}, x) == 8, ""); return p->x; }\n`;

const rule = { kind: 'beside', withSystemHeaders: true, file: undefined, targets: [], phony: false } as const;

describe('a vmlinux.h that is no file', () => {
  it("is made of the host's BTF, or of the file that --btf names", () => {
    expect(messages(compileFiles({ 'main.c': uses('task') }, kernel('task')))).toEqual([]);
    const files = { 'main.c': uses('other'), 'k.btf': kernel('other') };
    expect(messages(compileFiles(files, kernel('task'), { btf: 'k.btf' }))).toEqual([]);
  });

  it('gives way to a file', () => {
    const files = {
      'main.c': '#include "vmlinux.h"\nstruct task t;',
      'vmlinux.h': 'struct task { char c; };',
    };
    expect(messages(compileFiles(files, btfBytes([]), { btf: 'none' }))).toEqual([]);
  });

  it('is not found without BTF, or with a broken one', () => {
    const files = { 'main.c': '#include "vmlinux.h"\n', text: 'no BTF, but a text of some length' };
    const missing = "'vmlinux.h' file not found";
    expect(messages(compileFiles(files, undefined))).toEqual([missing]);
    expect(messages(compileFiles(files, undefined, { btf: 'text' }))).toEqual([
      "cannot make 'vmlinux.h' from 'text': not BTF: the magic number is missing",
      missing,
    ]);
    expect(messages(compileFiles(files, kernel('a'), { btf: 'none' }))).toEqual([
      "cannot make 'vmlinux.h' from 'none': no such file",
      missing,
    ]);
  });

  it('is named where a type is not found in it', () => {
    const texts = messages(compileFiles({ 'main.c': uses('nothing') }, kernel('task')));
    expect(texts.join('\n')).toContain(
      "no file 'vmlinux.h' was found; this is vmlinux.h (from a test): take another BTF with --btf",
    );
  });

  const types: BtfType[] = [
    { kind: 'FUNC_PROTO', type: 0, parameters: [] },
    { kind: 'FUNC', name: 'bpf_do', type: 1, linkage: 'static' },
    { kind: 'DECL_TAG', name: 'bpf_kfunc', type: 2, component: -1 },
  ];

  it('gives way where the program declares a function of the kernel otherwise', () => {
    const own = 'extern int bpf_do(void) __attribute__((section(".ksyms"), weak));';
    const use = 'int f(void) { return bpf_do(); }';
    for (const text of [`#include "vmlinux.h"\n${own}\n${use}`, `${own}\n#include "vmlinux.h"\n${use}`]) {
      for (const eager of [false, true]) {
        expect(messages(compileFiles({ 'main.c': text }, btfBytes(types), { eager }))).toEqual([]);
      }
    }
  });

  it('is named where the program defines a function of the name otherwise', () => {
    const files = { 'main.c': '#include "vmlinux.h"\nint bpf_do(void) { return 1; }' };
    expect(messages(compileFiles(files, btfBytes(types))).join('\n')).toContain(
      '-DBPF_NO_KFUNC_PROTOTYPES leaves out',
    );
    const actions = [{ kind: 'define', text: 'BPF_NO_KFUNC_PROTOTYPES' }] as const;
    expect(messages(compileFiles(files, btfBytes(types), { actions }))).toEqual([]);
  });

  it("is in the make rule by the --btf file, and not as the kernel's own", () => {
    const files = { 'main.c': uses('task'), 'k.btf': kernel('task') };
    expect(compileFiles(files, kernel('task'), { dependencies: rule }).dependencies).toBe('main.o: main.c\n');
    expect(compileFiles(files, undefined, { btf: 'k.btf', dependencies: rule }).dependencies).toBe(
      'main.o: main.c k.btf\n',
    );
  });

  it('follows the BTF from one compilation of a session to the next', () => {
    const session = createSession();
    for (const name of ['one', 'two', 'one']) {
      expect(messages(compileFiles({ 'main.c': uses(name) }, kernel(name), {}, session))).toEqual([]);
    }
  });
});
