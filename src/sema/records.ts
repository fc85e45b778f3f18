/**
 * Structures, unions and enumerations (C11 6.7.2.1-6.7.2.3): what a tag means where it stands, and the
 * completion of tagged types.
 *
 * In: record and enum specifiers. Out: {@link RecordType}s and {@link EnumType}s, completed once. A tag
 * without a definition in sight declares an incomplete type; at file scope its definition is looked for when
 * the layout is asked for.
 */

import type { Note } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-manager.ts';
import type {
  Enumerator,
  EnumSpecifier,
  MemberDeclaration,
  MemberDeclarator,
  Name,
  RecordSpecifier,
} from '../parser/ast.ts';
import { type Field, layoutRecord } from '../types/layout.ts';
import { printType, quoteType } from '../types/print.ts';
import {
  type CType,
  canonical,
  type EnumConstant,
  type EnumType,
  type IntegerType,
  integerTypeOf,
  intType,
  isInteger,
  longType,
  type RecordType,
  shortType,
  signedCharType,
  sizeOf,
  unsignedCharType,
  unsignedIntType,
  unsignedLongType,
  unsignedShortType,
} from '../types/types.ts';
import { type AttributeEffects, readAttributes, readTypeAttributes } from './attributes.ts';
import type { TagEntity } from './context.ts';
import type { DeclarationContext } from './declaration-context.ts';
import type { FileTags } from './declaration-keeper.ts';
import { errorType } from './factories.ts';
import { makeTagType, type TagKind } from './kept-declarations.ts';
import { typeOfMode } from './machine-modes.ts';
import { enterName, previousInScope } from './redeclaration.ts';
import type { ScopedTag } from './scope.ts';

function kindOf(type: TagEntity): TagKind {
  if (type.kind === 'enum') return 'enum';
  return type.isUnion ? 'union' : 'struct';
}

function fits(value: bigint, type: IntegerType): boolean {
  const bits = BigInt(type.size * 8);
  return type.signed
    ? value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n)
    : value >= 0n && value < 1n << bits;
}

const plainEnumTypes = [unsignedIntType, intType, unsignedLongType, longType];
const packedEnumTypes = [unsignedCharType, signedCharType, unsignedShortType, shortType, ...plainEnumTypes];

/**
 * The integer type an enumeration is compatible with (6.7.2.2 p4): as clang, the first that holds all values.
 */
function underlyingType(constants: readonly EnumConstant[], isPacked: boolean): IntegerType {
  const candidates = isPacked ? packedEnumTypes : plainEnumTypes;
  const isSigned = constants.some(({ value }) => value < 0n);
  const found = candidates.find(
    (type) => type.signed === isSigned && constants.every(({ value }) => fits(value, type)),
  );
  return found ?? (isSigned ? longType : unsignedLongType);
}

/** A list of members while it grows, with the names that are taken. */
class FieldList {
  readonly fields: Field[] = [];
  private readonly spans = new Map<string, Span>();

  /** Where the name was declared before; undefined when it is new. */
  claim(name: string, span: Span): Span | undefined {
    const previous = this.spans.get(name);
    if (previous === undefined) this.spans.set(name, span);
    return previous;
  }
}

/** Types that old programs use and today's headers lack. */
const formerTypes: ReadonlyMap<string, string> = new Map([
  [
    'struct bpf_map_def',
    'libbpf 1.0 no longer has it; declare the map as: struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 10); __type(key, __u32); __type(value, __u64); } NAME SEC(".maps");',
  ],
]);

export class TagAnalyzer implements FileTags {
  private readonly cx: DeclarationContext;
  /** Types whose braces are open: what they say about nested redefinitions. */
  private readonly open = new Set<TagEntity>();
  /**
   * Records around the one being defined, with their entries: others may be analysed on demand in between.
   */
  private readonly enclosing: { readonly type: RecordType; readonly entry: number }[] = [];
  private readonly definitions = new Map<TagEntity, Span>();
  private readonly declarations = new Map<TagEntity, Span>();

  constructor(cx: DeclarationContext) {
    this.cx = cx;
  }

  private report(...args: Parameters<DeclarationContext['sema']['diagnostics']['report']>): void {
    this.cx.sema.diagnostics.report(...args);
  }

  // ---- Tags (6.7.2.3) ----

  /** Enters a new type for a tag into the scope that is open. */
  private declareTag(kind: TagKind, tag: Name): TagEntity {
    const scope = this.cx.scopes.innermost;
    const kept = scope === undefined ? this.cx.kept : undefined;
    const type = kept?.declare(kind, tag.text) ?? makeTagType(kind, tag.text);
    this.declarations.set(type, tag.span);
    if (scope === undefined) this.cx.fileScope.declareTag(tag.text, type, tag.span);
    else scope.tags.set(tag.text, { type, span: tag.span });
    return type;
  }

  private checkKind(known: { type: TagEntity; span: Span }, kind: TagKind, tag: Name): boolean {
    if (kindOf(known.type) === kind) return true;
    this.report('tag-kind-mismatch', tag.span, [tag.text], {
      notes: [{ span: known.span, text: 'previous use is here' }],
    });
    return false;
  }

  /** The type of a tag that is only mentioned. */
  private mentionedType(kind: TagKind, tag: Name, isStandalone: boolean): TagEntity {
    const { scopes, fileScope } = this.cx;
    const inner = isStandalone ? scopes.innermost?.tags.get(tag.text) : scopes.lookupTag(tag.text);
    const isVisibleAtFileScope = scopes.isFileScope || !isStandalone;
    const known = inner ?? (isVisibleAtFileScope ? fileScope.lookupTag(tag.text) : undefined);
    if (known !== undefined && !this.checkKind(known, kind, tag)) return makeTagType(kind, tag.text);
    if (inner !== undefined) return inner.type;
    const { isFileScope } = scopes;
    if (
      known !== undefined ||
      isFileScope ||
      (isVisibleAtFileScope && fileScope.mentionsTagBefore(tag.text))
    ) {
      const type = known?.type ?? scopes.isolate(() => this.declareTag(kind, tag));
      fileScope.record?.noteTag(kind, tag.text, tag.span, isFileScope, type);
      return type;
    }
    fileScope.record?.refuse();
    if (scopes.innermost?.kind === 'prototype' && kind !== 'enum') {
      this.report('declared-inside-prototype', tag.span, [`${kind} ${tag.text}`]);
    }
    return this.declareTag(kind, tag);
  }

  /** The type that a specifier with braces completes. */
  private typeToDefine(
    kind: TagKind,
    tag: Name | undefined,
    isComplete: (type: TagEntity) => boolean,
  ): TagEntity {
    if (tag === undefined) return makeTagType(kind, undefined);
    const scope = this.cx.scopes.innermost;
    const known = scope === undefined ? this.fileTag(kind, tag) : scope.tags.get(tag.text);
    if (known === undefined) return this.declareTag(kind, tag);
    if (!this.checkKind(known, kind, tag)) return makeTagType(kind, tag.text);
    if (this.open.has(known.type)) {
      this.report('nested-redefinition', tag.span, [tag.text]);
      return makeTagType(kind, tag.text);
    }
    const isRedefined = isComplete(known.type);
    const previous = this.definitions.get(known.type);
    if (isRedefined && previous !== undefined) {
      this.report('redefinition', tag.span, [tag.text], {
        notes: [{ span: previous, text: 'previous definition is here' }],
      });
      return makeTagType(kind, tag.text);
    }
    return known.type;
  }

  /** The tag at file scope; entries not analysed yet may speak of it, too. */
  private fileTag(kind: TagKind, { text, span }: Name): Pick<ScopedTag, 'type' | 'span'> {
    const { fileScope } = this.cx;
    const known = fileScope.lookupTag(text) ?? { type: this.declareTag(kind, { text, span }), span };
    fileScope.record?.noteTag(kind, text, span, true, known.type);
    return known;
  }

  /** See {@link FileTags}. */
  typeAtFileScope(kind: TagKind, text: string, span: Span, mayDeclare: boolean): TagEntity | undefined {
    const { fileScope, scopes } = this.cx;
    const known = fileScope.lookupTag(text);
    if (known !== undefined) return kindOf(known.type) === kind ? known.type : undefined;
    if (!mayDeclare && !fileScope.mentionsTagBefore(text)) return undefined;
    return scopes.isolate(() => this.declareTag(kind, { text, span }));
  }

  /** See {@link FileTags}. */
  markDefined(type: TagEntity, span: Span): void {
    this.definitions.set(type, span);
    if (type.tag !== undefined) this.cx.fileScope.markDefined(type.tag, type);
  }

  private finishDefinition(type: TagEntity, tag: Name | undefined, span: Span): void {
    this.open.delete(type);
    this.definitions.set(type, tag?.span ?? span);
    this.cx.fileScope.record?.noteDefined(type, tag?.span ?? span);
    if (tag !== undefined && this.cx.scopes.isFileScope) this.cx.fileScope.markDefined(tag.text, type);
  }

  /** Why a type is not complete, for a diagnostic. */
  incompleteNotes(type: CType): readonly Note[] {
    let at = canonical(type);
    while (at.kind === 'array') at = canonical(at.element);
    if (at.kind !== 'record' && at.kind !== 'enum') return [];
    const span = this.declarations.get(at);
    if (span === undefined) return [];
    const name = printType(at);
    const isOpen = this.open.has(at);
    const text = isOpen
      ? `definition of '${name}' is not complete until the closing '}'`
      : `forward declaration of '${name}'`;
    const instead = isOpen ? undefined : formerTypes.get(name);
    return [{ span, text }, ...(instead === undefined ? [] : [{ span, text: instead }])];
  }

  // ---- Records (6.7.2.1) ----

  recordType(specifier: RecordSpecifier, isStandalone: boolean): CType {
    const kind: TagKind = specifier.isUnion ? 'union' : 'struct';
    const { tag, members } = specifier;
    if (members === undefined) {
      return tag === undefined ? errorType : this.mentionedType(kind, tag, isStandalone);
    }
    const type = this.typeToDefine(
      kind,
      tag,
      (known) => known.kind === 'record' && known.layout !== undefined,
    );
    return type.kind === 'record' ? this.defineRecord(type, specifier) : errorType;
  }

  private defineRecord(type: RecordType, specifier: RecordSpecifier): RecordType {
    const { sema, pragmas } = this.cx;
    const target = 'record';
    const pushed = pragmas.attributes
      .filter(({ appliesTo }) => appliesTo.some((rule) => rule.startsWith(target)))
      .map(({ attribute }) => attribute);
    const effects = readAttributes(sema, [...specifier.attributes, ...pushed], target);
    const outer = this.enclosing.at(-1);
    const entry = this.cx.fileScope.current;
    // `preserve_access_index` reaches the records that are defined inside the one it stands on.
    const isInherited = outer !== undefined && outer.entry === entry && outer.type.preserveAccessIndex;
    type.preserveAccessIndex = effects.preserveAccessIndex || isInherited;
    type.transparentUnion = effects.transparentUnion && type.isUnion;
    type.declTags = effects.declTags;
    this.open.add(type);
    this.enclosing.push({ type, entry });
    const list = new FieldList();
    for (const item of specifier.members ?? []) {
      if (item.kind === 'MemberDeclaration') this.addMembers(list, item);
      else if (item.kind === 'StaticAssert') sema.checkStaticAssert(item);
    }
    this.enclosing.pop();
    this.checkFlexibleMembers(list.fields, specifier);
    const { isPacked, align } = effects;
    type.layout = layoutRecord(list.fields, { isUnion: type.isUnion, isPacked, align, pack: pragmas.pack });
    this.finishDefinition(type, specifier.tag, specifier.span);
    return type;
  }

  private addMembers(list: FieldList, declaration: MemberDeclaration): void {
    const { specifiers, declarators } = declaration;
    const specified = this.cx.analyzeSpecifiers(specifiers, 'member', declarators.length === 0);
    if (specifiers.storage !== undefined) this.report('member-storage-class', specifiers.span);
    if (declarators.length === 0) {
      this.addAnonymous(list, specified.type, declaration, specified.align);
      return;
    }
    for (const member of declarators) {
      const attributes = [
        ...specifiers.attributes,
        ...(member.declarator?.attributes ?? []),
        ...member.attributes,
      ];
      const effects = readAttributes(this.cx.sema, attributes, 'member');
      const field = this.memberField(member, specified.type, effects, specified.align);
      const { declarator } = member;
      if (declarator?.name !== undefined) this.claimName(list, declarator.name.text, declarator.name.span);
      if (field !== undefined)
        list.fields.push(this.checkMemberType(field, declarator?.name?.span ?? member.span));
    }
  }

  private claimName(list: FieldList, name: string, span: Span): void {
    const previous = list.claim(name, span);
    if (previous !== undefined) {
      this.report('duplicate-member', span, [name], {
        notes: [{ span: previous, text: 'previous declaration is here' }],
      });
    }
  }

  /** `struct { ... };` as a member: its members count as the outer record's (6.7.2.1 p13). */
  private addAnonymous(list: FieldList, type: CType, declaration: MemberDeclaration, alignas: number): void {
    const at = canonical(type);
    const isAnonymous =
      at.kind === 'record' &&
      (at.tag === undefined || (this.cx.sema.options.msExtensions && at.layout !== undefined));
    if (!isAnonymous) {
      this.report('declares-nothing', declaration.span);
      return;
    }
    for (const name of memberNames(at)) this.claimName(list, name, declaration.span);
    const effects = readAttributes(this.cx.sema, declaration.specifiers.attributes, 'member');
    const { isPacked, declTags } = effects;
    const align = Math.max(effects.align, alignas);
    list.fields.push({ name: undefined, type, bitWidth: undefined, align, isPacked, declTags });
  }

  private memberField(
    member: MemberDeclarator,
    base: CType,
    effects: AttributeEffects,
    alignas: number,
  ): Field | undefined {
    const declared = member.declarator && this.cx.applyDeclarator(base, member.declarator, 'member');
    const type = declared?.type ?? base;
    const name = declared?.name?.text;
    const bitWidth = member.bitWidth === undefined ? undefined : this.bitWidth(member, name, type);
    if (bitWidth === 'error') return undefined;
    const { isPacked, declTags } = effects;
    return { name, type, bitWidth, align: Math.max(effects.align, alignas), isPacked, declTags };
  }

  private bitWidth(member: MemberDeclarator, name: string | undefined, type: CType): number | 'error' {
    const { bitWidth } = member;
    if (bitWidth === undefined) return 'error';
    const what = name === undefined ? 'anonymous bit-field' : `bit-field '${name}'`;
    const integer = integerTypeOf(type);
    if (integer === undefined || !isInteger(type)) {
      this.report('bit-field-not-integer', member.span, [what, quoteType(type)]);
      return 'error';
    }
    const value = this.cx.sema.integerConstant(bitWidth, 'bit-field width')?.value;
    if (value === undefined) return 'error';
    const limit = integer.rank === 0 ? 1 : integer.size * 8;
    if (value < 0n) {
      this.report('bit-field-negative', bitWidth.span, [what, value.toString()]);
    } else if (value === 0n && name !== undefined) {
      this.report('bit-field-zero', bitWidth.span, [what.replace('bit-field', 'named bit-field')]);
    } else if (value > BigInt(limit)) {
      this.report('bit-field-too-wide', bitWidth.span, [what, value.toString(), String(limit)]);
    } else {
      return Number(value);
    }
    return 'error';
  }

  private checkMemberType(field: Field, span: Span): Field {
    const at = canonical(field.type);
    if (at.kind === 'function') {
      this.report('member-is-function', span, [field.name ?? '']);
      return { ...field, type: errorType };
    }
    const isFlexible = at.kind === 'array' && at.length === undefined && sizeOf(at.element) !== undefined;
    if (isFlexible || sizeOf(field.type) !== undefined) return field;
    const notes = this.cx.incompleteNotes(field.type);
    this.report('member-incomplete', span, [quoteType(field.type)], { notes });
    return { ...field, type: errorType };
  }

  private checkFlexibleMembers(fields: readonly Field[], specifier: RecordSpecifier): void {
    fields.forEach((field, i) => {
      const at = canonical(field.type);
      if (at.kind !== 'array' || at.length !== undefined || specifier.isUnion) return;
      if (i < fields.length - 1) {
        const span = memberSpan(specifier, field.name);
        const notes = [
          { span: memberSpan(specifier, fields[i + 1]?.name), text: 'next field declaration is here' },
        ];
        this.report('flexible-array-not-last', span, [field.name ?? '', quoteType(field.type)], { notes });
      }
    });
  }

  // ---- Enumerations (6.7.2.2) ----

  enumType(specifier: EnumSpecifier, isStandalone: boolean): CType {
    const { tag, enumerators } = specifier;
    const fixed = specifier.underlying && integerTypeOf(this.cx.typeOfTypeName(specifier.underlying));
    if (enumerators === undefined) {
      const type = tag === undefined ? errorType : this.mentionedType('enum', tag, isStandalone);
      if (type.kind === 'enum' && fixed !== undefined) type.underlying = fixed;
      return type;
    }
    const type = this.typeToDefine(
      'enum',
      tag,
      (known) => known.kind === 'enum' && known.constants !== undefined,
    );
    return type.kind === 'enum' ? this.defineEnum(type, specifier, enumerators, fixed) : errorType;
  }

  private defineEnum(
    type: EnumType,
    specifier: EnumSpecifier,
    enumerators: readonly Enumerator[],
    fixed: IntegerType | undefined,
  ): EnumType {
    const effects = readAttributes(this.cx.sema, specifier.attributes, 'enum');
    type.declTags = effects.declTags;
    this.open.add(type);
    const constants: EnumConstant[] = [];
    let next = 0n;
    for (const enumerator of enumerators) {
      readAttributes(this.cx.sema, enumerator.attributes, 'enumerator');
      const value = this.enumeratorValue(enumerator, next, fixed);
      constants.push({ name: enumerator.name.text, value });
      this.declareEnumerator(
        enumerator.name,
        value,
        fixed ?? (fits(value, intType) ? intType : longestFor(value)),
      );
      next = value + 1n;
    }
    const underlying = this.machineType(specifier) ?? fixed ?? underlyingType(constants, effects.isPacked);
    type.constants = constants;
    type.underlying = underlying;
    this.finishDefinition(type, specifier.tag, specifier.span);
    // Behind the braces constants that do not fit an int have the enumeration's own type (clang, C23).
    for (const { name } of enumerators)
      this.retypeEnumerator(name, underlying, fixed !== undefined ? type : undefined);
    return type;
  }

  /** The integer type that `__attribute__((mode(...)))` gives an enumeration: a signed one, as in clang. */
  private machineType({ attributes, span }: EnumSpecifier): IntegerType | undefined {
    const { mode } = readTypeAttributes(this.cx.sema, attributes);
    if (mode === undefined) return undefined;
    const type = integerTypeOf(typeOfMode(intType, mode) ?? errorType);
    if (type === undefined) this.report('mode-wrong-type', span, [quoteType(intType)]);
    return type;
  }

  private enumeratorValue(enumerator: Enumerator, next: bigint, fixed: IntegerType | undefined): bigint {
    let value = next;
    if (enumerator.value !== undefined) {
      value = this.cx.sema.integerConstant(enumerator.value, 'enumerator value')?.value ?? next;
    }
    if (fits(value, fixed ?? (value < 0n ? longType : unsignedLongType))) return value;
    this.report('enumerator-too-large', enumerator.name.span, [value.toString()]);
    return BigInt.asIntN(64, value);
  }

  private declareEnumerator({ text: name, span }: Name, value: bigint, type: CType): void {
    const previous = previousInScope(this.cx, name);
    if (previous !== undefined) {
      const isEnumerator = previous.kind === 'enumerator';
      this.report(isEnumerator ? 'enumerator-redefined' : 'redefinition-as-different-kind', span, [name], {
        notes: [{ span: previous.span, text: 'previous definition is here' }],
      });
      return;
    }
    enterName(this.cx, name, { kind: 'enumerator', name, value, type, span });
  }

  private retypeEnumerator(
    { text: name, span }: Name,
    underlying: IntegerType,
    fixed: EnumType | undefined,
  ): void {
    const entity = previousInScope(this.cx, name);
    if (entity?.kind !== 'enumerator' || entity.span !== span) return;
    const type = fixed ?? (fits(entity.value, intType) ? intType : underlying);
    if (type === entity.type) return;
    enterName(this.cx, name, { ...entity, type });
  }
}

function longestFor(value: bigint): IntegerType {
  return fits(value, longType) ? longType : unsignedLongType;
}

/** Names that a record offers, those of its anonymous members included. */
function memberNames(record: RecordType): readonly string[] {
  const names: string[] = [];
  const pending: RecordType[] = [record];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const member of at.layout?.members ?? []) {
      const inner = canonical(member.type);
      if (member.name !== undefined) names.push(member.name);
      else if (inner.kind === 'record') pending.push(inner);
    }
  }
  return names;
}

function memberSpan(specifier: RecordSpecifier, name: string | undefined): Span {
  for (const item of specifier.members ?? []) {
    if (item.kind !== 'MemberDeclaration') continue;
    for (const { declarator } of item.declarators) {
      if (declarator?.name !== undefined && declarator.name.text === name) return declarator.name.span;
    }
  }
  return specifier.span;
}
