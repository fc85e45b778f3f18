/**
 * `bpfcc-ts btf dump [FILE] [--type NAME] [--format c|raw]`: types as C declarations, or one by one.
 *
 * Exit status: 0; 1 when the file cannot be read or has no such type.
 */

import { printCHeader } from '../btf/c-header.ts';
import { printBtfType } from '../btf/print.ts';
import { readBtf } from '../btf/reader.ts';
import { btfOf } from '../driver/kernel-header.ts';
import type { BtfDumpOptions } from './btf-options.ts';
import { reportingBugs } from './internal-error.ts';
import { kernelBtf, nodeFileSystem } from './node-host.ts';

function complain(text: string): number {
  process.stderr.write(`bpfcc-ts: error: ${text}\n`);
  return 1;
}

function readBytes(
  file: string | undefined,
): { readonly title: string; readonly bytes: Uint8Array } | string {
  if (file === undefined) return kernelBtf() ?? 'there is no BTF of a kernel here; name a file';
  const result = nodeFileSystem().readFile(file);
  if (result.kind !== 'file') {
    return `cannot read '${file}': ${result.kind === 'missing' ? 'no such file' : result.reason}`;
  }
  return { title: `'${file}'`, bytes: result.bytes };
}

function unknownTypes(title: string, names: readonly string[]): number {
  return complain(`${title} has no type ${names.map((name) => `'${name}'`).join(', ')}`);
}

function dumpC(title: string, bytes: Uint8Array, names: readonly string[]): number {
  const header = printCHeader(bytes, { names });
  if (header.kind === 'error') return complain(`${title}: ${header.message}`);
  if (header.kind === 'unknown') return unknownTypes(title, header.names);
  process.stdout.write(header.text);
  return 0;
}

function dumpRaw(title: string, bytes: Uint8Array, names: readonly string[]): number {
  const read = readBtf(bytes);
  if (read.kind === 'error') return complain(`${title}: ${read.message}`);
  const numbered = read.types.map((type, i) => ({ type, id: i + 1 }));
  const nameOf = (type: (typeof read.types)[number]) => ('name' in type ? type.name : '');
  const chosen = numbered.filter(({ type }) => names.length === 0 || names.includes(nameOf(type)));
  const missing = names.filter((name) => !chosen.some(({ type }) => nameOf(type) === name));
  if (missing.length > 0) return unknownTypes(title, missing);
  process.stdout.write(chosen.map(({ type, id }) => printBtfType(type, id)).join(''));
  return 0;
}

function dump(file: string | undefined, { type, format }: BtfDumpOptions): number {
  const source = readBytes(file);
  if (typeof source === 'string') return complain(source);
  const section = btfOf(source.bytes);
  if (typeof section === 'string') return complain(`${source.title}: ${section}`);
  return (format === 'c' ? dumpC : dumpRaw)(source.title, section, type);
}

/** Prints types; gives the exit status. */
export function btfDumpCommand(file: string | undefined, options: BtfDumpOptions): number {
  return reportingBugs(file, ['btf', 'dump', file ?? ''], () => dump(file, options));
}
