/**
 * A typed unit as text, for `--dump=typed` and the tests: the records and enumerations that symbols use, then
 * variables with their images, externs, and functions.
 *
 * Records behind pointers that are members are named only: a header's types hang together, and the dump shows
 * what the unit uses.
 */

import { unreachable } from '../support/bug.ts';
import { printType } from '../types/print.ts';
import { type CType, type EnumType, type Member, type RecordType, sizeOf } from '../types/types.ts';
import { printTypedFunction } from './print-expressions.ts';
import type { FunctionSymbol, ObjectSymbol, StaticRelocation, TypedSymbol, TypedUnit } from './typed-tree.ts';

/**
 * The tagged types that a list of types needs: members by value are followed, pointers from the outside only.
 */
export function usedTags(types: readonly CType[]): readonly (RecordType | EnumType)[] {
  const found = new Set<RecordType | EnumType>();
  const visited = new Set<CType>();
  const pending: { readonly type: CType; readonly isMember: boolean }[] = [];
  for (const type of [...types].reverse()) pending.push({ type, isMember: false });
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const { type, isMember } = item;
    if (visited.has(type)) continue;
    visited.add(type);
    switch (type.kind) {
      case 'record':
        found.add(type);
        for (const member of type.layout?.members ?? []) pending.push({ type: member.type, isMember: true });
        break;
      case 'enum':
        found.add(type);
        break;
      case 'typedef':
      case 'qualified':
      case 'attributed':
        pending.push({ type: type.type, isMember });
        break;
      case 'array':
      case 'vector':
        pending.push({ type: type.element, isMember });
        break;
      case 'pointer':
        if (!isMember) pending.push({ type: type.pointee, isMember });
        break;
      case 'function':
        for (const parameter of type.parameters) pending.push({ type: parameter.type, isMember });
        pending.push({ type: type.returns, isMember });
        break;
      case 'void':
      case 'integer':
      case 'float':
        break;
      default:
        unreachable(type, 'type');
    }
  }
  return [...found];
}

function memberLine({ name, type, bitOffset, bitWidth }: Member): string {
  const bytes = Math.floor(bitOffset / 8);
  const bits = bitWidth === undefined ? '' : `:${bitOffset % 8}+${bitWidth}`;
  return `  @${bytes}${bits} ${printType(type, name ?? '')}`;
}

function printRecord(type: RecordType): string {
  const { layout } = type;
  if (layout === undefined) return `${printType(type)} incomplete`;
  const words = [`size ${layout.size}`, `align ${layout.align}`];
  if (type.preserveAccessIndex) words.push('preserve_access_index');
  if (type.transparentUnion) words.push('transparent_union');
  for (const tag of type.declTags) words.push(`tag "${tag}"`);
  return [`${printType(type)} ${words.join(' ')}`, ...layout.members.map(memberLine)].join('\n');
}

function printEnum(type: EnumType): string {
  const { constants, underlying } = type;
  if (constants === undefined) return `${printType(type)} incomplete`;
  const list = constants.map(({ name, value }) => `${name} = ${value}`).join(', ');
  return `${printType(type)} : ${underlying?.name ?? '?'} { ${list} }`;
}

function symbolWords(symbol: TypedSymbol): readonly string[] {
  const words: string[] = [symbol.linkage];
  if (symbol.assemblerName !== symbol.name) words.push(`as ${symbol.assemblerName}`);
  if (symbol.section !== undefined) words.push(`section "${symbol.section}"`);
  if (symbol.isWeak) words.push('weak');
  if (symbol.visibility !== 'default') words.push(symbol.visibility);
  if (symbol.isUsed) words.push('used');
  for (const tag of symbol.declTags) words.push(`tag "${tag}"`);
  return words;
}

function functionWords(symbol: FunctionSymbol): readonly string[] {
  const words = [...symbolWords(symbol)];
  if (symbol.inline !== 'none') words.push(`inline ${symbol.inline}`);
  if (symbol.isInlineDefinition) words.push('inline-definition');
  if (symbol.isNoreturn) words.push('noreturn');
  if (symbol.isNaked) words.push('naked');
  return words;
}

function relocationLine({ offset, target, addend }: StaticRelocation): string {
  const name = target.kind === 'string' ? `string[${target.bytes.length}]` : target.assemblerName;
  return `  @${offset} -> ${name}${addend === 0n ? '' : ` + ${addend}`}`;
}

const shownBytes = 64;

function printVariable(symbol: ObjectSymbol): string {
  const words = [...symbolWords(symbol), `size ${sizeOf(symbol.type) ?? '?'}`, `align ${symbol.align}`];
  const lines = [`variable ${printType(symbol.type, symbol.name)}: ${words.join(' ')}`];
  const { initializer } = symbol;
  if (initializer !== undefined && !initializer.isZero) {
    const shown = [...initializer.bytes.subarray(0, shownBytes)];
    const rest = initializer.bytes.length > shownBytes ? ` ... ${initializer.bytes.length} bytes` : '';
    lines.push(`  ${shown.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}${rest}`);
    lines.push(...initializer.relocations.map(relocationLine));
  }
  return lines.join('\n');
}

function printExtern(symbol: TypedSymbol): string {
  const words = symbol.kind === 'function' ? functionWords(symbol) : symbolWords(symbol);
  return `extern ${printType(symbol.type, symbol.name)}: ${words.join(' ')}`;
}

/** The whole unit, one item after the other. */
export function printTypedUnit(unit: TypedUnit): string {
  const types = [
    ...unit.variables.map(({ type }) => type),
    ...unit.externs.map(({ type }) => type),
    ...unit.functions.map(({ symbol }) => symbol.type),
  ];
  const parts = [
    ...usedTags(types).map((type) => (type.kind === 'enum' ? printEnum(type) : printRecord(type))),
    ...unit.variables.map(printVariable),
    ...unit.externs.map(printExtern),
    ...unit.aliases.map((symbol) => `alias ${symbol.name} of ${symbol.aliasOf?.name ?? ''}`),
    ...unit.functions.map((typed) => {
      const words = functionWords(typed.symbol).join(' ');
      return `function ${typed.symbol.name}: ${words}\n${printTypedFunction(typed).trimEnd()}`;
    }),
    ...unit.fileScopeAsm.map(({ text }) => `asm ${JSON.stringify(text)}`),
  ];
  return parts.map((part) => `${part}\n`).join('');
}
