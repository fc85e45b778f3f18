/**
 * What to build next: the sources whose last build would ask the disk today and get another answer.
 *
 * Any event leads to the same question, so none has to be understood: renames, deleted files, folders that appear, events that
 * came twice or got lost are all one case. A file that lost its text a moment ago is given time: editors save by
 * emptying a file or by removing it, and write it then.
 */

import type { Change, KnownFiles, Questions } from './known-files.ts';

export type Step =
  | { readonly kind: 'idle' }
  /** Something is being written: look again soon. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'build'; readonly sources: readonly string[]; readonly changes: readonly Change[] };

interface LastBuild {
  readonly questions: Questions;
  readonly existing: ReadonlySet<string>;
}

/** This long an empty or missing file may be half of a save, in ms. */
const patience = 100;

export class Plan {
  private readonly files: KnownFiles;
  private readonly sources: readonly string[];
  private readonly last = new Map<string, LastBuild>();
  /** When a file was first seen without text. */
  private readonly emptySince = new Map<string, number>();

  constructor(files: KnownFiles, sources: readonly string[]) {
    this.files = files;
    this.sources = sources;
  }

  /** Looks at the disk; `now` in ms. */
  next(now: number): Step {
    const { files, last } = this;
    // Not sooner: of several builds in a row each notes its questions when all are done.
    if (last.size > 0) files.keepOnly([...last.values()].map((build) => build.questions));
    files.beginRound();
    const stale = this.sources.filter((source) => {
      const before = last.get(source);
      return before === undefined || files.isStale(before.questions);
    });
    const changes = new Map<string, Change>();
    for (const source of stale) {
      const before = last.get(source);
      if (before === undefined) continue;
      for (const change of files.changes(before.questions, before.existing)) changes.set(change.path, change);
    }
    if (this.isHalfWritten([...changes.values()], now)) return { kind: 'wait' };
    if (stale.length === 0) return { kind: 'idle' };
    return { kind: 'build', sources: stale, changes: [...changes.values()] };
  }

  private isHalfWritten(changes: readonly Change[], now: number): boolean {
    const empty = new Set(changes.flatMap(({ path, isEmpty }) => (isEmpty ? [path] : [])));
    for (const path of this.emptySince.keys()) if (!empty.has(path)) this.emptySince.delete(path);
    let waits = false;
    for (const path of empty) {
      const since = this.emptySince.get(path) ?? now;
      this.emptySince.set(path, since);
      waits ||= now - since < patience;
    }
    return waits;
  }

  /** Notes what a build of a source asked. */
  built(source: string, questions: Questions): void {
    this.last.set(source, { questions, existing: this.files.existing(questions) });
  }

  /** What any build asked about. */
  paths(): { readonly files: ReadonlySet<string>; readonly folders: ReadonlySet<string> } {
    const questions = [...this.last.values()].map((build) => build.questions);
    return {
      files: new Set(questions.flatMap(({ files }) => [...files.keys()])),
      folders: new Set(questions.flatMap(({ folders }) => [...folders.keys()])),
    };
  }
}
