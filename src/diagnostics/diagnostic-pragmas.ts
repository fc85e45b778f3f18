/**
 * What `#pragma GCC diagnostic` says about a place. The preprocessor tells of files entered and left and of
 * pragmas; a warning policy asks for the severity of a group at a position.
 *
 * Method: each file has the list of states from an offset on; a state is an immutable map, so that entering and
 * leaving files and `push` and `pop` share them.
 */

import type { FileEntry, Pos, SourceManager } from './source-manager.ts';

export type PragmaSeverity = 'ignored' | 'warning' | 'error' | 'fatal';

type State = ReadonlyMap<string, PragmaSeverity>;

interface Change {
  readonly offset: number;
  /** Where the pragma itself stands, which may be inside of macros; undefined where a file begins or goes on. */
  readonly position: Pos | undefined;
  /** Positions from here on were given out after the pragma was read. */
  readonly stamp: number;
  readonly state: State;
}

export class DiagnosticPragmas {
  private readonly changes = new Map<FileEntry, Change[]>();
  private readonly stack: State[] = [];
  private state: State = new Map();
  private readonly systemFrom = new Map<FileEntry, number>();

  /** From `offset` of `file` on, the present state holds: a file begins, or goes on after an `#include`. */
  resume(file: FileEntry, offset: number): void {
    if (this.state.size === 0 && !this.changes.has(file)) return;
    this.append(file, { offset, position: undefined, stamp: 0, state: this.state });
  }

  push(): void {
    this.stack.push(this.state);
  }

  /** False when nothing was pushed. */
  pop(sources: SourceManager, position: Pos): boolean {
    const state = this.stack.pop();
    if (state === undefined) return false;
    this.change(sources, position, state);
    return true;
  }

  set(sources: SourceManager, position: Pos, group: string, severity: PragmaSeverity): void {
    this.change(sources, position, new Map(this.state).set(group, severity));
  }

  /** From `offset` on, the file counts as a system header. */
  markSystem(file: FileEntry, offset: number): void {
    if (!this.systemFrom.has(file)) this.systemFrom.set(file, offset);
  }

  /** Whether a place lies in a system header, by its origin or by a pragma. */
  isSystem(sources: SourceManager, position: Pos): boolean {
    if (position === 0) return false;
    const { file, offset } = sources.location(position);
    return file.origin === 'system' || offset >= (this.systemFrom.get(file) ?? Number.POSITIVE_INFINITY);
  }

  /** The severity that pragmas give a group at a place, or undefined where they say nothing. */
  severityAt(sources: SourceManager, position: Pos, group: string): PragmaSeverity | undefined {
    if (this.changes.size === 0 || position === 0) return undefined;
    const { file, offset } = sources.location(position);
    return this.changes
      .get(file)
      ?.findLast(
        (change) =>
          change.offset < offset || (change.offset === offset && isBefore(sources, change, position)),
      )
      ?.state.get(group);
  }

  private change(sources: SourceManager, position: Pos, state: State): void {
    this.state = state;
    const { file, offset } = sources.location(position);
    this.append(file, { offset, position, stamp: sources.end, state });
  }

  private append(file: FileEntry, change: Change): void {
    const list = this.changes.get(file) ?? [];
    list.push(change);
    this.changes.set(file, list);
  }
}

/**
 * Does a pragma that came out of the same macro use as `position` stand before it? Expansions that began after the
 * pragma was read do; in one that was open then, the place that leads to the pragma is compared.
 */
function isBefore(sources: SourceManager, change: Change, position: Pos): boolean {
  if (change.position === undefined) return true;
  for (let at = position; ; ) {
    const entry = sources.entry(at);
    if (entry.kind === 'file') return true;
    if (entry.base >= change.stamp) return true;
    for (let pragma: Pos = change.position; ; ) {
      const holder = sources.entry(pragma);
      if (holder.base === entry.base) return pragma <= at;
      if (holder.kind === 'file') break;
      pragma = holder.expansion.start;
    }
    at = entry.expansion.start;
  }
}
