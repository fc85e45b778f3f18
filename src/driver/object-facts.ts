/**
 * What a finished object defines, for people and tools: its maps (BTF-defined and legacy) and its programs' types.
 */

import { readBtf } from '../btf/reader.ts';
import { TypeGraph } from '../btf/type-graph.ts';
import type { ObjectFile } from '../object/elf.ts';
import { btfMaps, legacyMaps, type MapDefinition } from '../object/map-definition.ts';
import { mapTypeName } from '../object/map-types.ts';
import { type ProgramTypeName, programTypeOf } from '../object/program-sections.ts';
import type { CompiledProgram } from './compile.ts';

/** A map that an object defines. */
export interface MapInfo {
  readonly name: string;
  /** As bpftool names it: `hash`, `percpu_array`, `ringbuf`... */
  readonly type: string;
  /** Bytes. */
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** `BPF_F_*`. */
  readonly flags: number;
  /** `by-name`: loaders keep it in the BPF file system under its name. */
  readonly pinning: 'none' | 'by-name';
}

/**
 * A map of an imported program, with the types of its keys and values as `bpfcc-ts/machine` shows them; a look-up gives `Found`
 * (for per-CPU maps an array).
 */
export interface TypedMapInfo<Key, Value, Found = Value> extends MapInfo {
  /** For the type checker only: there is no such property. */
  readonly types?: { readonly key: Key; readonly value: Value; readonly found: Found };
}

/** A variable of a program's `.data`, `.bss` or `.rodata`. */
export interface VariableInfo {
  readonly name: string;
  /** `.bss`, `.rodata.config`... */
  readonly section: string;
  /** Bytes. */
  readonly size: number;
}

/** A variable of an imported program, with the type of its value as `bpfcc-ts/machine` shows it. */
export interface TypedVariableInfo<Value> extends VariableInfo {
  /** For the type checker only: there is no such property. */
  readonly type?: Value;
}

/** A variable and the number of its type in the object's BTF. */
export interface VariableDefinition extends VariableInfo {
  readonly typeId: number;
}

/** A function of an object: a program, or one that programs call. */
export interface ProgramInfo extends CompiledProgram {
  /** What its section makes of it (`xdp`, `kprobe`...); undefined for functions that programs call. */
  readonly type: ProgramTypeName | undefined;
}

/** The types of an object's `.BTF`; none where it has no readable one. */
export function typesOf(object: ObjectFile): TypeGraph {
  const section = object.sections.find(({ name }) => name === '.BTF');
  const btf = section === undefined ? undefined : readBtf(section.data);
  return new TypeGraph(btf?.kind === 'ok' ? btf.types : []);
}

/** The definitions of an object's maps in the order of its sections. */
export function mapDefinitions(object: ObjectFile, types: TypeGraph): readonly MapDefinition[] {
  return object.sections.flatMap((section) => {
    if (section.name === '.maps') return [...btfMaps(object, section, types).values()];
    return section.name === 'maps' ? [...legacyMaps(object, section).values()] : [];
  });
}

/** The variables of an object in the order of its sections; of several with one name (static ones of functions) none. */
export function variableDefinitions(types: TypeGraph): readonly VariableDefinition[] {
  const found = types.all.flatMap((section) => {
    if (section.kind !== 'DATASEC' || !/^\.(?:data|bss|rodata)(?:\.|$)/.test(section.name)) return [];
    return section.variables.flatMap(({ type: id, size }) => {
      const variable = types.at(id);
      return variable?.kind === 'VAR'
        ? [{ name: variable.name, section: section.name, size, typeId: variable.type }]
        : [];
    });
  });
  const counts = new Map<string, number>();
  for (const { name } of found) counts.set(name, (counts.get(name) ?? 0) + 1);
  return found.filter(({ name }) => counts.get(name) === 1);
}

export function variableInfo({ name, section, size }: VariableDefinition): VariableInfo {
  return { name, section, size };
}

/** A map as the API shows it. */
export function mapInfo(map: MapDefinition): MapInfo {
  const { name, keySize, valueSize, maxEntries, flags } = map;
  const pinning = map.pinning === 0 ? 'none' : 'by-name';
  return { name, type: mapTypeName(map.type), keySize, valueSize, maxEntries, flags, pinning };
}

export function programInfo(program: CompiledProgram): ProgramInfo {
  return { ...program, type: programTypeOf(program.section)?.type };
}
