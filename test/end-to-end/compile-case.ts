/** A golden file through the compiler, in this process: its text output and its diagnostics. */

import { join } from 'node:path';
import { nodeFileSystem, packageRoot } from '../../src/cli/node-host.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { optionOf } from '../../src/diagnostics/render.ts';
import { noPos, type Pos, type SourceManager } from '../../src/diagnostics/source-manager.ts';
import { parseCommandLine } from '../../src/driver/command-line.ts';
import { type CompileResult, compileSource } from '../../src/driver/compile.ts';
import type { Host } from '../../src/driver/front-end.ts';
import type { CompileOptions } from '../../src/driver/options.ts';
import { createSession, type Session } from '../../src/driver/session.ts';
import { objectRuleFaults } from '../codegen/object-rules.ts';
import { describeObject } from './describe-object.ts';
import type { Message, Severity } from './fixture-case.ts';

/** The bundled headers and the files of one folder; nothing of the machine. */
export function folderHost(folder: string, extra: ReadonlyMap<string, string> = new Map()): Host {
  const files = nodeFileSystem();
  const place = (path: string) => (path.startsWith('/') ? path : join(folder, path));
  return {
    fileSystem: {
      readFile: (path) => {
        const text = extra.get(path);
        return text === undefined
          ? files.readFile(place(path))
          : { kind: 'file', bytes: Buffer.from(text, 'latin1') };
      },
      isDirectory: (path) => files.isDirectory(place(path)),
    },
    bundledHeaders: join(packageRoot(), 'sysroot'),
    hostHeaders: [],
  };
}

export interface CompiledText {
  readonly result: CompileResult;
  readonly messages: readonly Message[];
  /** False for code of the machine's hosted mode, which need not keep the verifier's rules. */
  readonly isForKernel: boolean;
}

let session: Session | undefined;

/** Compiles one source with a command line's flags, validators on. */
export function compileText(
  name: string,
  host: Host,
  flags: readonly string[],
  change: Partial<CompileOptions> = {},
): CompiledText {
  session ??= createSession();
  const { options, errors } = parseCommandLine([...flags, name]);
  if (errors.length > 0) throw new Error(errors.join('\n'));
  const result = compileSource({
    session,
    host,
    path: name,
    outputName: name.replace(/c$/, 'o'),
    options: { ...options, validate: true, ...change },
  });
  return {
    result,
    messages: result.diagnostics.flatMap((item) => messagesOf(item, name, result.sources)),
    isForKernel: !options.hostedMachine,
  };
}

function messagesOf(diagnostic: Diagnostic, main: string, sources: SourceManager): Message[] {
  const option = optionOf(diagnostic);
  const text = option === undefined ? diagnostic.message : `${diagnostic.message} [${option}]`;
  const severity: Severity = diagnostic.severity;
  return [
    message(severity, diagnostic.span.start, text, main, sources),
    ...diagnostic.notes.map((note) => message('note', note.span.start, note.text, main, sources)),
  ];
}

function message(severity: Severity, pos: Pos, text: string, main: string, sources: SourceManager): Message {
  if (pos === noPos) return { severity, line: 0, column: undefined, place: 'nowhere:0', text };
  const { fileName, line, column } = sources.presumed(pos);
  if (fileName !== main) {
    return { severity, line: 0, column, place: `${fileName.split('/').at(-1)}:${line}`, text };
  }
  return { severity, line, column, place: undefined, text };
}

/** What a case of this kind looks at, and what its code breaks of the verifier's rules. */
export function outputOf(kind: string, name: string, host: Host, flags: readonly string[]) {
  const isText = kind !== 'elf' && kind !== 'diagnostics';
  const compiled = compileText(name, host, flags, isText ? { dumps: [kind] } : {});
  const { object, dumps } = compiled.result;
  const text =
    kind === 'elf'
      ? object === undefined
        ? ''
        : describeObject(object)
      : dumps.map((dump) => dump.text).join('');
  const ruleFaults = object === undefined || !compiled.isForKernel ? [] : objectRuleFaults(object);
  return { text, messages: compiled.messages, ruleFaults };
}
