/**
 * The directives of assembly listings: a table from name to what it does to the listing. Covers what clang writes
 * with `-S` for BPF and what people write by hand; directives that carry only debug information or hints to the
 * linker are read over.
 */

import { type AsmToken, lexStatement, parseExpression, unescapeBytes, unescapeString } from './asm-lexer.ts';
import type { Declaration, Listing, OpenSection, Place } from './asm-listing.ts';

/** The operands of a directive: their text, and their tokens where they are expressions. */
interface Operands {
  readonly text: string;
  readonly tokens: readonly AsmToken[];
  readonly place: Place;
}

type Directive = (listing: Listing, operands: Operands) => void;

/** Symbols named by a directive, separated by commas. */
function namesOf({ tokens }: Operands): string[] {
  return tokens
    .filter(({ type }) => type === 'word')
    .map(({ text, quoted }) => (quoted ? unescapeString(text) : text));
}

const declareAll =
  (change: (declaration: Declaration) => void): Directive =>
  (listing, operands) => {
    for (const name of namesOf(operands)) change(listing.declare(name));
  };

/** Expressions separated by commas. `.` is the place of the directive. */
function expressionsOf(listing: Listing, operands: Operands): ReturnType<typeof parseExpression>[] {
  const { tokens, place } = operands;
  const names = { constant: (name: string) => listing.constants.get(name) };
  const located = tokens.map((token) =>
    token.type === 'word' && token.text === '.' ? { ...token, text: listing.here(place) } : token,
  );
  const found: ReturnType<typeof parseExpression>[] = [];
  for (let at = 0; at < located.length; ) {
    const sum = parseExpression(located, at, names);
    found.push(sum);
    if (sum === undefined) break;
    if (sum.next < located.length && located[sum.next]?.text !== ',') {
      found.push(undefined);
      break;
    }
    at = sum.next + 1;
  }
  return found;
}

/** Plain numbers separated by commas; a fault is reported and ends the list. */
function numbersOf(listing: Listing, operands: Operands): number[] {
  const numbers: number[] = [];
  for (const sum of expressionsOf(listing, operands)) {
    if (sum === undefined || sum.symbol !== undefined || sum.minus !== undefined) {
      listing.error(operands.place, 'expected a number');
      break;
    }
    if (BigInt.asIntN(53, sum.value) !== sum.value)
      listing.error(operands.place, `${sum.value} is too large`);
    numbers.push(Number(BigInt.asIntN(53, sum.value)));
  }
  return numbers;
}

const values =
  (size: number): Directive =>
  (listing, operands) => {
    const bits = BigInt(8 * size);
    for (const sum of expressionsOf(listing, operands)) {
      if (sum === undefined) listing.error(operands.place, 'expected numbers or symbols separated by commas');
      else if (sum.value < -(1n << (bits - 1n)) || sum.value >= 1n << bits) {
        listing.error(operands.place, `${sum.value} does not fit in ${size} bytes`);
      } else listing.addValue(size, sum, operands.place);
    }
  };

const strings =
  (terminator: readonly number[]): Directive =>
  (listing, { tokens, place }) => {
    for (const token of tokens) {
      if (token.quoted) listing.addBytes(unescapeBytes(token.text).concat(terminator), place);
      else if (token.text !== ',') listing.error(place, 'expected a string in quotes');
    }
  };

const MAX_ALIGN = 1 << 16;

function align(listing: Listing, operands: Operands, toBytes: (value: number) => number): void {
  const [value = 0] = numbersOf(listing, operands);
  const bytes = toBytes(value);
  if (bytes >= 1 && bytes <= MAX_ALIGN && Number.isInteger(Math.log2(bytes))) {
    listing.alignTo(bytes, operands.place);
  } else listing.error(operands.place, `alignment ${value} is not a power of two up to ${MAX_ALIGN}`);
}

/** `.section name [, "flags" [, @type [, entry size]]]`. */
const SECTION =
  /^\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,\s*"([a-zA-Z?]*)"\s*(?:,\s*[@%]?(\w+)\s*(?:,\s*(\d+))?)?)?/;

const DEFAULT_FLAGS: readonly (readonly [RegExp, string])[] = [
  [/^\.(?:text|init|fini)(?:\.|$)/, 'ax'],
  [/^\.rodata(?:\.|$)/, 'a'],
  [/^\.(?:data|bss)(?:\.|$)/, 'aw'],
];

function defaultFlags(name: string): string {
  return DEFAULT_FLAGS.find(([pattern]) => pattern.test(name))?.[1] ?? '';
}

function sectionType(name: string, written: string | undefined): OpenSection['type'] {
  if (written === 'nobits' || (written === undefined && /^\.bss(?:\.|$)/.test(name))) return 'nobits';
  return written === 'note' ? 'note' : 'progbits';
}

const section: Directive = (listing, { text, place }) => {
  const match = SECTION.exec(text);
  if (match === null) {
    listing.error(place, 'expected the name of a section');
    return;
  }
  const [, quoted, plain = '', flags, type, entrySize] = match;
  const name = quoted === undefined ? plain : unescapeString(quoted);
  const size = Number(entrySize ?? 0);
  listing.section = listing.openSection(name, flags ?? defaultFlags(name), sectionType(name, type), size);
};

const standardSection =
  (name: string): Directive =>
  (listing) => {
    listing.section = listing.openSection(name, defaultFlags(name), sectionType(name, undefined), 0);
  };

const symbolType: Directive = (listing, operands) => {
  const [name, type = ''] = namesOf(operands);
  const known = /^(?:STT_)?(function|func|object|notype)$/i.exec(type)?.[1]?.toLowerCase();
  if (name === undefined || known === undefined) {
    listing.error(operands.place, 'expected a symbol and @function, @object or @notype');
    return;
  }
  listing.declare(name).type = known === 'object' || known === 'notype' ? known : 'func';
};

const symbolSize: Directive = (listing, operands) => {
  const name = operands.tokens[0];
  const sum = expressionsOf(listing, { ...operands, tokens: operands.tokens.slice(2) })[0];
  if (name?.type !== 'word' || operands.tokens[1]?.text !== ',' || sum === undefined) {
    listing.error(operands.place, 'expected a symbol, a comma and its size');
    return;
  }
  const { symbol, minus, value } = sum;
  const isNumber = symbol === undefined && minus === undefined;
  listing.declare(name.quoted ? unescapeString(name.text) : name.text).size = () =>
    Number(value) + (isNumber ? 0 : (listing.difference(symbol, minus) ?? 0));
};

/** `.comm name, size [, align]`: zeros in .bss. BPF loaders know no common symbols. */
const common: Directive = (listing, operands) => {
  const name = namesOf(operands)[0];
  const comma = operands.tokens.findIndex(({ text }) => text === ',');
  const numbers = numbersOf(listing, { ...operands, tokens: operands.tokens.slice(comma + 1) });
  if (name === undefined || comma < 0) {
    listing.error(operands.place, 'expected a symbol, a size and an alignment');
    return;
  }
  const [size = 0, bytes = 1] = numbers;
  const before = listing.section;
  listing.section = listing.openSection('.bss', 'aw', 'nobits', 0);
  align(listing, { ...operands, tokens: [] }, () => bytes);
  listing.defineLabel(name, operands.place);
  listing.addZeros(size, operands.place);
  listing.section = before;
  const declaration = listing.declare(name);
  declaration.type = 'object';
  declaration.size = () => size;
  if (declaration.binding === 'local' && !listing.isDeclaredLocal(name)) declaration.binding = 'global';
};

const setConstant: Directive = (listing, operands) => {
  const name = operands.tokens[0];
  const sum = expressionsOf(listing, { ...operands, tokens: operands.tokens.slice(2) })[0];
  if (name?.type === 'word' && sum !== undefined && sum.symbol === undefined && sum.minus === undefined) {
    listing.constants.set(name.text, sum.value);
  } else listing.error(operands.place, 'expected a name, a comma and a number');
};

const zeros: Directive = (listing, operands) => {
  const [count = 0, fill = 0] = numbersOf(listing, operands);
  if (fill === 0) listing.addZeros(count, operands.place);
  else listing.error(operands.place, 'only zeros can be reserved; write other bytes with .byte');
};

const declareLocal: Directive = (listing, operands) => {
  for (const name of namesOf(operands)) listing.declareLocal(name);
};

const ignore: Directive = () => {};

const DIRECTIVES: ReadonlyMap<string, Directive> = new Map<string, Directive>([
  ['.section', section],
  ['.text', standardSection('.text')],
  ['.data', standardSection('.data')],
  ['.bss', standardSection('.bss')],
  ['.globl', declareAll((declaration) => (declaration.binding = 'global'))],
  ['.global', declareAll((declaration) => (declaration.binding = 'global'))],
  ['.weak', declareAll((declaration) => (declaration.binding = 'weak'))],
  ['.local', declareLocal],
  ['.hidden', declareAll((declaration) => (declaration.visibility = 'hidden'))],
  ['.internal', declareAll((declaration) => (declaration.visibility = 'internal'))],
  ['.protected', declareAll((declaration) => (declaration.visibility = 'protected'))],
  ['.type', symbolType],
  ['.size', symbolSize],
  ['.comm', common],
  ['.set', setConstant],
  ['.equ', setConstant],
  ['.p2align', (listing, operands) => align(listing, operands, (value) => 2 ** value)],
  ['.balign', (listing, operands) => align(listing, operands, (value) => value)],
  ['.align', (listing, operands) => align(listing, operands, (value) => value)],
  ['.byte', values(1)],
  ['.short', values(2)],
  ['.2byte', values(2)],
  ['.hword', values(2)],
  ['.long', values(4)],
  ['.int', values(4)],
  ['.4byte', values(4)],
  ['.quad', values(8)],
  ['.8byte', values(8)],
  ['.ascii', strings([])],
  ['.asciz', strings([0])],
  ['.string', strings([0])],
  ['.zero', zeros],
  ['.skip', zeros],
  ['.space', zeros],
  ['.file', ignore],
  ['.loc', ignore],
  ['.ident', ignore],
  ['.addrsig', ignore],
  ['.addrsig_sym', ignore],
]);

/** Directives of debug information, of which there are many. */
const IGNORED = /^\.cfi_/;
/** Directives that make contents, of no interest in sections that are skipped. */
const CONTENTS = /^\.(?:byte|short|long|quad|[248]byte|ascii|asciz|string|zero|[us]leb128)$/;

/** Carries out the directive at the start of `text`; `place` is where it stands. */
export function runDirective(listing: Listing, text: string, place: Place): void {
  const [whole = '', name = ''] = /^\s*(\.\w+)/.exec(text) ?? [];
  if (IGNORED.test(name) || (listing.section.ignored && CONTENTS.test(name))) return;
  const directive = DIRECTIVES.get(name);
  if (directive === ignore) return;
  if (directive === undefined) {
    listing.error(place, `unknown directive ${name}`);
    return;
  }
  const rest = text.slice(whole.length);
  const tokens = directive === section ? [] : lexStatement(rest);
  if ('message' in tokens) {
    listing.error({ ...place, offset: place.offset + whole.length + tokens.offset }, tokens.message);
  } else directive(listing, { text: rest, tokens, place });
}
