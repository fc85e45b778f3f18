/**
 * The logic behind `bpfcc-ts run`: packets and contexts from text, a program over many packets, and results as tables or
 * JSON. Nothing here prints or reads files.
 */

import type { ProgramTypeName } from '../object/program-sections.ts';
import type { ContextValue, ContextValues } from './context.ts';
import { renderFault } from './fault.ts';
import type { Machine } from './machine.ts';
import type { RunOptions, RunResult } from './machine-options.ts';
import type { TypedValue } from './typed-value.ts';

/** Bytes of a packet given as hexadecimal digits with any white space or colons between; undefined where it is none. */
export function parseHexBytes(text: string): Uint8Array | undefined {
  const digits = text.replace(/^0x/i, '').replace(/[\s:]+/g, '');
  if (digits === '' || digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  );
}

export function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function contextValue(value: unknown): ContextValue | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  // 64-bit numbers and memory do not fit JSON's numbers: "0x..." or decimal digits, and "hex:..." for bytes.
  if (typeof value === 'string' && /^-?(0x[0-9a-f]+|\d+)$/i.test(value)) {
    return value.startsWith('-') ? -BigInt(value.slice(1)) : BigInt(value);
  }
  if (typeof value === 'string' && value.startsWith('hex:')) return parseHexBytes(value.slice(4));
  if (!Array.isArray(value)) return undefined;
  const elements = value.map(contextValue);
  return elements.every((one) => typeof one === 'number' || typeof one === 'bigint') ? elements : undefined;
}

/** Context fields from JSON, or a text that says what is wrong. A string `hex:...` gives the bytes of a raw context. */
export function parseContext(text: string): ContextValues | Uint8Array | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return `the context is no JSON: ${error instanceof Error ? error.message : ''}`;
  }
  const whole = typeof parsed === 'string' ? contextValue(parsed) : undefined;
  if (whole instanceof Uint8Array) return whole;
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return 'the context has to be an object of fields, or "hex:..." for raw bytes';
  }
  const fields: Record<string, ContextValue> = {};
  for (const [name, value] of Object.entries(parsed)) {
    const made = contextValue(value);
    if (made === undefined)
      return `context field ${name}: give an integer, "0x...", an array of them, or "hex:..."`;
    fields[name] = made;
  }
  return fields;
}

const VERDICTS: Readonly<Partial<Record<ProgramTypeName, readonly string[]>>> = {
  xdp: ['XDP_ABORTED', 'XDP_DROP', 'XDP_PASS', 'XDP_TX', 'XDP_REDIRECT'],
  sched_cls: [
    'TC_ACT_OK',
    'TC_ACT_RECLASSIFY',
    'TC_ACT_SHOT',
    'TC_ACT_PIPE',
    'TC_ACT_STOLEN',
    'TC_ACT_QUEUED',
    'TC_ACT_REPEAT',
    'TC_ACT_REDIRECT',
    'TC_ACT_TRAP',
  ],
  cgroup_skb: ['drop', 'pass'],
  sk_skb: ['SK_DROP', 'SK_PASS'],
  sk_msg: ['SK_DROP', 'SK_PASS'],
  sk_lookup: ['SK_DROP', 'SK_PASS'],
};

/** A return value as the program type's constant, or as a number. */
export function verdictText(type: ProgramTypeName | undefined, value: number): string {
  const known = type === 'sched_act' ? 'sched_cls' : type;
  if (known === 'sched_cls' && value === 0xffff_ffff) return 'TC_ACT_UNSPEC';
  return (known === undefined ? undefined : VERDICTS[known]?.[value]) ?? `${value}`;
}

/** One run of many. */
export interface PacketRun {
  readonly number: number;
  readonly before: Uint8Array;
  readonly result: RunResult;
}

/**
 * Runs a program over packets in order, all of them `repeat` times. The result of the last round is kept; it ends at the
 * first fault. `onProgress` hears how many runs are done.
 */
export function runPackets(
  machine: Machine,
  program: string,
  packets: readonly Uint8Array[],
  options: RunOptions & {
    readonly repeat?: number;
    readonly onProgress?: (done: number, total: number) => void;
  } = {},
): readonly PacketRun[] {
  const { repeat = 1, onProgress, ...run } = options;
  const target = machine.program(program);
  const total = repeat * packets.length;
  let runs: PacketRun[] = [];
  let done = 0;
  for (let round = 0; round < repeat; round++) {
    runs = [];
    for (const [index, packet] of packets.entries()) {
      const result = target.run({ ...run, packet });
      runs.push({ number: index + 1, before: packet, result });
      onProgress?.(++done, total);
      if (result.fault !== undefined) return runs;
    }
  }
  return runs;
}

function changeText({ before, result }: PacketRun): string {
  const { packet } = result;
  if (packet === undefined) return '';
  if (packet.length !== before.length) return `${before.length} -> ${packet.length} bytes`;
  const changed = packet.reduce((count, byte, i) => count + (byte === before[i] ? 0 : 1), 0);
  return changed === 0 ? '' : `${changed} byte${changed === 1 ? '' : 's'} changed`;
}

function targetText({ result }: PacketRun): string {
  const { redirect } = result;
  if (redirect === undefined) return '';
  if (redirect.ifindex !== undefined) return `interface ${redirect.ifindex}`;
  return `${redirect.map}[${redirect.key instanceof Uint8Array ? hexText(redirect.key) : redirect.key}]`;
}

/** Rows of cells as columns; the last one is not padded. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The runs as a table with a line each; faults and messages below. */
export function packetTable(type: ProgramTypeName | undefined, runs: readonly PacketRun[]): string {
  const rows = runs.map((run) => [
    `${run.number}`,
    `${run.before.length}`,
    run.result.fault === undefined ? verdictText(type, run.result.returnValue) : 'fault',
    `${run.result.steps}`,
    targetText(run),
    changeText(run),
  ]);
  const notes = runs.flatMap(({ result }) => [
    ...result.printk,
    ...(result.fault === undefined ? [] : [renderFault(result.fault)]),
  ]);
  return [
    columns([['packet', 'bytes', 'verdict', 'steps', 'target', 'packet after'], ...rows]),
    ...notes,
  ].join('\n');
}

/** A value for JSON: bigints as decimal text where a number would lose digits, bytes as hexadecimal text. */
export function jsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : `${value}`;
  }
  if (value instanceof Uint8Array) return hexText(value);
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, jsonValue(one)]));
}

/** Map elements that are shown; arrays are cut down to what differs from zero. */
function isZero(value: TypedValue): boolean {
  if (value instanceof Uint8Array) return value.every((byte) => byte === 0);
  if (typeof value === 'object') return Object.values(value).every(isZero);
  return value === 0 || value === 0n || value === false || value === '';
}

const MAX_SHOWN = 10_000;

/** What the maps hold, for `--maps` and `--json`. Elements of arrays that are all zero are left out. */
export function mapContents(machine: Machine): readonly {
  readonly name: string;
  readonly type: string;
  readonly entries: readonly (readonly [TypedValue, TypedValue])[];
}[] {
  return machine.maps.map((map) => {
    const entries: [TypedValue, TypedValue][] = [];
    for (const [key, value] of map.usedEntries()) {
      if (entries.length >= MAX_SHOWN) break;
      if (!map.type.includes('array') || !isZero(value)) entries.push([key, value]);
    }
    return { name: map.name, type: map.type, entries };
  });
}

/** Map contents as text. */
export function mapTable(machine: Machine): string {
  const line = (value: TypedValue): string => JSON.stringify(jsonValue(value));
  return mapContents(machine)
    .map(({ name, type, entries }) =>
      [
        `${name} (${type}), ${entries.length} element${entries.length === 1 ? '' : 's'}`,
        ...entries.map(([key, value]) => `  ${line(key)}: ${line(value)}`),
      ].join('\n'),
    )
    .join('\n');
}
