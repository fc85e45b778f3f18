/** docs/compatibility.md: up to date, and true where a program can show it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/cli/node-host.ts';
import { parseCommandLine } from '../../src/driver/command-line.ts';
import { compileSource } from '../../src/driver/compile.ts';
import { createSession } from '../../src/driver/session.ts';
import { folderHost } from '../end-to-end/compile-case.ts';
import { compatibilityPage } from './compatibility-page.ts';
import { pragmas, refused, supported } from './language.ts';

const session = createSession();

function compile(source: string, flags: readonly string[] = []) {
  const { options } = parseCommandLine([...flags, 'a.c']);
  const host = folderHost('/nowhere', new Map([['a.c', source]]));
  return compileSource({ session, host, path: 'a.c', outputName: 'a.o', options });
}

describe('docs/compatibility.md', () => {
  it('is what node scripts/compatibility.js writes', () => {
    const page = readFileSync(join(packageRoot(), 'docs/compatibility.md'), 'utf8');
    expect(page).toBe(compatibilityPage());
  });
  for (const { name, source, flags } of supported) {
    it(`supported: ${name}`, () => {
      const { diagnostics, object } = compile(source, flags);
      expect(diagnostics.map(({ message }) => message)).toEqual([]);
      expect(object).toBeDefined();
    });
  }
  for (const { name, source, code } of refused) {
    it(`refused: ${name}`, () => {
      const { diagnostics, object } = compile(source);
      expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
      expect(object).toBeUndefined();
    });
  }
  for (const [spelling] of pragmas) {
    it(`#pragma ${spelling}`, () => {
      const source = `#define M\nint f(int n) {\n#pragma ${spelling}\nfor (int i = 0; i < 4; i++) n++; return n; }`;
      const found = compile(source).diagnostics.map((diagnostic) => diagnostic.code);
      expect(found.filter((each) => each !== 'pragma-message' && each !== 'pragma-once-in-main')).toEqual([]);
    });
  }
});
