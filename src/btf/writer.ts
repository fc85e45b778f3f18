/**
 * Decoded types and records -> the bytes of `.BTF` and `.BTF.ext`.
 */

import { unreachable } from '../support/bug.ts';
import { ByteWriter } from '../support/byte-writer.ts';
import {
  type BtfType,
  btfExtHeaderSize,
  btfHeaderSize,
  btfMagic,
  btfVersion,
  type KindName,
  kindNames,
  linkageNames,
  type SectionInfo,
} from './format.ts';

/** The string table: offset 0 is the empty string; equal strings are one. */
export class BtfStrings {
  private readonly offsets = new Map<string, number>([['', 0]]);
  private readonly parts: string[] = [''];
  private size = 1;

  /** Offset of `text`; a NUL in it ends it. Characters above Latin-1 do not come here: sources are bytes. */
  offset(text: string): number {
    const same = this.offsets.get(text);
    if (same !== undefined) return same;
    const nul = text.indexOf('\0');
    if (nul >= 0) return this.offset(text.slice(0, nul));
    const at = this.size;
    this.offsets.set(text, at);
    this.parts.push(text);
    this.size += text.length + 1;
    return at;
  }

  get length(): number {
    return this.size;
  }

  write(out: ByteWriter): void {
    for (const part of this.parts) {
      for (let i = 0; i < part.length; i++) out.u8(part.charCodeAt(i) & 0xff);
      out.u8(0);
    }
  }
}

function kindNumber(kind: KindName): number {
  return kindNames.indexOf(kind);
}

function header(
  out: ByteWriter,
  strings: BtfStrings,
  name: string,
  kind: KindName,
  count: number,
  kindFlag: boolean,
  sizeOrType: number,
): void {
  out.u32(strings.offset(name));
  out.u32(((kindFlag ? 0x8000_0000 : 0) | (kindNumber(kind) << 24) | (count & 0xffff)) >>> 0);
  out.u32(sizeOrType >>> 0);
}

function writeRecord(
  out: ByteWriter,
  strings: BtfStrings,
  type: Extract<BtfType, { kind: 'STRUCT' | 'UNION' }>,
): void {
  const hasBitFields = type.members.some((member) => member.bitWidth !== 0);
  header(out, strings, type.name, type.kind, type.members.length, hasBitFields, type.size);
  for (const { name, type: memberType, bitOffset, bitWidth } of type.members) {
    out.u32(strings.offset(name));
    out.u32(memberType);
    out.u32(hasBitFields ? ((bitWidth << 24) | (bitOffset & 0xff_ffff)) >>> 0 : bitOffset);
  }
}

function writeEnum(
  out: ByteWriter,
  strings: BtfStrings,
  type: Extract<BtfType, { kind: 'ENUM' | 'ENUM64' }>,
): void {
  header(out, strings, type.name, type.kind, type.values.length, type.signed, type.size);
  for (const { name, value } of type.values) {
    out.u32(strings.offset(name));
    const low = BigInt.asUintN(32, value);
    out.u32(Number(low));
    if (type.kind === 'ENUM64') out.u32(Number(BigInt.asUintN(32, value >> 32n)));
  }
}

function writeType(out: ByteWriter, strings: BtfStrings, type: BtfType): void {
  const head = (name: string, count: number, sizeOrType: number, kindFlag = false) =>
    header(out, strings, name, type.kind, count, kindFlag, sizeOrType);
  switch (type.kind) {
    case 'INT':
      head(type.name, 0, type.size);
      return out.u32((type.encoding << 24) | (type.bitOffset << 16) | type.bits);
    case 'PTR':
    case 'VOLATILE':
    case 'CONST':
    case 'RESTRICT':
      return head('', 0, type.type);
    case 'TYPEDEF':
    case 'TYPE_TAG':
      return head(type.name, 0, type.type);
    case 'ARRAY':
      head('', 0, 0);
      for (const word of [type.type, type.indexType, type.length]) out.u32(word);
      return;
    case 'STRUCT':
    case 'UNION':
      return writeRecord(out, strings, type);
    case 'ENUM':
    case 'ENUM64':
      return writeEnum(out, strings, type);
    case 'FWD':
      return head(type.name, 0, 0, type.isUnion);
    case 'FUNC':
      return head(type.name, linkageNames.indexOf(type.linkage), type.type);
    case 'FUNC_PROTO':
      head('', type.parameters.length, type.type);
      for (const parameter of type.parameters) {
        out.u32(strings.offset(parameter.name));
        out.u32(parameter.type);
      }
      return;
    case 'VAR':
      head(type.name, 0, type.type);
      return out.u32(linkageNames.indexOf(type.linkage));
    case 'DATASEC':
      head(type.name, type.variables.length, type.size);
      for (const { type: variable, offset, size } of type.variables) {
        for (const word of [variable, offset, size]) out.u32(word);
      }
      return;
    case 'FLOAT':
      return head(type.name, 0, type.size);
    case 'DECL_TAG':
      head(type.name, 0, type.type);
      return out.u32(type.component >>> 0);
    default: {
      return unreachable(type, 'BTF type');
    }
  }
}

/** The bytes of `.BTF`; `types[i]` has id i + 1. `strings` may hold strings of `.BTF.ext` already. */
export function writeBtf(types: readonly BtfType[], strings: BtfStrings, littleEndian: boolean): Uint8Array {
  const body = new ByteWriter(littleEndian);
  for (const type of types) writeType(body, strings, type);
  const out = new ByteWriter(littleEndian);
  out.u16(btfMagic);
  out.u8(btfVersion);
  out.u8(0);
  out.u32(btfHeaderSize);
  out.u32(0);
  out.u32(body.length);
  out.u32(body.length);
  out.u32(strings.length);
  out.append(body.finish());
  strings.write(out);
  return out.finish();
}

/** One of the three parts of `.BTF.ext`: record size, then per section a heading and its records. */
function writePart<T>(
  sections: readonly SectionInfo[],
  records: (section: SectionInfo) => readonly T[],
  size: number,
  strings: BtfStrings,
  littleEndian: boolean,
  write: (out: ByteWriter, record: T) => void,
): Uint8Array {
  const out = new ByteWriter(littleEndian);
  const filled = sections.filter((section) => records(section).length > 0);
  if (filled.length === 0) return out.finish();
  out.u32(size);
  for (const section of filled) {
    const list = records(section);
    out.u32(strings.offset(section.section));
    out.u32(list.length);
    for (const record of list) write(out, record);
  }
  return out.finish();
}

/** `line_col` of a line record: column in the low 10 bits. */
function lineAndColumn(line: number, column: number): number {
  return ((line << 10) | Math.min(column, 0x3ff)) >>> 0;
}

/** The bytes of `.BTF.ext`; its strings go into `strings`, so write `.BTF` afterwards. */
export function writeBtfExt(
  sections: readonly SectionInfo[],
  strings: BtfStrings,
  littleEndian: boolean,
): Uint8Array {
  const functions = writePart(
    sections,
    (s) => s.functions,
    8,
    strings,
    littleEndian,
    (out, record) => {
      out.u32(record.offset);
      out.u32(record.type);
    },
  );
  const lines = writePart(
    sections,
    (s) => s.lines,
    16,
    strings,
    littleEndian,
    (out, record) => {
      out.u32(record.offset);
      out.u32(strings.offset(record.file));
      out.u32(strings.offset(record.text));
      out.u32(lineAndColumn(record.line, record.column));
    },
  );
  const relocations = writePart(
    sections,
    (s) => s.relocations,
    16,
    strings,
    littleEndian,
    (out, record) => {
      out.u32(record.offset);
      out.u32(record.type);
      out.u32(strings.offset(record.access));
      out.u32(record.kind);
    },
  );
  const out = new ByteWriter(littleEndian);
  out.u16(btfMagic);
  out.u8(btfVersion);
  out.u8(0);
  out.u32(btfExtHeaderSize);
  let offset = 0;
  for (const part of [functions, lines, relocations]) {
    out.u32(offset);
    out.u32(part.length);
    offset += part.length;
  }
  for (const part of [functions, lines, relocations]) out.append(part);
  return out.finish();
}
