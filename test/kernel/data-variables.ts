/** Where the variables of an object lie in the data sections that become maps. */

import { readFileSync } from 'node:fs';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';

export interface Variable {
  readonly name: string;
  readonly section: string;
  readonly offset: number;
  readonly size: number;
}

/** Variables of the sections that become maps, without those whose name several share. */
export function variablesOf(path: string): readonly Variable[] {
  const object = readElf(readFileSync(path));
  if (isElfError(object)) return [];
  const all = object.symbols.flatMap(({ name, type, section: index, value, size }) => {
    const section = typeof index === 'number' ? object.sections[index] : undefined;
    if (type !== 'object' || section === undefined || !/^\.(data|bss|rodata)/.test(section.name)) return [];
    return [{ name, section: section.name, offset: Number(value), size: Number(size) }];
  });
  return all.filter(({ name }) => all.filter((one) => one.name === name).length === 1);
}
