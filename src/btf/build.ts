/**
 * What the driver knows of an object -> `.BTF` and `.BTF.ext`: FUNC and VAR with DATASECs, function and line info, CO-RE
 * relocations.
 */

import type { CType, FunctionType } from '../types/types.ts';
import type { BtfLinkage, BtfType, SectionInfo } from './format.ts';
import { TypeTable } from './type-table.ts';
import { BtfStrings, writeBtf, writeBtfExt } from './writer.ts';

export interface BtfFunction {
  readonly name: string;
  readonly type: FunctionType;
  readonly parameterNames: readonly string[];
  readonly linkage: BtfLinkage;
  readonly declTags: readonly string[];
  /** Tags of each parameter. */
  readonly parameterTags: readonly (readonly string[])[];
  /** Where the code is; of an extern only the section it names, if any. */
  readonly section: string | undefined;
  readonly offset: number;
}

export interface BtfVariable {
  readonly name: string;
  readonly type: CType;
  readonly linkage: BtfLinkage;
  readonly declTags: readonly string[];
  readonly section: string | undefined;
  readonly offset: number;
  readonly size: number;
}

export interface BtfLine {
  readonly section: string;
  readonly offset: number;
  readonly file: string;
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export interface BtfCoreRelocation {
  readonly section: string;
  readonly offset: number;
  readonly type: CType;
  readonly access: string;
  readonly kind: number;
}

export interface BtfInput {
  readonly littleEndian: boolean;
  readonly functions: readonly BtfFunction[];
  readonly variables: readonly BtfVariable[];
  readonly lines: readonly BtfLine[];
  readonly relocations: readonly BtfCoreRelocation[];
  /** Bytes of each data section. */
  readonly sectionSizes: ReadonlyMap<string, number>;
}

export interface BtfOutput {
  readonly types: readonly BtfType[];
  readonly btf: Uint8Array;
  /** Nothing without functions: libbpf refuses a `.BTF.ext` that says nothing. */
  readonly ext: Uint8Array | undefined;
  /** Ids of the types that CO-RE relocations name, in their order. */
  readonly relocationTypes: readonly number[];
}

interface SectionVariable {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

/** DATASECs in order of first mention; variables by offset. */
class DataSections {
  private readonly sections = new Map<string, SectionVariable[]>();

  add(section: string, variable: SectionVariable): void {
    const list = this.sections.get(section);
    if (list === undefined) this.sections.set(section, [variable]);
    else list.push(variable);
  }

  write(table: TypeTable, sizes: ReadonlyMap<string, number>): void {
    for (const [name, variables] of this.sections) {
      const sorted = variables.toSorted((a, b) => a.offset - b.offset);
      table.add({ kind: 'DATASEC', name, size: sizes.get(name) ?? 0, variables: sorted });
    }
  }
}

function addFunctions(input: BtfInput, table: TypeTable, sections: DataSections): number[] {
  return input.functions.map((item) => {
    const type = table.prototypeId(item.type, item.parameterNames);
    const id = table.add({ kind: 'FUNC', name: item.name, type, linkage: item.linkage });
    table.tag(id, item.declTags, -1);
    item.parameterTags.forEach((tags, i) => {
      table.tag(id, tags, i);
    });
    if (item.linkage === 'extern' && item.section !== undefined) {
      sections.add(item.section, { type: id, offset: 0, size: 0 });
    }
    return id;
  });
}

function addVariables(input: BtfInput, table: TypeTable, sections: DataSections): void {
  for (const item of input.variables) {
    if (item.section === '.maps') table.followMap(item.type);
    const type = table.typeId(item.type);
    const id = table.add({ kind: 'VAR', name: item.name, type, linkage: item.linkage });
    table.tag(id, item.declTags, -1);
    if (item.section !== undefined) {
      sections.add(item.section, { type: id, offset: item.offset, size: item.size });
    }
  }
}

/** The records of `.BTF.ext`, by section in order of first mention. */
function sectionInfos(
  input: BtfInput,
  functionIds: readonly number[],
  relocationTypes: readonly number[],
): readonly SectionInfo[] {
  type Mutable = { [K in 'functions' | 'lines' | 'relocations']: SectionInfo[K][number][] };
  const infos = new Map<string, Mutable>();
  const of = (section: string): Mutable => {
    const known = infos.get(section);
    if (known !== undefined) return known;
    const made: Mutable = { functions: [], lines: [], relocations: [] };
    infos.set(section, made);
    return made;
  };
  input.functions.forEach((item, i) => {
    if (item.linkage === 'extern' || item.section === undefined) return;
    of(item.section).functions.push({ offset: item.offset, type: functionIds[i] ?? 0 });
  });
  for (const { section, ...line } of input.lines) of(section).lines.push(line);
  input.relocations.forEach(({ section, offset, access, kind }, i) => {
    of(section).relocations.push({ offset, type: relocationTypes[i] ?? 0, access, kind });
  });
  return [...infos].map(([section, info]) => ({
    section,
    functions: info.functions.toSorted((a, b) => a.offset - b.offset),
    lines: info.lines.toSorted((a, b) => a.offset - b.offset),
    relocations: info.relocations.toSorted((a, b) => a.offset - b.offset),
  }));
}

export function buildBtf(input: BtfInput): BtfOutput {
  const table = new TypeTable();
  const sections = new DataSections();
  const functionIds = addFunctions(input, table, sections);
  addVariables(input, table, sections);
  const relocationRefs = input.relocations.map((relocation) => table.typeId(relocation.type));
  sections.write(table, input.sectionSizes);
  const relocationTypes = relocationRefs.map((ref) => table.resolve(ref));
  const types = table.finish();
  const strings = new BtfStrings();
  const infos = sectionInfos(input, functionIds, relocationTypes);
  const ext = infos.length === 0 ? undefined : writeBtfExt(infos, strings, input.littleEndian);
  const btf = writeBtf(types, strings, input.littleEndian);
  return { types, btf, ext, relocationTypes };
}
