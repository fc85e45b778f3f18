/**
 * Map definitions of an object: BTF-defined ones (section `.maps`: a struct of encoded attributes, as libbpf reads
 * it) and legacy ones (section `maps`: five numbers). Values that name maps or functions (`values = { [0] = &inner }`)
 * come from relocations of the section.
 */

import type { TypeGraph } from '../btf/type-graph.ts';
import type { ObjectFile, Section } from './elf.ts';

/** A map as the object defines it; numbers are the kernel's. */
export interface MapDefinition {
  readonly name: string;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly extra: bigint;
  /** `LIBBPF_PIN_BY_NAME` is 1. */
  readonly pinning: number;
  /** BTF types of key and value; undefined where the definition gives only sizes. */
  readonly keyType: number | undefined;
  readonly valueType: number | undefined;
  /** What the maps in a map of maps look like. */
  readonly inner: MapDefinition | undefined;
  /** Initial elements of maps of maps and of program arrays: symbol by index. */
  readonly values: readonly { readonly index: number; readonly symbol: string }[];
}

const EMPTY: MapDefinition = {
  name: '',
  type: 0,
  keySize: 0,
  valueSize: 0,
  maxEntries: 0,
  flags: 0,
  extra: 0n,
  pinning: 0,
  keyType: undefined,
  valueType: undefined,
  inner: undefined,
  values: [],
};

type Mutable = { -readonly [K in keyof MapDefinition]: MapDefinition[K] };

/** `__uint(name, n)` is a pointer to an array of n elements. */
function encodedNumber(types: TypeGraph, member: number): number {
  const array = types.resolved(types.pointee(member) ?? 0);
  return array?.kind === 'ARRAY' ? array.length : 0;
}

/** `__ulong(name, n)` is an enumeration of one constant. */
function encodedLong(types: TypeGraph, member: number): bigint {
  const type = types.resolved(member);
  if (type?.kind === 'ENUM' || type?.kind === 'ENUM64')
    return BigInt.asUintN(64, type.values[0]?.value ?? 0n);
  return BigInt(encodedNumber(types, member));
}

/** The element type of `__array(values, T)`: a map definition, or a function for program arrays. */
function innerDefinition(types: TypeGraph, member: number): MapDefinition | undefined {
  const array = types.resolved(member);
  if (array?.kind !== 'ARRAY') return undefined;
  const element = types.pointee(array.type);
  if (element === undefined || types.resolved(element)?.kind !== 'STRUCT') return undefined;
  return fromStruct(types, element, `inner map`, false);
}

type NumberField = 'type' | 'keySize' | 'valueSize' | 'maxEntries' | 'flags' | 'pinning';

const NUMBERS: Readonly<Record<string, NumberField>> = {
  type: 'type',
  key_size: 'keySize',
  value_size: 'valueSize',
  max_entries: 'maxEntries',
  map_flags: 'flags',
  pinning: 'pinning',
};

function fromStruct(types: TypeGraph, id: number, name: string, outer: boolean): MapDefinition {
  const made: Mutable = { ...EMPTY, name };
  const record = types.resolved(id);
  if (record?.kind !== 'STRUCT') return made;
  for (const member of record.members) {
    const number = NUMBERS[member.name];
    if (number !== undefined) made[number] = encodedNumber(types, member.type);
    else if (member.name === 'map_extra') made.extra = encodedLong(types, member.type);
    else if (member.name === 'key') {
      made.keyType = types.pointee(member.type);
      made.keySize = types.sizeOf(made.keyType ?? 0);
    } else if (member.name === 'value') {
      made.valueType = types.pointee(member.type);
      made.valueSize = types.sizeOf(made.valueType ?? 0);
    } else if (member.name === 'values' && outer) {
      made.inner = innerDefinition(types, member.type);
    }
  }
  return made;
}

/** The name of what a relocation points at: its symbol, or the one at the addend of a section symbol. */
function targetName(object: ObjectFile, symbol: number, addend: bigint): string {
  const target = object.symbols[symbol];
  if (target === undefined) return '';
  if (target.type !== 'section') return target.name;
  const inside = object.symbols.find(
    (one) =>
      one.section === target.section && one.value === addend && one.name !== '' && one.type !== 'section',
  );
  return inside?.name ?? '';
}

/** Variables of `.maps`, each with its offset. */
export function btfMaps(
  object: ObjectFile,
  section: Section,
  types: TypeGraph,
): ReadonlyMap<number, MapDefinition> {
  const found = new Map<number, MapDefinition>();
  const datasec = types.at(types.find('DATASEC', '.maps') ?? 0);
  if (datasec?.kind !== 'DATASEC') return found;
  const index = object.sections.indexOf(section);
  for (const variable of datasec.variables) {
    const declared = types.at(variable.type);
    if (declared?.kind !== 'VAR') continue;
    // clang leaves the offsets of a DATASEC to the loader.
    const symbol = object.symbols.find((one) => one.section === index && one.name === declared.name);
    const offset = symbol === undefined ? variable.offset : Number(symbol.value);
    const definition = fromStruct(types, declared.type, declared.name, true);
    const values = types.member(declared.type, 'values');
    const first = offset + (values?.bitOffset ?? 0) / 8;
    const size = Number(symbol?.size ?? variable.size);
    const mine = section.relocations
      .filter((one) => values !== undefined && one.offset >= first && one.offset < offset + size)
      .map((one) => ({
        index: (one.offset - first) / 8,
        symbol: targetName(object, one.symbol, one.addend),
      }));
    found.set(offset, { ...definition, values: mine });
  }
  return found;
}

/** Symbols of the legacy section `maps`: type, key size, value size, entries and flags as 32-bit numbers. */
export function legacyMaps(object: ObjectFile, section: Section): ReadonlyMap<number, MapDefinition> {
  const found = new Map<number, MapDefinition>();
  const index = object.sections.indexOf(section);
  const view = new DataView(section.data.buffer, section.data.byteOffset, section.data.byteLength);
  for (const symbol of object.symbols) {
    const at = Number(symbol.value);
    if (symbol.section !== index || symbol.name === '' || symbol.type === 'section') continue;
    const field = (n: number): number =>
      at + n * 4 + 4 <= view.byteLength ? view.getUint32(at + n * 4, object.littleEndian) : 0;
    found.set(at, {
      ...EMPTY,
      name: symbol.name,
      type: field(0),
      keySize: field(1),
      valueSize: field(2),
      maxEntries: field(3),
      flags: field(4),
    });
  }
  return found;
}
