/**
 * `run` for BPF programs: packets from hex, files or a capture through one program; verdicts, changed packets and maps out.
 */

import { readFileSync } from 'node:fs';
import type { Session } from '../driver/session.ts';
import {
  type Capture,
  createMachine,
  jsonValue,
  LoadError,
  type LoadedObject,
  loadObject,
  type Machine,
  type MachineAccess,
  mapContents,
  mapTable,
  type PacketRun,
  packetTable,
  parseContext,
  parseHexBytes,
  readPcap,
  renderFault,
  runPackets,
  verdictText,
  writePcap,
} from '../vm/index.ts';
import { complaint } from './complaint.ts';
import { writeWhole } from './output.ts';
import { runInput } from './run-input.ts';

export interface PacketRunOptions {
  readonly prog?: string;
  readonly packet?: string;
  readonly pcap?: string;
  readonly writePcap?: string;
  readonly ctx?: string;
  readonly repeat: number;
  readonly maps: boolean;
  readonly trace: boolean;
  readonly coverage?: string;
  readonly json: boolean;
}

/** Where texts go. */
export interface RunOutput {
  out(text: string): void;
  err(text: string): void;
}

const standardOutput: RunOutput = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/** Something the user has to mend; its text is shown. */
class UsageError extends Error {}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`cannot read '${path}': ${error instanceof Error ? error.message : error}`);
  }
}

/** Frames of the smallest Ethernet size, for a program that is run without a packet. */
const emptyFrame = new Uint8Array(60);

interface Packets {
  readonly data: readonly Uint8Array[];
  readonly capture: Capture | undefined;
}

function packetsOf(options: PacketRunOptions): Packets {
  if (options.pcap !== undefined) {
    const capture = readPcap(readBytes(options.pcap));
    if (capture.error !== undefined) throw new UsageError(`'${options.pcap}': ${capture.error}`);
    return { data: capture.packets.map((packet) => packet.data), capture };
  }
  if (options.packet === undefined) return { data: [emptyFrame], capture: undefined };
  return { data: [parseHexBytes(options.packet) ?? readBytes(options.packet)], capture: undefined };
}

/** The program that is meant: the named one, or the only one. */
function programOf(object: LoadedObject, name: string | undefined): LoadedObject['functions'][number] {
  const programs = object.functions.filter((one) => one.program !== undefined);
  const found =
    name === undefined && programs.length === 1 ? programs[0] : programs.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = programs.map((one) => one.name).join(', ') || 'none';
  throw new UsageError(
    name === undefined
      ? `choose a program with --prog: ${names}`
      : `there is no program '${name}'; the object has ${names}`,
  );
}

/** Tells how far a long run is, on a terminal. */
function showProgress(done: number, total: number): void {
  if (total >= 10_000 && done % 1000 === 0 && process.stderr.isTTY) {
    process.stderr.write(done >= total ? '\r\x1b[K' : `\r${done} of ${total} runs`);
  }
}

function jsonReport(
  machine: Machine,
  program: LoadedObject['functions'][number],
  runs: readonly PacketRun[],
): string {
  const results = runs.map(({ number, result }) => ({
    number,
    returnValue: result.returnValue,
    verdict: verdictText(program.program?.type, result.returnValue),
    packet: result.packet,
    redirect: result.redirect,
    printk: result.printk,
    steps: result.steps,
    fault: result.fault === undefined ? undefined : renderFault(result.fault),
  }));
  return `${JSON.stringify(jsonValue({ program: program.name, runs: results, maps: mapContents(machine) }), null, 2)}\n`;
}

function writeFiles(
  machine: Machine,
  options: PacketRunOptions,
  packets: Packets,
  runs: readonly PacketRun[],
): void {
  const write = (path: string, content: Uint8Array | string): void => {
    const reason = writeWhole(path, content);
    if (reason !== undefined) throw new UsageError(`cannot write '${path}': ${reason}`);
  };
  if (options.coverage !== undefined) write(options.coverage, machine.coverage?.lcov() ?? '');
  if (options.writePcap === undefined) return;
  const after = runs.map(({ number, before, result }) => {
    const data = result.packet ?? before;
    return { time: packets.capture?.packets[number - 1]?.time ?? 0n, data, length: data.length };
  });
  write(options.writePcap, writePcap(after, packets.capture?.linkType));
}

function runAll(object: LoadedObject, options: PacketRunOptions, output: RunOutput): number {
  const program = programOf(object, options.prog);
  const packets = packetsOf(options);
  const ctx = options.ctx === undefined ? undefined : parseContext(options.ctx);
  if (typeof ctx === 'string') throw new UsageError(`--ctx: ${ctx}`);
  const machine = createMachine(object, {
    coverage: options.coverage !== undefined,
    ...(options.trace
      ? { onStep: (pc: number, access: MachineAccess) => output.err(`${access.traceLine(pc)}\n`) }
      : {}),
  });
  const runs = runPackets(machine, program.name, packets.data, {
    repeat: options.repeat,
    onProgress: showProgress,
    ...(ctx === undefined ? {} : { ctx }),
  });
  if (options.json) output.out(jsonReport(machine, program, runs));
  else {
    output.out(`${packetTable(program.program?.type, runs)}\n`);
    if (options.maps) output.out(`\n${mapTable(machine)}\n`);
  }
  writeFiles(machine, options, packets, runs);
  return runs.some(({ result }) => result.fault !== undefined) ? 1 : 0;
}

/** Runs a file over its packets; gives the exit status: 0, 1 on a fault or a wrong call, 2 where the source does not compile. */
export function runPacketCommand(
  session: Session,
  args: readonly string[],
  options: PacketRunOptions,
): number {
  const { object, messages } = runInput(session, args, false);
  process.stderr.write(messages);
  return object === undefined ? 2 : runBytes(object, options, standardOutput);
}

/** Runs an object file; gives the exit status, as `runPacketCommand`. */
export function runObject(path: string, options: PacketRunOptions, output: RunOutput): number {
  return runBytes(readFileSync(path), options, output);
}

function runBytes(object: Uint8Array, options: PacketRunOptions, output: RunOutput): number {
  try {
    return runAll(loadObject(object), options, output);
  } catch (error) {
    if (!(error instanceof LoadError || error instanceof UsageError)) throw error;
    output.err(complaint(error.message));
    return 1;
  }
}
