import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const source = (path: string) => join(import.meta.dirname, 'src', path);

export default defineConfig({
  test: { include: ['test/**/*.test.ts', 'examples/**/*.test.ts'], testTimeout: 30_000, pool: 'threads' },
  resolve: {
    alias: [
      { find: /^bpfcc-ts$/, replacement: source('driver/index.ts') },
      { find: /^bpfcc-ts\/headers$/, replacement: join(import.meta.dirname, 'dist/headers.js') },
      { find: /^bpfcc-ts\/machine$/, replacement: source('vm/index.ts') },
    ],
  },
});
