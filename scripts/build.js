/**
 * Builds `dist/`: the command line as one bundled file (a cold start loads one module), the API as another, and
 * the API's type declarations (`--types`). `--out=DIR` builds into another folder.
 */

import { readdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { packageVersion, root, run } from './support.js';

const outArgument = process.argv.find((argument) => argument.startsWith('--out='));
const out = outArgument === undefined ? join(root, 'dist') : resolve(outArgument.slice('--out='.length));

const common = {
  metafile: true,
  bundle: true,
  format: 'esm',
  target: 'node20',
  define: { BPFCC_VERSION: JSON.stringify(packageVersion()) },
  logLevel: 'warning',
  legalComments: 'none',
};

const command = await build({
  ...common,
  entryPoints: { cli: join(root, 'src/cli/main.ts') },
  outdir: out,
  chunkNames: 'cli-[hash]',
  // What a plain compile does not need is loaded when its command runs.
  splitting: true,
  platform: 'node',
  minify: true,
  keepNames: true,
  sourcemap: false,
  // Bundled CommonJS packages ask for Node's modules through `require`.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});
const api = await build({
  ...common,
  entryPoints: { index: join(root, 'src/driver/index.ts'), machine: join(root, 'src/vm/index.ts') },
  outdir: out,
  chunkNames: 'shared-[hash]',
  splitting: true,
  platform: 'browser',
  // source-map asks for it only where there is no global URL.
  external: ['url'],
});
// Chunks are named by content: those of earlier builds go.
const made = new Set(
  [command, api].flatMap(({ metafile }) => Object.keys(metafile.outputs).map((path) => basename(path))),
);
for (const name of readdirSync(out)) {
  if (/^(cli|shared)-\w+\.js$/.test(name) && !made.has(name)) rmSync(join(out, name));
}
if (process.argv.includes('--types')) {
  run('npx', ['--no-install', 'tsc', '-p', 'tsconfig.types.json']);
}
