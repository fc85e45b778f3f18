/**
 * `npm run example`: sets everything up, compiles examples/sockex2_kern.c with no flags, shows what came out, and runs it
 * over the capture beside it.
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
console.log('\n$ bpfcc-ts run examples/sockex2_kern.c --pcap examples/traffic.pcap --maps\n');
run(process.execPath, [
  command,
  'run',
  'examples/sockex2_kern.c',
  '--pcap',
  'examples/traffic.pcap',
  '--maps',
]);
