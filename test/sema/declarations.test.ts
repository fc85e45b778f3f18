/**
 * Declarations end to end. Fixtures in test/fixtures/sema/declarations-*.c say what is expected inside:
 *
 *   code; // want error <text>       a diagnostic on this line (`warning` and `note` likewise; several are separated by ` // want `)
 *   // want dump <line>              all lines of the unit's dump, in order, or none at all
 *
 * Every diagnostic must be expected. `UPDATE_FIXTURES=1` rewrites the dumps; it is ignored where CI is set.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { printTypedUnit } from '../../src/sema/print.ts';
import { analyzeText } from './analyze-text.ts';

const folder = new URL('../fixtures/sema/', import.meta.url);
const isUpdating = process.env['UPDATE_FIXTURES'] === '1' && process.env['CI'] === undefined;
const dumpMark = '// want dump';

function expectedMessages(lines: readonly string[]): string[] {
  return lines.flatMap((line, i) =>
    line
      .split('// want ')
      .slice(1)
      .map((text) => text.trim())
      .filter((text) => !text.startsWith('dump'))
      .map((text) => `${i + 1}: ${text.replace(' ', ': ')}`),
  );
}

describe('declarations', () => {
  for (const name of readdirSync(folder).filter((file) => /^declarations-.*\.c$/.test(file))) {
    it(name.replace(/^declarations-|\.c$/g, ''), () => {
      const file = new URL(name, folder);
      const source = readFileSync(file, 'utf8');
      const lines = source.split('\n');
      const { messages, typed } = analyzeText(source);
      const found = messages.map((message) => message.replace(/:\d+:/, ':'));
      expect(found.sort()).toEqual(expectedMessages(lines).sort());
      const wanted = lines
        .filter((line) => line.startsWith(dumpMark))
        .map((line) => line.slice(dumpMark.length + 1));
      if (wanted.length === 0) return;
      const dump = printTypedUnit(typed).trimEnd().split('\n');
      if (isUpdating) {
        const kept = lines
          .filter((line) => !line.startsWith(dumpMark))
          .join('\n')
          .trimEnd();
        writeFileSync(file, `${kept}\n\n${dump.map((line) => `${dumpMark} ${line}`).join('\n')}\n`);
      } else {
        expect(dump).toEqual(wanted);
      }
    });
  }
});
