/**
 * One build of a watch: a source -> its files written, and what there is to say about it. The session is kept from build to build.
 *
 * A session only grows: names that were typed once stay interned. So it is made anew when it has grown by much, and after a
 * bug of ours, which may have left it in any state.
 */

import { statSync } from 'node:fs';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { plainStyle, renderDiagnostics, renderSummary } from '../../diagnostics/render.ts';
import { renderJson } from '../../diagnostics/render-json.ts';
import type { Invocation } from '../../driver/command-line.ts';
import { type CompiledProgram, type CompileResult, compileSource } from '../../driver/compile.ts';
import { createSession, type Session } from '../../driver/session.ts';
import { colorStyle } from '../colors.ts';
import { complaint } from '../complaint.ts';
import { reportingBugs } from '../internal-error.ts';
import { nodeFileSystem, nodeHost } from '../node-host.ts';
import { objectName, outputPath, writeResult } from '../output-files.ts';
import { type Disk, KnownFiles, type Questions, type Stamp } from './known-files.ts';
import { type BuildSummary, programChanges } from './status.ts';

export interface Build {
  readonly summary: BuildSummary;
  /** The diagnostics as the compiler shows them. */
  readonly messages: string;
  /** The same as a JSON array. */
  readonly json: string;
  readonly questions: Questions;
}

/** Names that may come before the session is made anew. */
const maxNewNames = 50_000;

function stampOf(path: string): Stamp {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return { id: '', modified: 0 };
    const { mtimeNs, ctimeNs, size, ino } = stat;
    return { id: `${mtimeNs} ${ctimeNs} ${size} ${ino}`, modified: Number(mtimeNs / 1_000_000n) };
  } catch (error) {
    return { id: error instanceof Error ? error.message : String(error), modified: 0 };
  }
}

function nodeDisk(): Disk {
  return { fileSystem: nodeFileSystem(), stamp: stampOf, now: () => Date.now() };
}

function countSeverity(diagnostics: readonly Diagnostic[], isCounted: (severity: string) => boolean): number {
  return diagnostics.filter(({ severity }) => isCounted(severity)).length;
}

export class Builder {
  readonly files: KnownFiles;
  private readonly invocation: Invocation;
  private readonly args: readonly string[];
  private readonly color: boolean;
  private readonly before = new Map<string, readonly CompiledProgram[]>();
  private session: Session | undefined;
  private firstNames = 0;

  constructor(invocation: Invocation, args: readonly string[], color: boolean) {
    this.invocation = invocation;
    this.args = args;
    this.color = color;
    this.files = new KnownFiles(nodeDisk(), (text) => this.session?.tokenCache.forget(text));
  }

  /** Builds a source; `start` is when the event came (`performance.now()`). */
  build(source: string, start: number): Build {
    const { invocation, files } = this;
    let result: CompileResult | undefined;
    let failures: readonly string[] = [];
    const questions = files.asking(() => {
      reportingBugs(source, this.args, () => {
        result = this.compile(source);
        failures = writeResult(invocation, source, result);
        return 0;
      });
    });
    const milliseconds = performance.now() - start;
    if (result === undefined) this.session = undefined;
    return { ...this.describe(source, result, failures, milliseconds), questions };
  }

  private compile(source: string): CompileResult {
    const { invocation, files } = this;
    if (this.session !== undefined && this.session.interner.size > this.firstNames + maxNewNames) {
      this.session = undefined;
    }
    const isNew = this.session === undefined;
    const session = (this.session ??= createSession());
    const result = compileSource({
      session,
      host: { ...nodeHost(), fileSystem: files },
      path: source,
      outputName: objectName(invocation, source),
      options: invocation.options,
    });
    if (isNew) this.firstNames = session.interner.size;
    return result;
  }

  private describe(
    source: string,
    result: CompileResult | undefined,
    failures: readonly string[],
    milliseconds: number,
  ): Omit<Build, 'questions'> {
    const diagnostics = result?.diagnostics ?? [];
    const found = countSeverity(diagnostics, (severity) => severity === 'error' || severity === 'fatal');
    const errors = found + failures.length + (result === undefined ? 1 : 0);
    const isGood = errors === 0 && result !== undefined;
    const programs = isGood ? programChanges(result.programs, this.before.get(source)) : [];
    if (isGood) this.before.set(source, result.programs);
    const summary: BuildSummary = {
      source,
      output: isGood ? outputPath(this.invocation, source) : undefined,
      milliseconds,
      errors,
      warnings: countSeverity(diagnostics, (severity) => severity === 'warning'),
      size: isGood ? (result.object ?? result.text)?.length : undefined,
      programs,
    };
    const complaints = failures.map((text) => complaint(text)).join('');
    return { summary, ...this.rendered(result, complaints) };
  }

  private rendered(result: CompileResult | undefined, complaints: string): Pick<Build, 'messages' | 'json'> {
    if (result === undefined) return { messages: '', json: '[]' };
    const { diagnostics, sources } = result;
    const style = this.color ? colorStyle() : plainStyle;
    const text =
      diagnostics.length === 0
        ? ''
        : renderDiagnostics(diagnostics, sources, { style }) + renderSummary(diagnostics);
    return { messages: text + complaints, json: renderJson(diagnostics, sources).trimEnd() };
  }
}
