/**
 * BTF types -> TypeScript: the types of keys and values as the machine shows them (vm/typed-value.ts), and the declaration file
 * of an imported program.
 *
 * Integers of up to 32 bits are numbers, larger ones and pointers bigints; `char` arrays are strings, or bytes where they hold no
 * text; records are objects by member name.
 */

import { IntEncoding } from '../btf/format.ts';
import type { TypeGraph } from '../btf/type-graph.ts';
import type { VariableDefinition } from '../driver/object-facts.ts';
import type { MapDefinition } from '../object/map-definition.ts';
import { mapTypeName } from '../object/map-types.ts';

/** As deep as the machine decodes. */
const maxDepth = 32;
/** Types of members that are written out for one map; what is behind them is any value. */
const maxMembers = 4000;

const anyValue = "import('bpfcc-ts/machine').TypedValue";

const isIdentifier = (name: string): boolean => /^[A-Za-z_$][\w$]*$/.test(name) && name !== '__proto__';

/** A property's name; `["__proto__"]` is a name like others only in brackets. */
function propertyName(name: string): string {
  if (isIdentifier(name)) return name;
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name);
}

class TypeWriter {
  private readonly types: TypeGraph;
  private budget = maxMembers;

  constructor(types: TypeGraph) {
    this.types = types;
  }

  /** The type of a value; `indent` is that of the line it stands in. */
  write(id: number, indent: string, depth = 0): string {
    const type = this.types.resolved(id);
    if (depth > maxDepth) return 'Uint8Array';
    switch (type?.kind) {
      case 'INT':
        if ((type.encoding & IntEncoding.bool) !== 0) return 'boolean';
        return type.size > 4 ? 'bigint' : 'number';
      case 'ENUM':
      case 'ENUM64':
        return type.size > 4 ? 'bigint' : 'number';
      case 'PTR':
        return 'bigint';
      case 'ARRAY':
        return this.array(type.type, indent, depth);
      case 'STRUCT':
      case 'UNION': {
        const members = this.members(id, `${indent}  `, depth);
        return members.length === 0 ? 'Record<never, never>' : `{\n${members.join('')}${indent}}`;
      }
      default:
        return 'Uint8Array';
    }
  }

  private array(elementId: number, indent: string, depth: number): string {
    const element = this.types.resolved(elementId);
    if (element?.kind === 'INT' && element.size === 1) {
      const isText = this.types.nameOf(this.types.skip(elementId)) === 'char';
      return isText ? 'string | Uint8Array' : 'Uint8Array';
    }
    const type = this.write(elementId, indent, depth + 1);
    return / /.test(type) && !type.startsWith('{') ? `readonly (${type})[]` : `readonly ${type}[]`;
  }

  /** Lines of a record's members, those of anonymous ones among them. */
  private members(id: number, indent: string, depth: number): string[] {
    const record = this.types.resolved(id);
    if ((record?.kind !== 'STRUCT' && record?.kind !== 'UNION') || depth > maxDepth) return [];
    return record.members.flatMap(({ name, type, bitWidth }) => {
      if (name === '') return bitWidth === 0 ? this.members(type, indent, depth + 1) : [];
      if (this.budget-- <= 0) return [`${indent}readonly ${propertyName(name)}: ${anyValue};\n`];
      const written =
        bitWidth === 0 ? this.write(type, indent, depth + 1) : bitWidth > 32 ? 'bigint' : 'number';
      return [`${indent}readonly ${propertyName(name)}: ${written};\n`];
    });
  }
}

/** The type of a key or value of `size` bytes. */
function valueType(types: TypeGraph, id: number | undefined, size: number): string {
  if (id !== undefined) return new TypeWriter(types).write(id, '  ');
  if (size === 8) return 'bigint';
  return [1, 2, 4].includes(size) ? 'number' : 'Uint8Array';
}

function mapType(types: TypeGraph, map: MapDefinition): string {
  const key = valueType(types, map.keyType, map.keySize);
  const value = valueType(types, map.valueType, map.valueSize);
  if (!mapTypeName(map.type).includes('percpu')) return `TypedMapInfo<${key}, ${value}>`;
  const isCompound = / /.test(value) && !value.startsWith('{');
  return `TypedMapInfo<${key}, ${value}, readonly ${isCompound ? `(${value})` : value}[]>`;
}

export interface DeclaredProgram {
  readonly name: string;
  readonly section: string;
}

/** The text of `x.bpf.c.d.ts`. */
export function writeDeclarations(
  sourceName: string,
  programs: readonly DeclaredProgram[],
  maps: readonly MapDefinition[],
  variables: readonly VariableDefinition[],
  types: TypeGraph,
): string {
  const variableLines = variables.map(
    ({ name, typeId }) =>
      `  readonly ${propertyName(name)}: TypedVariableInfo<${new TypeWriter(types).write(typeId, '  ')}>;\n`,
  );
  const programLines = programs.map(({ name }) => `  readonly ${propertyName(name)}: ProgramInfo;\n`);
  const mapLines = maps.map((map) => `  readonly ${propertyName(map.name)}: ${mapType(types, map)};\n`);
  return [
    `// Made by bpfcc-ts of ${oneLine(sourceName)}; bpfcc-ts types writes it anew.\n`,
    "import type { ProgramInfo, TypedMapInfo, TypedVariableInfo } from 'bpfcc-ts';\n\n",
    '/** The ELF object. */\nexport declare const object: Uint8Array;\n',
    `export declare const programs: {\n${programLines.join('')}};\n`,
    `export declare const maps: {\n${mapLines.join('')}};\n`,
    `export declare const variables: {\n${variableLines.join('')}};\n`,
    'declare const program: {\n  readonly object: typeof object;\n  readonly programs: typeof programs;\n',
    '  readonly maps: typeof maps;\n  readonly variables: typeof variables;\n};\nexport default program;\n',
  ].join('');
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, '?');
}
