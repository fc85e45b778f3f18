/** Small objects for the machine's tests: listings assembled in place. */

import { assemble } from '../../src/isa/assembler.ts';
import { helperByName } from '../../src/isa/helpers.ts';
import { assemblyToObject } from '../../src/object/assembly.ts';
import type { ObjectFile } from '../../src/object/elf.ts';
import {
  createMachine,
  type LoadedObject,
  loadObject,
  type MachineOptions,
  type RunOptions,
  type RunResult,
} from '../../src/vm/index.ts';

const helper = (name: string): number | undefined => helperByName(name)?.id;

/** An object with one program, `prog`, of these bytes. */
export function objectOfBytes(data: Uint8Array, section: string): ObjectFile {
  const flags = { alloc: true, write: false, execinstr: true, merge: false, strings: false };
  return {
    littleEndian: true,
    sections: [
      {
        name: section,
        type: 'progbits',
        flags,
        align: 8,
        entrySize: 0,
        data,
        size: data.length,
        relocations: [],
      },
    ],
    symbols: [
      {
        name: 'prog',
        section: 0,
        value: 0n,
        size: BigInt(data.length),
        type: 'func',
        binding: 'global',
        visibility: 'default',
      },
    ],
  };
}

/** Loads a listing; a listing without directives is one program `prog` in `section`. */
export function objectOf(listing: string, section = 'xdp'): LoadedObject {
  const text = listing.includes('.section')
    ? listing
    : `.section ${section}, "ax", @progbits\n.globl prog\n.type prog, @function\nprog:\n${listing}\n`;
  const assembly = assemble(text, { helper });
  const [error] = assembly.errors;
  if (error !== undefined) throw new Error(`line ${error.line}: ${error.message}\n${text}`);
  return loadObject(assemblyToObject(assembly));
}

/** Runs `prog` of a listing once. */
export function runListing(
  listing: string,
  run: RunOptions = {},
  options: MachineOptions = {},
  section = 'xdp',
): RunResult {
  return createMachine(objectOf(listing, section), options).program('prog').run(run);
}

/** An Ethernet frame with an IPv4 header and `payload` bytes behind it. */
export function ipv4Packet(payload: readonly number[] = [], protocol = 17): Uint8Array {
  const length = 20 + payload.length;
  const header = [
    0x45,
    0,
    length >> 8,
    length & 255,
    0,
    1,
    0,
    0,
    64,
    protocol,
    0,
    0,
    10,
    0,
    0,
    1,
    10,
    0,
    0,
    2,
  ];
  return Uint8Array.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, ...header, ...payload]);
}

/** Loads a 64-bit constant as text. */
export const load64 = (register: number, value: bigint): string =>
  `r${register} = ${BigInt.asIntN(64, value)} ll`;
