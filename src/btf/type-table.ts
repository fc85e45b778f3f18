/**
 * C types -> BTF types, each once.
 *
 * What is reachable is decided as clang does it, so that loaders see the same types: types of functions, variables, map
 * definitions and CO-RE accesses are followed through pointers; a pointer that is a member of a record is not followed to
 * a tagged record, which then appears as a forward declaration unless something else needs it in full. Elements of
 * arrays and the types of prototypes are followed again, also inside records. So is a pointer that qualifiers or typedefs
 * part from its record (`const struct cred *`) when it is met for the second time: clang only checks the type that it visits.
 *
 * Method: a record is referred to by a handle (a negative number) until the end; who needs its definition puts it on a work
 * list. When everything is collected, handles become ids: of the definition, or of a forward declaration.
 */

import { bug, unreachable } from '../support/bug.ts';
import {
  arrayOf,
  type CType,
  type EnumType,
  type FunctionType,
  type IntegerType,
  integerTypeOf,
  type Member,
  type QualifiedType,
  type RecordType,
  unsignedIntType,
} from '../types/types.ts';
import { type BtfMember, type BtfType, IntEncoding } from './format.ts';

/** The type that clang gives array indices. */
const indexIntegerType: IntegerType = { ...unsignedIntType, name: '__ARRAY_SIZE_TYPE__' };

/** An id of the table, or a handle of a record. */
type TypeRef = number;

/** Applies `resolve` to every reference of a type. */
function withResolved(type: BtfType, resolve: (ref: TypeRef) => number): BtfType {
  switch (type.kind) {
    case 'INT':
    case 'ENUM':
    case 'ENUM64':
    case 'FWD':
    case 'FLOAT':
      return type;
    case 'STRUCT':
    case 'UNION':
      return { ...type, members: type.members.map((member) => ({ ...member, type: resolve(member.type) })) };
    case 'ARRAY':
      return { ...type, type: resolve(type.type), indexType: resolve(type.indexType) };
    case 'FUNC_PROTO': {
      const parameters = type.parameters.map((parameter) => ({
        ...parameter,
        type: resolve(parameter.type),
      }));
      return { ...type, type: resolve(type.type), parameters };
    }
    case 'DATASEC':
      return {
        ...type,
        variables: type.variables.map((variable) => ({ ...variable, type: resolve(variable.type) })),
      };
    default:
      return { ...type, type: resolve(type.type) };
  }
}

type DerivedType = Exclude<CType, { kind: 'void' | 'integer' | 'float' | 'function' | 'record' | 'enum' }>;

/** The type as one made from another type; undefined for the others. */
function derivedType(type: CType): DerivedType | undefined {
  switch (type.kind) {
    case 'void':
    case 'integer':
    case 'float':
    case 'function':
    case 'record':
    case 'enum':
      return undefined;
    case 'qualified': {
      if (type.type.kind !== 'array') return type;
      // Qualifiers of an array belong to its elements (6.7.3 p9).
      const element: QualifiedType = { ...type, type: type.type.element };
      return arrayOf(element, type.type.length);
    }
    default:
      return type;
  }
}

/** A type taken apart, outermost first: what is derived, and the type all of it is derived from. */
interface Chain {
  readonly chain: readonly DerivedType[];
  readonly end: CType;
  /** Behind a pointer that is a member, tagged records are only mentioned. */
  readonly seenPointer: boolean;
}

function chainOf(type: CType, inRecord: boolean): Chain {
  const chain: DerivedType[] = [];
  let isMember = inRecord;
  let seenPointer = false;
  // A type tag belongs to the pointer on whose pointee it is written; anywhere else, as in a typedef, it is lost.
  let isPointee = false;
  let at = type;
  for (let next = derivedType(at); next !== undefined; next = derivedType(at)) {
    if (next.kind !== 'attributed' || (next.typeTag !== undefined && isPointee)) chain.push(next);
    isPointee = next.kind === 'pointer' || (isPointee && isSpecifier(next));
    if (next.kind === 'pointer') {
      seenPointer = isMember;
      at = next.pointee;
    } else if (next.kind === 'array' || next.kind === 'vector') {
      isMember = false;
      seenPointer = false;
      at = next.element;
    } else at = next.type;
  }
  return { chain, end: at, seenPointer };
}

function isSpecifier(type: DerivedType): boolean {
  return type.kind === 'qualified' || type.kind === 'attributed';
}

const noIds = () => new Map<TypeRef, number>();

export class TypeTable {
  private readonly types: (BtfType | undefined)[] = [];
  /** Structural key -> id, for everything but records. */
  private readonly ids = new Map<string, number>();
  /** The ids of types that are nothing but a kind and another type, by that. */
  private readonly plainIds = { PTR: noIds(), CONST: noIds(), VOLATILE: noIds(), RESTRICT: noIds() };
  /** What types outside of records became. */
  private readonly references = new Map<CType, TypeRef>();
  private readonly enums = new Map<EnumType, number>();
  private readonly records: RecordType[] = [];
  private readonly handles = new Map<RecordType, TypeRef>();
  private readonly definitions = new Map<RecordType, number>();
  private readonly pending: RecordType[] = [];

  private append(type: BtfType | undefined): number {
    return this.types.push(type);
  }

  /** Adds a type that is never shared (FUNC, VAR, DATASEC, DECL_TAG). */
  add(type: BtfType): number {
    return this.append(type);
  }

  /** @param key What the type is known by, where something shorter than all of it tells it from others. */
  private shared(type: BtfType, key = JSON.stringify(type)): number {
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.append(type);
    this.ids.set(key, id);
    return id;
  }

  /** As {@link shared}, for the kinds that are most. */
  private sharedPlain(kind: keyof TypeTable['plainIds'], type: TypeRef): number {
    const ids = this.plainIds[kind];
    const known = ids.get(type);
    if (known !== undefined) return known;
    const id = this.append({ kind, type });
    ids.set(type, id);
    return id;
  }

  /** The id of a type, followed in full. */
  typeId(type: CType): TypeRef {
    const ref = this.reference(type, false);
    this.defineRecords();
    return ref;
  }

  /** A prototype with parameter names, as a FUNC has it. */
  prototypeId(type: FunctionType, names: readonly string[]): TypeRef {
    const ref = this.prototype(type, names);
    this.defineRecords();
    return ref;
  }

  private defineRecords(): void {
    for (let record = this.pending.shift(); record !== undefined; record = this.pending.shift()) {
      this.defineRecord(record);
    }
  }

  /**
   * @param inRecord We are below a member of a record.
   *
   * Chains of pointers, typedefs, qualifiers and arrays may be long: they are walked down, then numbered bottom up.
   */
  private reference(type: CType, inRecord: boolean): TypeRef {
    const known = inRecord ? undefined : this.references.get(type);
    if (known !== undefined) return known;
    const { chain, end, seenPointer } = chainOf(type, inRecord);
    let ref = this.plain(end, seenPointer);
    let isFollowed = false;
    for (let i = chain.length - 1; i >= 0; i--) {
      const derived = chain[i] ?? bug('hole in a chain of types');
      const before = this.types.length;
      ref = this.derived(derived, ref);
      // The outermost type that was there before decides; below a new pointer nothing does.
      if (this.types.length === before) isFollowed = true;
      else if (derived.kind === 'pointer') isFollowed = false;
    }
    const mention = chain.findLast(({ kind }) => kind !== 'attributed');
    if (seenPointer && isFollowed && mention?.kind !== 'pointer') this.plain(end, false);
    if (!inRecord) this.references.set(type, ref);
    return ref;
  }

  /** A type that is not made from one other type. */
  private plain(type: CType, seenPointer: boolean): TypeRef {
    switch (type.kind) {
      case 'void':
        return 0;
      case 'integer':
        return this.integer(type);
      case 'float':
        return this.shared({ kind: 'FLOAT', name: type.name, size: type.size });
      case 'function':
        return this.prototype(type, []);
      case 'record':
        return this.record(type, seenPointer);
      case 'enum':
        return this.enumeration(type);
      default:
        return bug('BTF of an unknown type');
    }
  }

  private derived(type: DerivedType, base: TypeRef): TypeRef {
    switch (type.kind) {
      case 'pointer':
        return this.sharedPlain('PTR', base);
      case 'array':
      case 'vector':
        return this.array(base, type.length ?? 0);
      case 'typedef': {
        const id = this.shared(
          { kind: 'TYPEDEF', name: type.name, type: base },
          `TYPEDEF ${base} ${type.name}`,
        );
        this.tag(id, type.declTags, -1);
        return id;
      }
      case 'qualified':
        return this.qualified(type, base);
      case 'attributed':
        return this.shared({ kind: 'TYPE_TAG', name: type.typeTag ?? '', type: base });
      default:
        return unreachable(type, 'derived type');
    }
  }

  private integer(type: IntegerType): number {
    const encoding =
      type.name === '_Bool' ? IntEncoding.bool : type.signed ? IntEncoding.signed : IntEncoding.none;
    const { name, size } = type;
    const key = `INT ${encoding} ${size} ${name}`;
    return this.shared({ kind: 'INT', name, size, encoding, bits: size * 8, bitOffset: 0 }, key);
  }

  private array(type: TypeRef, length: number): number {
    const indexType = this.integer(indexIntegerType);
    return this.shared({ kind: 'ARRAY', type, indexType, length }, `ARRAY ${type} ${length}`);
  }

  private qualified(type: QualifiedType, base: TypeRef): TypeRef {
    let ref = base;
    if (type.isRestrict) ref = this.sharedPlain('RESTRICT', ref);
    if (type.isVolatile) ref = this.sharedPlain('VOLATILE', ref);
    if (type.isConst) ref = this.sharedPlain('CONST', ref);
    return ref;
  }

  private prototype(type: FunctionType, names: readonly string[]): number {
    const parameters = type.parameters.map((parameter, i) => ({
      name: names[i] ?? '',
      type: this.reference(parameter.type, false),
    }));
    if (type.isVariadic) parameters.push({ name: '', type: 0 });
    const returns = this.reference(type.returns, false);
    return this.shared({ kind: 'FUNC_PROTO', type: returns, parameters });
  }

  private enumeration(type: EnumType): number {
    const known = this.enums.get(type);
    if (known !== undefined) return known;
    const underlying = integerTypeOf(type);
    const size = underlying?.size ?? 4;
    const id = this.append({
      kind: size === 8 ? 'ENUM64' : 'ENUM',
      name: type.tag ?? '',
      size,
      signed: underlying?.signed ?? false,
      values: type.constants ?? [],
    });
    this.enums.set(type, id);
    this.tag(id, type.declTags, -1);
    return id;
  }

  private record(type: RecordType, seenPointer: boolean): TypeRef {
    let handle = this.handles.get(type);
    if (handle === undefined) {
      handle = -this.records.push(type);
      this.handles.set(type, handle);
    }
    const isMentioned = type.layout === undefined || (seenPointer && type.tag !== undefined);
    if (!isMentioned && !this.definitions.has(type)) {
      this.definitions.set(type, this.append(undefined));
      this.pending.push(type);
    }
    return handle;
  }

  private defineRecord(record: RecordType): void {
    const id = this.definitions.get(record) ?? bug('record without an id');
    const { layout } = record;
    if (layout === undefined) return bug('definition of an incomplete record');
    // Padding bit-fields without a name are no members; anonymous records are.
    const shown = layout.members.filter(
      (member) => member.name !== undefined || member.bitWidth === undefined,
    );
    const members = shown.map(
      (member): BtfMember => ({
        name: member.name ?? '',
        type: this.reference(memberType(member), true),
        bitOffset: member.bitOffset,
        bitWidth: member.bitWidth ?? 0,
      }),
    );
    this.types[id - 1] = {
      kind: record.isUnion ? 'UNION' : 'STRUCT',
      name: record.tag ?? '',
      size: layout.size,
      members,
    };
    this.tag(id, record.declTags, -1);
    shown.forEach((member, i) => {
      this.tag(id, member.declTags, i);
    });
  }

  /** Decl tags on a type, or on its member or parameter `component`. */
  tag(type: number, tags: readonly string[], component: number): void {
    for (const name of tags) this.shared({ kind: 'DECL_TAG', name, type, component });
  }

  /** Follows what the members of a map definition point to: key and value types in full. */
  followMap(type: CType): void {
    let at: CType = type;
    while (
      at.kind === 'typedef' ||
      at.kind === 'qualified' ||
      at.kind === 'attributed' ||
      at.kind === 'array'
    ) {
      at = at.kind === 'array' ? at.element : at.type;
    }
    if (at.kind !== 'record') return;
    for (const member of at.layout?.members ?? []) {
      let target: CType = member.type;
      while (target.kind === 'typedef' || target.kind === 'qualified') target = target.type;
      if (target.kind === 'pointer') this.typeId(target.pointee);
      else if (target.kind === 'array') this.followMap(pointee(target.element));
    }
  }

  /** What a reference became: the id of its definition or, for a record nobody defined, of a forward declaration. */
  resolve(ref: TypeRef): number {
    if (ref >= 0) return ref;
    const record = this.records[-ref - 1] ?? bug('unknown record handle');
    const defined = this.definitions.get(record);
    if (defined !== undefined) return defined;
    return this.shared({ kind: 'FWD', name: record.tag ?? '', isUnion: record.isUnion });
  }

  /** Ends the collection: all types with their final ids. */
  finish(): readonly BtfType[] {
    const types: BtfType[] = [];
    // Resolving appends forward declarations, which refer to nothing themselves.
    for (let i = 0; i < this.types.length; i++) {
      const type = this.types[i] ?? bug('type without a definition');
      types.push(withResolved(type, (ref) => this.resolve(ref)));
    }
    return types;
  }
}

/** As clang has it: qualifiers of an anonymous record are lost. */
function memberType(member: Member): CType {
  let at = member.type;
  while (member.name === undefined && at.kind === 'qualified') at = at.type;
  return at;
}

function pointee(type: CType): CType {
  let at = type;
  while (at.kind === 'typedef' || at.kind === 'qualified') at = at.type;
  return at.kind === 'pointer' ? at.pointee : at;
}
