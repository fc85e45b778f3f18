/** Hand-made BTF, and headers made of it that are compiled again. */

import type { BtfType } from '../../src/btf/format.ts';
import { BtfStrings, writeBtf } from '../../src/btf/writer.ts';
import { type CompileResult, compileSource } from '../../src/driver/compile.ts';
import { type CompileOptions, defaultOptions } from '../../src/driver/options.ts';
import { createSession, type Session } from '../../src/driver/session.ts';
import { memoryFileSystem } from '../../src/support/file-system.ts';

export function btfBytes(types: readonly BtfType[], littleEndian = true): Uint8Array {
  return writeBtf(types, new BtfStrings(), littleEndian);
}

/** Compiles `main.c` over a map of files, with a BTF that the host offers. */
export function compileFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  kernel: Uint8Array | undefined,
  options: Partial<CompileOptions> = {},
  session: Session = createSession(),
): CompileResult {
  const host = {
    fileSystem: memoryFileSystem(new Map(Object.entries(files))),
    bundledHeaders: '/none',
    hostHeaders: [],
    ...(kernel === undefined ? {} : { kernelBtf: () => ({ title: 'a test', bytes: kernel }) }),
  };
  return compileSource({
    session,
    host,
    path: 'main.c',
    outputName: 'main.o',
    options: { ...defaultOptions, ...options },
  });
}

export function messages(result: CompileResult): string[] {
  return result.diagnostics.flatMap(({ message, notes }) => [message, ...notes.map(({ text }) => text)]);
}
