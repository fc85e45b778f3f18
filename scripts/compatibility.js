/**
 * Writes docs/compatibility.md from the compiler's own tables (test/docs/compatibility-page.ts; a test keeps it up to date).
 *
 *   node scripts/compatibility.js
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importTypeScript, root } from './support.js';

const { compatibilityPage } = await importTypeScript('test/docs/compatibility-page.ts');
writeFileSync(join(root, 'docs/compatibility.md'), compatibilityPage());
