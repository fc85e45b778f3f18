/**
 * Programs in the running kernel, through bpftool: an object is loaded with its programs and maps pinned, a program runs over packets
 * with BPF_PROG_TEST_RUN one after another on CPU 0, and its maps are read. Needs root.
 */

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** bpftool's names of program types, to be tried for sections whose name says nothing, with ours. */
export const GUESSED_TYPES = {
  classifier: 'sched_cls',
  xdp: 'xdp',
  socket: 'socket_filter',
  lwt_xmit: 'lwt_xmit',
} as const;

export type GuessedType = keyof typeof GUESSED_TYPES;

function guessesFor(expected: ReadonlySet<string>): GuessedType[] {
  const types: readonly GuessedType[] = ['classifier', 'xdp', 'socket', 'lwt_xmit'];
  const rank = (type: GuessedType): number => (expected.has(GUESSED_TYPES[type]) ? 0 : 1);
  return types.toSorted((a, b) => rank(a) - rank(b));
}

export interface KernelInput {
  readonly packet: Uint8Array;
  /** The context struct as bytes, where the program type takes one. */
  readonly context: Uint8Array | undefined;
}

export interface KernelOutput {
  readonly returnValue: number;
  readonly packet: Uint8Array;
  readonly context: Uint8Array | undefined;
}

/** An element of a map: key and the values, one for each CPU where the map is per CPU. */
export interface KernelElement {
  readonly key: Uint8Array;
  readonly values: readonly Uint8Array[];
}

/** An element to be set before the packets run. */
export interface MapElement {
  readonly pin: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface KernelMap {
  /** The name of its pin: dots are underscores, and data sections have the object's name before them. */
  readonly pin: string;
  readonly type: string;
  readonly elements: readonly KernelElement[];
}

/** True where programs can be loaded. */
export function canLoad(): boolean {
  return process.getuid?.() === 0 && spawnSync('bpftool', ['prog', 'show']).status === 0;
}

/** Thousands of small files live for a moment; a disk would take most of the time. */
const MEMORY = '/dev/shm';

const bytesOf = (list: readonly string[]): Uint8Array => Uint8Array.from(list, Number);

interface Dumped {
  readonly key?: string[];
  readonly value?: string[];
  readonly values?: { value: string[] }[];
}

interface BatchItem {
  readonly output?: { readonly retval?: number; readonly error?: string };
  readonly error?: string;
}

export class KernelObject {
  private readonly pins: string;
  private readonly folder: string;
  /** The type that had to be named, because the sections do not name one. */
  readonly guessed: GuessedType | undefined;
  /** Why the kernel did not take the object. */
  readonly refusal: string | undefined;

  /** `expected` are types that the object has by its sections: they are tried first where others do not say theirs. */
  constructor(object: string, expected: ReadonlySet<string>) {
    this.pins = `/sys/fs/bpf/bpfcc-compare-${process.pid}`;
    this.folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'bpfcc-kernel-'));
    const first = this.load(object, []);
    if (first === undefined) return;
    const types: readonly GuessedType[] = first.includes('failed to guess program type')
      ? guessesFor(expected)
      : [];
    this.guessed = types.find((type) => this.load(object, ['type', type]) === undefined);
    if (this.guessed === undefined) this.refusal = first;
  }

  /** Loads the object; returns the complaint. */
  private load(object: string, more: readonly string[]): string | undefined {
    this.unpin();
    const result = spawnSync(
      'bpftool',
      ['prog', 'loadall', object, `${this.pins}-progs`, ...more, 'pinmaps', `${this.pins}-maps`],
      { encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 28 },
    );
    if (result.status === 0) return undefined;
    const lines = result.stderr
      .split('\n')
      .filter((line) => /libbpf: (?!Error|elf: skipping)|Error/.test(line));
    return lines[0]?.replace(/^libbpf: /, '') ?? 'bpftool failed';
  }

  private unpin(): void {
    rmSync(`${this.pins}-progs`, { recursive: true, force: true });
    rmSync(`${this.pins}-maps`, { recursive: true, force: true });
  }

  close(): void {
    this.unpin();
    rmSync(this.folder, { recursive: true, force: true });
  }

  hasProgram(name: string): boolean {
    return existsSync(`${this.pins}-progs/${name}`);
  }

  /** Runs a program over packets in order until `wanted` ran; undefined where the kernel refuses to run a packet. */
  run(program: string, inputs: readonly KernelInput[], wanted: number): (KernelOutput | undefined)[] {
    const data = join(this.folder, program);
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data);
    const outputs: (KernelOutput | undefined)[] = [];
    let missing = wanted;
    while (missing > 0 && outputs.length < inputs.length) {
      const asked = inputs
        .slice(outputs.length, outputs.length + missing)
        .map((input, i) => this.command(program, join(data, `${outputs.length + i}`), input));
      const returned = this.batch(asked);
      for (const returnValue of returned) outputs.push(this.output(data, outputs.length, returnValue));
      missing -= returned.length;
      // The batch ends at the first packet that is refused.
      if (returned.length < asked.length) outputs.push(undefined);
    }
    return outputs;
  }

  /** The line of a batch that runs one packet; its files begin with `path`. */
  private command(program: string, path: string, { packet, context }: KernelInput): string {
    writeFileSync(`${path}.in`, packet);
    if (context !== undefined) writeFileSync(`${path}.ctx`, context);
    const withContext =
      context === undefined
        ? ''
        : ` ctx_in ${path}.ctx ctx_out ${path}.ctx-out ctx_size_out ${context.length}`;
    return `prog run pinned ${this.pins}-progs/${program} data_in ${path}.in data_out ${path}.out${withContext}`;
  }

  private output(data: string, index: number, returnValue: number): KernelOutput {
    const context = join(data, `${index}.ctx-out`);
    return {
      returnValue,
      packet: readFileSync(join(data, `${index}.out`)),
      context: existsSync(context) ? readFileSync(context) : undefined,
    };
  }

  /** The return values of the commands up to the first one that failed. */
  private batch(commands: readonly string[]): number[] {
    const file = join(this.folder, 'batch');
    writeFileSync(file, `${commands.join('\n')}\n`);
    const { stdout } = spawnSync('taskset', ['-c', '0', 'bpftool', '-j', 'batch', 'file', file], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const items: readonly BatchItem[] = JSON.parse(stdout);
    const returned: number[] = [];
    for (const item of items) {
      if (item.output?.retval === undefined) break;
      returned.push(item.output.retval >>> 0);
    }
    return returned;
  }

  /** Sets elements of maps, as hexadecimal bytes; ends at the first that the kernel refuses. */
  fill(elements: readonly MapElement[]): void {
    const spaced = (bytes: Uint8Array): string =>
      Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const commands = elements.map(
      ({ pin, key, value }) =>
        `map update pinned ${this.pins}-maps/${pin} key hex ${spaced(key)} value hex ${spaced(value)}`,
    );
    const file = join(this.folder, 'batch');
    writeFileSync(file, `${commands.join('\n')}\n`);
    const { status, stderr, stdout } = spawnSync('bpftool', ['batch', 'file', file], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the kernel refuses an element: ${stdout}${stderr}`);
  }

  maps(): KernelMap[] {
    const folder = `${this.pins}-maps`;
    return existsSync(folder) ? readdirSync(folder).map((pin) => this.dump(join(folder, pin), pin)) : [];
  }

  private dump(path: string, pin: string): KernelMap {
    const json = (...args: string[]): unknown => {
      const { stdout } = spawnSync('bpftool', ['-j', 'map', ...args, 'pinned', path], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      return JSON.parse(stdout === '' ? '[]' : stdout);
    };
    const { type = 'unknown' } = json('show') as { type?: string };
    const dumped = json('dump');
    const elements = (Array.isArray(dumped) ? dumped : []) as readonly Dumped[];
    return {
      pin,
      type,
      elements: elements.flatMap(({ key, value, values }) => {
        const all = values?.map((one) => one.value) ?? (value === undefined ? [] : [value]);
        return key === undefined || !all.every((one) => Array.isArray(one))
          ? []
          : [{ key: bytesOf(key), values: all.map(bytesOf) }];
      }),
    };
  }
}
