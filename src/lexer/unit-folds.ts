/**
 * The folded declarations of a translation unit: what the `Folded` tokens of its token run stand for.
 *
 * In: declarations of files, and how far the file's positions are from its offsets. Out: their names when they are asked
 * for, their tokens when one is wanted. The id of a `Folded` token in the unit is a number here: a run of declarations
 * that follow each other in a file.
 */

import type { Pos } from '../diagnostics/source-manager.ts';
import { asId } from '../support/ids.ts';
import type { FoldedText } from './folded-text.ts';
import type { FoldedTokens } from './scanner.ts';
import { type TokenColumns, TokenFlag } from './token-columns.ts';
import { Tok } from './tokens.ts';

/** Declarations `first` to `end` of a file. */
export interface FoldedRun {
  readonly tokens: FoldedTokens;
  readonly first: number;
  end: number;
  /** What makes a position of an offset. */
  readonly delta: number;
}

export class UnitFolds {
  /** The keyword that an identifier is, 0 for others. */
  private readonly keywords: () => Uint8Array;
  private readonly runs: FoldedRun[] = [];

  constructor(keywords: () => Uint8Array) {
    this.keywords = keywords;
  }

  /** Makes a run of one declaration; gives its number. */
  add(tokens: FoldedTokens, declaration: number, delta: number): number {
    return this.runs.push({ tokens, first: declaration, end: declaration + 1, delta }) - 1;
  }

  /** Takes the declaration into a run where it follows what is in it. */
  extend(number: number, tokens: FoldedTokens, declaration: number, delta: number): boolean {
    const run = this.runs[number];
    if (run?.tokens !== tokens || run.end !== declaration || run.delta !== delta) return false;
    run.end++;
    return true;
  }

  /** The runs so far, as they are now. */
  state(): readonly FoldedRun[] {
    return this.runs.map((run) => ({ ...run }));
  }

  /** Begins with the runs of another unit. */
  resume(runs: readonly FoldedRun[]): void {
    for (const run of runs) this.runs.push({ ...run });
  }

  run(number: number): FoldedRun | undefined {
    return this.runs[number];
  }

  /** Calls `note` with the name and the `FoldedName` of each name in a run. */
  eachName(number: number, note: (name: string, kind: number) => void): void {
    const run = this.runs[number];
    if (run === undefined) return;
    for (let declaration = run.first; declaration < run.end; declaration++) {
      run.tokens.folded.eachName(declaration, note);
    }
  }

  /**
   * Appends the tokens `start` to `end` to the run itself, with nothing folded; gives where they begin. So trees go on
   * speaking of numbers of tokens in one run.
   */
  unfold(tokens: TokenColumns, start: number, end: number): number {
    const first = tokens.length;
    for (let at = start; at < end; at++) {
      const run = tokens.kind(at) === Tok.Folded ? this.runs[tokens.id(at)] : undefined;
      if (run === undefined) tokens.pushFrom(tokens, at);
      else
        for (let declaration = run.first; declaration < run.end; declaration++)
          this.append(tokens, run, declaration);
    }
    return first;
  }

  /** Appends the tokens of one declaration of a run. */
  append(tokens: TokenColumns, run: FoldedRun, declaration: number): void {
    const scanned = run.tokens.of(declaration);
    const keywords = this.keywords();
    for (let at = 0; at < scanned.length; at++) {
      const id = scanned.id(at);
      const keyword = scanned.kind(at) === Tok.Identifier ? (keywords[id] ?? 0) : 0;
      const kind = keyword === 0 ? scanned.kind(at) : keyword;
      const flags = at === 0 ? TokenFlag.startOfLine : scanned.flag(at);
      tokens.push(kind, scanned.position(at) + run.delta, id, flags);
    }
  }
}

/** Positions of the first character of a run's declaration, and behind its last. */
export function foldedSpan(run: FoldedRun, declaration: number): { readonly start: Pos; readonly end: Pos } {
  const { starts, ends } = run.tokens.folded.columns;
  return {
    start: asId<Pos>((starts[declaration] ?? 0) + run.delta),
    end: asId<Pos>((ends[declaration] ?? 0) + run.delta),
  };
}

/** What a run's text says of its names. */
export function foldedText(run: FoldedRun): FoldedText {
  return run.tokens.folded;
}

/** A run in which nothing is folded. */
export function noFolds(): UnitFolds {
  return new UnitFolds(() => new Uint8Array(0));
}
