/** Flags -> options, and options -> what a compilation does; the spawned command is tested in test/cli. */

import { describe, expect, it } from 'vitest';
import { flagHelp, parseCommandLine } from '../../src/driver/command-line.ts';
import type { CompileOptions } from '../../src/driver/options.ts';
import { splitResponseFile } from '../../src/driver/response-file.ts';
import { pipeline, skippablePasses } from '../../src/passes/pipeline.ts';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';

const optionsOf = (...args: string[]): CompileOptions => {
  const { options, errors, warnings } = parseCommandLine([...args, 'a.c']);
  expect([...errors, ...warnings]).toEqual([]);
  return options;
};

/** Compiles text as `a.c`. */
function compile(text: string, ...flags: string[]) {
  const host = folderHost('/', new Map([['a.c', text]]));
  return compileText('a.c', host, flags, { validate: flags.includes('--check') });
}

describe('flags', () => {
  it('names what is wrong with a command line', () => {
    const messages: readonly [string[], string][] = [
      [[], 'no input files'],
      [['--frobnicate', 'a.c'], "unknown argument: '--frobnicate'"],
      [['-std=c12', 'a.c'], "invalid value 'c12' in '-std=c12'"],
      [['-mcpu=v9', 'a.c'], "unknown target CPU 'v9'"],
      [['-target', 'x86_64', 'a.c'], "unknown target triple 'x86_64'"],
      [['-x', 'c++', 'a.c'], "language not recognized: 'c++'"],
      [['a.c', '-o'], "argument to '-o' is missing (expected 1 value)"],
      [['-emit-llvm', 'a.c'], "'-emit-llvm' is not supported"],
      [['-Oxyz', 'a.c'], "invalid integral value 'xyz' in '-Oxyz'"],
      [
        ['--dump=ir,nonsense', 'a.c'],
        "unknown stage 'nonsense' in '--dump=ir,nonsense'; use one of tokens, ",
      ],
      [['--skip-pass=ir', 'a.c'], "unknown pass 'ir' in '--skip-pass=ir'"],
      [
        ['--skip-pass=lower-switch@f', 'a.c'],
        "'--skip-pass=lower-switch@f': the back end needs what lower-switch makes; it cannot be skipped",
      ],
      [['--stop-after=none', 'a.c'], "unknown pass 'none' in '--stop-after=none'"],
      [['-ferror-limit=x', 'a.c'], "invalid integral value 'x' in '-ferror-limit=x'"],
      [['-fdiagnostics-format=sarif', 'a.c'], "invalid value 'sarif' in '-fdiagnostics-format=sarif'"],
    ];
    for (const [args, message] of messages) {
      const { errors } = parseCommandLine(args);
      expect(errors, args.join(' ')).toHaveLength(1);
      expect(errors[0]).toContain(message);
    }
  });
  it('takes what a Makefile full of clang passes', () => {
    const without = [
      ['-pthread', '-no-pie', '-static', '-shared', '-s', '-r', '-rdynamic', '-nostdlib', '-Wl,-z,now'],
      ['-L.', '-L', 'lib', '-lelf', '-l', 'z', '-B/usr/bin', '--param', 'ssp-buffer-size=4', '--param=x=1'],
      ['-fno-stack-protector', '-fPIE', '-fdebug-compilation-dir', '.', '-resource-dir', 'x', '-mllvm', '-y'],
      ['-Xclang', '-target-feature', '-Xclang=-x', '-integrated-as', '-nostdinc++', '-save-temps=obj'],
    ];
    for (const args of without) {
      const { errors, warnings, inputs } = parseCommandLine([...args, 'a.c']);
      expect([errors, warnings, inputs], args.join(' ')).toEqual([[], [], ['a.c']]);
    }
  });
  it('takes long names and flags for the preprocessor as what they stand for', () => {
    const pairs: readonly [string[], string[]][] = [
      [
        ['--std=gnu11', '--define-macro', 'A=1', '--define-macro=B', '--undefine-macro=A'],
        ['-std=gnu11', '-D', 'A=1', '-DB', '-UA'],
      ],
      [
        ['--include-directory=x', '--include', 'y.h', '--optimize=s', '--all-warnings', '--warn-shadow'],
        ['-Ix', '-include', 'y.h', '-Os', '-Wall', '-Wshadow'],
      ],
      [
        ['-Wp,-MMD,a.d', '-Wp,-DX,-UY'],
        ['-MMD', '-MF', 'a.d', '-DX', '-UY'],
      ],
      [
        ['--compile', '--debug', '--output=a.o', '-EB'],
        ['-c', '-g', '-oa.o', '-mbig-endian'],
      ],
    ];
    for (const [long, short] of pairs)
      expect(parseCommandLine([...long, 'a.c']), long.join(' ')).toEqual(parseCommandLine([...short, 'a.c']));
    // A value is no flag.
    expect(optionsOf('-MT', '--std=c99').dependencies.targets[0]?.text).toBe('--std=c99');
  });
  it('answers what build systems ask of clang', () => {
    const answer = (...args: string[]): string | undefined => {
      const { query, errors, options } = parseCommandLine(args);
      expect(errors).toEqual([]);
      return query?.({ littleEndian: options.littleEndian, bundledHeaders: '/headers' });
    };
    expect(answer('-dumpmachine')).toBe('bpf');
    expect(answer('--target=bpfeb', '-print-target-triple')).toBe('bpfeb');
    expect(answer('-dumpversion')).toMatch(/^\d+\.\d+\.\d+$/);
    expect(answer('--print-resource-dir')).toBe('/headers');
    expect(answer('-print-file-name=include')).toBe('/headers');
    expect(answer('-print-file-name=crt1.o')).toBe('crt1.o');
    expect(answer('--target=bpf', '--print-supported-cpus')).toMatch(/^\tv3$/m);
    expect(answer('-print-targets')).toMatch(/^ +bpf +- /m);
    expect(answer('-c', 'a.c')).toBeUndefined();
  });
  it('takes values joined and separate, and keeps their order', () => {
    expect(optionsOf('-DA=1', '-D', 'B', '-UA').actions).toEqual([
      { kind: 'define', text: 'A=1' },
      { kind: 'define', text: 'B' },
      { kind: 'undefine', name: 'A' },
    ]);
    const lists = optionsOf(
      '-Ia',
      '-I',
      'b',
      '-isystem',
      'c',
      '-isystemd',
      '-iquote',
      'e',
      '-idirafter',
      'f',
    );
    expect(lists).toMatchObject({ includes: ['a', 'b'], systemIncludes: ['c', 'd'] });
    expect(lists).toMatchObject({ quoteIncludes: ['e'], afterIncludes: ['f'] });
    expect(parseCommandLine(['a.c', '-ox.o', '-', '--', '-b.c'])).toMatchObject({
      output: 'x.o',
      inputs: ['a.c', '-', '-b.c'],
    });
  });
  it('knows the spellings of targets, processors, levels and standards', () => {
    expect(optionsOf('-target', 'bpf').littleEndian).toBe(true);
    expect(optionsOf('--target=bpfel').littleEndian).toBe(true);
    for (const flags of [['-target', 'bpfeb'], ['--target=bpfeb-unknown-none'], ['-mbig-endian']]) {
      expect(optionsOf(...flags).littleEndian).toBe(false);
    }
    const cpus = ['v1', 'v2', 'v3', 'v4', 'generic', 'probe'].map((cpu) => optionsOf(`-mcpu=${cpu}`).cpu);
    expect(cpus).toEqual([1, 2, 3, 4, 1, 3]);
    const levels = ['', '0', '1', '2', '3', 's', 'z', 'size', 'verify', 'g', 'fast'].map(
      (l) => optionsOf(`-O${l}`).optimization,
    );
    expect(levels).toEqual(['1', '0', '1', '2', '3', 's', 'z', 'size', 'verify', 'g', '3']);
    expect(parseCommandLine(['-O9', 'a.c']).warnings).toEqual([
      "optimization level '-O9' is not supported; using '-O3' instead",
    ]);
    for (const [flag, standard, gnu] of [
      ['-ansi', 'c89', false],
      ['-std=c90', 'c89', false],
      ['-std=gnu99', 'c99', true],
      ['-std=iso9899:2011', 'c11', false],
      ['-std=gnu18', 'c17', true],
      ['-std=c2x', 'c23', false],
    ] as const) {
      expect(optionsOf(flag)).toMatchObject({ standard, gnu });
    }
  });
  it('lists the flags without effect', () => {
    const flags = [
      '-g',
      '-gdwarf-4',
      '-fno-stack-protector',
      '-pipe',
      '-mlong-calls',
      '-Xclang',
      '-foo',
      '-pedantic',
    ];
    expect(parseCommandLine([...flags, 'a.c']).ignored).toEqual([
      ...['-g', '-gdwarf-4', '-fno-stack-protector', '-pipe', '-mlong-calls', '-Xclang -foo', '-pedantic'],
    ]);
  });
  it('every flag that --help shows has a text, and stages are those of the pipeline', () => {
    for (const line of flagHelp().split('\n')) expect(line).toMatch(/^ {2}-\S.* {1,}\S/);
    for (const { name } of pipeline) expect(optionsOf(`--dump=${name}`).dumps).toEqual([name]);
  });
  it('splits response files as a shell does', () => {
    expect(splitResponseFile(` a 'b c' "d\\"e" f\\ g\n\t''x "" h`)).toEqual([
      'a',
      'b c',
      'd"e',
      'f g',
      'x',
      '',
      'h',
    ]);
    expect(splitResponseFile("'open")).toEqual(['open']);
    expect(splitResponseFile('\\')).toEqual(['\\']);
  });
});

describe('what flags do', () => {
  const preprocessed = (text: string, ...flags: string[]) =>
    compile(text, '-E', '-P', ...flags).result.text?.trim();
  it('macros, standards and characters', () => {
    expect(preprocessed('A B C', '-DA=1', '-D', 'B', '-DC=3', '-UC')).toBe('1 1 C');
    const version = '__STDC_VERSION__ __CHAR_UNSIGNED__';
    expect(preprocessed(version)).toBe('201710L __CHAR_UNSIGNED__');
    expect(preprocessed(version, '-std=c99')).toBe('199901L __CHAR_UNSIGNED__');
    expect(preprocessed(version, '-std=gnu11', '-funsigned-char')).toBe('201112L 1');
    expect(preprocessed(version, '-ansi')).toBe(version);
    expect(preprocessed('__OPTIMIZE__ __OPTIMIZE_SIZE__', '-Os')).toBe('1 1');
    expect(preprocessed('__STDC_HOSTED__', '-ffreestanding')).toBe('0');
    expect(preprocessed('__bpf__', '-undef')).toBe('__bpf__');
  });
  it('warnings', () => {
    const severities = (...flags: string[]) =>
      compile('int *f(char *p) { return p; }\n', ...flags).result.diagnostics.map(({ severity }) => severity);
    expect(severities()).toEqual(['warning']);
    expect(severities('-w')).toEqual([]);
    expect(severities('-Wno-incompatible-pointer-types')).toEqual([]);
    expect(severities('-Werror')).toEqual(['error']);
    expect(severities('-Werror', '-Wno-error')).toEqual(['warning']);
    expect(severities('-Werror', '-Wno-error=incompatible-pointer-types')).toEqual(['warning']);
    expect(severities('-Werror=incompatible-pointer-types')).toEqual(['error']);
    expect(severities('-Werror', '-w')).toEqual([]);
    expect(severities('-Wall', '-Wextra', '-Wno-unknown-thing')).toEqual(['warning']);
  });
  it('the error limit', () => {
    const text = Array.from({ length: 30 }, (_, i) => `int v${i} = undefined${i};\n`).join('');
    const count = (...flags: string[]) =>
      compile(text, ...flags).result.diagnostics.filter(({ severity }) => severity === 'error').length;
    expect(count('-ferror-limit=5')).toBe(5);
    expect(count('-ferror-limit=0')).toBe(30);
    expect(count()).toBe(20);
  });
  it('every level and processor compiles, with every dump', () => {
    const text = 'int a; int prog(int *p) { for (int i = 0; i < 4; i++) a += p[i]; return a; }\n';
    for (const level of ['0', '1', '2', '3', 's', 'z', 'size', 'verify', 'g']) {
      for (const cpu of ['v1', 'v2', 'v3', 'v4']) {
        const { object, diagnostics } = compile(text, `-O${level}`, `-mcpu=${cpu}`, '--check').result;
        expect(diagnostics, `-O${level} -mcpu=${cpu}`).toEqual([]);
        expect(object).toBeDefined();
      }
    }
    for (const stage of ['tokens', 'pp', 'ast', 'typed', 'ir', 'mem2reg', 'mir', 'ra', 'asm', 'btf', 'elf']) {
      const { dumps } = compile(text, `--dump=${stage}`).result;
      expect(
        dumps.map(({ text: dump }) => dump.length > 10),
        stage,
      ).toContain(true);
    }
  });
  it('passes can be skipped and stopped after, and every one of them alone leaves a working compiler', () => {
    const text = 'static int twice(int a) { return 2 * a; } int prog(int *p) { return twice(*p); }\n';
    for (const name of skippablePasses) {
      expect(compile(text, `--skip-pass=${name}`, '--check').result.object, name).toBeDefined();
    }
  });
  it('a call of what only a header of the system declares, and nothing like it', () => {
    const library =
      'int print(const char *); int weak(void) __attribute__((weak));\n' +
      'int kernel(void) __attribute__((section(".ksyms")));\nint linked(void);\n';
    const text =
      '#include <library.h>\nint linked(void) { return 1; }\nextern int elsewhere(void);\n' +
      'int f(void) { return linked() + weak() + kernel() + elsewhere(); }\n' +
      'int g(void) { print("a"); return print("b"); }\n';
    const host = folderHost(
      '/',
      new Map([
        ['a.c', text],
        ['/usr/library.h', library],
      ]),
    );
    const { diagnostics } = compileText('a.c', host, ['-isystem', '/usr']).result;
    expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
      [
        'library-call',
        "'print' is a function of the host's library: no loader finds it for a BPF program; call a helper (bpf_...) or write the function",
      ],
    ]);
  });
  it('lazy and eager give the same bytes', () => {
    const text =
      '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\nSEC("xdp") int prog(struct xdp_md *c) { return c->data; }\n';
    const [lazy, eager] = [compile(text).result.object, compile(text, '--eager').result.object];
    expect(lazy).toBeDefined();
    expect(eager).toEqual(lazy);
  });
});
