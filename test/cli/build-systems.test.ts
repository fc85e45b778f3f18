/** The recipes of docs/build-systems.md, taken from the page, in a tree of sources. */

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/cli/node-host.ts';
import { Command } from './command.ts';

const page = readFileSync(join(packageRoot(), 'docs/build-systems.md'), 'utf8');

/** The block whose first line is a comment with this name. */
function recipe(name: string): string {
  const blocks = page.split(/^```\w*\n/m);
  return blocks.find((block) => block.startsWith(`# ${name}\n`)) ?? expect.unreachable(`no recipe ${name}`);
}

const has = (...tools: string[]): boolean =>
  tools.every((tool) => spawnSync(tool, ['--version']).error === undefined);

const program = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "limits.h"
SEC("xdp") int limit(struct xdp_md *ctx) { return ctx->data_end - ctx->data > LONGEST ? XDP_DROP : XDP_PASS; }
char _license[] SEC("license") = "GPL";
const char file[] = __FILE__;
`;

let command: Command;
let tools: string;
beforeAll(() => {
  command = new Command();
  tools = join(command.folder, 'tools');
  mkdirSync(tools);
  const script = join(tools, 'bpfcc-ts');
  writeFileSync(script, `#!/bin/sh\nexec '${process.execPath}' '${command.script}' "$@"\n`);
  chmodSync(script, 0o755);
}, 60_000);
afterAll(() => command.dispose());

/** A tree with the sources; `name` is its folder. */
function makeTree(name: string): string {
  command.write(`${name}/src/limit.bpf.c`, program);
  command.write(`${name}/include/limits.h`, '#define LONGEST 1500\n');
  return command.path(name);
}

let tree: string;
beforeEach(() => {
  rmSync(command.work, { recursive: true });
  tree = makeTree('tree');
});

interface Ran {
  readonly status: number | null;
  readonly output: string;
}

function run(
  tool: string,
  args: readonly string[],
  cwd = tree,
  environment: Readonly<Record<string, string>> = {},
): Ran {
  const PATH = `${tools}${delimiter}${process.env['PATH']}`;
  const { status, stdout, stderr } = spawnSync(tool, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH, ...environment },
  });
  return { status, output: stdout + stderr };
}

/** Gives the header another text and a time that make and ninja see. */
function changeHeader(): void {
  const path = command.write('tree/include/limits.h', '#define LONGEST 9000\n');
  const later = new Date(Date.now() + 5000);
  utimesSync(path, later, later);
}

/** Builds, finds nothing to do, and builds again after a header has changed. */
function expectRebuilds(build: () => Ran, object: string, idle: RegExp): void {
  expect(build()).toMatchObject({ status: 0 });
  const first = readFileSync(join(tree, object));
  expect(build().output).toMatch(idle);
  changeHeader();
  expect(build()).toMatchObject({ status: 0 });
  expect(readFileSync(join(tree, object)).equals(first)).toBe(false);
}

describe('docs/build-systems.md', { timeout: 60_000 }, () => {
  it.skipIf(!has('make'))('make: builds, follows headers, in parallel', () => {
    writeFileSync(join(tree, 'src/other.bpf.c'), program);
    writeFileSync(join(tree, 'Makefile'), recipe('Makefile'));
    expectRebuilds(() => run('make', ['-j2']), 'build/limit.bpf.o', /Nothing to be done/);
    expect(existsSync(join(tree, 'build/other.bpf.o'))).toBe(true);
  });

  it.skipIf(!has('make'))('make: builds after a header was removed', () => {
    writeFileSync(join(tree, 'Makefile'), recipe('Makefile'));
    expect(run('make', [])).toMatchObject({ status: 0 });
    rmSync(join(tree, 'include/limits.h'));
    writeFileSync(join(tree, 'src/limit.bpf.c'), program.replace('#include "limits.h"', '#define LONGEST 1'));
    expect(run('make', [])).toMatchObject({ status: 0 });
  });

  it.skipIf(!has('make', 'bpftool'))("make: builds libbpf-bootstrap's way, with a skeleton", () => {
    writeFileSync(join(tree, 'Makefile'), recipe('bootstrap.mk'));
    expectRebuilds(() => run('make', []), '.output/limit.skel.h', /Nothing to be done/);
    expect(readFileSync(join(tree, '.output/limit.skel.h'), 'utf8')).toMatch(/struct bpf_program \*limit;/);
  });

  it.skipIf(!has('cmake', 'make'))('CMake: builds, follows headers, the same bytes in two folders', () => {
    writeFileSync(join(tree, 'CMakeLists.txt'), recipe('CMakeLists.txt'));
    const configure = ['-S', '.', '-B', 'build', '-G', 'Unix Makefiles'];
    const other = command.path('another/place');
    cpSync(tree, other, { recursive: true });
    const build = (folder: string): Ran => run('cmake', ['--build', 'build'], folder);
    for (const folder of [tree, other]) expect(run('cmake', configure, folder)).toMatchObject({ status: 0 });
    expect(build(other)).toMatchObject({ status: 0 });
    expect(build(tree)).toMatchObject({ status: 0 });
    const object = 'build/limit.bpf.o';
    expect(readFileSync(join(tree, object)).equals(readFileSync(join(other, object)))).toBe(true);
    changeHeader();
    expect(build(tree).output).toMatch(/Generating limit\.bpf\.o/);
  });

  it.skipIf(!has('ninja'))('ninja: builds and follows headers', () => {
    writeFileSync(join(tree, 'build.ninja'), recipe('build.ninja'));
    expectRebuilds(() => run('ninja', []), 'build/limit.bpf.o', /no work to do/);
  });

  it.skipIf(!has('ccache', 'sh'))(
    'ccache: takes an object from the cache, but not after a header has changed',
    () => {
      writeFileSync(join(tree, 'ccache.sh'), recipe('ccache.sh'));
      const settings = { CCACHE_DIR: command.path('cache'), CCACHE_CONFIGPATH: command.path('none') };
      const hits = (): string => run('ccache', ['--print-stats'], tree, settings).output;
      const build = (): Buffer => {
        expect(run('sh', ['ccache.sh'], tree, settings)).toEqual({ status: 0, output: '' });
        return readFileSync(join(tree, 'limit.bpf.o'));
      };
      const first = build();
      expect(build().equals(first)).toBe(true);
      expect(hits()).toMatch(/^direct_cache_hit\t1$/m);
      changeHeader();
      expect(build().equals(first)).toBe(false);
      expect(hits()).toMatch(/^cache_miss\t2$/m);
    },
  );

  it('is run in one call as the page says', () => {
    writeFileSync(join(tree, 'src/other.bpf.c'), program);
    expect(page).toContain('--out-dir build -c src/*.bpf.c');
    const sources = ['src/limit.bpf.c', 'src/other.bpf.c'];
    expect(run('bpfcc-ts', ['-O2', '-Iinclude', '--out-dir', 'build', '-c', ...sources]).status).toBe(0);
    expect(existsSync(join(tree, 'build/other.bpf.o'))).toBe(true);
  });
});
