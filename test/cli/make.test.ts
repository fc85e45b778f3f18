/**
 * `make CLANG=...` in trees as they are: recipes with the flags that libbpf-bootstrap and the kernel's samples/bpf pass, probes included.
 * docs/existing-trees.md tells what to set.
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';
import { Command } from './command.ts';

const hasMake = spawnSync('make', ['--version']).status === 0;

const program = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "limits.h"
SEC("xdp") int limit(struct xdp_md *ctx) { return ctx->data_end - ctx->data > LONGEST ? XDP_DROP : XDP_PASS; }
char _license[] SEC("license") = "GPL";
`;

/** Compiles, keeps a list of the headers, asks the compiler where it looks for headers. */
const bootstrap = `CLANG ?= clang
SYSTEM_INCLUDES := $(shell $(CLANG) -v -E - </dev/null 2>&1 \\
	| sed -n '/<...> search starts here:/,/End of search list./{ s| \\(/.*\\)|-idirafter \\1|p }')
all: out/limit.bpf.o
out/%.bpf.o: %.bpf.c
	$(CLANG) -g -O2 -Wall -Werror -target bpf -D__TARGET_ARCH_x86 -I. $(SYSTEM_INCLUDES) -MMD -MP -MF out/$*.d -MT $@ -c $(filter %.c,$^) -o $@
-include out/limit.d
`;

/** What the kernel's tools ask before they build their own programs, and systemd and others of the flags and folders. */
const probes = `CLANG ?= clang
CO_RE := $(shell $(CLANG) -S -g --target=bpf -o - before.c 2>/dev/null | grep -q BTF_KIND_VAR && echo yes)
LITTLE := $(shell $(CLANG) -target bpf -dM -E - </dev/null | grep -q '__BYTE_ORDER__ __ORDER_LITTLE_ENDIAN__' && echo yes)
CPUS := $(shell $(CLANG) -target bpf --print-supported-cpus 2>&1 | grep -c v3)
HEADERS := $(shell $(CLANG) -print-file-name=include)
SHOWN := $(shell $(CLANG) -\\#\\#\\# -c before.c -o shown.o 2>&1 | grep -c '"-c"')
all:
	@echo "co-re $(CO_RE) little $(LITTLE) cpus $(CPUS) shown $(SHOWN)$(wildcard shown.o)"
	@echo '-O2 -g -DLENGTH="2 + 1"' >flags
	@echo 'char a[LENGTH];' | $(CLANG) -target bpf @flags -nostdinc -isystem $(HEADERS) -include stdint.h -Wp,-MMD,piped.d -x c -c - -o - >piped.o
`;

/** A probe for BTF, then a pipeline of the host's front end and LLVM's tools. */
const samples = `LLC ?= llc
CLANG ?= clang
OPT ?= opt
LLVM_DIS ?= llvm-dis
PROBE := $(shell echo "int main() { return 0; }" | $(CLANG) -target bpf -O2 -g -c -x c - -o ./probe.o; strings -a ./probe.o | grep -x .BTF; rm -f ./probe.o)
ifneq ($(PROBE),)
FLAGS += -g
endif
all: limit.o
	@echo "flags: $(FLAGS)"
%.o: %.bpf.c
	$(CLANG) -nostdinc -isystem $(HEADERS) $(FLAGS) -fno-stack-protector -I. \\
		-D__KERNEL__ -D__BPF_TRACING__ -Wno-unused-value -Wno-pointer-sign \\
		-D__TARGET_ARCH_x86 -Wno-compare-distinct-pointer-types \\
		-Wno-gnu-variable-sized-type-not-at-end \\
		-Wno-address-of-packed-member -Wno-tautological-compare \\
		-Wno-unknown-warning-option -fno-asynchronous-unwind-tables \\
		-include before.h \\
		-O2 -emit-llvm -Xclang -disable-llvm-passes -c $< -o - | \\
		$(OPT) -O2 -mtriple=bpf-pc-linux | $(LLVM_DIS) | \\
		$(LLC) -march=bpf $(LLC_FLAGS) -filetype=obj -o $@
`;

describe.skipIf(!hasMake)('make CLANG=... (needs make)', () => {
  let command: Command;
  let tree: string;

  beforeAll(() => {
    command = new Command();
    tree = join(command.work, 'tree');
  }, 60_000);
  afterAll(() => command.dispose());
  beforeEach(() => {
    rmSync(tree, { recursive: true, force: true });
    mkdirSync(join(tree, 'out'), { recursive: true });
    writeFileSync(join(tree, 'limit.bpf.c'), program);
    writeFileSync(join(tree, 'limits.h'), '#define LONGEST 1500\n');
    writeFileSync(join(tree, 'before.h'), '#define BEFORE 1\n');
  });

  const make = (makefile: string, ...settings: string[]) => {
    writeFileSync(join(tree, 'Makefile'), makefile);
    return spawnSync('make', ['-C', tree, ...settings], { encoding: 'utf8' });
  };
  const sections = (name: string): readonly string[] => {
    const object = readElf(readFileSync(join(tree, name)));
    return isElfError(object) ? [] : object.sections.map((section) => section.name);
  };
  const compiler = (): string => `CLANG=${process.execPath} ${command.script}`;

  it("builds with libbpf-bootstrap's recipe, and again after a header has changed", () => {
    expect(make(bootstrap, compiler())).toMatchObject({ stderr: '', status: 0 });
    expect(sections('out/limit.bpf.o')).toEqual(
      expect.arrayContaining(['xdp', 'license', '.BTF', '.BTF.ext']),
    );
    expect(make(bootstrap, compiler()).stdout).toMatch(/Nothing to be done/);
    const later = new Date(Date.now() + 5000);
    utimesSync(join(tree, 'limits.h'), later, later);
    expect(make(bootstrap, compiler()).stdout).toMatch(/-c limit\.bpf\.c/);
  });

  it('stops make at an error of the source', () => {
    writeFileSync(join(tree, 'limits.h'), '#define LONGEST longest\n');
    const { status, stderr } = make(bootstrap, compiler());
    expect(status).toBe(2);
    expect(stderr).toMatch(/use of undeclared identifier 'longest'/);
  });

  it('answers probes, takes flags from a file and a source from a pipe', () => {
    writeFileSync(join(tree, 'before.c'), 'struct s { int a; };\nvolatile struct s held = {};\n');
    const { status, stdout, stderr } = make(probes, compiler());
    expect(stderr).toBe('');
    expect(stdout).toContain('co-re yes little yes cpus 1 shown 1\n');
    expect(sections('piped.o')).toContain('.bss');
    expect(readFileSync(join(tree, 'piped.d'), 'utf8')).toBe('-.o:\n');
    expect(status).toBe(0);
  });

  const headers = (): string => `HEADERS=${join(command.folder, '../../../sysroot')}`;

  it("says in the samples' pipeline what to do about LLVM's tools", () => {
    const { stderr } = make(samples, compiler(), headers(), 'OPT=cat >/dev/null #', 'LLC=true');
    expect(stderr).toMatch(/'-emit-llvm' is not supported: .*leave it out and use -c/);
  });

  it("builds with the samples' pipeline through a script that leaves -emit-llvm out", () => {
    const script = join(tree, 'clang');
    const lines = [
      '#!/bin/sh',
      'for word; do shift; [ "$word" = -emit-llvm ] || set -- "$@" "$word"; done',
      `exec ${process.execPath} ${command.script} -D__x86_64__ "$@"`,
    ];
    writeFileSync(script, `${lines.join('\n')}\n`);
    chmodSync(script, 0o755);
    const settings = [`CLANG=${script}`, 'OPT=sh -c "cat >$@"', 'LLVM_DIS=true', 'LLC=true', headers()];
    const run = make(samples, ...settings);
    expect(run).toMatchObject({ stderr: '', status: 0 });
    expect(run.stdout).toMatch(/flags: -g/);
    expect(sections('limit.o')).toEqual(expect.arrayContaining(['xdp', 'license', '.BTF']));
  });
});
