/**
 * Scanned files by content, kept by a session from one compilation to the next. What is cached is never
 * changed: positions are offsets, and the interner is the session's. When the texts grow beyond a limit, those
 * that were not asked for longest go.
 *
 * A scanned file also knows the macro of its include guard, if its whole text stands between `#ifndef X` (or
 * `#if !defined X`) and the matching `#endif`: such a file need not be entered again while X is defined.
 */

import { type ScannedText, scan } from '../lexer/scanner.ts';
import type { TokenColumns } from '../lexer/token-columns.ts';
import { TokenFlag } from '../lexer/token-columns.ts';
import { Tok } from '../lexer/tokens.ts';
import type { Interner } from '../support/interner.ts';
import { decodeScan, encodeScan, type ScannedFile } from './scanned-file.ts';

/** Where a host keeps bytes that belong to a text beyond this process. What is lost there is made again. */
export interface ScanStore {
  read(text: string): Uint8Array | undefined;
  write(text: string, bytes: Uint8Array): void;
}

/** Shorter texts are scanned as fast as they are read. */
const minKept = 1 << 16;

/** Characters of all texts that a cache keeps. */
const defaultCapacity = 128_000_000;

export class TokenCache {
  /** Least recently used first. */
  private readonly files = new Map<string, ScannedFile>();
  private readonly interner: Interner;
  private readonly store: ScanStore | undefined;
  private readonly capacity: number;
  private size = 0;
  /** Texts that the store did not have. */
  private readonly unkept = new Set<string>();

  constructor(interner: Interner, capacity = defaultCapacity, store?: ScanStore) {
    this.interner = interner;
    this.store = store;
    this.capacity = capacity;
  }

  /** The tokens of a text; scanned when it is seen for the first time. */
  scanned(text: string, trigraphs: boolean): ScannedFile {
    const key = trigraphs ? `?${text}` : text;
    const known = this.files.get(key);
    const file = known ?? this.read(text, trigraphs);
    if (known !== undefined) this.files.delete(key);
    else this.size += key.length;
    this.files.set(key, file);
    this.shrink();
    return file;
  }

  /** Scans a text, or reads what an earlier process found in it. */
  private read(text: string, trigraphs: boolean): ScannedFile {
    const mayKeep = this.store !== undefined && !trigraphs && text.length >= minKept;
    const bytes = mayKeep ? this.store?.read(text) : undefined;
    const kept = bytes && decodeScan(bytes, text, this.interner);
    if (kept !== undefined) return kept;
    const file = scanFile(text, this.interner, trigraphs);
    if (mayKeep && file.folded.columns.starts.length > 0) this.unkept.add(text);
    return file;
  }

  /** Gives what was scanned to the store. */
  keep(): void {
    for (const text of this.unkept) {
      const file = this.files.get(text);
      if (file !== undefined) this.store?.write(text, encodeScan(text, file, this.interner));
    }
    this.unkept.clear();
  }

  /** Drops a text that will not be asked for again. */
  forget(text: string): void {
    for (const key of [text, `?${text}`]) if (this.files.delete(key)) this.size -= key.length;
  }

  /** Drops the oldest texts, but never the one that was just asked for. */
  private shrink(): void {
    for (const key of this.files.keys()) {
      if (this.size <= this.capacity || this.files.size === 1) return;
      this.files.delete(key);
      this.size -= key.length;
    }
  }
}

export function scanFile(text: string, interner: Interner, trigraphs: boolean): ScannedFile {
  const result = scan(text, interner, { trigraphs, folds: true });
  return { ...result, guard: findGuard(result, interner), definitions: new Map() };
}

function findGuard(file: ScannedText, interner: Interner): number {
  const { tokens, directives } = file;
  if (directives.length < 2 || directives[0] !== 0) return -1;
  const guard = guardOfFirstLine(tokens, interner);
  if (guard < 0) return -1;
  let depth = 0;
  for (let number = 0; number < directives.length; number++) {
    const at = directives[number] ?? 0;
    const name = tokens.flag(at + 1) & TokenFlag.startOfLine ? '' : interner.text(tokens.id(at + 1));
    if (name === 'if' || name === 'ifdef' || name === 'ifndef') depth++;
    else if (depth === 1 && name.startsWith('el')) return -1;
    else if (name === 'endif' && --depth === 0)
      return number === directives.length - 1 && isLastLine(tokens, at) ? guard : -1;
  }
  return -1;
}

/** X of `#ifndef X`, `#if !defined X` or `#if !defined(X)` at the start of the file, else -1. */
function guardOfFirstLine(tokens: TokenColumns, interner: Interner): number {
  let end = 1;
  while ((tokens.flag(end) & TokenFlag.startOfLine) === 0) end++;
  const words: string[] = [];
  for (let at = 1; at < end && at < 8; at++) words.push(interner.text(tokens.id(at)));
  const line = words.join(' ');
  const nameAt = words[0] === 'ifndef' ? 1 : words[3] === '(' ? 4 : 3;
  const name = words[nameAt] ?? '';
  if (tokens.kind(nameAt + 1) !== Tok.Identifier) return -1;
  const forms = [`ifndef ${name}`, `if ! defined ${name}`, `if ! defined ( ${name} )`];
  return forms.includes(line) ? tokens.id(nameAt + 1) : -1;
}

function isLastLine(tokens: TokenColumns, hash: number): boolean {
  let at = hash + 1;
  while ((tokens.flag(at) & TokenFlag.startOfLine) === 0) at++;
  return tokens.kind(at) === Tok.EndOfFile;
}
