/**
 * `bpfcc-ts dump FILE.o`: what is in an object: its maps, its programs and their code.
 */

import { readFileSync } from 'node:fs';
import colors from 'picocolors';
import { helperById } from '../isa/helpers.ts';
import type { Section } from '../object/elf.ts';
import { isElfError, readElf } from '../object/elf-reader.ts';
import { writeListing } from '../object/listing.ts';
import { mapTypeName } from '../object/map-types.ts';
import { LoadError } from '../vm/load-error.ts';
import { type LoadedObject, loadObject } from '../vm/loader.ts';
import { complain } from './complaint.ts';
import { reportingBugs } from './internal-error.ts';

/** Rows of cells as aligned columns. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [colors.bold(line(head)), ...rows.map(line)].map((text) => `  ${text}\n`).join('');
}

function mapsTable(object: LoadedObject): string {
  const rows = object.maps.map((map) => [
    map.name,
    mapTypeName(map.type),
    String(map.keySize),
    String(map.valueSize),
    String(map.maxEntries),
  ]);
  return table(['map', 'type', 'key bytes', 'value bytes', 'entries'], rows);
}

function programsTable(object: LoadedObject): string {
  const rows = object.functions.map((item) => [
    item.name,
    item.section,
    item.program?.type ?? 'subprogram',
    String(item.end - item.pc),
  ]);
  return table(['program', 'section', 'type', 'instructions'], rows);
}

function dump(path: string): number {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    complain(`cannot read '${path}': ${error instanceof Error ? error.message : error}`);
    return 1;
  }
  const elf = readElf(bytes);
  if (isElfError(elf)) {
    complain(`'${path}' is no object: ${elf.message}`);
    return 1;
  }
  let object: LoadedObject;
  try {
    object = loadObject(elf);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    complain(`'${path}' cannot be loaded: ${error.message}`);
    return 1;
  }
  process.stdout.write(`${mapsTable(object)}\n${programsTable(object)}\n`);
  const omits = ({ name }: Section): boolean => name === '.BTF' || name === '.BTF.ext';
  process.stdout.write(writeListing(elf, { helper: (number) => helperById(number)?.name, omits }));
  if (elf.sections.some(omits)) process.stdout.write(`\n# types: bpfcc-ts btf dump ${path}\n`);
  return 0;
}

/** Prints an object; gives the exit status. */
export function dumpCommand(path: string): number {
  return reportingBugs(path, ['dump', path], () => dump(path));
}
