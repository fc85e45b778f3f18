/** BTF's reader, writer and printer on their own: round trips, broken input, the comparer's judgement. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BtfType, SectionInfo } from '../../src/btf/format.ts';
import { printBtf } from '../../src/btf/print.ts';
import { readBtf, readBtfExt, StringReader } from '../../src/btf/reader.ts';
import { BtfStrings, writeBtf, writeBtfExt } from '../../src/btf/writer.ts';
import { compareFacts, compareObjects, factsOf, type ObjectBtf } from './compare-btf.ts';

const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,6}$/);
const id = fc.nat(20);
const u32 = fc.nat(0xffff_ffff);
const few = { maxLength: 4 };
const member = fc.record({ name, type: id, bitOffset: fc.nat(0xff_ffff), bitWidth: fc.nat(64) });
const named = <K extends string>(...kinds: K[]) => ({ kind: fc.constantFrom(...kinds), name });

const anyType: fc.Arbitrary<BtfType> = fc.oneof(
  fc.record({
    ...named('INT'),
    size: fc.constantFrom(1, 2, 4, 8, 16),
    encoding: fc.nat(4),
    bits: fc.nat(128),
    bitOffset: fc.nat(32),
  }),
  fc.record({ kind: fc.constantFrom('PTR', 'CONST', 'VOLATILE', 'RESTRICT'), type: id }),
  fc.record({ ...named('TYPEDEF', 'TYPE_TAG'), type: id }),
  fc.record({ kind: fc.constant('ARRAY'), type: id, indexType: id, length: u32 }),
  fc.record({ ...named('STRUCT', 'UNION'), size: u32, members: fc.array(member, few) }),
  fc.record({
    ...named('ENUM'),
    size: fc.constant(4),
    signed: fc.constant(true),
    values: fc.array(fc.record({ name, value: fc.bigInt(-(2n ** 31n), 2n ** 31n - 1n) }), few),
  }),
  fc.record({
    ...named('ENUM64'),
    size: fc.constant(8),
    signed: fc.constant(false),
    values: fc.array(fc.record({ name, value: fc.bigInt(0n, 2n ** 64n - 1n) }), few),
  }),
  fc.record({ ...named('FWD'), isUnion: fc.boolean() }),
  fc.record({ ...named('FUNC', 'VAR'), type: id, linkage: fc.constantFrom('static', 'global', 'extern') }),
  fc.record({
    kind: fc.constant('FUNC_PROTO'),
    type: id,
    parameters: fc.array(fc.record({ name, type: id }), few),
  }),
  fc.record({
    ...named('DATASEC'),
    size: u32,
    variables: fc.array(fc.record({ type: id, offset: u32, size: u32 }), few),
  }),
  fc.record({ ...named('FLOAT'), size: fc.constantFrom(4, 8) }),
  fc.record({ ...named('DECL_TAG'), type: id, component: fc.integer({ min: -1, max: 10 }) }),
) as fc.Arbitrary<BtfType>;

const anySections: fc.Arbitrary<SectionInfo[]> = fc.uniqueArray(
  fc.record({
    section: name,
    functions: fc.array(fc.record({ offset: u32, type: id }), { ...few, minLength: 1 }),
    lines: fc.array(
      fc.record({ offset: u32, file: name, text: name, line: fc.nat(0x3f_ffff), column: fc.nat(0x3ff) }),
      few,
    ),
    relocations: fc.array(fc.record({ offset: u32, type: id, access: name, kind: fc.nat(12) }), few),
  }),
  { ...few, selector: ({ section }) => section },
);

describe('BTF', () => {
  it('reads back what it wrote, in both byte orders', () => {
    fc.assert(
      fc.property(
        fc.array(anyType, { maxLength: 12 }),
        anySections,
        fc.boolean(),
        (types, sections, little) => {
          const strings = new BtfStrings();
          const ext = writeBtfExt(sections, strings, little);
          const read = readBtf(writeBtf(types, strings, little));
          if (read.kind === 'error') throw new Error(read.message);
          expect(printBtf(read.types)).toBe(printBtf(types));
          // A record is written with bit-field widths when any member has one.
          expect(read.types).toEqual(types);
          const back = readBtfExt(ext, read.strings);
          expect(back).toEqual({ kind: 'ok', sections });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never throws on broken bytes and never makes more than the bytes hold', () => {
    const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
    fc.assert(
      fc.property(
        fc.array(anyType, { maxLength: 8 }),
        anySections,
        fc.array(change, { maxLength: 6 }),
        fc.nat(),
        (types, sections, changes, cut) => {
          const strings = new BtfStrings();
          for (const bytes of [writeBtfExt(sections, strings, true), writeBtf(types, strings, true)]) {
            for (const { at, value } of changes) bytes[at % bytes.length] = value;
            const part = bytes.subarray(0, cut % (bytes.length + 1));
            for (const broken of [bytes, part]) {
              const read = readBtf(broken);
              if (read.kind === 'ok')
                expect(printBtf(read.types).length).toBeLessThan(broken.length * 400 + 100);
              readBtfExt(broken, new StringReader(broken));
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('names what is wrong with a file', () => {
    const bytes = writeBtf([{ kind: 'PTR', type: 0 }], new BtfStrings(), true);
    const messageOf = (broken: Uint8Array) => {
      const read = readBtf(broken);
      return read.kind === 'error' ? read.message : undefined;
    };
    expect(messageOf(bytes)).toBeUndefined();
    expect(messageOf(bytes.subarray(0, 10))).toBe('BTF header is cut off');
    expect(messageOf(new Uint8Array(24))).toBe('not BTF: the magic number is missing');
    expect(messageOf(bytes.subarray(0, 30))).toBe('BTF sections reach beyond the data');
    const unknown = Uint8Array.from(bytes);
    unknown[24 + 7] = 31;
    expect(messageOf(unknown)).toBe('BTF type 1 has an unknown kind');
  });
});

describe('the comparer', () => {
  const int: BtfType = { kind: 'INT', name: 'int', size: 4, encoding: 1, bits: 32, bitOffset: 0 };
  const record = (bitOffset: number): BtfType => ({
    kind: 'STRUCT',
    name: 's',
    size: 8,
    members: [{ name: 'm', type: 1, bitOffset, bitWidth: 0 }],
  });
  const object = (types: readonly BtfType[], sections: readonly SectionInfo[] = []): ObjectBtf => ({
    types,
    sections,
    codeSizes: new Map([['.text', 64]]),
  });
  const facts = (types: readonly BtfType[]) => factsOf(object(types));
  it('does not mind order, but every offset', () => {
    const s = (type: number): BtfType => ({ kind: 'VAR', name: 'v', type, linkage: 'global' });
    expect(compareFacts(facts([int, record(0), s(2)]), facts([int, s(3), record(0)]))).toEqual([]);
    expect(compareFacts(facts([int, record(0)]), facts([int, record(32)]))).toHaveLength(1);
    expect(compareFacts(facts([int, record(0)]), facts([int]))).toHaveLength(1);
  });
  it('looks into map definitions, also inner ones', () => {
    const map = (length: number): BtfType[] => [
      int,
      { kind: 'ARRAY', type: 1, indexType: 1, length },
      { kind: 'PTR', type: 2 },
      { kind: 'STRUCT', name: '', size: 8, members: [{ name: 'type', type: 3, bitOffset: 0, bitWidth: 0 }] },
      { kind: 'PTR', type: 4 },
      { kind: 'ARRAY', type: 5, indexType: 1, length: 0 },
      {
        kind: 'STRUCT',
        name: 'outer',
        size: 0,
        members: [{ name: 'values', type: 6, bitOffset: 0, bitWidth: 0 }],
      },
      { kind: 'VAR', name: 'm', type: 7, linkage: 'global' },
      { kind: 'DATASEC', name: '.maps', size: 0, variables: [{ type: 8, offset: 0, size: 0 }] },
    ];
    expect([...facts(map(1)).keys()]).toContain('map m.values.type');
    const keys = compareFacts(facts(map(1)), facts(map(2))).map(({ key }) => key);
    expect(keys).toContain('map m.values.type');
  });
  const prototype: BtfType = { kind: 'FUNC_PROTO', type: 0, parameters: [{ name: 'p', type: 2 }] };
  const func = (linkage: 'static' | 'global'): readonly BtfType[] => [
    { kind: 'PTR', type: 3 },
    record(0),
    prototype,
    { kind: 'FUNC', name: 'f', type: 4, linkage },
  ];
  it('sees what follows from inlining, and only that', () => {
    const forward: BtfType = { kind: 'FWD', name: 's', isUnion: false };
    const compare = (linkage: 'static' | 'global') =>
      compareObjects(object([int, ...func(linkage)]), object([int, forward]));
    expect(compare('static').differences).toEqual([]);
    expect(compare('static').consequences.map(({ key }) => key)).toEqual(['func f', 'struct s']);
    expect(compare('global').differences.map(({ key }) => key)).toEqual(['func f', 'struct s']);
  });
  it('compares CO-RE records by function and finds records that the kernel does not take', () => {
    const types = [int, ...func('global')];
    const section = (access: string, line: number): SectionInfo => ({
      section: '.text',
      functions: [{ offset: 0, type: 5 }],
      lines: [{ offset: line, file: 'a.c', text: 'x', line: 1, column: 1 }],
      relocations: [{ offset: 8, type: 3, access, kind: 0 }],
    });
    const keys = (access: string, line: number) =>
      compareObjects(
        object(types, [section(access, line)]),
        object(types, [section('0:0', 0)]),
      ).differences.map(({ key }) => key);
    expect(keys('0:0', 0)).toEqual([]);
    expect(keys('0:1', 0)).toEqual(['core f']);
    expect(keys('0:0', 8)).toEqual(['ext .text+0: the function starts without line_info']);
    expect(keys('0:0', 64)).toHaveLength(2);
  });
});
