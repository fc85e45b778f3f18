/** Record layout: each rule once by hand, and generated records against clang where it is installed. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Field, layoutRecord, type RecordRules } from '../../src/types/layout.ts';
import { printType } from '../../src/types/print.ts';
import {
  arrayOf,
  boolType,
  type CType,
  charType,
  int128Type,
  intType,
  longType,
  pointerTo,
  RecordType,
  shortType,
  unsignedIntType,
  unsignedLongLongType,
  voidType,
} from '../../src/types/types.ts';

const plain: RecordRules = { isUnion: false, isPacked: false, align: 0, pack: 0 };

function field(type: CType, bitWidth?: number, rest: Partial<Field> = {}): Field {
  return { name: 'x', type, bitWidth, align: 0, isPacked: false, declTags: [], ...rest };
}

/** Offsets of the members in bits, then size and alignment in bytes. */
function layout(fields: readonly Field[], rules: Partial<RecordRules> = {}): readonly number[] {
  const { members, size, align } = layoutRecord(fields, { ...plain, ...rules });
  return [...members.map(({ bitOffset }) => bitOffset), size, align];
}

describe('members', () => {
  it('are aligned and padded', () => {
    expect(layout([field(charType), field(longType), field(shortType)])).toEqual([0, 64, 128, 24, 8]);
    expect(layout([field(charType), field(int128Type)])).toEqual([0, 128, 32, 16]);
    expect(layout([])).toEqual([0, 1]);
  });

  it('share their place in a union', () => {
    expect(layout([field(charType), field(longType)], { isUnion: true })).toEqual([0, 0, 8, 8]);
  });

  it('heed packed, aligned and pragma pack', () => {
    const fields = [field(charType), field(intType)];
    expect(layout(fields, { isPacked: true })).toEqual([0, 8, 5, 1]);
    expect(layout(fields, { pack: 2 })).toEqual([0, 16, 6, 2]);
    expect(layout(fields, { align: 16 })).toEqual([0, 32, 16, 16]);
    expect(layout([field(charType), field(intType, undefined, { align: 8 })], { isPacked: true })).toEqual([
      0, 64, 16, 8,
    ]);
    expect(layout([field(charType), field(intType, undefined, { isPacked: true })])).toEqual([0, 8, 5, 1]);
  });

  it('may end in a flexible array', () => {
    expect(layout([field(charType), field(arrayOf(longType, undefined))])).toEqual([0, 64, 8, 8]);
  });

  it('count beyond 2^32 bits', () => {
    const huge = arrayOf(charType, 2 ** 40);
    expect(layout([field(huge), field(intType)])).toEqual([0, 2 ** 43, 2 ** 40 + 4, 4]);
  });
});

describe('bit-fields', () => {
  it('do not cross their storage unit', () => {
    expect(layout([field(unsignedIntType, 30), field(unsignedIntType, 4)])).toEqual([0, 32, 8, 4]);
    expect(layout([field(unsignedIntType, 30), field(unsignedIntType, 4)], { isPacked: true })).toEqual([
      0, 30, 5, 1,
    ]);
    expect(layout([field(charType), field(intType, 20)])).toEqual([0, 8, 4, 4]);
  });

  it('of width zero start a new unit', () => {
    const zero = field(intType, 0, { name: undefined });
    expect(layout([field(charType, 3), zero, field(charType)])).toEqual([0, 32, 32, 5, 1]);
  });

  it('without a name do not raise the alignment', () => {
    expect(layout([field(charType), field(intType, 5, { name: undefined })])).toEqual([0, 8, 2, 1]);
  });
});

// ---- Against clang ----

function findClang(): string | undefined {
  for (const name of ['clang-22', 'clang-19', 'clang']) {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return name;
    } catch {
      // The next name may be there.
    }
  }
  return undefined;
}

const inner = new RecordType(false, 'inner');
inner.layout = layoutRecord([field(charType), field(intType)], plain);

const memberTypes: readonly CType[] = [
  charType,
  shortType,
  intType,
  longType,
  unsignedLongLongType,
  int128Type,
  boolType,
  pointerTo(voidType),
  arrayOf(shortType, 3),
  inner,
];
const bitFieldTypes: readonly CType[] = [charType, shortType, intType, unsignedIntType, longType, boolType];

interface Sample {
  readonly fields: readonly Field[];
  readonly rules: RecordRules;
}

const alignments = fc.constantFrom(0, 0, 0, 0, 1, 2, 4, 8, 16);

const bitField = fc
  .record({
    type: fc.constantFrom(...bitFieldTypes),
    width: fc.nat(64),
    isNamed: fc.boolean(),
    align: alignments,
  })
  .map(({ type, width, isNamed, align }): Field => {
    const limit = type === boolType ? 1 : layoutRecord([field(type)], plain).size * 8;
    const bits = width % (limit + 1);
    return field(type, bits, { name: isNamed && bits > 0 ? 'x' : undefined, align: bits > 0 ? align : 0 });
  });
const member = fc
  .record({ type: fc.constantFrom(...memberTypes), isPacked: fc.boolean(), align: alignments })
  .map(
    ({ type, isPacked, align }): Field =>
      field(type, undefined, { isPacked: isPacked && align === 0, align }),
  );
const sample: fc.Arbitrary<Sample> = fc.record({
  fields: fc.array(fc.oneof(bitField, member), { minLength: 1, maxLength: 7 }),
  rules: fc.record({
    isUnion: fc.boolean(),
    isPacked: fc.boolean(),
    align: alignments,
    pack: fc.constantFrom(0, 0, 0, 1, 2, 4, 8),
  }),
});

function attributes(isPacked: boolean, align: number): string {
  const words = [...(isPacked ? ['packed'] : []), ...(align > 0 ? [`aligned(${align})`] : [])];
  return words.length === 0 ? '' : ` __attribute__((${words.join(', ')}))`;
}

function sourceOf({ fields, rules }: Sample, index: number): string {
  const lines = fields.map(({ type, name, bitWidth, isPacked, align }, i) => {
    const declared = printType(type, name === undefined && bitWidth !== undefined ? '' : `x${i}`);
    return `  ${declared}${bitWidth === undefined ? '' : ` : ${bitWidth}`}${attributes(isPacked, align)};`;
  });
  const pack = rules.pack > 0 ? [`#pragma pack(push, ${rules.pack})`, '#pragma pack(pop)'] : ['', ''];
  const body = `${rules.isUnion ? 'union' : 'struct'} s${index} {\n${lines.join('\n')}\n}`;
  return `${pack[0]}\n${body}${attributes(rules.isPacked, rules.align)};\n${pack[1]}\nint use${index}[sizeof(${rules.isUnion ? 'union' : 'struct'} s${index})];\n`;
}

/** What clang says about every record: `name -> [offsets in bits..., size and alignment in bits]`. */
function clangLayouts(clang: string, source: string): ReadonlyMap<string, readonly number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'layout-'));
  const file = join(folder, 'a.c');
  writeFileSync(file, source);
  const flags = ['-target', 'bpf', '-w', '-fsyntax-only', '-Xclang', '-fdump-record-layouts-simple', file];
  const text = execFileSync(clang, flags, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  rmSync(folder, { recursive: true });
  const found = new Map<string, readonly number[]>();
  const pattern =
    /Type: (?:struct|union) (\w+)[\s\S]*?Size:(\d+)[\s\S]*?Alignment:(\d+)[\s\S]*?FieldOffsets: \[([^\]]*)\]/g;
  for (const [, name = '', size, align, offsets = ''] of text.matchAll(pattern)) {
    found.set(name, [...offsets.split(',').map(Number), Number(size), Number(align)]);
  }
  return found;
}

const clang = findClang();

it.skipIf(clang === undefined)('agrees with clang on generated records (skipped: no clang)', () => {
  const samples = fc.sample(sample, { numRuns: 400, seed: 7 });
  const prelude = 'struct inner { char x; int y; };\n';
  const layouts = clangLayouts(clang ?? '', prelude + samples.map(sourceOf).join('\n'));
  expect(layouts.size).toBeGreaterThanOrEqual(samples.length);
  samples.forEach((one, i) => {
    const { members, size, align } = layoutRecord(one.fields, one.rules);
    const ours = [...members.map(({ bitOffset }) => bitOffset), size * 8, align * 8];
    expect(ours, sourceOf(one, i)).toEqual(layouts.get(`s${i}`));
  });
});
