/**
 * Two BTFs of one source compared in meaning: ids, order and what loaders fix up themselves (sizes and offsets of DATASECs
 * of clang's objects) do not count. Each BTF becomes facts, `key -> text`; equal facts mean that a loader sees the same.
 *
 *   map NAME.MEMBER        the type a member of a map definition points to; records inside by their name
 *   func NAME, var NAME    linkage, type, section, size
 *   struct NAME, ...       definitions of tagged records and enums, and typedefs; `forward` where only declared
 */

import type { BtfType } from '../../src/btf/format.ts';
import { readBtf } from '../../src/btf/reader.ts';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';

export type Facts = ReadonlyMap<string, string>;

/** The decoded types of an object, or why there are none. */
export function typesOfObject(bytes: Uint8Array): readonly BtfType[] | string {
  const object = readElf(bytes);
  if (isElfError(object)) return object.message;
  const section = object.sections.find(({ name }) => name === '.BTF');
  if (section === undefined) return [];
  const btf = readBtf(section.data);
  return btf.kind === 'error' ? btf.message : btf.types;
}

class Describer {
  private readonly types: readonly BtfType[];
  /** Decl tags by type and component. */
  private readonly tags = new Map<string, string[]>();

  constructor(types: readonly BtfType[]) {
    this.types = types;
    for (const type of types) {
      if (type.kind !== 'DECL_TAG') continue;
      const key = `${type.type}:${type.component}`;
      this.tags.set(key, [...(this.tags.get(key) ?? []), type.name].sort());
    }
  }

  at(id: number): BtfType | undefined {
    return this.types[id - 1];
  }

  tagsOf(id: number, component = -1): string {
    return (this.tags.get(`${id}:${component}`) ?? []).map((tag) => ` tag "${tag}"`).join('');
  }

  /** A type as text: what has a name by its name, everything else in full. */
  text(id: number, depth = 0): string {
    const type = this.at(id);
    if (type === undefined) return 'void';
    if (depth > 50) return '...';
    const inner = (ref: number) => this.text(ref, depth + 1);
    switch (type.kind) {
      case 'INT':
        return `${type.name}:${type.bits}${'-s--b'[type.encoding] ?? '?'}`;
      case 'FLOAT':
        return `${type.name}:${type.size * 8}`;
      case 'PTR':
        return `*${inner(type.type)}`;
      case 'CONST':
      case 'VOLATILE':
      case 'RESTRICT':
        return `${type.kind.toLowerCase()} ${inner(type.type)}`;
      case 'TYPE_TAG':
        return `tag "${type.name}" ${inner(type.type)}`;
      case 'TYPEDEF':
        return type.name;
      case 'ARRAY':
        return `[${type.length}]${inner(type.type)}`;
      case 'STRUCT':
      case 'UNION':
        return type.name === '' ? this.definition(id, depth) : `${type.kind.toLowerCase()} ${type.name}`;
      case 'FWD':
        return `${type.isUnion ? 'union' : 'struct'} ${type.name}`;
      case 'ENUM':
      case 'ENUM64':
        return type.name === '' ? this.definition(id, depth) : `enum ${type.name}`;
      case 'FUNC_PROTO': {
        const parameters = type.parameters.map(({ name, type: ref }) => `${name} ${inner(ref)}`.trim());
        return `(${parameters.join(', ')}) -> ${inner(type.type)}`;
      }
      default:
        return `${type.kind} ${'name' in type ? type.name : ''}`;
    }
  }

  /** Everything that a record or enum says. */
  definition(id: number, depth = 0): string {
    const type = this.at(id);
    if (type?.kind === 'STRUCT' || type?.kind === 'UNION') {
      const members = type.members.map(({ name, type: ref, bitOffset, bitWidth }, i) => {
        const width = bitWidth === 0 ? '' : `:${bitWidth}`;
        return `${name} @${bitOffset}${width} ${this.text(ref, depth + 1)}${this.tagsOf(id, i)}`;
      });
      return `${type.kind.toLowerCase()} size ${type.size} {${members.join('; ')}}${this.tagsOf(id)}`;
    }
    if (type?.kind === 'ENUM' || type?.kind === 'ENUM64') {
      const values = type.values.map(({ name, value }) => `${name}=${value}`);
      return `${type.kind} ${type.signed ? 'signed' : 'unsigned'} size ${type.size} {${values.join(', ')}}`;
    }
    return this.text(id, depth);
  }
}

/** The members of a map definition, each with what it points to. */
function mapFacts(describer: Describer, name: string, id: number, facts: Map<string, string>): void {
  let at = id;
  for (
    let type = describer.at(at);
    type?.kind === 'TYPEDEF' || type?.kind === 'CONST';
    type = describer.at(at)
  ) {
    at = type.type;
  }
  const record = describer.at(at);
  if (record?.kind === 'ARRAY') return mapFacts(describer, `${name}[${record.length}]`, record.type, facts);
  if (record?.kind !== 'STRUCT') return;
  facts.set(`map ${name}`, `size ${record.size}`);
  for (const member of record.members) {
    facts.set(`map ${name}.${member.name}`, `@${member.bitOffset} ${describer.text(member.type)}`);
    // Map in map: the inner definition, behind an array of pointers.
    const array = describer.at(member.type);
    const pointer = array?.kind === 'ARRAY' ? describer.at(array.type) : undefined;
    if (pointer?.kind === 'PTR') mapFacts(describer, `${name}.${member.name}`, pointer.type, facts);
  }
}

export function factsOf(types: readonly BtfType[]): Facts {
  const describer = new Describer(types);
  const facts = new Map<string, string>();
  /** Several types of one name (of different scopes) stand side by side, sorted. */
  const add = (key: string, text: string): void => {
    const known = facts.get(key);
    if (known === undefined) facts.set(key, text);
    else if (!known.split(' | ').includes(text))
      facts.set(key, [...known.split(' | '), text].sort().join(' | '));
  };
  const sections = new Map<number, string>();
  for (const type of types) {
    if (type.kind !== 'DATASEC') continue;
    for (const { type: ref, size } of type.variables) sections.set(ref, `${type.name} size ${size}`);
  }
  types.forEach((type, index) => {
    const id = index + 1;
    const place = sections.get(id) ?? 'no section';
    switch (type.kind) {
      case 'STRUCT':
      case 'UNION':
      case 'ENUM':
      case 'ENUM64': {
        const word = type.kind.toLowerCase().replace('64', '');
        if (type.name !== '') add(`${word} ${type.name}`, describer.definition(id));
        break;
      }
      case 'FWD':
        add(`${type.isUnion ? 'union' : 'struct'} ${type.name}`, 'forward');
        break;
      case 'TYPEDEF':
        add(`typedef ${type.name}`, describer.text(type.type) + describer.tagsOf(id));
        break;
      case 'FUNC': {
        const prototype = describer.at(type.type);
        const count = prototype?.kind === 'FUNC_PROTO' ? prototype.parameters.length : 0;
        const tags = Array.from({ length: count }, (_, i) => describer.tagsOf(id, i));
        const text = `${type.linkage} ${describer.text(type.type)}${describer.tagsOf(id)}${tags.join(',')}`;
        add(`func ${type.name}`, text.replace(/,+$/, ''));
        break;
      }
      case 'VAR':
        add(
          `var ${type.name}`,
          `${type.linkage} ${describer.text(type.type)} in ${place}${describer.tagsOf(id)}`,
        );
        if (place.startsWith('.maps')) mapFacts(describer, type.name, type.type, facts);
        break;
      default:
        break;
    }
  });
  return facts;
}

export interface Difference {
  readonly key: string;
  readonly ours: string | undefined;
  readonly clang: string | undefined;
}

export function compareFacts(ours: Facts, clang: Facts): readonly Difference[] {
  const keys = [...new Set([...ours.keys(), ...clang.keys()])].sort();
  return keys
    .filter((key) => ours.get(key) !== clang.get(key))
    .map((key) => ({ key, ours: ours.get(key), clang: clang.get(key) }));
}

export function showDifference({ key, ours, clang }: Difference): string {
  return `${key}\n    ours:  ${ours ?? '(none)'}\n    clang: ${clang ?? '(none)'}`;
}
