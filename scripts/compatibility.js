/**
 * Writes docs/compatibility.md from the compiler's own tables (test/docs/compatibility-page.ts; a test keeps it up to date).
 *
 *   node scripts/compatibility.js
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './support.js';

const result = await build({
  entryPoints: [join(root, 'test/docs/compatibility-page.ts')],
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
  logLevel: 'error',
});
const source = Buffer.from(result.outputFiles[0].contents).toString('base64');
const { compatibilityPage } = await import(`data:text/javascript;base64,${source}`);
writeFileSync(join(root, 'docs/compatibility.md'), compatibilityPage());
