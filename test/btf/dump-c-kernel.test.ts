/** The running kernel's types as C: each record and enumeration has the size and the offsets that its BTF says. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BtfType } from '../../src/btf/format.ts';
import { readBtf } from '../../src/btf/reader.ts';
import { kernelBtf } from '../../src/cli/node-host.ts';
import { compileFiles, messages } from './btf-bytes.ts';

const path = '/sys/kernel/btf/vmlinux';
const kernel = kernelBtf(path);

type Shape = Extract<BtfType, { kind: 'STRUCT' | 'UNION' | 'ENUM' | 'ENUM64' }>;

function isShape(type: BtfType): type is Shape {
  return type.kind === 'STRUCT' || type.kind === 'UNION' || type.kind === 'ENUM' || type.kind === 'ENUM64';
}

/** What C has to say of a type. */
function assertions(type: Shape): string[] {
  const keyword = type.kind === 'ENUM64' ? 'enum' : type.kind.toLowerCase();
  const name = `${keyword} ${type.name}`;
  const members = 'members' in type ? type.members : [];
  const offsets = members
    .filter((member) => member.name !== '' && member.bitWidth === 0)
    .map((member) => `__builtin_offsetof(${name}, ${member.name}) == ${member.bitOffset / 8}`);
  return [`sizeof(${name}) == ${type.size}`, ...offsets].map((text) => `_Static_assert(${text}, "${name}");`);
}

describe.skipIf(kernel?.identity === undefined)('the running kernel (skipped without its BTF)', () => {
  it('is laid out as its BTF says', () => {
    const bytes = readFileSync(path);
    const read = readBtf(bytes);
    if (read.kind === 'error') throw new Error(read.message);
    const shapes = read.types.filter(isShape).filter(({ name }) => name !== '');
    const counts = new Map<string, number>();
    for (const { name } of shapes) counts.set(name, (counts.get(name) ?? 0) + 1);
    // One in sixteen, without those that share their tag, and what holds the compiler's own __builtin_va_list.
    const checked = shapes.filter(
      (type, i) =>
        i % 16 === 0 &&
        counts.get(type.name) === 1 &&
        type.name !== 'warn_args' &&
        !('values' in type && type.values.length === 0),
    );
    expect(checked.length).toBeGreaterThan(500);
    const source = `#include "vmlinux.h"\n${checked.flatMap(assertions).join('\n')}\n`;
    expect(messages(compileFiles({ 'main.c': source }, bytes, { phase: 'syntax' }))).toEqual([]);
  });
});
