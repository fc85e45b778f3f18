/**
 * Declaration specifiers to a type (C11 6.7.2, 6.7.3, 6.7.5): keyword combinations, typedef names, `typeof`,
 * `_Atomic`, tags (through `records.ts`), then qualifiers and the attributes that belong to the type.
 *
 * Sugar is kept: a typedef name gives its {@link TypedefType}, qualifiers and tags wrap it. Errors give
 * {@link errorType} or `int` and analysis goes on.
 */

import type {
  Attribute,
  DeclarationSpecifiers,
  Expression,
  Qualifier,
  TypeName,
  TypeSpecifier,
} from '../parser/ast.ts';
import { printType, quoteType } from '../types/print.ts';
import {
  alignOf,
  boolType,
  type CType,
  charType,
  doubleType,
  float16Type,
  floatType,
  int128Type,
  intType,
  isPointer,
  longDoubleType,
  longLongType,
  longType,
  shortType,
  signedCharType,
  sizeOf,
  unsignedCharType,
  unsignedInt128Type,
  unsignedIntType,
  unsignedLongLongType,
  unsignedLongType,
  unsignedPlainCharType,
  unsignedShortType,
  voidType,
} from '../types/types.ts';
import { type AttributeEffects, readTypeAttributes } from './attributes.ts';
import type { DeclarationContext, DeclaratorPlace, SpecifiedType } from './declaration-context.ts';
import { errorType } from './factories.ts';
import { typeOfMode } from './machine-modes.ts';
import type { TagAnalyzer } from './records.ts';
import { unqualifiedType, withQualifiers } from './type-queries.ts';

/** 6.7.2 p2: the multisets of keywords that name a type, each written in alphabetical order. */
const keywordTypes: ReadonlyMap<string, CType> = new Map<string, CType>([
  ['void', voidType],
  ['_Bool', boolType],
  ['char', charType],
  ['char signed', signedCharType],
  ['char unsigned', unsignedCharType],
  ['short', shortType],
  ['short signed', shortType],
  ['int short', shortType],
  ['int short signed', shortType],
  ['short unsigned', unsignedShortType],
  ['int short unsigned', unsignedShortType],
  ['int', intType],
  ['signed', intType],
  ['int signed', intType],
  ['unsigned', unsignedIntType],
  ['int unsigned', unsignedIntType],
  ['long', longType],
  ['long signed', longType],
  ['int long', longType],
  ['int long signed', longType],
  ['long unsigned', unsignedLongType],
  ['int long unsigned', unsignedLongType],
  ['long long', longLongType],
  ['long long signed', longLongType],
  ['int long long', longLongType],
  ['int long long signed', longLongType],
  ['long long unsigned', unsignedLongLongType],
  ['int long long unsigned', unsignedLongLongType],
  ['__int128', int128Type],
  ['__int128 signed', int128Type],
  ['__int128 unsigned', unsignedInt128Type],
  ['__uint128_t', unsignedInt128Type],
  ['_Float16', float16Type],
  ['float', floatType],
  ['double', doubleType],
  ['double long', longDoubleType],
]);

/** `type` with qualifiers as written; `restrict` counts on pointers only. */
export function qualifyType(type: CType, qualifiers: readonly Qualifier[]): CType {
  if (qualifiers.length === 0) return type;
  return withQualifiers(type, {
    isConst: qualifiers.includes('const'),
    isVolatile: qualifiers.includes('volatile'),
    isRestrict: qualifiers.includes('restrict') && isPointer(type),
    isAtomic: qualifiers.includes('_Atomic'),
  });
}

function keywordType(
  cx: DeclarationContext,
  specifiers: DeclarationSpecifiers,
  words: readonly string[],
): CType {
  const { diagnostics, options } = cx.sema;
  if (words.includes('_Complex') || words.includes('__float128')) {
    const word = words.includes('_Complex') ? '_Complex' : '__float128';
    diagnostics.report('type-not-supported', specifiers.span, [word]);
    return errorType;
  }
  const type = keywordTypes.get([...words].sort().join(' '));
  if (type === undefined) {
    diagnostics.report('invalid-specifier-combination', specifiers.span, [words.join(' ')]);
    return errorType;
  }
  return type === charType && options.unsignedChar ? unsignedPlainCharType : type;
}

function typeofType(cx: DeclarationContext, operand: Expression | TypeName, unqualified: boolean): CType {
  const type =
    operand.kind === 'TypeName' ? cx.typeOfTypeName(operand) : cx.sema.checkUnevaluated(operand).type;
  return unqualified ? unqualifiedType(type) : type;
}

function typedefType(cx: DeclarationContext, name: string, specifier: TypeSpecifier): CType {
  const entity = cx.sema.lookupOrdinary(name, specifier.span);
  if (entity?.kind === 'typedef') return entity.type;
  cx.sema.diagnostics.report('unknown-type-name', specifier.span, [name]);
  return errorType;
}

function otherType(
  cx: DeclarationContext,
  tags: TagAnalyzer,
  specifier: TypeSpecifier,
  isStandalone: boolean,
): CType {
  switch (specifier.kind) {
    case 'TypedefSpecifier':
      return typedefType(cx, specifier.name, specifier);
    case 'TypeofSpecifier':
      return typeofType(cx, specifier.operand, specifier.unqualified);
    case 'AtomicSpecifier':
      return qualifyType(cx.typeOfTypeName(specifier.type), ['_Atomic']);
    case 'RecordSpecifier':
      return tags.recordType(specifier, isStandalone);
    case 'EnumSpecifier':
      return tags.enumType(specifier, isStandalone);
    case 'KeywordSpecifier':
      return intType;
    default:
      return specifier satisfies never;
  }
}

function implicitInt(cx: DeclarationContext, specifiers: DeclarationSpecifiers): CType {
  if (cx.sema.options.standard !== 'c89') {
    cx.sema.diagnostics.report('implicit-int', specifiers.span);
  }
  return intType;
}

function baseType(
  cx: DeclarationContext,
  tags: TagAnalyzer,
  specifiers: DeclarationSpecifiers,
  isStandalone: boolean,
): CType {
  const words: string[] = [];
  let other: TypeSpecifier | undefined;
  for (const specifier of specifiers.types) {
    if (specifier.kind === 'KeywordSpecifier') words.push(specifier.keyword);
    else if (other === undefined) other = specifier;
    else cx.sema.diagnostics.report('invalid-specifier-combination', specifier.span, ['two types']);
  }
  if (other === undefined) {
    return words.length === 0 ? implicitInt(cx, specifiers) : keywordType(cx, specifiers, words);
  }
  if (words.length > 0) {
    cx.sema.diagnostics.report('invalid-specifier-combination', specifiers.span, [words.join(' ')]);
  }
  return otherType(cx, tags, other, isStandalone);
}

/**
 * Applies attributes that change a type (`mode`, `vector_size`, `address_space`, `btf_type_tag`) and the
 * qualifiers beside them. Tags stand outside of qualifiers, the last one outermost, as clang's BTF has them.
 */
export function applyTypeAttributes(
  cx: DeclarationContext,
  base: CType,
  attributes: readonly Attribute[],
  qualifiers: readonly Qualifier[] = [],
): CType {
  if (attributes.length === 0) return qualifyType(base, qualifiers);
  const effects: AttributeEffects = readTypeAttributes(cx.sema, attributes);
  const span = attributes[0]?.span;
  let type = base;
  if (effects.mode !== undefined) {
    const changed = typeOfMode(type, effects.mode);
    if (changed !== undefined) type = changed;
    else if (span !== undefined) cx.sema.diagnostics.report('mode-wrong-type', span, [quoteType(type)]);
  }
  if (effects.vectorSize > 0) {
    const elementSize = sizeOf(type) ?? 0;
    if (elementSize > 0 && effects.vectorSize % elementSize === 0) {
      type = { kind: 'vector', element: type, length: effects.vectorSize / elementSize };
    } else if (span !== undefined) {
      cx.sema.diagnostics.report('vector-size-wrong', span, [quoteType(type)]);
    }
  }
  type = qualifyType(type, qualifiers);
  if (effects.addressSpace !== 0) {
    type = { kind: 'attributed', type, typeTag: undefined, addressSpace: effects.addressSpace };
  }
  for (const typeTag of effects.typeTags) type = { kind: 'attributed', type, typeTag, addressSpace: 0 };
  return type;
}

function alignment(cx: DeclarationContext, specifiers: DeclarationSpecifiers): number {
  let align = 0;
  for (const operand of specifiers.alignments) {
    if (operand.kind === 'TypeName') {
      align = Math.max(align, alignOf(cx.typeOfTypeName(operand)));
      continue;
    }
    const value = cx.sema.integerConstant(operand, "'_Alignas' attribute argument")?.value;
    if (value === undefined || value === 0n) continue;
    if (value < 0n || (value & (value - 1n)) !== 0n || value > 1n << 32n) {
      cx.sema.diagnostics.report('alignment-not-power-of-two', operand.span);
    } else {
      align = Math.max(align, Number(value));
    }
  }
  return align;
}

/** C23 6.7.2 p4: `auto` and no type specifier. */
function isDeduced(cx: DeclarationContext, { storage, types }: DeclarationSpecifiers): boolean {
  return cx.sema.options.standard === 'c23' && storage === 'auto' && types.length === 0;
}

/**
 * The type that specifiers name. `isStandalone`: no declarator follows, so that `struct s;` declares a new
 * tag.
 */
export function analyzeSpecifiers(
  cx: DeclarationContext,
  tags: TagAnalyzer,
  specifiers: DeclarationSpecifiers,
  place: DeclaratorPlace,
  isStandalone: boolean,
): SpecifiedType {
  const isAuto =
    specifiers.types.some(
      (specifier) => specifier.kind === 'KeywordSpecifier' && specifier.keyword === '__auto_type',
    ) || isDeduced(cx, specifiers);
  if (isAuto) return { type: qualifyType(intType, specifiers.qualifiers), align: 0, isAuto };
  const written = baseType(cx, tags, specifiers, isStandalone);
  if (specifiers.qualifiers.includes('restrict') && !isPointer(written) && place !== 'type-name') {
    cx.sema.diagnostics.report('restrict-needs-pointer', specifiers.span, [printType(written)]);
  }
  const type = applyTypeAttributes(cx, written, specifiers.attributes, specifiers.qualifiers);
  return { type, align: alignment(cx, specifiers), isAuto };
}
