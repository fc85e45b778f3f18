/** BTF types -> text without ids: what has a name by its name, everything else in full. */

import type { BtfType } from '../../src/btf/format.ts';

export class Describer {
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
      // Only declared. Clang gives it no size, which the kernel does not take.
      if (type.values.length === 0) return 'forward';
      const values = type.values.map(({ name, value }) => `${name}=${value}`);
      return `${type.kind} ${type.signed ? 'signed' : 'unsigned'} size ${type.size} {${values.join(', ')}}${this.tagsOf(id)}`;
    }
    return this.text(id, depth);
  }
}
