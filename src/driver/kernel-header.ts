/**
 * `vmlinux.h` where there is no such file: made from BTF, which is the option's file, else what the host offers (the running
 * kernel's types, or those that came with the compiler).
 */

import { printCHeader } from '../btf/c-header.ts';
import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { Diagnostic, DiagnosticSink } from '../diagnostics/diagnostic.ts';
import { noPos } from '../diagnostics/source-manager.ts';
import { isElfError, readElf } from '../object/elf-reader.ts';
import type { GeneratedHeader } from '../preprocessor/include-search.ts';
import type { FileSystem } from '../support/file-system.ts';

/** A BTF, and what messages call it. */
export interface BtfSource {
  readonly title: string;
  readonly bytes: Uint8Array;
}

const headerName = 'vmlinux.h';

interface KnownHeader {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** The header that was made last, by content: sources that are compiled together, or again, share it. */
export class KernelHeaders {
  private last: KnownHeader | undefined;

  /** The header's text; `error` says why there is none. */
  make(bytes: Uint8Array): { readonly text: string } | { readonly error: string } {
    if (this.last !== undefined && isSame(this.last.bytes, bytes)) return { text: this.last.text };
    const section = btfOf(bytes);
    if (typeof section === 'string') return { error: section };
    const header = printCHeader(section);
    if (header.kind !== 'ok') return { error: header.kind === 'error' ? header.message : 'it is empty' };
    this.last = { bytes, text: header.text };
    return { text: header.text };
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && a.every((byte, at) => byte === b[at]));
}

const elfMagic = [0x7f, 0x45, 0x4c, 0x46];

/** The BTF in a file: the file itself, or the section of an object; a text says why there is none. */
export function btfOf(bytes: Uint8Array): Uint8Array | string {
  if (!elfMagic.every((byte, at) => bytes[at] === byte)) return bytes;
  const elf = readElf(bytes);
  if (isElfError(elf)) return elf.message;
  return elf.sections.find(({ name }) => name === '.BTF')?.data ?? 'it has no .BTF section';
}

interface HeaderContext {
  readonly session: { readonly kernelHeaders: KernelHeaders };
  readonly host: { readonly fileSystem: FileSystem; readonly kernelBtf?: () => BtfSource | undefined };
  readonly diagnostics: DiagnosticSink;
}

export function generateKernelHeader(
  name: string,
  file: string | undefined,
  { session, host, diagnostics }: HeaderContext,
): GeneratedHeader | undefined {
  if (name !== headerName) return undefined;
  const fail = (title: string, reason: string) => {
    diagnostics.report('btf-unusable', { start: noPos, end: noPos }, [title, reason]);
    return undefined;
  };
  let source = file === undefined ? host.kernelBtf?.() : undefined;
  if (file !== undefined) {
    const read = host.fileSystem.readFile(file);
    if (read.kind !== 'file')
      return fail(`'${file}'`, read.kind === 'missing' ? 'no such file' : read.reason);
    source = { title: `'${file}'`, bytes: read.bytes };
  }
  if (source === undefined) return undefined;
  const header = session.kernelHeaders.make(source.bytes);
  if ('error' in header) return fail(source.title, header.error);
  return { title: `${headerName} (from ${source.title})`, text: header.text, file };
}

/** What is said when a type is not there, or not as it should be. */
const missing: ReadonlySet<DiagnosticCode> = new Set<DiagnosticCode>([
  'unknown-type-name',
  'undeclared-identifier',
  'undeclared-identifier-suggest',
  'undeclared-function',
  'incomplete-type',
  'incomplete-record',
  'member-incomplete',
  'no-member',
  'no-member-suggest',
  'offsetof-incomplete',
  'size-of-incomplete',
  'variable-incomplete',
]);

/** Says at the first type that was not found which BTF `vmlinux.h` was made from. */
export function withHeaderNote(
  diagnostics: readonly Diagnostic[],
  generated: readonly string[],
): readonly Diagnostic[] {
  const [title] = generated;
  const first = diagnostics.findIndex(({ code }) => missing.has(code));
  if (title === undefined || first < 0) return diagnostics;
  const note = {
    span: { start: noPos, end: noPos },
    text: `no file '${headerName}' was found; this is ${title}: take another BTF with --btf`,
  };
  return diagnostics.map((one, at) => (at === first ? { ...one, notes: [...one.notes, note] } : one));
}
