/**
 * One BTF type -> its C declaration. The order of declarations is not decided here: see c-header.ts.
 *
 * A declarator is built from the name outwards (C11 6.7.6) in a loop, so that a long chain of pointers takes no stack;
 * records and prototypes without a name of their own stand where they are used, and nest only so far.
 */

import { type CLayout, type MemberPlace, roundUp } from './c-layout.ts';
import { asIdentifier, type CNames } from './c-names.ts';
import { BtfKind, type BtfView } from './view.ts';

/** Bits of the widest integer that padding is made of. */
const padUnit = 64;
/** Integers by size, for enumerations of a size that no attribute gives them. */
const integers: Readonly<Record<number, string>> = { 1: 'char', 2: 'short', 4: 'int', 8: 'long' };

export class CPrinter {
  private readonly view: BtfView;
  private readonly layout: CLayout;
  private readonly names: CNames;

  constructor(view: BtfView, layout: CLayout, names: CNames) {
    this.view = view;
    this.layout = layout;
    this.names = names;
  }

  /** `struct name`, for a tagged type. */
  tag(id: number): string {
    return `${this.keyword(id)} ${this.names.of(id)}`;
  }

  private keyword(id: number): string {
    switch (this.view.kind(id)) {
      case BtfKind.STRUCT:
        return 'struct';
      case BtfKind.UNION:
        return 'union';
      case BtfKind.FWD:
        return this.view.flag(id) ? 'union' : 'struct';
      default:
        return 'enum';
    }
  }

  /** The definition of a record, enumeration or typedef, without the semicolon. */
  definition(id: number): string {
    const { view } = this;
    switch (view.kind(id)) {
      case BtfKind.TYPEDEF:
        return `typedef ${this.declarator(view.target(id), this.names.of(id), '', 0)}`;
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        return this.record(id, '', 0);
      default:
        return this.enumeration(id, '');
    }
  }

  /** A function's declaration, with parameter names where the prototype has them. */
  prototype(name: string, type: number): string {
    return this.declarator(type, name, '', 0);
  }

  private declarator(type: number, name: string, indent: string, depth: number): string {
    const { view, layout } = this;
    let text = name;
    // Qualifiers that wait for what they qualify, and type tags, which come behind it.
    let qualifiers = '';
    let tags = '';
    let needsParentheses = false;
    for (let at = type; ; ) {
      layout.step(at);
      const kind = view.kind(at);
      switch (kind) {
        case BtfKind.CONST:
          if (!qualifiers.includes('const ')) qualifiers += 'const ';
          at = view.target(at);
          continue;
        case BtfKind.VOLATILE:
          qualifiers += 'volatile ';
          at = view.target(at);
          continue;
        case BtfKind.RESTRICT:
          qualifiers += 'restrict ';
          at = view.target(at);
          continue;
        case BtfKind.TYPE_TAG:
          tags += `__attribute__((btf_type_tag(${JSON.stringify(asIdentifier(view.name(at)))}))) `;
          at = view.target(at);
          continue;
        case BtfKind.PTR:
          text = `*${qualifiers}${tags}${text}`;
          [qualifiers, tags, needsParentheses] = ['', '', true];
          at = view.target(at);
          continue;
        case BtfKind.ARRAY:
          // Qualifiers of an array are those of its elements (C11 6.7.3 p9).
          text = `${needsParentheses ? `(${text})` : text}[${view.word(at, 5)}]`;
          needsParentheses = false;
          at = view.word(at, 3);
          continue;
        case BtfKind.FUNC_PROTO:
          text = `${needsParentheses ? `(${text})` : text}(${this.parameters(at, depth)})`;
          [qualifiers, tags, needsParentheses] = ['', '', false];
          at = view.target(at);
          continue;
        default: {
          const base = `${qualifiers}${this.base(at, indent, depth)}${tags === '' ? '' : ` ${tags.trimEnd()}`}`;
          return text === '' ? base : `${base} ${text}`;
        }
      }
    }
  }

  private parameters(prototype: number, depth: number): string {
    const { view, layout } = this;
    layout.checkNesting(prototype, depth);
    const count = view.count(prototype);
    if (count === 0) return 'void';
    const parts: string[] = [];
    for (let i = 0; i < count; i++) {
      const name = asIdentifier(view.text(view.word(prototype, 3 + i * 2)));
      const type = view.word(prototype, 4 + i * 2);
      const isVariadic = type === 0 && i === count - 1;
      // Types of parameters stand on one line: their records, if any, too.
      parts.push(isVariadic ? '...' : this.declarator(type, name, '', depth + 1));
    }
    return parts.join(', ');
  }

  /** A type that no declarator makes: its name, or its definition where it has none. */
  private base(id: number, indent: string, depth: number): string {
    const { view, names } = this;
    switch (view.kind(id)) {
      case BtfKind.VOID:
        return 'void';
      case BtfKind.INT:
      case BtfKind.FLOAT:
        return view.name(id).replace(/[^\w ]/g, '_');
      case BtfKind.TYPEDEF:
        return names.of(id);
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        return view.isNamed(id) ? this.tag(id) : this.record(id, indent, depth + 1);
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
        return view.isNamed(id) ? this.tag(id) : this.enumeration(id, indent);
      case BtfKind.FWD:
        return this.tag(names.canonical(id));
      default:
        // A function, variable or section where a type should be.
        return 'void';
    }
  }

  private record(id: number, indent: string, depth: number): string {
    const { view, layout } = this;
    layout.checkNesting(id, depth);
    const head = view.isNamed(id) ? this.tag(id) : this.keyword(id);
    const isPacked = layout.recordAlign(id) < layout.memberAlign(id);
    const lines: string[] = [];
    const inner = `${indent}\t`;
    const isUnion = view.kind(id) === BtfKind.UNION;
    let bits = 0;
    for (let i = 0; i < view.count(id); i++) {
      layout.step(id);
      const member = layout.member(id, i);
      if (!isUnion) {
        if (layout.naturalOffset(member, bits, isPacked) !== member.bitOffset) {
          addPadding(lines, inner, bits, member.bitOffset);
        }
        bits = member.bitOffset + (member.bitWidth === 0 ? layout.sizeOf(member.type) * 8 : member.bitWidth);
      }
      lines.push(`${inner}${this.memberText(layout.memberName(id, i), member, inner, depth)};`);
    }
    let attributes = isPacked ? ' __attribute__((packed))' : '';
    const end = view.size(id) * 8;
    if (isUnion) attributes += this.unionAlign(id);
    else if (roundUp(bits, layout.recordAlign(id) * 8) < end) addPadding(lines, inner, bits, end);
    if (lines.length === 0) return `${head} {}${attributes}`;
    return `${head} {\n${lines.join('\n')}\n${indent}}${attributes}`;
  }

  private memberText(name: string, member: MemberPlace, indent: string, depth: number): string {
    const text = this.declarator(member.type, asIdentifier(name), indent, depth);
    return member.bitWidth === 0 ? text : `${text}: ${member.bitWidth}`;
  }

  /** A union that is larger than its members was aligned. */
  private unionAlign(id: number): string {
    const { view, layout } = this;
    let largest = 0;
    for (let i = 0; i < view.count(id); i++) {
      const { type, bitWidth } = layout.member(id, i);
      largest = Math.max(largest, bitWidth === 0 ? layout.sizeOf(type) : Math.ceil(bitWidth / 8));
    }
    const size = view.size(id);
    const align = layout.recordAlign(id);
    if (largest === 0 || roundUp(largest, align) >= size) return '';
    let wanted = align;
    while (roundUp(largest, wanted) < size) wanted *= 2;
    return ` __attribute__((aligned(${wanted})))`;
  }

  private enumeration(id: number, indent: string): string {
    const { view } = this;
    const head = view.isNamed(id) ? this.tag(id) : 'enum';
    const { lines, smallest } = this.enumerators(id, indent);
    if (lines.length === 0) return head;
    const body = `{\n${lines.join('\n')}\n${indent}}`;
    const size = view.size(id);
    if (size === Math.max(4, smallest)) return `${head} ${body}`;
    // `mode` would say it, too, but makes the type signed.
    if (size === smallest) return `${head} ${body} __attribute__((packed))`;
    const base = integers[size] ?? 'int';
    return `${head} : ${view.flag(id) ? 'signed' : 'unsigned'} ${base} ${body}`;
  }

  /** The lines of an enumeration, and the bytes of the smallest integer that holds its values. */
  private enumerators(id: number, indent: string): { lines: string[]; smallest: number } {
    const { view, layout, names } = this;
    const isWide = view.kind(id) === BtfKind.ENUM64;
    const isSigned = view.flag(id);
    const suffix = isWide ? (isSigned ? 'LL' : 'ULL') : '';
    const lines: string[] = [];
    let bits = 8;
    for (let i = 0; i < view.count(id); i++) {
      layout.step(id);
      const at = 3 + i * (isWide ? 3 : 2);
      const name = names.enumerator(view.text(view.word(id, at)));
      const low = view.word(id, at + 1);
      const high = isWide ? view.word(id, at + 2) : isSigned ? (low | 0) >> 31 : 0;
      const value = (BigInt(isSigned ? high | 0 : high) << 32n) | BigInt(low);
      while (bits < 64 && (isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) !== value)
        bits *= 2;
      lines.push(`${indent}\t${name} = ${value}${suffix},`);
    }
    return { lines, smallest: bits / 8 };
  }
}

/** A gap of more bits becomes an array: an integer a line would make a small file into a huge text. */
const maxPaddingBits = 1 << 16;

/** Bit-fields without a name from bit `from` to bit `to`; they move nothing else, whatever their type's alignment. */
function addPadding(lines: string[], indent: string, from: number, to: number): void {
  for (let at = from; at < to; ) {
    if (at % padUnit === 0 && to - at > maxPaddingBits) {
      lines.push(`${indent}char __padding_${at / 8}[${Math.floor((to - at) / 8)}];`);
      at += Math.floor((to - at) / 8) * 8;
      continue;
    }
    const width = Math.min(to - at, padUnit - (at % padUnit));
    lines.push(`${indent}long: ${width};`);
    at += width;
  }
}
