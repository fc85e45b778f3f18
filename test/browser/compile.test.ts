/** The API in a page: it compiles and runs a program there, and what is served has nothing of Node in it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { executablePath, skipReason, withPage } from './chromium.ts';

const root = join(import.meta.dirname, '../..');

const script = `
import { compile } from 'bpfcc-ts';
import { createMachine, load } from 'bpfcc-ts/machine';
const source = document.querySelector('textarea').value;
const { object, messages, maps } = await compile({ sources: { 'count.c': source }, flags: ['-O2'] });
const machine = createMachine(await load(object));
for (let i = 0; i < 5; i++) machine.program('count').run({ packet: new Uint8Array(60 + i) });
const { messages: errors } = await compile({ sources: { 'bad.c': 'int f(void) { return x; }' } });
document.querySelector('output').textContent = JSON.stringify({
  messages, errors, maps: maps.map(({ name }) => name), counted: String(machine.map('packets').get(0)),
});
`;

const page = `<!doctype html><meta charset="utf-8"><title>test</title><textarea>
#include &lt;linux/bpf.h>
#include &lt;bpf/bpf_helpers.h>
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} packets SEC(".maps");
SEC("xdp") int count(struct xdp_md *ctx) {
  __u32 key = 0;
  __u64 *n = bpf_map_lookup_elem(&amp;packets, &amp;key);
  if (n) *n += 1;
  return XDP_PASS;
}
char license[] SEC("license") = "GPL";
</textarea><output></output><script type="module" src="page.js"></script>`;

/** Bundles as a user's bundler would; the package is the one in this folder. */
async function bundle() {
  return build({
    stdin: { contents: script, resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    splitting: true,
    outdir: '/out',
    entryNames: 'page',
    logLevel: 'silent',
    // As a user has it: by package.json's exports, not by our paths to the sources.
    tsconfigRaw: {},
    metafile: true,
  });
}

describe('the API', () => {
  it('bundles for a browser without anything of Node', async () => {
    const { metafile, warnings } = await bundle();
    expect(warnings).toEqual([]);
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    expect(imports.filter((one) => one.external || one.path.startsWith('node:'))).toEqual([]);
  });

  it('loads no headers and nothing of Node before it compiles', () => {
    const seen = new Set<string>();
    const visit = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      const text = readFileSync(join(root, 'dist', name), 'utf8');
      expect(
        [...text.matchAll(/^import .*"node:.*|(?<![.\w])require\("[\w:]+"\)/gm)].map(([found]) => found),
      ).toEqual([]);
      for (const [, next = ''] of text.matchAll(/(?:from |^import )"\.\/([^"]+)"/gm)) visit(next);
    };
    visit('index.js');
    visit('machine.js');
    expect([...seen]).not.toContain('headers.js');
    expect(readFileSync(join(root, 'dist/cli.cjs'), 'utf8')).not.toContain('bpfcc-ts bundled header');
  });

  it.skipIf(executablePath === undefined)(`compiles and runs in a page${skipReason}`, async () => {
    const { outputFiles } = await bundle();
    const files = Object.fromEntries(
      outputFiles.map(({ path, contents }) => [path.slice('/out/'.length), contents]),
    );
    const shown = await withPage({ ...files, 'index.html': page }, 'index.html', async (tab) => {
      await tab.waitForFunction(() => document.querySelector('output')?.textContent !== '');
      return tab.textContent('output');
    });
    expect(JSON.parse(shown ?? '')).toEqual({
      messages: '',
      errors: expect.stringContaining("bad.c:1:22: error: use of undeclared identifier 'x'"),
      maps: ['packets'],
      counted: '5',
    });
  });
});
