/**
 * `bpfcc-ts explain [LOG] [--object FILE.o | --source FILE.c FLAGS]`: a verifier's log in terms of C.
 */

import { renderDiagnostics } from '../diagnostics/render.ts';
import { parseCommandLine } from '../driver/command-line.ts';
import { compileSource } from '../driver/compile.ts';
import { createSession } from '../driver/session.ts';
import { explainLog } from '../explain/index.ts';
import { type AskCompiler, hasSameCode, type ObjectFacts, readObjectFacts } from '../explain/object-facts.ts';
import { refusalList, refusalPage } from '../explain/pages.ts';
import { explanationData, renderExplanations } from '../explain/render.ts';
import { refusalById } from '../explain/table.ts';
import { colorStyle } from './colors.ts';
import type { ExplainOptions } from './explain-options.ts';
import { nodeFileSystem, nodeHost, standardInputName } from './node-host.ts';

/** 0: all refusals explained; 1: none in the log, or one of an unknown kind; 2: wrong command line. */
const ExitStatus = Object.freeze({ ok: 0, unexplained: 1, usage: 2 });

/** A reason why the command cannot do its work. */
interface Failure {
  readonly failure: string;
}

function isFailure(value: object | undefined): value is Failure {
  return value !== undefined && 'failure' in value;
}

function readBytes(path: string): Uint8Array | Failure {
  const result = nodeFileSystem().readFile(path);
  if (result.kind === 'file') return result.bytes;
  return { failure: `cannot read '${path}': ${result.kind === 'missing' ? 'no such file' : result.reason}` };
}

/** What is known of code: its object, and the compiler that made it. */
interface Compiled {
  readonly object: Uint8Array;
  readonly ask: AskCompiler | undefined;
}

/** The object of a source, compiled in memory. */
function compileForFacts(path: string, flags: readonly string[]): Compiled | Failure {
  const parsed = parseCommandLine(['-g', '-c', ...flags, path]);
  const [error] = parsed.errors;
  if (error !== undefined) return { failure: error };
  const { options } = parsed;
  const result = compileSource({
    session: createSession(),
    host: nodeHost(),
    path,
    outputName: 'explained.o',
    options,
    variables: true,
  });
  if (result.object !== undefined) return { object: result.object, ask: result.noteAt };
  process.stderr.write(renderDiagnostics(result.diagnostics, result.sources));
  return { failure: `'${path}' does not compile` };
}

/** The object that was loaded, and its source, if that gives the same code: then the compiler knows the variables. */
function compiledFrom({ object, source }: ExplainOptions, flags: readonly string[]): Compiled | Failure {
  const compiled = source === undefined ? undefined : compileForFacts(source, flags);
  if (object === undefined) return compiled ?? { failure: 'no source' };
  const bytes = readBytes(object);
  if (isFailure(bytes)) return bytes;
  if (compiled === undefined) return { object: bytes, ask: undefined };
  if (isFailure(compiled)) return compiled;
  if (hasSameCode(bytes, compiled.object)) return { object: bytes, ask: compiled.ask };
  process.stderr.write(
    `bpfcc-ts explain: warning: '${source}' with these flags gives other code than '${object}': its variables are not known\n`,
  );
  return { object: bytes, ask: undefined };
}

function factsFrom(options: ExplainOptions, flags: readonly string[]): ObjectFacts | Failure | undefined {
  const path = options.object ?? options.source;
  if (path === undefined) return undefined;
  const compiled = compiledFrom(options, flags);
  if (isFailure(compiled)) return compiled;
  const facts = readObjectFacts(compiled.object, compiled.ask);
  return typeof facts === 'string' ? { failure: `'${path}': ${facts}` } : facts;
}

function fail(text: string): number {
  process.stderr.write(`bpfcc-ts explain: error: ${text}\n`);
  return ExitStatus.usage;
}

/** Gives the exit status. */
export function explainCommand(
  log: string | undefined,
  flags: readonly string[],
  options: ExplainOptions,
): number {
  if (options.list === true) {
    process.stdout.write(refusalList());
    return ExitStatus.ok;
  }
  const kind = log === undefined ? undefined : refusalById(log);
  if (kind !== undefined) {
    process.stdout.write(refusalPage(kind));
    return ExitStatus.ok;
  }
  // `explain --source a.c -O2 < log`: the first word is a flag, not a log.
  const isFlag = log?.startsWith('-') === true && log !== '-';
  const compileFlags = isFlag && log !== undefined ? [log, ...flags] : flags;
  if (compileFlags.length > 0 && options.source === undefined) {
    return fail(`unknown option '${compileFlags[0]}'`);
  }
  const facts = factsFrom(options, compileFlags);
  if (isFailure(facts)) return fail(facts.failure);
  const path = log === undefined || log === '-' || isFlag ? standardInputName : log;
  const bytes = readBytes(path);
  if (isFailure(bytes)) return fail(bytes.failure);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const explanations = explainLog(text, facts, options.prog);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(explanationData(explanations), undefined, 2)}\n`);
  } else if (explanations.length === 0) {
    process.stdout.write('no refusal was found in this log\n');
  } else {
    const useColor = process.stdout.isTTY === true && !process.env['NO_COLOR'];
    process.stdout.write(
      renderExplanations(explanations, {
        ...(useColor ? { style: colorStyle() } : {}),
        ...(facts === undefined ? {} : { object: facts }),
      }),
    );
  }
  const isExplained = explanations.length > 0 && explanations.every((one) => one.refusal !== undefined);
  return isExplained ? ExitStatus.ok : ExitStatus.unexplained;
}
