/**
 * Builds `dist/`: the command line as one bundled file (a cold start loads one module), the API as another, and
 * the API's type declarations (`--types`). `--out=DIR` builds into another folder.
 */

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { constantTables } from './constant-tables.js';
import { packageVersion, root, run } from './support.js';

const outArgument = process.argv.find((argument) => argument.startsWith('--out='));
const out = outArgument === undefined ? join(root, 'dist') : resolve(outArgument.slice('--out='.length));

const tables = await constantTables();

const common = {
  metafile: true,
  bundle: true,
  plugins: [tables],
  format: 'esm',
  target: 'node20',
  define: { BPFCC_VERSION: JSON.stringify(packageVersion()) },
  logLevel: 'warning',
  legalComments: 'none',
};

const script = {
  ...common,
  outdir: out,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  platform: 'node',
  // For compilers without a file system only.
  external: ['bpfcc-ts/headers'],
  minify: true,
  sourcemap: false,
  define: { ...common.define, 'import.meta.url': 'bundleUrl' },
  banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
};
mkdirSync(out, { recursive: true });

/** The bundled headers as a module, for compilers without a file system. */
function writeHeaders() {
  const folder = join(root, 'sysroot');
  const names = readdirSync(folder, { recursive: true }).map((name) => name.replaceAll('\\', '/'));
  const headers = names
    .filter((name) => name.endsWith('.h') && statSync(join(folder, name)).isFile())
    .sort()
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  const text = JSON.stringify(Object.fromEntries(headers), undefined, 1);
  writeFileSync(join(out, 'headers.js'), `export const headers = ${text};\n`);
  copyFileSync(join(root, 'src/driver/headers-module.d.ts'), join(out, 'headers.d.ts'));
}
writeHeaders();

// One script, for a script's compiled code can be kept. What a plain compile does not need is run when its command is.
const command = await build({ ...script, entryPoints: { cli: join(root, 'src/cli/main.ts') }, write: false });
await build({
  ...script,
  entryPoints: {
    launch: join(root, 'src/cli/launch.ts'),
    'make-snapshot': join(root, 'src/cli/snapshot/make.ts'),
    snapshot: join(root, 'src/cli/snapshot/entry.ts'),
  },
});
copyFileSync(join(root, 'src/cli/snapshot/warm-up.c'), join(out, 'warm-up.c'));
const [{ contents }] = command.outputFiles;
const digest = createHash('sha256').update(contents).digest('hex').slice(0, 16);
writeFileSync(join(out, 'cli.cjs'), Buffer.concat([Buffer.from(`// ${digest}\n`), contents]));

/** The headers are a file beside the bundle, loaded when they are asked for. */
const headersBeside = {
  name: 'headers',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^bpfcc-ts\/headers$/ }, () => ({ path: './headers.js', external: true }));
    // source-map asks Node for URL only where there is no global one: there always is.
    onResolve({ filter: /^url$/ }, () => ({ path: 'url', namespace: 'empty' }));
    onLoad({ filter: /^url$/, namespace: 'empty' }, () => ({ contents: '' }));
  },
};

const api = await build({
  ...common,
  plugins: [tables, headersBeside],
  entryPoints: {
    index: join(root, 'src/driver/index.ts'),
    machine: join(root, 'src/vm/index.ts'),
    vite: join(root, 'src/loaders/vite.ts'),
    esbuild: join(root, 'src/loaders/esbuild.ts'),
    node: join(root, 'src/loaders/node.ts'),
    'node-hooks': join(root, 'src/loaders/node-hooks.ts'),
  },
  external: ['node:*'],
  outdir: out,
  chunkNames: 'shared-[hash]',
  splitting: true,
  platform: 'browser',
});
// Chunks are named by content: what earlier builds made goes, or it would be packed.
const made = new Set([
  'cli.cjs',
  'launch.cjs',
  'make-snapshot.cjs',
  'snapshot.cjs',
  'headers.js',
  ...Object.keys(api.metafile.outputs).map((path) => basename(path)),
]);
for (const name of readdirSync(out)) {
  if (/\.c?js$/.test(name) && !made.has(name)) rmSync(join(out, name));
}
if (process.argv.includes('--types')) {
  run('npx', ['--no-install', 'tsc', '-p', 'tsconfig.types.json']);
}
