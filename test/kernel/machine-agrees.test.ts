/**
 * The machine against the kernel, on programs of our own: compiled here, run over the same generated packets in both
 * (agreement.ts). scripts/compare-kernel.js does the same for folders of objects.
 */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { compareObject } from './agreement.ts';
import { canLoad } from './kernel-run.ts';

const sources = join(import.meta.dirname, '../fixtures/kernel');
const names = readdirSync(sources).filter((name) => name.endsWith('.c'));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bpfcc-agrees-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!canLoad())('the machine agrees with the kernel (needs root, bpf() and bpftool)', () => {
  it.each(names)('%s', (name) => {
    const { object, diagnostics } = compileText(name, folderHost(sources), ['-O2', '-g']).result;
    expect(diagnostics).toEqual([]);
    if (object === undefined) throw new Error('no object');
    const path = join(folder, name.replace(/c$/, 'o'));
    writeFileSync(path, object);
    const { verdicts, refusal } = compareObject(path, object, { packets: 100, seed: 1 });
    expect(refusal).toBeUndefined();
    expect(verdicts.length).toBeGreaterThan(0);
    for (const { program, status, reason, packets } of verdicts) {
      expect({ program, status, reason, packets }).toEqual({
        program,
        status: 'agrees',
        reason: '',
        packets: 100,
      });
    }
  });
});
