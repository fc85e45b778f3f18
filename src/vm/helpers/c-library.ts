/**
 * The part of the C library that hosted programs call (C11, 7.21-7.24): strings and memory, allocation, output, leaving
 * the program. Arguments come in r1-r5 as for any call; variadic functions take what is left of the five registers.
 * Allocations are regions of their own, so that use after free and overruns fault.
 */

import { latin1, latin1Bytes } from '../../support/file-system.ts';
import { readableAt, writableAt } from '../access.ts';
import type { Execution, HelperTable } from '../execution.ts';
import { HostedExit } from '../fault.ts';
import { formatMessage } from '../format.ts';
import { ORIGIN, OutOfMemory, type RegionInfo } from '../memory.ts';
import { SOFT_FLOAT } from './soft-float.ts';
import { listArguments } from './system-helpers.ts';

const HEAP: RegionInfo = { kind: 'heap', name: 'allocated memory', read: true, write: true };
const FREED: RegionInfo = {
  kind: 'freed',
  name: 'allocated memory that was freed',
  read: false,
  write: false,
};

/** Length of the string behind a pointer in a register; every byte up to the NUL is checked. */
function stringLength(x: Execution, register: number, limit = Number.POSITIVE_INFINITY): number {
  const { cpu, memory } = x;
  const region = cpu.hi[register] ?? 0;
  const offset = (cpu.lo[register] ?? 0) - ORIGIN;
  const room = Math.max(0, memory.sizeOf(region) - offset);
  if (offset < 0 || room === 0 || !memory.info(region).read) {
    if (limit > 0) readableAt(cpu, register, 1);
    return 0;
  }
  const at = memory.positionOf(region) + offset;
  const end = memory.bytes.subarray(at, at + Math.min(room, limit)).indexOf(0);
  if (end >= 0) return end;
  if (limit > room) readableAt(cpu, register, room + 1);
  return limit;
}

/** The bytes of a string without its NUL; a view. */
function text(x: Execution, register: number, limit?: number): Uint8Array {
  const length = stringLength(x, register, limit);
  if (length === 0) return new Uint8Array(0);
  const at = readableAt(x.cpu, register, length);
  return x.memory.bytes.subarray(at, at + length);
}

/** Leaves the pointer in `register` plus an offset in r0. */
function returnPointer(x: Execution, register: number, offset = 0): bigint {
  return x.cpu.unsigned(register) + BigInt(offset);
}

function allocate(x: Execution, size: number): bigint {
  try {
    const region = x.memory.addRegion(HEAP, Math.max(1, size));
    return (BigInt(region) << 32n) | BigInt(ORIGIN);
  } catch (error) {
    if (error instanceof OutOfMemory) return 0n;
    throw error;
  }
}

function heapRegion(x: Execution, register: number, what: string): number {
  const { cpu } = x;
  const region = cpu.hi[register] ?? 0;
  if (cpu.lo[register] !== ORIGIN || x.memory.info(region).kind !== 'heap') {
    cpu.trap('bad-argument', `${what} of a pointer that no allocation returned`);
  }
  return region;
}

function reallocate(x: Execution): bigint {
  const size = x.cpu.size(2);
  if (x.cpu.isNull(1)) return allocate(x, size);
  const old = heapRegion(x, 1, 'realloc');
  const made = allocate(x, size);
  if (made === 0n) return 0n;
  const bytes = x.memory.contents(old).slice(0, size);
  x.memory.contents(Number(made >> 32n)).set(bytes);
  x.memory.removeRegion(old, FREED);
  return made;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function copyMemory(x: Execution, to: number, from: number, size: number): void {
  if (size === 0) return;
  const source = readableAt(x.cpu, from, size);
  const target = writableAt(x.cpu, to, size);
  x.memory.bytes.copyWithin(target, source, source + size);
}

/** Copies bytes and a NUL to a pointer plus offset. */
function putString(x: Execution, register: number, offset: number, bytes: Uint8Array): void {
  const copy = bytes.slice();
  const out = x.output(register, offset + copy.length + 1);
  out.set(copy, offset);
  out[offset + copy.length] = 0;
}

/** How many arguments a format asks for. */
function countArguments(format: string): number {
  let count = 0;
  const next = () => {
    count++;
    return 0n;
  };
  formatMessage(format, { next, string: () => '', bytes: () => new Uint8Array() });
  return count;
}

/** Five arguments come in registers; of more, the fourth and those after it in slots that register 5 points to. */
function formatted(x: Execution, formatRegister: number): string {
  const { cpu } = x;
  const format = x.stringAt(cpu.unsigned(formatRegister));
  const count = countArguments(format);
  const inMemory = formatRegister + count > 5 ? formatRegister + count - 4 : 0;
  const registers = [1, 2, 3, 4, 5].slice(formatRegister, inMemory > 0 ? 4 : 5);
  const values = registers.map((register) => cpu.unsigned(register));
  if (inMemory > 0) {
    const slots = x.input(5, inMemory * 8);
    const view = new DataView(slots.buffer, slots.byteOffset, slots.byteLength);
    for (let i = 0; i < inMemory; i++) values.push(view.getBigUint64(i * 8, true));
  }
  return formatMessage(format, listArguments(x, values));
}

/** Writes after which a program that prints in an endless loop is stopped. */
const MAX_WRITES = 1_000_000;

function print(x: Execution, message: string): number {
  if (x.stdout.length >= MAX_WRITES) {
    x.cpu.trap('bad-argument', `the program has printed ${MAX_WRITES} times; it may never end`);
  }
  x.stdout.push(message);
  return message.length;
}

function findByte(x: Execution, bytes: Uint8Array, wanted: number, last: boolean): bigint {
  const at = last ? bytes.lastIndexOf(wanted) : bytes.indexOf(wanted);
  return at < 0 ? 0n : returnPointer(x, 1, at);
}

/** strchr and strrchr find the NUL too. */
function findCharacter(x: Execution, last: boolean): bigint {
  const wanted = x.cpu.u32(2) & 0xff;
  const bytes = text(x, 1);
  return wanted === 0 ? returnPointer(x, 1, bytes.length) : findByte(x, bytes, wanted, last);
}

/** How many leading characters of string 1 are (or are not) in string 2. */
function span(x: Execution, inside: boolean): number {
  const set = new Set(text(x, 2));
  const bytes = text(x, 1);
  const end = bytes.findIndex((byte) => set.has(byte) !== inside);
  return end < 0 ? bytes.length : end;
}

function findString(x: Execution): bigint {
  const haystack = text(x, 1);
  const needle = text(x, 2);
  for (let at = 0; at + needle.length <= haystack.length; at++) {
    if (needle.every((byte, i) => haystack[at + i] === byte)) return returnPointer(x, 1, at);
  }
  return 0n;
}

/** strtol and its kin: base 0, 8, 10, 16 and others; the end goes to argument 2. */
function parseInteger(x: Execution, base: number, storeEnd: boolean): bigint {
  const source = x.stringAt(x.cpu.unsigned(1));
  const match = /^\s*([-+]?)(0[xX](?=[0-9a-fA-F]))?/.exec(source);
  const isHex = match?.[2] !== undefined && (base === 0 || base === 16);
  let at = (match?.[0].length ?? 0) - (match?.[2] !== undefined && !isHex ? 2 : 0);
  const radix = base !== 0 ? base : isHex ? 16 : source.charAt(at) === '0' ? 8 : 10;
  let value = 0n;
  const first = at;
  for (; at < source.length; at++) {
    const digit = Number.parseInt(source.charAt(at), 36);
    if (Number.isNaN(digit) || digit >= radix) break;
    value = value * BigInt(radix) + BigInt(digit);
  }
  const end = at === first && !isHex ? 0 : at;
  if (storeEnd && !x.cpu.isNull(2)) {
    const out = x.output(2, 8);
    new DataView(out.buffer, out.byteOffset, 8).setBigUint64(0, returnPointer(x, 1, end), true);
  }
  return match?.[1] === '-' ? -value : value;
}

/** qsort by insertion, which needs no recursion and calls back in a fixed order. */
function sort(x: Execution): undefined {
  const { cpu, memory } = x;
  const base = cpu.unsigned(1);
  const count = cpu.size(2);
  const size = cpu.size(3);
  const compare = x.functionArgument(4);
  if (count === 0 || size === 0) return undefined;
  const start = writableAt(cpu, 1, count * size);
  const scratch = memory.addRegion(HEAP, size);
  const address = (index: number): bigint => base + BigInt(index * size);
  for (let i = 1; i < count; i++) {
    memory.contents(scratch).set(memory.bytes.subarray(start + i * size, start + (i + 1) * size));
    const held = (BigInt(scratch) << 32n) | BigInt(ORIGIN);
    let low = 0;
    let high = i;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (BigInt.asIntN(32, x.call(compare, held, address(middle))) < 0n) high = middle;
      else low = middle + 1;
    }
    memory.bytes.copyWithin(start + (low + 1) * size, start + low * size, start + i * size);
    memory.bytes.set(memory.contents(scratch), start + low * size);
  }
  memory.removeRegion(scratch);
  return undefined;
}

const character = (test: (code: number) => boolean) => (x: Execution) => (test(x.cpu.s32(1)) ? 1 : 0);
const between = (code: number, from: string, to: string): boolean =>
  code >= from.charCodeAt(0) && code <= to.charCodeAt(0);
const isUpper = (code: number): boolean => between(code, 'A', 'Z');
const isLower = (code: number): boolean => between(code, 'a', 'z');
const isDigit = (code: number): boolean => between(code, '0', '9');
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

function abort(x: Execution): never {
  return x.cpu.trap('aborted', 'the program called abort');
}

function leave(x: Execution): never {
  throw new HostedExit(x.cpu.s32(1));
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

export const C_LIBRARY: HelperTable = {
  ...SOFT_FLOAT,
  abort,
  exit: leave,
  _exit: leave,
  _Exit: leave,
  __assert_fail: (x) =>
    x.cpu.trap(
      'aborted',
      `assertion failed: ${x.stringAt(x.cpu.unsigned(1))} (${x.stringAt(x.cpu.unsigned(2))}:${x.cpu.u32(3)})`,
    ),
  printf: (x) => print(x, formatted(x, 1)),
  fprintf: (x) => print(x, formatted(x, 2)),
  puts: (x) => print(x, `${x.stringAt(x.cpu.unsigned(1))}\n`),
  fputs: (x) => print(x, x.stringAt(x.cpu.unsigned(1))),
  putchar: (x) => {
    print(x, String.fromCharCode(x.cpu.u32(1) & 0xff));
    return x.cpu.u32(1) & 0xff;
  },
  fputc: (x) => {
    print(x, String.fromCharCode(x.cpu.u32(1) & 0xff));
    return x.cpu.u32(1) & 0xff;
  },
  fwrite: (x) => {
    print(x, latin1(x.input(1, x.cpu.size(2) * x.cpu.size(3))));
    return x.cpu.size(3);
  },
  fflush: () => 0,
  sprintf: (x) => {
    const message = formatted(x, 2);
    putString(x, 1, 0, latin1Bytes(message));
    return message.length;
  },
  snprintf: (x) => {
    const message = formatted(x, 3);
    const size = x.cpu.size(2);
    if (size > 0) putString(x, 1, 0, latin1Bytes(message.slice(0, size - 1)));
    return message.length;
  },
  memcpy: (x) => {
    copyMemory(x, 1, 2, x.cpu.size(3));
    return returnPointer(x, 1);
  },
  memmove: (x) => {
    copyMemory(x, 1, 2, x.cpu.size(3));
    return returnPointer(x, 1);
  },
  mempcpy: (x) => {
    copyMemory(x, 1, 2, x.cpu.size(3));
    return returnPointer(x, 1, x.cpu.size(3));
  },
  bcopy: (x) => {
    copyMemory(x, 2, 1, x.cpu.size(3));
    return undefined;
  },
  memset: (x) => {
    x.output(1, x.cpu.size(3)).fill(x.cpu.u32(2) & 0xff);
    return returnPointer(x, 1);
  },
  bzero: (x) => {
    x.output(1, x.cpu.size(2)).fill(0);
    return undefined;
  },
  memcmp: (x) => compareBytes(x.input(1, x.cpu.size(3)), x.input(2, x.cpu.size(3))),
  bcmp: (x) => compareBytes(x.input(1, x.cpu.size(3)), x.input(2, x.cpu.size(3))),
  memchr: (x) => findByte(x, x.input(1, x.cpu.size(3)), x.cpu.u32(2) & 0xff, false),
  strlen: (x) => stringLength(x, 1),
  strnlen: (x) => stringLength(x, 1, x.cpu.size(2)),
  strcpy: (x) => {
    putString(x, 1, 0, text(x, 2));
    return returnPointer(x, 1);
  },
  stpcpy: (x) => {
    const source = text(x, 2);
    putString(x, 1, 0, source);
    return returnPointer(x, 1, source.length);
  },
  strncpy: (x) => {
    const size = x.cpu.size(3);
    const source = text(x, 2, size).slice();
    const out = x.output(1, size);
    out.fill(0);
    out.set(source);
    return returnPointer(x, 1);
  },
  strcat: (x) => {
    putString(x, 1, stringLength(x, 1), text(x, 2));
    return returnPointer(x, 1);
  },
  strncat: (x) => {
    putString(x, 1, stringLength(x, 1), text(x, 2, x.cpu.size(3)));
    return returnPointer(x, 1);
  },
  strcmp: (x) => compareBytes(text(x, 1), text(x, 2)),
  strncmp: (x) => compareBytes(text(x, 1, x.cpu.size(3)), text(x, 2, x.cpu.size(3))),
  strchr: (x) => findCharacter(x, false),
  index: (x) => findCharacter(x, false),
  strrchr: (x) => findCharacter(x, true),
  rindex: (x) => findCharacter(x, true),
  strstr: findString,
  strspn: (x) => span(x, true),
  strcspn: (x) => span(x, false),
  strpbrk: (x) => {
    const at = span(x, false);
    return at === stringLength(x, 1) ? 0 : returnPointer(x, 1, at);
  },
  strdup: (x) => {
    const bytes = text(x, 1).slice();
    const made = allocate(x, bytes.length + 1);
    if (made !== 0n) x.memory.contents(Number(made >> 32n)).set(bytes);
    return made;
  },
  alloca: (x) => {
    const memory = allocate(x, x.cpu.size(1));
    if (memory !== 0n) return memory;
    return x.cpu.trap('bad-argument', 'alloca finds no memory: what it gave lasts to the end of the program');
  },
  malloc: (x) => allocate(x, x.cpu.size(1)),
  calloc: (x) => allocate(x, x.cpu.size(1) * x.cpu.size(2)),
  realloc: reallocate,
  free: (x) => {
    if (!x.cpu.isNull(1)) x.memory.removeRegion(heapRegion(x, 1, 'free'), FREED);
    return undefined;
  },
  abs: (x) => absolute(BigInt.asIntN(32, x.cpu.unsigned(1))),
  labs: (x) => absolute(x.cpu.signed(1)),
  llabs: (x) => absolute(x.cpu.signed(1)),
  atoi: (x) => BigInt.asIntN(32, parseInteger(x, 10, false)),
  atol: (x) => parseInteger(x, 10, false),
  strtol: (x) => parseInteger(x, x.cpu.s32(3), true),
  strtoul: (x) => parseInteger(x, x.cpu.s32(3), true),
  strtoll: (x) => parseInteger(x, x.cpu.s32(3), true),
  strtoull: (x) => parseInteger(x, x.cpu.s32(3), true),
  qsort: sort,
  rand: (x) => x.random() & 0x7fff_ffff,
  srand: (x) => {
    x.setSeed(x.cpu.u32(1));
    return undefined;
  },
  isupper: character(isUpper),
  islower: character(isLower),
  isdigit: character(isDigit),
  isspace: character(isSpace),
  isalpha: character((code) => isUpper(code) || isLower(code)),
  isalnum: character((code) => isUpper(code) || isLower(code) || isDigit(code)),
  isprint: character((code) => code >= 32 && code < 127),
  isxdigit: character((code) => isDigit(code) || between(code, 'a', 'f') || between(code, 'A', 'F')),
  ispunct: character((code) => code > 32 && code < 127 && !isUpper(code) && !isLower(code) && !isDigit(code)),
  toupper: (x) => (isLower(x.cpu.s32(1)) ? x.cpu.s32(1) - 32 : x.cpu.s32(1)),
  tolower: (x) => (isUpper(x.cpu.s32(1)) ? x.cpu.s32(1) + 32 : x.cpu.s32(1)),
  getenv: () => 0,
  time: (x) => x.clock.monotonic / 1_000_000_000n,
  clock: (x) => x.clock.monotonic / 1000n,
  signal: () => 0,
};
