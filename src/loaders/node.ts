/**
 * `node --import bpfcc-ts/node app.js`: from then on `import program from './x.bpf.c'` compiles the source.
 *
 * `BPFCC_FLAGS` holds flags of the compiler (`BPFCC_FLAGS="-O2 -Iinclude"`).
 */

import { register } from 'node:module';

register('./node-hooks.js', import.meta.url);
