/** BTF, or an object that has some -> its types as text, for people and as a header. */

import { printCHeader } from '../btf/c-header.ts';
import { printBtfType } from '../btf/print.ts';
import { readBtf } from '../btf/reader.ts';
import { btfOf } from './kernel-header.ts';

export interface BtfDumpRequest {
  /** Only the types of these names; as C with what they need. All when it is empty. */
  readonly type: readonly string[];
  /** C declarations in the order that C needs, or a type a line. */
  readonly format: 'c' | 'raw';
}

/** The text, or why there is none. */
type Dump = { readonly text: string } | { readonly error: string };

function unknownTypes(names: readonly string[]): Dump {
  return { error: `there is no type ${names.map((name) => `'${name}'`).join(', ')}` };
}

function dumpC(bytes: Uint8Array, names: readonly string[]): Dump {
  const header = printCHeader(bytes, { names });
  if (header.kind === 'error') return { error: header.message };
  return header.kind === 'unknown' ? unknownTypes(header.names) : { text: header.text };
}

function dumpRaw(bytes: Uint8Array, names: readonly string[]): Dump {
  const read = readBtf(bytes);
  if (read.kind === 'error') return { error: read.message };
  const rows = read.types.map((type, i) => ({ type, id: i + 1, name: 'name' in type ? type.name : '' }));
  const wanted = new Set(names);
  const chosen = rows.filter(({ name }) => wanted.size === 0 || wanted.has(name));
  const found = new Set(chosen.map(({ name }) => name));
  const missing = names.filter((name) => !found.has(name));
  if (missing.length > 0) return unknownTypes(missing);
  return { text: chosen.map(({ type, id }) => printBtfType(type, id)).join('') };
}

export function dumpBtf(bytes: Uint8Array, { type, format }: BtfDumpRequest): Dump {
  const section = btfOf(bytes);
  if (typeof section === 'string') return { error: section };
  return format === 'c' ? dumpC(section, type) : dumpRaw(section, type);
}
