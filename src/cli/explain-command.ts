/**
 * `bpfcc-ts explain [LOG] [--object FILE.o | --source FILE.c FLAGS]`: a verifier's log in terms of C.
 */

import { renderDiagnostics } from '../diagnostics/render.ts';
import { parseCommandLine } from '../driver/command-line.ts';
import { compileSource } from '../driver/compile.ts';
import { createSession } from '../driver/session.ts';
import { explainLog } from '../explain/index.ts';
import { type ObjectFacts, readObjectFacts } from '../explain/object-facts.ts';
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

/** The object of a source, compiled in memory. */
function compileForFacts(path: string, flags: readonly string[]): Uint8Array | Failure {
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
  });
  if (result.object !== undefined) return result.object;
  process.stderr.write(renderDiagnostics(result.diagnostics, result.sources));
  return { failure: `'${path}' does not compile` };
}

function factsFrom(options: ExplainOptions, flags: readonly string[]): ObjectFacts | Failure | undefined {
  const { object, source } = options;
  const path = object ?? source;
  if (path === undefined) return undefined;
  const bytes = object === undefined ? compileForFacts(path, flags) : readBytes(path);
  if (isFailure(bytes)) return bytes;
  const facts = readObjectFacts(bytes);
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
  if (options.object !== undefined && options.source !== undefined) {
    return fail('--object and --source exclude each other');
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
