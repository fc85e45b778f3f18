#!/usr/bin/env node
/** The command: turns on V8's compile cache where Node has it, then loads the one bundled file. */
import module from 'node:module';

module.enableCompileCache?.();
await import('../dist/cli.js');
