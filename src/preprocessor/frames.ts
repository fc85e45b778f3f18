/**
 * Where the next token comes from: a stack of frames over token columns. Nothing here recurses, so that the
 * depth of includes and expansions is a length, not a stack.
 */

import type { FileEntry, Pos } from '../diagnostics/source-manager.ts';
import type { TokenColumns } from '../lexer/token-columns.ts';
import type { FoldedMacros } from './folded-macros.ts';
import type { FoundFile } from './include-search.ts';
import type { Macro } from './macro.ts';
import type { ScannedFile } from './scanned-file.ts';

/**
 * `macro`: a replacement list being rescanned; `folded`: a folded declaration of a file, scanned where it stands. The others are
 * barriers, whose end the run loop must see: a file, an argument that is expanded on its own (6.10.3.1), and the rest of a directive's line.
 */
export type FrameKind = 'file' | 'folded' | 'macro' | 'argument' | 'line';

/** Kinds of frames behind whose end the tokens of the frame below go on. */
export function isTransparent(kind: FrameKind): boolean {
  return kind === 'macro' || kind === 'folded';
}

/** Does a token of such a frame stand in a file as it is? */
export function isSourceText(kind: FrameKind): boolean {
  return kind === 'file' || kind === 'folded';
}

/** One open `#if` group. */
export interface Conditional {
  /** Position of the directive, for "unterminated". */
  readonly position: Pos;
  /** A group of this section has been taken. */
  taken: boolean;
  seenElse: boolean;
}

/** A file on the include stack. */
export interface OpenFile {
  readonly entry: FileEntry;
  readonly found: FoundFile;
  readonly scanned: ScannedFile;
  readonly conditionals: Conditional[];
  /** Of an `-imacros` file: the length of the output before it, which its tokens do not outlast; else -1. */
  readonly keepsTokens: number;
  readonly foldedMacros: FoldedMacros;
}

export class Frame {
  readonly kind: FrameKind;
  readonly tokens: TokenColumns;
  /** Number of the next token. */
  at: number;
  readonly end: number;
  /** Added to the tokens' positions. */
  readonly delta: number;
  readonly macro: Macro | undefined;
  /** The first token's spacing: that of the macro's name. */
  readonly firstFlags: number;
  readonly file: OpenFile | undefined;
  /** Spacing that the token after this frame gets. */
  trailingFlags = 0;

  constructor(
    kind: FrameKind,
    tokens: TokenColumns,
    at: number,
    end: number,
    delta: number,
    macro: Macro | undefined,
    firstFlags: number,
    file: OpenFile | undefined,
  ) {
    this.kind = kind;
    this.tokens = tokens;
    this.at = at;
    this.end = end;
    this.delta = delta;
    this.macro = macro;
    this.firstFlags = firstFlags;
    this.file = file;
  }
}
