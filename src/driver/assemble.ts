/**
 * Assembly sources (`.s`): what `-S` printed, or written by hand -> an object. Faults of the text are diagnostics like any
 * others.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import { noPos, noSpan, offsetPos, type SourceManager } from '../diagnostics/source-manager.ts';
import { assemble } from '../isa/assembler.ts';
import { helperByName } from '../isa/helpers.ts';
import { assemblyToObject } from '../object/assembly.ts';
import { writeElf } from '../object/elf-writer.ts';
import { type FileSystem, latin1 } from '../support/file-system.ts';
import { asId } from '../support/ids.ts';

/** Is it a name that clang takes for assembly? */
export function isAssemblySource(path: string): boolean {
  return path.endsWith('.s');
}

export function assembleSource(
  path: string,
  fileSystem: FileSystem,
  sources: SourceManager,
  diagnostics: DiagnosticSink,
  littleEndian: boolean,
): Uint8Array | undefined {
  const read = fileSystem.readFile(path);
  if (read.kind !== 'file') {
    const reason = read.kind === 'error' ? read.reason : 'no such file or directory';
    diagnostics.report('cannot-read-main', noSpan, [reason, path]);
    return undefined;
  }
  const file = sources.addFile(path, latin1(read.bytes), noPos, 'user');
  const assembly = assemble(file.text, { littleEndian, helper: (name) => helperByName(name)?.id });
  for (const { offset, message } of assembly.errors) {
    const start = offsetPos(asId(file.base), Math.min(offset, file.length));
    diagnostics.report('assembly', { start, end: start }, [message]);
  }
  return diagnostics.hasErrors ? undefined : writeElf(assemblyToObject(assembly, littleEndian));
}
