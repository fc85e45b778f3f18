/**
 * `npm run example`: sets everything up, compiles examples/sockex2_kern.c with no flags and shows what came out.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, root, run } from './support.js';

ensureBuilt();
const command = join(root, 'bin', 'bpfcc-ts.js');
mkdirSync(join(root, 'dist', 'examples'), { recursive: true });
const object = join('dist', 'examples', 'sockex2_kern.o');
console.log(`\n$ bpfcc-ts examples/sockex2_kern.c -o ${object}`);
run(process.execPath, [command, 'examples/sockex2_kern.c', '-o', object]);
console.log(`\n$ bpfcc-ts dump ${object}\n`);
run(process.execPath, [command, 'dump', object]);
