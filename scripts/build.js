/**
 * Builds `dist/`: the command line as one bundled file (a cold start loads one module), the API as another, and
 * the API's type declarations (`--types`). `--out=DIR` builds into another folder.
 */

import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { packageVersion, root, run } from './support.js';

const outArgument = process.argv.find((argument) => argument.startsWith('--out='));
const out = outArgument === undefined ? join(root, 'dist') : resolve(outArgument.slice('--out='.length));

const common = {
  bundle: true,
  format: 'esm',
  target: 'node20',
  define: { BPFCC_VERSION: JSON.stringify(packageVersion()) },
  logLevel: 'warning',
  legalComments: 'none',
};

await build({
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
await build({
  ...common,
  entryPoints: [join(root, 'src/driver/index.ts')],
  outfile: join(out, 'index.js'),
  platform: 'browser',
  // source-map asks for it only where there is no global URL.
  external: ['url'],
});
if (process.argv.includes('--types')) {
  run('npx', ['--no-install', 'tsc', '-p', 'tsconfig.types.json']);
}
