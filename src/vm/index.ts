/**
 * The machine's public face: load an object, make a machine, run its programs.
 *
 *   const object = await load(bytes);
 *   const machine = createMachine(object, { cpus: 2 });
 *   const { returnValue, fault } = machine.program('xdp_filter').run({ packet });
 *   machine.map('counters').get(1);
 */

import type { ObjectFile } from '../object/elf.ts';
import { type LoadedObject, loadObject } from './loader.ts';

/** Loads an object file; rejects with a `LoadError` where it cannot be run. */
export async function load(input: Uint8Array | ObjectFile): Promise<LoadedObject> {
  return loadObject(input);
}

export type { MapDefinition } from '../object/map-definition.ts';
export { benchPrograms, measureSpeed, type SpeedResult } from './bench.ts';
export type { ContextValue, ContextValues } from './context.ts';
export { Coverage, type FunctionCoverage, type LineCoverage } from './coverage.ts';
export type { UninitialisedReads } from './cpu.ts';
export type { Clock, Identity, OutputEvent, Redirect, Route } from './execution.ts';
export { type CallSite, type Fault, type FaultKind, renderFault, type SourceLine } from './fault.ts';
export { LoadError } from './load-error.ts';
export { type LoadedFunction, type LoadedObject, loadObject } from './loader.ts';
export { createMachine, Machine } from './machine.ts';
export type {
  HostFunction,
  MachineAccess,
  MachineOptions,
  RunOptions,
  RunResult,
} from './machine-options.ts';
export { MapError, MapHandle, type MapReference } from './map-handle.ts';
export { type Capture, type CapturedPacket, readPcap, writePcap } from './pcap.ts';
export {
  hexText,
  jsonValue,
  mapContents,
  mapTable,
  type PacketRun,
  packetTable,
  parseContext,
  parseHexBytes,
  runPackets,
  verdictText,
} from './report.ts';
export { type TypedValue, ValueError } from './typed-value.ts';
export type { VariableHandle, VariableReference } from './variable-handle.ts';
