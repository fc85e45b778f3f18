/** The command line, spawned: flags, outputs, exit statuses. Flags' effects on code are in the golden files. */

import { existsSync, mkdirSync, readdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { SourceMapConsumer } from 'source-map';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';
import { findTool, runTool } from '../isa/tools.ts';
import { Command } from './command.ts';

const program = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
int counter;
SEC("xdp") int prog(struct xdp_md *ctx) {
  counter += VALUE;
  return XDP_PASS;
}
`;

let command: Command;
beforeAll(() => {
  command = new Command();
  command.write('a.c', program.replace('VALUE', '1'));
  command.write('b.c', program.replace('VALUE', '2'));
  command.write('value.c', `#ifndef VALUE\n#define VALUE 40\n#endif\nint value = VALUE;\n`);
  command.write('broken.c', 'int f(void) { return x; }\nint g(void) { return y; }\n');
  command.write('warns.c', 'int *f(char *p) { return p; }\n');
});
afterAll(() => command.dispose());

const isObject = (bytes: Uint8Array) => !isElfError(readElf(bytes));
const data = (name: string) => {
  const object = readElf(command.read(name));
  if (isElfError(object)) throw new Error(object.message);
  return object.sections.find((section) => section.name === '.data')?.data;
};

describe('outputs', () => {
  it('writes a.o for a.c, by default and with -c', () => {
    expect(command.run(['a.c'])).toEqual({ status: 0, stdout: '', stderr: '' });
    const first = command.read('a.o');
    expect(isObject(first)).toBe(true);
    expect(command.run(['-c', 'a.c', '-o', 'other.o']).status).toBe(0);
    expect(command.read('other.o').equals(first)).toBe(true);
    expect(command.run(['-ojoined.o', 'a.c']).status).toBe(0);
    expect(command.read('joined.o').equals(first)).toBe(true);
  });
  it('compiles several inputs, each to its own object in this folder', () => {
    command.write('sub/c.c', 'int c = 3;\n');
    expect(command.run(['a.c', 'b.c', 'sub/c.c']).status).toBe(0);
    expect(['a.o', 'b.o', 'c.o'].map((name) => isObject(command.read(name)))).toEqual([true, true, true]);
    const both = command.run(['a.c', 'b.c', '-o', 'one.o']);
    expect(both.status).toBe(2);
    expect(both.stderr).toContain('cannot specify -o when generating multiple output files');
  });
  it('writes all outputs into the folder of --out-dir, rules beside objects', () => {
    command.write('sub/c.c', 'int c = 3;\n');
    expect(command.run(['-MMD', 'a.c', 'b.c', 'sub/c.c', '--out-dir', 'new/build']).status).toBe(0);
    const names = ['a.d', 'a.o', 'b.d', 'b.o', 'c.d', 'c.o'];
    expect(readdirSync(command.path('new/build')).sort()).toEqual(names);
    expect(command.read('new/build/a.d').toString()).toMatch(/^new\/build\/a\.o: a\.c/);
    expect(command.run(['a.c', '--out-dir=new/build', '-o', 'x.o']).stderr).toContain(
      'both -o and --out-dir',
    );
    expect(command.run(['a.c', '--out-dir=a.c']).stderr).toContain("cannot make the folder 'a.c'");
    // Where the system makes none and does not say so, the folder is not tried for ever.
    expect(command.run(['a.c', '--out-dir=/proc/none/below']).stderr).toContain('cannot make the folder');
  });
  it('passes over include folders that cannot be looked at', () => {
    symlinkSync('circle', command.path('circle'));
    const odd = ['a.c/x', 'circle', 'x'.repeat(5000), 'nowhere'].map((path) => `-I${path}`);
    expect(command.run([...odd, 'a.c'])).toEqual({ status: 0, stdout: '', stderr: '' });
  });
  it('refuses two inputs that would be written to one file', () => {
    command.write('sub/a.c', 'int a = 3;\n');
    const { status, stderr } = command.run(['a.c', 'sub/a.c', '--out-dir=both']);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr:
        "bpfcc-ts: error: 'a.c' and 'sub/a.c' would both be written to 'both/a.o'; rename one, or compile them with an --out-dir each\n",
    });
    expect(existsSync(command.path('both'))).toBe(false);
    expect(command.run(['-fsyntax-only', 'a.c', 'sub/a.c']).status).toBe(0);
  });
  it('goes on with the other inputs after one that fails', () => {
    command.write('after.c', 'int after;\n');
    expect(command.run(['broken.c', 'after.c']).status).toBe(1);
    expect(existsSync(command.path('broken.o'))).toBe(false);
    expect(isObject(command.read('after.o'))).toBe(true);
  });
  it('writes to standard output with -o - and reads standard input with -', () => {
    const { stdout, status } = command.runForBytes(['-c', '-o', '-', '-'], {
      input: program.replace('VALUE', '3'),
    });
    expect(status).toBe(0);
    expect(isObject(stdout)).toBe(true);
    expect(command.run(['-x', 'c', '-E', '-P', '-'], { input: 'X\n' }).stdout).toBe('X\n');
    expect(command.run(['-'], { input: 'int x = y;\n' }).stderr).toMatch(/^<stdin>:1:9: error: /);
  });
  it('writes assembly with -S', () => {
    expect(command.run(['-S', 'a.c']).status).toBe(0);
    expect(command.read('a.s').toString()).toMatch(/^prog:$/m);
    expect(command.run(['-S', 'a.c', '-o', '-']).stdout).toBe(command.read('a.s').toString());
  });
  it('only looks for errors with -fsyntax-only', () => {
    command.write('only.c', 'int only;\n');
    expect(command.run(['-fsyntax-only', 'only.c'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(existsSync(command.path('only.o'))).toBe(false);
  });
  it('preprocesses with -E, -P and -dM', () => {
    expect(command.run(['-E', 'value.c']).stdout).toContain('# 1 "value.c"');
    expect(command.run(['-E', '-P', 'value.c', '-DVALUE=9']).stdout.trim()).toBe('int value = 9;');
    const macros = command.run(['-E', '-dM', 'value.c', '-DA(x)=x+1', '-mcpu=v4']).stdout;
    expect(macros).toContain('#define VALUE 40\n');
    expect(macros).toContain('#define A(x) x+1\n');
    expect(macros).toContain('#define __BPF_CPU_VERSION__ 4\n');
  });
  it('gives the same bytes in every run', () => {
    const args = ['-c', 'a.c', '-o', '-'];
    expect(command.runForBytes(args).stdout.equals(command.runForBytes(args).stdout)).toBe(true);
  });
});

describe('files that cannot be read or written', () => {
  it('leaves an object alone that it cannot replace', () => {
    mkdirSync(command.path('taken.o'), { recursive: true });
    const run = command.run(['a.c', '-o', 'taken.o']);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("unable to open output file 'taken.o': 'is a directory'");
    expect(command.run(['a.c', '-o', 'nowhere/a.o']).stderr).toMatch(
      /unable to open output file 'nowhere\/a.o': '.+'/,
    );
    expect(command.run(['a.c', '-o', 'nowhere/a.o']).status).toBe(1);
  });
  it('leaves an existing object alone when the source has errors', () => {
    command.write('keep.o', 'old');
    expect(command.run(['broken.c', '-o', 'keep.o']).status).toBe(1);
    expect(command.read('keep.o').toString()).toBe('old');
  });
  it('replaces an object by renaming, without leftovers', () => {
    command.write('folder/new.o', 'old');
    expect(command.run(['a.c', '-o', 'folder/new.o']).status).toBe(0);
    expect(isObject(command.read('folder/new.o'))).toBe(true);
    expect(readdirSync(command.path('folder'))).toEqual(['new.o']);
  });
  it('writes through a link to the file it names', () => {
    command.write('real/target.o', 'old');
    symlinkSync(command.path('real/target.o'), command.path('link.o'));
    expect(command.run(['a.c', '-o', 'link.o']).status).toBe(0);
    expect(isObject(command.read('real/target.o'))).toBe(true);
    unlinkSync(command.path('link.o'));
  });
  it.skipIf(process.platform === 'win32')('writes into devices in place', () => {
    expect(command.run(['a.c', '-o', '/dev/null']).status).toBe(0);
    const full = command.run(['a.c', '-o', '/dev/full']);
    expect(full.status).toBe(1);
    expect(full.stderr).toContain("unable to open output file '/dev/full'");
  });
  it('names inputs that are missing or directories', () => {
    const missing = command.run(['nothing.c']);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain("error: no such file or directory: 'nothing.c'");
    const directory = command.run(['folder']);
    expect(directory.status).toBe(1);
    expect(directory.stderr).toContain("is a directory: 'folder'");
  });
});

describe('exit statuses', () => {
  it('0 with warnings, 1 with errors, all errors of a file in one run', () => {
    const warned = command.run(['warns.c', '-o', 'w.o']);
    expect(warned.status).toBe(0);
    expect(warned.stderr).toMatch(/warning: incompatible pointer types .*\[-Wincompatible-pointer-types\]/);
    expect(warned.stderr).toMatch(/1 warning generated\.\n$/);
    const failed = command.run(['broken.c']);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(
      /broken\.c:1:22: error: .*\n[\s\S]*broken\.c:2:22: error: [\s\S]*2 errors generated\.\n$/,
    );
  });
  it('2 for a wrong command line', () => {
    const none = command.run([]);
    expect([none.status, none.stderr]).toEqual([2, 'bpfcc-ts: error: no input files\n']);
    const several = command.run(['--frobnicate', '-mcpu=v9', 'a.c']);
    expect(several.status).toBe(2);
    expect(several.stderr).toMatch(
      /^bpfcc-ts: error: unknown argument: '--frobnicate'\nbpfcc-ts: error: unknown target CPU 'v9'/,
    );
  });
  it('answers --version and --help', () => {
    expect(command.run(['--version']).stdout).toMatch(/^bpfcc-ts version \d+\.\d+\.\d+\nTarget: bpf\n/);
    const help = command.run(['--help']);
    expect(help.status).toBe(0);
    for (const flag of ['-o <file>', '-I <dir>', '-mcpu=<version>', '--dump=<', '-MMD', '--source-map']) {
      expect(help.stdout).toContain(flag);
    }
  });
});

describe('flags of the front end', () => {
  const valueWith = (...args: string[]) => {
    const run = command.run(['value.c', '-o', 'value.o', ...args]);
    expect(run.stderr).toBe('');
    return data('value.o')?.[0];
  };
  it('-include and -imacros', () => {
    command.write('pre.h', '#define VALUE 11\nint from_header;\n');
    expect(valueWith('-include', 'pre.h')).toBe(11);
    expect(valueWith('-imacros', 'pre.h')).toBe(11);
    expect(command.run(['-E', '-P', '-imacros', 'pre.h', 'value.c']).stdout).not.toContain('from_header');
  });
  it('searches -iquote, -I, -isystem, bundled headers and -idirafter in this order', () => {
    for (const [i, folder] of ['quote', 'plain', 'system', 'after'].entries()) {
      command.write(`inc-${folder}/which.h`, `WHICH ${i}\n`);
      command.write(`inc-${folder}/stdint.h`, `STDINT ${i}\n`);
    }
    const all = ['-idirafter', 'inc-after', '-isystem', 'inc-system', '-Iinc-plain', '-iquote', 'inc-quote'];
    const find = (text: string, flags: readonly string[]) =>
      command.run(['-E', '-P', '-', ...flags], { input: `${text}\n` }).stdout.trim();
    expect(find('#include "which.h"\n#include <which.h>', all).split('\n')).toEqual(['WHICH 0', 'WHICH 1']);
    expect(find('#include <which.h>', all.slice(0, 4))).toBe('WHICH 2');
    expect(find('#include <stdint.h>', ['-idirafter', 'inc-after'])).toContain('int32_t');
    expect(find('#include <stdint.h>', ['-nostdinc', '-idirafter', 'inc-after'])).toBe('STDINT 3');
    expect(command.run(['-nostdinc', '-E', '-'], { input: '#include <stdint.h>\n' }).status).toBe(1);
    const bundledOnly = (header: string) =>
      command.run(['-nostdlibinc', '-E', '-'], { input: `#include <${header}>\n` }).status;
    expect([bundledOnly('stdint.h'), bundledOnly('stdio.h')]).toEqual([0, 1]);
  });
  it('-fdiagnostics-format=json and colours', () => {
    const json: unknown = JSON.parse(command.run(['broken.c', '-fdiagnostics-format=json']).stderr);
    expect(json).toMatchObject([
      { kind: 'error', locations: [{ caret: { line: 1, column: 22 } }] },
      { kind: 'error' },
    ]);
    expect(JSON.parse(command.run(['a.c', '-fdiagnostics-format=json']).stderr)).toEqual([]);
    expect(command.run(['broken.c', '-fcolor-diagnostics']).stderr).toContain('\u001b[');
    expect(command.run(['broken.c']).stderr).not.toContain('\u001b[');
  });
  it('-ferror-limit', () => {
    command.write('many.c', Array.from({ length: 30 }, (_, i) => `int v${i} = undefined${i};\n`).join(''));
    const { stderr } = command.run(['many.c', '-ferror-limit=5']);
    expect(stderr.split('error: use of').length - 1).toBe(5);
    expect(stderr).toMatch(
      /^fatal error: too many errors emitted, stopping now \[-ferror-limit=\]\n5 errors generated\.\n$/m,
    );
  });
  it('accepts flags without meaning here and lists them with -v', () => {
    const flags = [
      '-g',
      '-gdwarf-4',
      '-fno-stack-protector',
      '-pipe',
      '-mlong-calls',
      '-Xclang',
      '-foo',
      '-Qunused-arguments',
    ];
    const run = command.run(['-v', ...flags, 'a.c', '-o', 'v.o']);
    expect(run.status).toBe(0);
    for (const flag of ['-g', '-gdwarf-4', '-fno-stack-protector', '-pipe', '-mlong-calls', '-Xclang -foo']) {
      expect(run.stderr).toContain(`without effect: ${flag}\n`);
    }
    expect(command.run([...flags, 'a.c', '-o', 'v.o'])).toEqual({ status: 0, stdout: '', stderr: '' });
    // BTF belongs to the object, whatever is said about debug information.
    expect(command.run(['-g0', 'a.c', '-o', 'g0.o'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(command.run(['a.c', '-o', 'plain.o']).status).toBe(0);
    expect(command.read('g0.o').equals(command.read('v.o'))).toBe(true);
    expect(command.read('plain.o').equals(command.read('v.o'))).toBe(true);
  });
  it('takes arguments from @files, also nested, and lets a cycle be', () => {
    command.write('inner.rsp', '-DVALUE=21');
    command.write('outer.rsp', `@inner.rsp\n"value.c" -o 'from file.o' -DTEXT="a\\ b"\n`);
    expect(command.run(['@outer.rsp'])).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(data('from file.o')?.[0]).toBe(21);
    command.write('cycle.rsp', '@cycle.rsp');
    expect(command.run(['@cycle.rsp']).status).not.toBe(0);
    expect(command.run(['@missing.rsp']).status).not.toBe(0);
    expect(command.run(['-fsyntax-only', '--', 'a.c']).status).toBe(0);
  });
});

describe('optimisation and code', () => {
  it('prints what --dump asks for, in order of the stages', () => {
    const stages = ['tokens', 'pp', 'ast', 'typed', 'ir', 'mem2reg', 'mir', 'ra', 'asm', 'btf', 'elf'];
    const all = command.run([`--dump=${stages.join(',')}`, '--check', 'a.c', '-o', 'dump.o']).stderr;
    const titles = [...all.matchAll(/^\*\*\* (.*)$/gm)].map((match) => match[1]);
    expect(titles.length).toBeGreaterThanOrEqual(stages.length);
    expect(titles[0]).toBe('tokens');
    expect(titles.at(-1)).toBe('object');
  });
  it('--source-map leads from instructions to lines', async () => {
    expect(command.run(['--source-map', 'a.c', '-o', 'map.o']).status).toBe(0);
    const text = command.read('map.o.map').toString();
    await SourceMapConsumer.with(text, null, (consumer) => {
      const lines = new Set<number>();
      const names = new Set<string | null>();
      consumer.eachMapping((mapping) => {
        expect(mapping.source).toBe('a.c');
        expect(mapping.generatedColumn).toBe(0);
        if (mapping.originalLine !== null) lines.add(mapping.originalLine);
        names.add(mapping.name ?? null);
      });
      expect([...lines].sort()).toEqual([5, 6]);
      expect([...names]).toEqual(['prog']);
    });
    expect(existsSync(command.path('other.o.map'))).toBe(false);
  });
});

const clang = findTool('clang-19', 'clang');
describe.skipIf(clang === undefined)('make rules equal clang-19 (skipped without clang)', () => {
  beforeAll(() => {
    command.write('deps/main file.c', '#include "own.h"\n#include <system.h>\n#include "other.h"\nint x;\n');
    command.write('deps/own.h', '#include "other.h"\n');
    command.write('deps/other.h', '#pragma once\n');
    command.write('deps/sys/system.h', 'int s;\n');
    command.write('deps/$dollar#hash.c', 'int y;\n');
  });
  const include = ['-nostdinc', '-isystem', 'deps/sys'];
  const rules: readonly (readonly string[])[] = [
    ['-M', 'deps/main file.c'],
    ['-MM', 'deps/main file.c'],
    ['-M', '-MP', 'deps/main file.c'],
    ['-MM', '-MT', 'a b $(x)', 'deps/main file.c'],
    ['-MM', '-MQ', 'a b $(x)', 'deps/main file.c'],
    ['-MM', '-MT', 'one', '-MT', 'two', 'deps/main file.c'],
    ['-MM', 'deps/$dollar#hash.c'],
    ['-MM', '-include', 'deps/own.h', 'deps/$dollar#hash.c'],
  ];
  for (const rule of rules) {
    it(rule.join(' '), () => {
      const theirs = runTool(clang ?? '', ['-target', 'bpf', ...include, ...rule], '', command.work);
      expect(theirs.status).toBe(0);
      expect(command.run([...include, ...rule]).stdout).toBe(theirs.stdout);
    });
  }
  it('-MD and -MMD write beside the object, -MF elsewhere', () => {
    for (const [flags, file] of [
      [['-MD'], 'dep.d'],
      [['-MMD'], 'dep.d'],
      [['-MMD', '-MF', 'named.d'], 'named.d'],
    ] as const) {
      const args = [...include, ...flags, '-c', 'deps/main file.c', '-o', 'dep.o'];
      expect(runTool(clang ?? '', ['-target', 'bpf', ...args], '', command.work).status).toBe(0);
      const theirs = command.read(file).toString();
      unlinkSync(command.path(file));
      expect(command.run(args)).toEqual({ status: 0, stdout: '', stderr: '' });
      expect(command.read(file).toString()).toBe(theirs);
    }
  });
  it('-E with -MD compiles on', () => {
    expect(command.run([...include, '-E', '-MD', '-MF', 'e.d', 'deps/main file.c', '-o', 'e.i']).status).toBe(
      0,
    );
    expect(command.read('e.i').toString()).toContain('int x;');
    expect(command.read('e.d').toString()).toContain('deps/own.h');
  });
});
