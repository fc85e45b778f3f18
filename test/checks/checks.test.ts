/** Flags of the warnings of src/checks, their fix-its, and the formats of the kernel. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { conversionsOf } from '../../src/checks/formats.ts';
import { packageRoot } from '../../src/cli/node-host.ts';
import { checksDiagnostics } from '../../src/diagnostics/codes/checks.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { DiagnosticRow } from '../../src/diagnostics/diagnostic-row.ts';
import type { SourceManager } from '../../src/diagnostics/source-manager.ts';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';

const folder = join(packageRoot(), 'test/fixtures/diagnostics');
const table: Readonly<Record<string, DiagnosticRow>> = checksDiagnostics;

/** The fixture of each warning. */
const cases: Readonly<Record<keyof typeof checksDiagnostics, string>> = {
  'missing-section': 'missing-section',
  'section-name': 'section-name',
  'missing-license': 'missing-license',
  'license-not-gpl': 'license-not-gpl',
  'null-not-checked': 'null-check',
  'null-result-not-checked': 'null-check',
  'uninitialized-padding': 'uninitialized-padding',
  'map-section': 'map-section',
  'map-access-size': 'map-access-size',
  'map-access-size-larger': 'map-access-size',
  'printk-conversion': 'printk-format',
  'printk-too-few-arguments': 'printk-format',
  'printk-extra-arguments': 'printk-format',
  'printk-string-argument': 'printk-format',
  'helper-too-new': 'helper-too-new',
  'helper-not-for-type': 'helper-not-for-type',
  'endless-loop': 'endless-loop',
  'unbounded-index': 'unbounded-index',
  'unbounded-loop': 'unbounded-loop',
};

function compile(text: string, ...flags: string[]) {
  const { result } = compileText('a.c', folderHost('/', new Map([['a.c', text]])), flags);
  return {
    ...result,
    codes: new Map(result.diagnostics.map(({ code, severity }) => [code as string, severity])),
  };
}

/** The text with all fix-its of the diagnostics done. */
function fixed(text: string, diagnostics: readonly Diagnostic[], sources: SourceManager): string {
  const edits = diagnostics.flatMap(({ fixIts }) =>
    fixIts.map((fix) => ({
      from: sources.location(fix.span.start).offset,
      length: fix.span.end - fix.span.start,
      text: fix.text,
    })),
  );
  let result = text;
  for (const { from, length, text: inserted } of edits.sort((a, b) => b.from - a.from)) {
    result = result.slice(0, from) + inserted + result.slice(from + length);
  }
  return result;
}

describe('warnings about what the kernel refuses', () => {
  for (const [code, name] of Object.entries(cases)) {
    it(`${code} has a flag`, () => {
      const text = readFileSync(join(folder, `${name}.c`), 'latin1');
      const group = table[code]?.group ?? '';
      const flags = /^\/\/ flags: (--kernel .*)/m.exec(text)?.[1]?.split(' ') ?? [];
      expect(compile(text, ...flags, `-W${group}`).codes.get(code)).toBe('warning');
      expect(compile(text, ...flags, `-W${group}`, `-Wno-${group}`).codes.has(code)).toBe(false);
      expect(compile(text, ...flags, `-Werror=${group}`).codes.get(code)).toBe('error');
    });
  }

  it('offers code that compiles without the warning', () => {
    for (const [name, code, inserted] of [
      ['null-check', 'null-not-checked', '  if (!value)\n  \treturn 0;\n  *value += 1;'],
      [
        'uninitialized-padding',
        'uninitialized-padding',
        '  struct key key;\n  __builtin_memset(&key, 0, sizeof(key));',
      ],
    ] as const) {
      const text = readFileSync(join(folder, `${name}.c`), 'latin1');
      const before = compile(text);
      const after = fixed(
        text,
        before.diagnostics.filter((item) => item.code === code),
        before.sources,
      );
      expect(after).toContain(inserted);
      expect(compile(after).codes.has(code)).toBe(false);
    }
  });

  it('replaces what BPF programs spell differently', () => {
    const text = 'int prog(void *ctx) { memcpy(ctx, ctx, 4); return htons(5); }';
    const { diagnostics, sources } = compile(text);
    expect(fixed(text, diagnostics, sources)).toBe(
      'int prog(void *ctx) { __builtin_memcpy(ctx, ctx, 4); return bpf_htons(5); }',
    );
  });

  it('offers no place for a check that is none', () => {
    const head = '#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\nextern int map SEC(".maps");\n';
    const bodies = [
      // The body of an `if` without braces, a macro, one line for all.
      'unsigned k = 0; int *p = bpf_map_lookup_elem(&map, &k);\nif (ctx->data)\n  *p = 1;',
      'unsigned k = 0; int *p = bpf_map_lookup_elem(&map, &k);\n#define SET(x) *x = 1\nSET(p);',
      'unsigned k = 0; int *p = bpf_map_lookup_elem(&map, &k); *p = 1;',
    ];
    for (const body of bodies) {
      const text = `${head}SEC("xdp") int prog(struct xdp_md *ctx) {\n${body}\nreturn 0; }\n`;
      const found = compile(text).diagnostics.filter(({ code }) => code === 'null-not-checked');
      expect(found).toHaveLength(1);
      expect(found[0]?.fixIts).toEqual([]);
    }
  });
});

describe('formats', () => {
  it.each([
    ['%d %-5u%05x %% %lld%li', 5],
    ['%p, %px %pK %ps%pS %pB %pi4 %pI6 %pks %pus %p', 11],
    ['%s %c', 2],
    ['100%', 1],
  ])('counts %s', (format, count) => {
    expect(conversionsOf(format)).toHaveLength(count);
  });
  it.each(['%hd', '%f', '%*d', '%.5s', '%pf', '%i4%zu', '%', '%n'])('refuses %s', (format) => {
    expect(conversionsOf(format).some(({ fault }) => fault !== undefined)).toBe(true);
  });
  it.each(['%d', '%X', '%llx', '%lu', '%p', '%p.', '%pS', '%+d', '% 5d'])('takes %s', (format) => {
    expect(conversionsOf(format).map(({ fault }) => fault)).toEqual([undefined]);
  });
});
