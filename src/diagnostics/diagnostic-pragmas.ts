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
    const list = this.changes.get(file) ?? [];
    list.push({ offset, state: this.state });
    this.changes.set(file, list);
  }

  push(): void {
    this.stack.push(this.state);
  }

  /** False when nothing was pushed. */
  pop(file: FileEntry, offset: number): boolean {
    const state = this.stack.pop();
    if (state === undefined) return false;
    this.change(file, offset, state);
    return true;
  }

  set(file: FileEntry, offset: number, group: string, severity: PragmaSeverity): void {
    this.change(file, offset, new Map(this.state).set(group, severity));
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
      ?.findLast((change) => change.offset <= offset)
      ?.state.get(group);
  }

  private change(file: FileEntry, offset: number, state: State): void {
    this.state = state;
    const list = this.changes.get(file) ?? [];
    list.push({ offset, state });
    this.changes.set(file, list);
  }
}
