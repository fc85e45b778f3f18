/** `import program from './x.bpf.c'` through Vite, esbuild and Node, and the types of the import. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createMachine, load } from 'bpfcc-ts/machine';
import { build as esbuild } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import esbuildPlugin from '../../src/loaders/esbuild.ts';
import vitePlugin from '../../src/loaders/vite.ts';

const root = join(import.meta.dirname, '../..');
const command = join(root, 'bin/bpfcc-ts.js');
const run = promisify(execFile);

const source = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "entry.h"
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct entry);
} seen SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} total SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, int);
} __proto__ SEC(".maps");
__u64 runs;
short sizes[3];
static volatile enum { OFF, ON } state = ON;
const volatile struct { _Bool verbose; __u32 limit; } config = { .limit = 5 };
SEC("xdp") int count(struct xdp_md *ctx) {
  static int calls;
  runs += state + config.limit;
  sizes[1] = ++calls;
  __u32 key = 7, zero = 0;
  struct entry first = { .bytes = ctx->data_end - ctx->data, .name = "first" };
  __u64 *n = bpf_map_lookup_elem(&total, &zero);
  if (n) *n += 1;
  bpf_map_update_elem(&seen, &key, &first, 0);
  return XDP_PASS;
}
char license[] SEC("license") = "GPL";
`;
const header = `struct entry {
  __u64 bytes; char name[8]; unsigned char mac[6]; _Bool flag; short pair[2];
  struct { int in_struct; union { int a; void *b; }; };
  unsigned wide : 9;
};
`;

let folder = '';
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpfcc-loaders-'));
  mkdirSync(at('node_modules'));
  symlinkSync(root, at('node_modules/bpfcc-ts'));
  writeFileSync(at('package.json'), '{ "type": "module" }');
  writeFileSync(at('count.bpf.c'), source);
  writeFileSync(at('entry.h'), header);
  writeFileSync(at('broken.bpf.c'), 'int f(void) {\n  return nothing;\n}\n');
  writeFileSync(at('app.js'), "import program from './count.bpf.c';\nexport default program;\n");
  writeFileSync(at('broken.js'), "import './broken.bpf.c';\n");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Imported {
  readonly object: Uint8Array;
  readonly programs: { readonly count: { readonly name: string; readonly type: string } };
  readonly maps: { readonly seen: { readonly name: string; readonly keySize: number } };
}

async function evaluate(code: string): Promise<Imported> {
  const module: { default: Imported } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return module.default;
}

async function checkProgram({ object, programs, maps }: Imported): Promise<void> {
  expect(programs.count.type).toBe('xdp');
  expect(Object.keys(maps)).toEqual(['seen', 'total', '__proto__']);
  const machine = createMachine(await load(object));
  machine.program(programs.count).run({ packet: new Uint8Array(60) });
  expect(machine.map(maps.seen.name).get(7)).toMatchObject({ bytes: 60n, name: 'first' });
}

describe('esbuild', () => {
  const bundle = (entry: string) =>
    esbuild({
      entryPoints: [at(entry)],
      bundle: true,
      write: false,
      format: 'esm',
      logLevel: 'silent',
      metafile: true,
      plugins: [esbuildPlugin({ flags: ['-O2'] })],
    });

  it('bundles a program', async () => {
    const { outputFiles } = await bundle('app.js');
    await checkProgram(await evaluate(outputFiles[0]?.text ?? ''));
  });

  it('says where an error is', async () => {
    await expect(bundle('broken.js')).rejects.toMatchObject({
      errors: [{ text: "use of undeclared identifier 'nothing'", location: { line: 2, column: 9 } }],
    });
    expect(() => esbuildPlugin({ flags: ['-mcpu=v9'] })).toThrow("unknown target CPU 'v9'");
  });
});

describe('Vite', () => {
  const bundle = async (entry: string): Promise<string> => {
    const { build } = await import('vite');
    const result = await build({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      plugins: [vitePlugin({ types: true })],
      build: { write: false, minify: false, lib: { entry: at(entry), formats: ['es'] } },
    });
    const [output] = [result].flat();
    if (output === undefined || !('output' in output)) throw new Error('no output');
    return output.output[0].code;
  };

  it('bundles a program and writes its types', async () => {
    await checkProgram(await evaluate(await bundle('app.js')));
    expect(readFileSync(at('count.bpf.c.d.ts'), 'utf8')).toContain('readonly seen: TypedMapInfo<');
  });

  it('says where an error is', async () => {
    await expect(bundle('broken.js')).rejects.toThrow("use of undeclared identifier 'nothing'");
  });

  it('serves a program in development', async () => {
    const { createServer } = await import('vite');
    const server = await createServer({
      root: folder,
      configFile: false,
      logLevel: 'silent',
      server: { middlewareMode: true, watch: null, ws: false },
      plugins: [vitePlugin()],
    });
    const served = await server.transformRequest('/count.bpf.c?import');
    await server.close();
    await checkProgram(await evaluate(served?.code ?? ''));
  });

  it('watches headers and leaves other imports alone', () => {
    const watched: string[] = [];
    const context = {
      addWatchFile: (file: string) => watched.push(file),
      warn: () => {},
      error: (problem: { readonly message: string }) => {
        throw new Error(problem.message);
      },
    };
    const { load: loadModule } = vitePlugin();
    expect(loadModule.call(context, at('app.js'))).toBeUndefined();
    expect(loadModule.call(context, `${at('count.bpf.c')}?import`)?.code).toContain('export default');
    expect(watched).toEqual(expect.arrayContaining([at('count.bpf.c'), at('entry.h')]));
  });
});

describe('Node', () => {
  const node = (script: string) =>
    run(process.execPath, ['--import', 'bpfcc-ts/node', '--input-type=module', '-e', script], {
      cwd: folder,
      env: { ...process.env, BPFCC_FLAGS: '-O2 -mcpu=v2' },
    });

  it('imports a program', async () => {
    const { stdout } = await node(`
      import program, { object } from './count.bpf.c';
      import { createMachine, load } from 'bpfcc-ts/machine';
      const machine = createMachine(await load(object));
      machine.program(program.programs.count).run({ packet: new Uint8Array(60) });
      console.log(machine.map(program.maps.total).get(0), Object.keys(program.maps).join());
      console.log(machine.variable(program.variables.runs).get(), machine.variable(program.variables.config).get());
    `);
    expect(stdout).toBe('[ 1n ] seen,total,__proto__\n6n { verbose: false, limit: 5 }\n');
  });

  it('fails with the messages of the compiler', async () => {
    await expect(node("import './broken.bpf.c'")).rejects.toMatchObject({
      stderr: expect.stringContaining("broken.bpf.c:2:10: error: use of undeclared identifier 'nothing'"),
    });
  });
});

describe('types', () => {
  const uses = `import program, { maps, variables } from './count.bpf.c';
import { createMachine, load } from 'bpfcc-ts/machine';
const machine = createMachine(await load(program.object));
const { run } = machine.program(program.programs.count);
const entry = machine.map(maps.seen).get(7);
const bytes: bigint = entry?.bytes ?? 0n;
const counts: readonly bigint[] | undefined = machine.map(program.maps.total).get(0);
const fields: number | boolean | undefined = entry?.a ?? entry?.pair[0] ?? entry?.wide ?? entry?.flag;
machine.map(maps['__proto__']).set(0, 1);
const runs: bigint = machine.variable(program.variables.runs).get();
const sizes: readonly number[] = machine.variable(variables.sizes).get();
const verbose: boolean = machine.variable(variables.config).get().verbose;
machine.variable(variables.state).set(1);
// @ts-expect-error It has 64 bits.
machine.variable(variables.runs).set(1);
// @ts-expect-error There is no such variable.
variables.missing;
// @ts-expect-error A key is a number.
machine.map(maps.seen).get('seven');
// @ts-expect-error There is no such map.
maps.missing;
export { bytes, counts, fields, run, runs, sizes, verbose };
`;

  const resolutions = [
    {
      name: 'bundler',
      options: [],
      file: 'count.bpf.c.d.ts',
      settings: { module: 'ESNext', moduleResolution: 'bundler' },
    },
    {
      name: 'nodenext',
      options: ['--nodenext'],
      file: 'count.bpf.d.c.ts',
      settings: { module: 'NodeNext', moduleResolution: 'nodenext', allowArbitraryExtensions: true },
    },
    {
      name: 'bundler, with the name for nodenext',
      options: ['--nodenext'],
      file: 'count.bpf.d.c.ts',
      settings: { module: 'ESNext', moduleResolution: 'bundler', allowArbitraryExtensions: true },
    },
  ];
  it.each(resolutions)(
    'are what TypeScript needs to check a use: $name',
    async ({ options, file, settings }) => {
      for (const { file: other } of resolutions) rmSync(at(other), { force: true });
      const args = [command, 'types', ...options, '-O2', 'count.bpf.c'];
      const { stderr } = await run(process.execPath, args, { cwd: folder });
      expect(stderr).toBe('');
      writeFileSync(at('uses.ts'), uses);
      const paths = {
        'bpfcc-ts': [join(root, 'src/driver/index.ts')],
        'bpfcc-ts/headers': [join(root, 'src/driver/headers-module.d.ts')],
        'bpfcc-ts/machine': [join(root, 'src/vm/index.ts')],
      };
      const compilerOptions = {
        ...settings,
        strict: true,
        target: 'ES2022',
        lib: ['ES2023', 'DOM'],
        types: [],
        noEmit: true,
        allowImportingTsExtensions: true,
        noUncheckedSideEffectImports: true,
        paths,
      };
      writeFileSync(at('tsconfig.json'), JSON.stringify({ compilerOptions, files: ['uses.ts'] }));
      const compiler = join(root, 'node_modules/typescript/bin/tsc');
      const checked = await run(process.execPath, [compiler, '-p', folder]).catch((error) => error);
      expect(checked.stdout).toBe('');
      const declarations = readFileSync(at(file), 'utf8');
      expect(declarations).toContain('readonly mac: Uint8Array;');
      expect(declarations).toContain('readonly name: string | Uint8Array;');
    },
  );
});
