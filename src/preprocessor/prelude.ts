/**
 * What the includes make that a main file begins with, kept by a session for other main files that begin with the same.
 *
 * In: the tokens of a main file, and all that preprocessing depends on beside them. Out: the state in which preprocessing goes on
 * behind the last of these includes that was reached before with the same answers of the file system.
 *
 * Method: states are kept under the directives that lead to them. A state is kept when its directives come for the second time,
 * so that a compilation that stays alone does not pay; where many main files are known to follow, when they come at all.
 *
 * Invariants: a unit that goes on from a state is the unit that it would be without. So nothing is kept behind a message, a
 * change of line numbers or of diagnostics' severity, a use of the main file's name, or where the main file includes itself; a
 * state is never changed; and positions behind the main file do not depend on its text (see {@link roomOfMain}).
 */

import type { FileEntry, Pos, SourcesState } from '../diagnostics/source-manager.ts';
import { type TokenColumns, TokenFlag, type TokenHead } from '../lexer/token-columns.ts';
import { Tok } from '../lexer/tokens.ts';
import { asId } from '../support/ids.ts';
import type { Interner } from '../support/interner.ts';
import type { ExpanderState } from './expander.ts';
import type { SearchAnswer } from './include-search.ts';
import type { IdentifiersState } from './macro.ts';
import type { PreprocessorOptions } from './options.ts';

/** An include directive in front of all else in a main file. */
export interface LeadingInclude {
  /** The header's name as it is written, with its quotes or brackets. */
  readonly spelling: string;
  /** Number of the token that is the name. */
  readonly nameAt: number;
  /** Number of the first token of the next line. */
  readonly end: number;
}

/** A preprocessor between two lines of the main file; what the main file itself is in it is left out. */
export interface PreludeState {
  /** All that was asked of the file system. */
  readonly answers: readonly SearchAnswer[];
  readonly sources: SourcesState;
  readonly identifiers: IdentifiersState;
  readonly expander: ExpanderState;
  /** Parts of the tokens, each those of another include. */
  readonly heads: readonly TokenHead[];
  readonly dependencies: ReadonlyMap<string, boolean>;
  readonly generatedHeaders: readonly string[];
  readonly onceFiles: ReadonlySet<string>;
  readonly entered: ReadonlySet<string>;
  readonly counter: number;
  /** Where the names of the includes stand. */
  readonly namePositions: readonly number[];
}

/** The includes at the head of a main file. */
export function leadingIncludes(tokens: TokenColumns, interner: Interner): readonly LeadingInclude[] {
  const includes: LeadingInclude[] = [];
  const include = interner.find('include');
  const startsLine = (at: number) => (tokens.flag(at) & TokenFlag.startOfLine) !== 0;
  for (let at = 0; tokens.kind(at) === Tok.Hash && tokens.id(at + 1) === include; at += 3) {
    const nameAt = at + 2;
    const spelling = interner.text(tokens.id(nameAt));
    const isName = /^<.+>$|^".+"$/.test(spelling) && !startsLine(at + 1) && !startsLine(nameAt);
    if (!isName || !startsLine(nameAt + 1)) break;
    includes.push({ spelling, nameAt, end: nameAt + 1 });
  }
  return includes;
}

/** Main files get positions in steps of this, so that what comes behind them mostly has the same ones. */
const mainStep = 1 << 16;

/** The positions that a main file of this length gets. */
export function roomOfMain(length: number): number {
  return Math.ceil((length + 1) / mainStep) * mainStep - 1;
}

/** Options in a form in which the same are equal. */
export function keyOfOptions(options: PreprocessorOptions): string {
  return JSON.stringify(options, (_name, value: unknown) =>
    value instanceof Set || value instanceof Map ? [...value] : value,
  );
}

/** About the bytes that a state takes. */
function sizeOf({ sources, identifiers, expander, answers }: PreludeState): number {
  const { output, runs } = expander;
  const columns = output.length * 10 + sources.numEntries * 24 + identifiers.bits.length;
  return columns + identifiers.macros.length * 100 + runs.length * 60 + answers.length * 100;
}

/** Bytes of all states that a session keeps. */
const defaultCapacity = 48_000_000;

/** The states of a session. */
export class Preludes {
  /** By options and the like, then by directives: the state, undefined where they came once. */
  private readonly roots = new Map<string, Map<string, PreludeState | undefined>>();
  private readonly capacity: number;
  private size = 0;
  private keepsFirst = false;

  constructor(capacity = defaultCapacity) {
    this.capacity = capacity;
  }

  /** Many main files follow, those that begin alike behind each other: states are kept when they come for the first time. */
  expectMore(): void {
    this.keepsFirst = true;
  }

  /** True for a state that may come again. */
  wants(states: ReadonlyMap<string, PreludeState | undefined>, path: string): boolean {
    return this.keepsFirst || states.has(path);
  }

  of(key: string): Map<string, PreludeState | undefined> {
    const known = this.roots.get(key);
    if (known !== undefined) return known;
    const root = new Map<string, PreludeState | undefined>();
    this.roots.set(key, root);
    return root;
  }

  /** Makes room for a state; all others go when there is none left. */
  reserve(state: PreludeState): void {
    this.size += sizeOf(state);
    if (this.size <= this.capacity) return;
    for (const root of this.roots.values()) root.clear();
    this.roots.clear();
    this.size = sizeOf(state);
  }
}

/** The states that the includes of one main file lead to. */
export class UnitPrelude {
  readonly includes: readonly LeadingInclude[];
  private readonly preludes: Preludes;
  private readonly key: string;
  /** The places where states are: before the first line of the main file, and behind each include. */
  private readonly places: readonly { readonly path: string; readonly end: number }[];

  constructor(preludes: Preludes, key: string, includes: readonly LeadingInclude[]) {
    this.preludes = preludes;
    this.key = key;
    this.includes = includes;
    const spellings = includes.map(({ spelling }) => spelling);
    const behind = includes.map(({ end }, index) => ({
      path: spellings.slice(0, index + 1).join('\n'),
      end,
    }));
    this.places = [{ path: '', end: 0 }, ...behind];
  }

  /** The state at the last place that has one which holds here. */
  find(holds: (state: PreludeState) => boolean): { state: PreludeState; end: number } | undefined {
    const states = this.preludes.of(this.key);
    for (let index = this.places.length - 1; index >= 0; index--) {
      const { path = '', end = 0 } = this.places[index] ?? {};
      const state = states.get(path);
      if (state === undefined) continue;
      if (holds(state)) return { state, end };
      // Another one takes its place.
      states.set(path, undefined);
    }
    return undefined;
  }

  /** The unit stands at a token of the main file: its state is kept where it is wanted. */
  reached(token: number, state: () => PreludeState | undefined): void {
    const path = this.places.find(({ end }) => end === token)?.path;
    if (path === undefined) return;
    const states = this.preludes.of(this.key);
    if (!this.preludes.wants(states, path)) {
      states.set(path, undefined);
      return;
    }
    const kept = state();
    if (kept === undefined) return;
    this.preludes.reserve(kept);
    this.preludes.of(this.key).set(path, kept);
  }
}

/** The files of a state with the directives of another main file: `positions` are where its includes have their names. */
export function filesBehind(state: PreludeState, positions: readonly number[]): readonly FileEntry[] {
  return state.sources.files.map((file) => {
    const index = state.namePositions.indexOf(file.includedFrom);
    return index < 0 ? file : { ...file, includedFrom: asId<Pos>(positions[index] ?? 0) };
  });
}
