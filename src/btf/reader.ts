/**
 * The bytes of `.BTF` and `.BTF.ext` -> decoded types and records. Input is hostile: every offset and count is checked, and
 * a broken file gives an error text, never an exception.
 */

import {
  type BtfMember,
  type BtfType,
  btfMagic,
  kindNames,
  linkageNames,
  type SectionInfo,
} from './format.ts';

export type ReadBtf =
  | { readonly kind: 'ok'; readonly types: readonly BtfType[]; readonly strings: StringReader }
  | { readonly kind: 'error'; readonly message: string };

/** Strings by offset; an offset outside of the table gives the empty string. */
export class StringReader {
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  at(offset: number): string {
    const end = this.bytes.indexOf(0, offset);
    if (offset >= this.bytes.length || end < 0) return '';
    let text = '';
    for (let i = offset; i < end; i++) text += String.fromCharCode(this.bytes[i] ?? 0);
    return text;
  }
}

/** Reads 32-bit words until the data ends; then gives zeros and remembers that it did. */
class Cursor {
  private readonly view: DataView;
  private readonly littleEndian: boolean;
  offset: number;
  readonly end: number;
  overran = false;

  constructor(bytes: Uint8Array, start: number, end: number, littleEndian: boolean) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.littleEndian = littleEndian;
    this.offset = start;
    this.end = Math.min(end, bytes.length);
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  u32(): number {
    if (this.offset + 4 > this.end) {
      this.overran = true;
      return 0;
    }
    const value = this.view.getUint32(this.offset, this.littleEndian);
    this.offset += 4;
    return value;
  }
}

interface Header {
  readonly littleEndian: boolean;
  readonly view: DataView;
  readonly length: number;
}

function readHeader(bytes: Uint8Array, minimum: number): Header | string {
  if (bytes.length < minimum) return 'BTF header is cut off';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = view.getUint16(0, true) === btfMagic;
  if (!littleEndian && view.getUint16(0, false) !== btfMagic) return 'not BTF: the magic number is missing';
  const length = view.getUint32(4, littleEndian);
  if (length < minimum || length > bytes.length) return 'BTF header has an impossible length';
  return { littleEndian, view, length };
}

interface TypeHead {
  readonly name: string;
  readonly count: number;
  readonly kindFlag: boolean;
  readonly word: number;
}

function repeat<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

function readMember(cursor: Cursor, strings: StringReader, kindFlag: boolean): BtfMember {
  const name = strings.at(cursor.u32());
  const type = cursor.u32();
  const offset = cursor.u32();
  return kindFlag
    ? { name, type, bitOffset: offset & 0xff_ffff, bitWidth: offset >>> 24 }
    : { name, type, bitOffset: offset, bitWidth: 0 };
}

function readBody(kind: BtfType['kind'], head: TypeHead, cursor: Cursor, strings: StringReader): BtfType {
  const { name, count, kindFlag, word } = head;
  switch (kind) {
    case 'INT': {
      const bits = cursor.u32();
      const encoding = (bits >>> 24) & 0xf;
      return { kind, name, size: word, encoding, bits: bits & 0xff, bitOffset: (bits >>> 16) & 0xff };
    }
    case 'PTR':
    case 'VOLATILE':
    case 'CONST':
    case 'RESTRICT':
      return { kind, type: word };
    case 'TYPEDEF':
    case 'TYPE_TAG':
      return { kind, name, type: word };
    case 'ARRAY':
      return { kind, type: cursor.u32(), indexType: cursor.u32(), length: cursor.u32() };
    case 'STRUCT':
    case 'UNION':
      return { kind, name, size: word, members: repeat(count, () => readMember(cursor, strings, kindFlag)) };
    case 'ENUM':
    case 'ENUM64': {
      const values = repeat(count, () => {
        const constant = strings.at(cursor.u32());
        const low = BigInt(cursor.u32());
        const bits = kind === 'ENUM64' ? low | (BigInt(cursor.u32()) << 32n) : low;
        return { name: constant, value: kindFlag ? BigInt.asIntN(kind === 'ENUM64' ? 64 : 32, bits) : bits };
      });
      return { kind, name, size: word, signed: kindFlag, values };
    }
    case 'FWD':
      return { kind, name, isUnion: kindFlag };
    case 'FUNC':
      return { kind, name, type: word, linkage: linkageNames[count] ?? 'static' };
    case 'FUNC_PROTO':
      return {
        kind,
        type: word,
        parameters: repeat(count, () => ({ name: strings.at(cursor.u32()), type: cursor.u32() })),
      };
    case 'VAR':
      return { kind, name, type: word, linkage: linkageNames[cursor.u32()] ?? 'static' };
    case 'DATASEC':
      return {
        kind,
        name,
        size: word,
        variables: repeat(count, () => ({ type: cursor.u32(), offset: cursor.u32(), size: cursor.u32() })),
      };
    case 'FLOAT':
      return { kind, name, size: word };
    case 'DECL_TAG':
      return { kind, name, type: word, component: cursor.u32() | 0 };
    default:
      return kind satisfies never;
  }
}

/** Bytes a counted element takes at least: a guard against counts that the data cannot hold. */
const smallestElement = 8;

export function readBtf(bytes: Uint8Array): ReadBtf {
  const header = readHeader(bytes, 24);
  if (typeof header === 'string') return { kind: 'error', message: header };
  const { view, littleEndian, length } = header;
  const field = (at: number) => view.getUint32(at, littleEndian);
  const [typeOffset, typeLength, stringOffset, stringLength] = [field(8), field(12), field(16), field(20)];
  if (
    length + typeOffset + typeLength > bytes.length ||
    length + stringOffset + stringLength > bytes.length
  ) {
    return { kind: 'error', message: 'BTF sections reach beyond the data' };
  }
  const start = length + stringOffset;
  const strings = new StringReader(bytes.subarray(start, start + stringLength));
  const cursor = new Cursor(bytes, length + typeOffset, length + typeOffset + typeLength, littleEndian);
  const types: BtfType[] = [];
  while (cursor.remaining > 0) {
    const name = strings.at(cursor.u32());
    const info = cursor.u32();
    const word = cursor.u32();
    const kind = kindNames[(info >>> 24) & 0x1f];
    if (kind === undefined || kind === 'UNKN') {
      return { kind: 'error', message: `BTF type ${types.length + 1} has an unknown kind` };
    }
    const head = { name, count: info & 0xffff, kindFlag: info >>> 31 === 1, word };
    const isCounted = ['STRUCT', 'UNION', 'ENUM', 'ENUM64', 'FUNC_PROTO', 'DATASEC'].includes(kind);
    if (isCounted && head.count * smallestElement > cursor.remaining) cursor.overran = true;
    else types.push(readBody(kind, head, cursor, strings));
    if (cursor.overran) return { kind: 'error', message: `BTF type ${types.length + 1} is cut off` };
  }
  return { kind: 'ok', types, strings };
}

export type ReadBtfExt =
  | { readonly kind: 'ok'; readonly sections: readonly SectionInfo[] }
  | { readonly kind: 'error'; readonly message: string };

interface MutableSection {
  readonly section: string;
  readonly functions: SectionInfo['functions'][number][];
  readonly lines: SectionInfo['lines'][number][];
  readonly relocations: SectionInfo['relocations'][number][];
}

export function readBtfExt(bytes: Uint8Array, strings: StringReader): ReadBtfExt {
  const header = readHeader(bytes, 24);
  if (typeof header === 'string') return { kind: 'error', message: header };
  const { view, littleEndian, length } = header;
  const sections = new Map<string, MutableSection>();
  const of = (section: string): MutableSection => {
    const known = sections.get(section);
    if (known !== undefined) return known;
    const made: MutableSection = { section, functions: [], lines: [], relocations: [] };
    sections.set(section, made);
    return made;
  };
  const readers: readonly [
    offsetField: number,
    minimum: number,
    (into: MutableSection, record: Cursor) => void,
  ][] = [
    [8, 8, (into, record) => into.functions.push({ offset: record.u32(), type: record.u32() })],
    [
      16,
      16,
      (into, record) => {
        const [offset, file, text] = [record.u32(), strings.at(record.u32()), strings.at(record.u32())];
        const position = record.u32();
        into.lines.push({ offset, file, text, line: position >>> 10, column: position & 0x3ff });
      },
    ],
    [
      24,
      16,
      (into, record) => {
        const [offset, type] = [record.u32(), record.u32()];
        into.relocations.push({ offset, type, access: strings.at(record.u32()), kind: record.u32() });
      },
    ],
  ];
  for (const [field, minimum, read] of readers) {
    if (field + 8 > length) continue;
    const start = length + view.getUint32(field, littleEndian);
    const size = view.getUint32(field + 4, littleEndian);
    if (size === 0) continue;
    if (start + size > bytes.length)
      return { kind: 'error', message: 'BTF.ext part reaches beyond the data' };
    const cursor = new Cursor(bytes, start, start + size, littleEndian);
    const recordSize = cursor.u32();
    if (recordSize < minimum) return { kind: 'error', message: 'BTF.ext record is too small' };
    while (cursor.remaining > 0 && !cursor.overran) {
      const into = of(strings.at(cursor.u32()));
      for (let left = cursor.u32(); left > 0 && !cursor.overran; left--) {
        const end = cursor.offset + recordSize;
        read(into, cursor);
        if (end <= cursor.end) cursor.offset = end;
      }
    }
    if (cursor.overran) return { kind: 'error', message: 'BTF.ext part is cut off' };
  }
  return { kind: 'ok', sections: [...sections.values()] };
}
