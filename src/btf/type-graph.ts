/**
 * Questions to BTF types: what is behind the names and qualifiers, how large is it, where is a member.
 * Types of a file may be cyclic in ways C forbids, so every walk has a limit.
 */

import type { BtfType } from './format.ts';

const WALK_LIMIT = 64;

/** A member found by name, its offset counted from the outermost record. */
export interface FoundMember {
  readonly type: number;
  readonly bitOffset: number;
  readonly bitWidth: number;
}

export class TypeGraph {
  private readonly types: readonly BtfType[];

  constructor(types: readonly BtfType[]) {
    this.types = types;
  }

  get all(): readonly BtfType[] {
    return this.types;
  }

  at(id: number): BtfType | undefined {
    return this.types[id - 1];
  }

  /** The id behind typedefs, qualifiers and tags. */
  skip(id: number): number {
    let current = id;
    for (let steps = 0; steps < WALK_LIMIT; steps++) {
      const type = this.at(current);
      switch (type?.kind) {
        case 'TYPEDEF':
        case 'CONST':
        case 'VOLATILE':
        case 'RESTRICT':
        case 'TYPE_TAG':
          current = type.type;
          break;
        default:
          return current;
      }
    }
    return 0;
  }

  resolved(id: number): BtfType | undefined {
    return this.at(this.skip(id));
  }

  /** Size in bytes; 0 for what has none. */
  sizeOf(id: number): number {
    let current = id;
    let factor = 1;
    for (let steps = 0; steps < WALK_LIMIT; steps++) {
      const type = this.resolved(current);
      switch (type?.kind) {
        case 'ARRAY':
          factor *= type.length;
          current = type.type;
          break;
        case 'PTR':
          return factor * 8;
        case 'INT':
        case 'STRUCT':
        case 'UNION':
        case 'ENUM':
        case 'ENUM64':
        case 'FLOAT':
        case 'DATASEC':
          return factor * type.size;
        case 'VAR':
          current = type.type;
          break;
        default:
          return 0;
      }
    }
    return 0;
  }

  /** A member by name, also inside anonymous members. */
  member(id: number, name: string, seen: Set<number> = new Set()): FoundMember | undefined {
    const record = this.resolved(id);
    const number = this.skip(id);
    if ((record?.kind !== 'STRUCT' && record?.kind !== 'UNION') || seen.has(number)) return undefined;
    seen.add(number);
    for (const member of record.members) {
      if (member.name === name) return member;
      if (member.name !== '') continue;
      const inner = this.member(member.type, name, seen);
      if (inner !== undefined) return { ...inner, bitOffset: inner.bitOffset + member.bitOffset };
    }
    return undefined;
  }

  /** The id of a named record, section or function. */
  find(kind: BtfType['kind'], name: string): number | undefined {
    const index = this.types.findIndex((type) => type.kind === kind && 'name' in type && type.name === name);
    return index < 0 ? undefined : index + 1;
  }

  /** The type a pointer points to. */
  pointee(id: number): number | undefined {
    const type = this.resolved(id);
    return type?.kind === 'PTR' ? type.type : undefined;
  }

  /** Name of a type for messages. */
  nameOf(id: number): string {
    const type = this.at(id);
    return type !== undefined && 'name' in type ? type.name : '';
  }
}
