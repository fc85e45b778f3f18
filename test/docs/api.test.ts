/** docs/api.md: its programs do what the page says, in a folder where the package is installed. */

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/api.md'), 'utf8');
const blocks = [...page.matchAll(/^```(\w+)\n(?:\/\/ (\S+)\n)?([\s\S]*?)^```$/gm)].map(
  ([, language = '', name, text = '']) => ({ language, name, text }),
);
const programs = blocks.flatMap(({ name, text }, i) =>
  name?.endsWith('.mjs')
    ? [{ name, text, expected: blocks.slice(i + 1).find((one) => one.language === 'text') }]
    : [],
);

const folder = mkdtempSync(join(tmpdir(), 'bpfcc-docs-'));

beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/bpfcc-ts'));
  for (const { name, text } of blocks) if (name !== undefined) writeFileSync(join(folder, name), text);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the examples of docs/api.md', () => {
  it.each(programs)('$name', async ({ name, expected }) => {
    const args = ['--import', 'bpfcc-ts/node', name];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    expect(stderr).toBe('');
    expect(stdout).toBe(expected?.text);
  });

  it('are some', () => expect(programs.length).toBeGreaterThan(5));
});
