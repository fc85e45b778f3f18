/**
 * One program of an object in the running kernel, loaded alone by libbpf, through the small program test-run.c: what it does to
 * each packet, and all maps at the end. Unlike kernel-run.ts it needs a C compiler and libbpf's headers, and takes objects of which the kernel
 * refuses other programs. Needs root.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KernelInput, MapElement } from './kernel-run.ts';

export interface ListedProgram {
  readonly name: string;
  /** libbpf's name of the type; `unspec` where the section does not tell it. */
  readonly type: string;
}

/** What a program did, by what it is of and which of them: return values by packet, map values by key, as text. */
export type Observed = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Bytes of a data section as a program is loaded with. */
export interface InitialBytes {
  readonly section: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** What a program is run with, besides its packets. */
export interface Setting {
  readonly variables: readonly InitialBytes[];
  readonly elements: readonly MapElement[];
}

export interface TestRun {
  /** Why there is nothing: the verifier's or libbpf's complaint. */
  readonly refusal: string | undefined;
  readonly observed: Observed;
}

/** Whether the other programs of the type are loaded too, and fill the program arrays. */
export type Mode = 'alone' | 'together';

const HEADER = '/usr/include/bpf/libbpf.h';

export const hex = (bytes: Uint8Array | undefined): string =>
  bytes === undefined || bytes.length === 0 ? '-' : Buffer.from(bytes).toString('hex');

/** Puts the lines of test-run.c into their places. */
function observedOf(lines: readonly string[]): Observed {
  const found = new Map<string, Map<string, string>>();
  const put = (what: string, which: string, value: string): void => {
    const group = found.get(what) ?? new Map<string, string>();
    group.set(which, value);
    found.set(what, group);
  };
  let packets = 0;
  const events = new Map<string, number>();
  for (const line of lines) {
    const [kind, first = '', second = '', third = '', fourth = ''] = line.split(' ');
    if (kind === 'run' || kind === 'failed') {
      const which = `${packets++}`;
      put('return value', which, kind === 'run' ? first : `error ${first}`);
      if (kind === 'failed') continue;
      put('packet', which, second);
      put('context', which, third);
    } else if (kind === 'entry') {
      put(`map ${first}`, third, fourth);
    } else if (kind === 'event') {
      const count = events.get(first) ?? 0;
      events.set(first, count + 1);
      put(`events of ${first}`, `${count}`, second);
    }
  }
  return found;
}

export class TestRunner {
  private readonly folder: string;
  readonly binary: string;

  /** Makes the program; the place of its source is told by those who are bundled. */
  constructor(source = join(import.meta.dirname, 'test-run.c')) {
    this.folder = mkdtempSync(join(tmpdir(), 'bpfcc-test-run-'));
    this.binary = join(this.folder, 'test-run');
    const made = spawnSync('gcc', ['-O2', source, '-o', this.binary, '-lbpf'], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`gcc ${source}: ${made.stderr}`);
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private lines(args: readonly string[], input: string): readonly string[] {
    const { stdout } = spawnSync(this.binary, args, {
      encoding: 'utf8',
      input,
      timeout: 120_000,
      maxBuffer: 1 << 28,
    });
    return stdout.split('\n').filter((line) => line !== '');
  }

  programs(object: string): readonly ListedProgram[] {
    return this.lines([object, 'list'], '').flatMap((line) => {
      const [kind, name, type] = line.split(' ');
      return kind === 'program' && name !== undefined && type !== undefined ? [{ name, type }] : [];
    });
  }

  /** Runs packets until `wanted` of them ran; CO-RE relocations are against the BTF of a file, or the kernel's. */
  run(
    object: string,
    program: ListedProgram,
    mode: Mode,
    { variables, elements }: Setting,
    inputs: readonly KernelInput[],
    wanted: number,
    btf?: string,
  ): TestRun {
    const asked = [
      ...variables.map(({ section, offset, bytes }) => `variable ${section} ${offset} ${hex(bytes)}`),
      `until ${wanted}`,
      ...elements.map(({ pin, key, value }) => `element ${pin} ${hex(key)} ${hex(value)}`),
      ...inputs.map(({ packet, context }) => `packet ${hex(packet)} ${hex(context)}`),
    ];
    const lines = this.lines(
      [object, 'run', program.name, program.type, mode, ...(btf === undefined ? [] : [btf])],
      `${asked.join('\n')}\n`,
    );
    const refused = lines.find((line) => line.startsWith('refused '));
    const refusal = refused?.slice('refused '.length) ?? (lines.length === 0 ? 'no output' : undefined);
    return { refusal, observed: observedOf(lines) };
  }
}

/** Why programs cannot be run here, if they cannot. */
export function whyNoTestRun(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync(HEADER)) return `needs ${HEADER}`;
  if (spawnSync('gcc', ['--version']).status !== 0) return 'needs gcc';
  return spawnSync('bpftool', ['prog', 'show']).status === 0 ? undefined : 'needs bpf() and bpftool';
}
