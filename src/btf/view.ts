/**
 * The bytes of `.BTF` -> a view of its types that decodes nothing before it is asked for: a kernel's BTF has 130,000 types in
 * 5 MB, and most questions are about a few of them. `readBtf` decodes everything instead.
 *
 * Input is hostile: the sections and the extent of every type are checked once, here; whoever follows references asks
 * `has` first. Method: the type section becomes 32-bit words in the host's order, and a table says where each type begins.
 */

import { latin1 } from '../support/file-system.ts';
import { btfHeaderSize, btfMagic, type KindName, kindNames } from './format.ts';

/** Words behind the head of a type: `fixed`, and `each` for every counted element. */
interface Extent {
  readonly fixed: number;
  readonly each: number;
}

const plainExtent: Extent = { fixed: 0, each: 0 };
const extents: Partial<Record<KindName, Extent>> = {
  INT: { fixed: 1, each: 0 },
  ARRAY: { fixed: 3, each: 0 },
  STRUCT: { fixed: 0, each: 3 },
  UNION: { fixed: 0, each: 3 },
  ENUM: { fixed: 0, each: 2 },
  FUNC_PROTO: { fixed: 0, each: 2 },
  VAR: { fixed: 1, each: 0 },
  DATASEC: { fixed: 0, each: 3 },
  DECL_TAG: { fixed: 1, each: 0 },
  ENUM64: { fixed: 0, each: 3 },
};
const extentByKind: readonly Extent[] = kindNames.map((name) => extents[name] ?? plainExtent);

/** Words of the head of a type: name, kind and count, size or type. */
const headWords = 3;

/** Kinds by name, for comparisons with {@link BtfView.kind}. */
export const BtfKind = Object.freeze({
  VOID: 0,
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
});

export class BtfView {
  /** The type section. */
  private readonly words: Uint32Array;
  private readonly strings: string;
  /** Index of the first word of each type, by id; of the entry behind the last type the end. */
  private readonly starts: Uint32Array;
  readonly littleEndian: boolean;
  /** Ids are 1 to this. */
  readonly numTypes: number;

  private constructor(words: Uint32Array, starts: Uint32Array, strings: string, littleEndian: boolean) {
    this.words = words;
    this.starts = starts;
    this.strings = strings;
    this.littleEndian = littleEndian;
    this.numTypes = starts.length - 2;
  }

  /** The view, or what is wrong with the bytes. */
  static open(bytes: Uint8Array): BtfView | string {
    if (bytes.length < btfHeaderSize) return 'BTF header is cut off';
    const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const littleEndian = header.getUint16(0, true) === btfMagic;
    if (!littleEndian && header.getUint16(0, false) !== btfMagic)
      return 'not BTF: the magic number is missing';
    const field = (at: number) => header.getUint32(at, littleEndian);
    const length = field(4);
    const [typesAt, typesEnd] = [length + field(8), length + field(8) + field(12)];
    const [stringsAt, stringsEnd] = [length + field(16), length + field(16) + field(20)];
    if (length < btfHeaderSize || typesEnd > bytes.length || stringsEnd > bytes.length) {
      return 'BTF sections reach beyond the data';
    }
    const words = wordsOf(bytes.subarray(typesAt, typesEnd), littleEndian);
    const starts = findStarts(words);
    if (typeof starts === 'string') return starts;
    return new BtfView(words, starts, latin1(bytes.subarray(stringsAt, stringsEnd)), littleEndian);
  }

  /** Is there a type of this id? 0, void, is one. */
  has(id: number): boolean {
    return id <= this.numTypes;
  }

  kind(id: number): number {
    return id === 0 ? BtfKind.VOID : (this.word(id, 1) >>> 24) & 0x1f;
  }

  /** Members, enumerators, parameters. */
  count(id: number): number {
    return this.word(id, 1) & 0xffff;
  }

  flag(id: number): boolean {
    return this.word(id, 1) >>> 31 === 1;
  }

  /** The size of a record, integer, float or enumeration. */
  size(id: number): number {
    return this.word(id, 2);
  }

  /** What a pointer, typedef, qualifier, tag, function or prototype (its result) refers to. */
  target(id: number): number {
    return this.word(id, 2);
  }

  isNamed(id: number): boolean {
    return this.word(id, 0) !== 0;
  }

  name(id: number): string {
    return this.text(this.word(id, 0));
  }

  /** Word `at` of a type, head included; elements begin at word 3. */
  word(id: number, at: number): number {
    return this.words[(this.starts[id] ?? 0) + at] ?? 0;
  }

  /** The string at an offset; empty where there is none. */
  text(offset: number): string {
    const end = this.strings.indexOf('\0', offset);
    return end < 0 ? '' : this.strings.slice(offset, end);
  }
}

function isLittleEndianHost(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}

function wordsOf(bytes: Uint8Array, littleEndian: boolean): Uint32Array {
  // A copy: the section may begin anywhere, and its bytes are the caller's.
  const length = bytes.length & ~3;
  const words = new Uint32Array(length / 4);
  new Uint8Array(words.buffer).set(bytes.subarray(0, length));
  if (littleEndian === isLittleEndianHost()) return words;
  const view = new DataView(words.buffer);
  return words.map((_, at) => view.getUint32(at * 4, littleEndian));
}

function findStarts(words: Uint32Array): Uint32Array | string {
  const starts = new Uint32Array(words.length / headWords + 2);
  let at = 0;
  let number = 0;
  while (at < words.length) {
    starts[++number] = at;
    const info = words[at + 1] ?? 0;
    const kind = (info >>> 24) & 0x1f;
    const extent = kind === 0 ? undefined : extentByKind[kind];
    if (extent === undefined) return `BTF type ${number} has an unknown kind`;
    at += headWords + extent.fixed + extent.each * (info & 0xffff);
    if (at > words.length) return `BTF type ${number} is cut off`;
  }
  starts[number + 1] = at;
  return starts.subarray(0, number + 2);
}
