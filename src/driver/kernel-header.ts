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
  /** Tells it from all others, where that is known without its bytes, which then may be read only when they are asked for. */
  readonly identity?: string | undefined;
  readonly bytes: Uint8Array;
}

/** A header's text, or why there is none. */
export type MadeHeader = { readonly text: string } | { readonly error: string };

/** Keeps headers from one run to the next, where the host can. */
export interface HeaderCache {
  /** The header of a BTF, from `make` where it is not known. */
  make(source: BtfSource, make: () => MadeHeader): MadeHeader;
}

const headerName = 'vmlinux.h';

/** The header that was made last: sources that are compiled together, or again, share it. */
export class KernelHeaders {
  private last: { readonly source: BtfSource; readonly text: string } | undefined;

  make(source: BtfSource, cache: HeaderCache | undefined): MadeHeader {
    if (this.last !== undefined && isSame(this.last.source, source)) return { text: this.last.text };
    const make = () => makeHeader(source.bytes);
    const made = cache === undefined ? make() : cache.make(source, make);
    if ('text' in made) this.last = { source, text: made.text };
    return made;
  }
}

function isSame(one: BtfSource, other: BtfSource): boolean {
  if (one.identity !== undefined || other.identity !== undefined) return one.identity === other.identity;
  const [a, b] = [one.bytes, other.bytes];
  return a === b || (a.length === b.length && a.every((byte, at) => byte === b[at]));
}

function makeHeader(bytes: Uint8Array): MadeHeader {
  const section = btfOf(bytes);
  if (typeof section === 'string') return { error: section };
  const header = printCHeader(section);
  if (header.kind === 'ok') return { text: header.text };
  return { error: header.kind === 'error' ? header.message : 'it has no types' };
}

const elfMagic = [0x7f, 0x45, 0x4c, 0x46];

/** The BTF in a file: the file itself, or the section of an object; a text says why there is none. */
export function btfOf(bytes: Uint8Array): Uint8Array | string {
  if (!elfMagic.every((byte, at) => bytes[at] === byte)) return bytes;
  const elf = readElf(bytes);
  if (isElfError(elf)) return elf.message;
  return elf.sections.find(({ name }) => name === '.BTF')?.data ?? 'it has no .BTF section';
}

/** What a host knows of kernels. */
export interface KernelHeaderHost {
  /** The BTF that `vmlinux.h` is made from where there is no such file and `btf` names none. */
  readonly kernelBtf?: () => BtfSource | undefined;
  readonly headerCache?: HeaderCache | undefined;
}

interface HeaderContext {
  readonly session: { readonly kernelHeaders: KernelHeaders };
  readonly host: KernelHeaderHost & { readonly fileSystem: FileSystem };
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
  const header = session.kernelHeaders.make(source, host.headerCache);
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

/** Says at the first type that was not found, and at the first clash, which BTF `vmlinux.h` was made from. */
export function withHeaderNote(
  diagnostics: readonly Diagnostic[],
  generated: readonly string[],
): readonly Diagnostic[] {
  const [title] = generated;
  if (title === undefined) return diagnostics;
  const origin = `no file '${headerName}' was found; this is ${title}`;
  const waysOut = new Map([
    [diagnostics.find(({ code }) => missing.has(code)), 'take another BTF with --btf'],
    [
      diagnostics.find(({ code }) => code === 'conflicting-types'),
      "-DBPF_NO_KFUNC_PROTOTYPES leaves out its prototypes of the kernel's functions",
    ],
  ]);
  return diagnostics.map((one) => {
    const wayOut = waysOut.get(one);
    if (wayOut === undefined) return one;
    const note = { span: { start: noPos, end: noPos }, text: `${origin}: ${wayOut}` };
    return { ...one, notes: [...one.notes, note] };
  });
}
