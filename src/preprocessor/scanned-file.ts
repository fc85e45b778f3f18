/**
 * A scanned file as bytes, so that a host can keep it from one run to the next: what `scan` found out about a text, to be used
 * again for the same text without scanning it.
 *
 * In: a scanned file; or bytes and the text. Out: bytes; or the scanned file, undefined where the bytes are not what this version
 * writes. A head of numbers says how long each column is; the columns follow, those of 32-bit numbers first, so
 * that they can be read where they lie. Identifiers are numbers in a list of spellings of the file's own.
 *
 * Invariant: a file read back is the file that scanning gives; nothing else may depend on which of both happened.
 */

import { FoldedNames, NameFilter } from '../lexer/folded-names.ts';
import { FoldedText } from '../lexer/folded-text.ts';
import { FoldedTokens, type ScannedText, withEnd } from '../lexer/scanner.ts';
import { TokenColumns } from '../lexer/token-columns.ts';
import { Tok } from '../lexer/tokens.ts';
import { latin1, latin1Bytes } from '../support/file-system.ts';
import type { Interner } from '../support/interner.ts';
import type { Definition } from './macro.ts';

export interface ScannedFile extends ScannedText {
  /** The identifier that guards the file, or -1. */
  readonly guard: number;
  /** What was parsed of its `#define` lines, by the number of the name's token. */
  readonly definitions: Map<number, Definition>;
}

/** Read as a number in the byte order of the machine; the last digits are the version of the format. */
const magic = 0x62736303;

/** The numbers of the head. */
const Head = Object.freeze({
  magic: 0,
  textLength: 1,
  tokens: 2,
  directives: 3,
  folded: 4,
  names: 5,
  heads: 6,
  filter: 7,
  spellings: 8,
  characters: 9,
  unterminatedComment: 10,
  nullCharacter: 11,
  guard: 12,
  length: 13,
});

type Head = Record<Exclude<keyof typeof Head, 'length' | 'magic'>, number>;

/** The lengths of the columns of 32-bit numbers, in their order. */
function wordColumns(head: Head): number[] {
  const { tokens, directives, folded, names, heads, filter, spellings } = head;
  return [
    tokens,
    tokens,
    directives,
    folded,
    folded,
    folded,
    names,
    names,
    heads,
    names,
    filter,
    spellings,
    spellings,
  ];
}

/** The bytes of a scanned file. */
export function encodeScan(text: string, file: ScannedFile, interner: Interner): Uint8Array {
  const { tokens, folded } = file;
  const spellings = new FileSpellings(interner);
  const count = tokens.length;
  const ids = Int32Array.from({ length: count }, (_, at) =>
    tokens.kind(at) === Tok.Folded ? tokens.id(at) : spellings.number(tokens.id(at)),
  );
  const { names, columns } = folded;
  const filter = NameFilter.of(text);
  const guard = file.guard < 0 ? -1 : spellings.number(file.guard);
  const characters = spellings.texts.join('');
  const lengths = Int32Array.from(spellings.texts, (spelling) => spelling.length);
  const words = [
    Int32Array.from(tokens.positions.subarray(0, count)),
    ids,
    file.directives,
    Int32Array.from(columns.starts),
    Int32Array.from(columns.ends),
    Int32Array.from(columns.nameEnds),
    Int32Array.from(columns.nameStarts),
    Int32Array.from(columns.nameSizes),
    names.heads,
    names.next,
    filter.words,
    lengths,
    Int32Array.from(spellings.hashes),
  ];
  const head = Int32Array.of(
    magic,
    text.length,
    count,
    file.directives.length,
    columns.starts.length,
    columns.nameStarts.length,
    names.heads.length,
    filter.words.length,
    lengths.length,
    characters.length,
    file.unterminatedComment,
    file.nullCharacter,
    guard,
  );
  const bytes = [tokens.kinds.subarray(0, count), tokens.flags.subarray(0, count), latin1Bytes(characters)];
  return joined([head, ...words, ...bytes]);
}

/** The scanned file that the bytes hold, if they are of this text. */
export function decodeScan(bytes: Uint8Array, text: string, interner: Interner): ScannedFile | undefined {
  const head = headOf(bytes, text);
  if (head === undefined) return undefined;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  let at = Head.length * 4;
  const take = (length: number) => {
    const column = new Int32Array(aligned.buffer, aligned.byteOffset + at, length);
    at += length * 4;
    return column;
  };
  const [
    positions,
    ids,
    directives,
    starts,
    ends,
    nameEnds,
    nameStarts,
    nameSizes,
    heads,
    next,
    filter,
    lengths,
    hashes,
  ] = wordColumns(head).map(take);
  if (!positions || !ids || !directives || !starts || !ends || !nameEnds) return undefined;
  if (!nameStarts || !nameSizes || !heads || !next || !filter || !lengths || !hashes) return undefined;
  const kinds = aligned.slice(at, at + head.tokens);
  const flags = aligned.slice(at + head.tokens, at + head.tokens * 2);
  const spellings = internAll(latin1(aligned.subarray(at + head.tokens * 2)), lengths, hashes, interner);
  const tokens = new TokenColumns(0);
  tokens.kinds = kinds;
  tokens.flags = flags;
  tokens.positions = Uint32Array.from(positions);
  tokens.ids = ids.slice();
  for (let number = 0; number < head.tokens; number++) {
    if (kinds[number] !== Tok.Folded) tokens.ids[number] = spellings[ids[number] ?? 0] ?? 0;
  }
  tokens.length = head.tokens;
  const ended = withEnd(text);
  const columns = { starts, ends, nameEnds, nameStarts, nameSizes };
  const names = new FoldedNames(ended, columns, heads, next);
  const folded = new FoldedText(ended, columns, names, new NameFilter(filter));
  return {
    tokens,
    directives,
    unterminatedComment: head.unterminatedComment,
    nullCharacter: head.nullCharacter,
    folded,
    foldedTokens: new FoldedTokens(folded, interner),
    guard: head.guard < 0 ? -1 : (spellings[head.guard] ?? -1),
    definitions: new Map(),
  };
}

/** The head, where all that it tells of is there. */
function headOf(bytes: Uint8Array, text: string): Head | undefined {
  const size = Head.length * 4;
  if (bytes.length < size) return undefined;
  const numbers = new Int32Array(Uint8Array.from(bytes.subarray(0, size)).buffer);
  if (numbers[Head.magic] !== magic || numbers[Head.textLength] !== text.length) return undefined;
  const head: Head = {
    textLength: text.length,
    tokens: numbers[Head.tokens] ?? -1,
    directives: numbers[Head.directives] ?? -1,
    folded: numbers[Head.folded] ?? -1,
    names: numbers[Head.names] ?? -1,
    heads: numbers[Head.heads] ?? -1,
    filter: numbers[Head.filter] ?? -1,
    spellings: numbers[Head.spellings] ?? -1,
    characters: numbers[Head.characters] ?? -1,
    unterminatedComment: numbers[Head.unterminatedComment] ?? -1,
    nullCharacter: numbers[Head.nullCharacter] ?? -1,
    guard: numbers[Head.guard] ?? -1,
  };
  const lengths = wordColumns(head);
  if ([...lengths, head.characters].some((length) => length < 0)) return undefined;
  const words = lengths.reduce((sum, length) => sum + length, 0);
  return bytes.length === size + words * 4 + head.tokens * 2 + head.characters ? head : undefined;
}

/** The spellings that a file has, numbered as they come. */
class FileSpellings {
  readonly texts: string[] = [];
  readonly hashes: number[] = [];
  private readonly numbers = new Map<number, number>();
  private readonly interner: Interner;

  constructor(interner: Interner) {
    this.interner = interner;
  }

  number(id: number): number {
    const known = this.numbers.get(id);
    if (known !== undefined) return known;
    const number = this.texts.push(this.interner.text(id)) - 1;
    this.hashes.push(this.interner.hash(id));
    this.numbers.set(id, number);
    return number;
  }
}

function internAll(
  characters: string,
  lengths: Int32Array,
  hashes: Int32Array,
  interner: Interner,
): Int32Array {
  const ids = new Int32Array(lengths.length);
  for (let number = 0, start = 0; number < lengths.length; number++) {
    const end = start + (lengths[number] ?? 0);
    ids[number] = interner.internHashed(characters, start, end, hashes[number] ?? 0);
    start = end;
  }
  return ids;
}

function joined(parts: readonly (Int32Array | Uint8Array)[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const result = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    result.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return result;
}
