/**
 * Maps whose values are other things of the machine: programs, maps. What a program reads is a pointer; what the API reads is
 * the number that user space would see (here the map's or program's position).
 */

import type { MapDefinition } from '../../object/map-definition.ts';
import { Errno } from '../errno.ts';
import { ArrayMap } from './array.ts';
import { HashMap } from './hash.ts';
import { BpfMap, indexKey, type MapHost } from './map.ts';

/** Programs by index, for tail calls. */
export class ProgramArrayMap extends BpfMap {
  private readonly programs = new Map<number, number>();

  program(index: number): number | undefined {
    return this.programs.get(index);
  }

  /** Puts the program that starts at a position into a slot; undefined empties it. */
  setProgram(index: number, pc: number | undefined): number {
    if (index >= this.definition.maxEntries) return Errno.E2BIG;
    if (pc === undefined) this.programs.delete(index);
    else this.programs.set(index, pc);
    return 0;
  }

  lookup(_keyAt: number): number {
    return 0;
  }

  update(_keyAt: number, _valueAt: number, _flags: number): number {
    return Errno.EINVAL;
  }

  remove(_keyAt: number): number {
    return Errno.EINVAL;
  }

  *keys(): Iterable<Uint8Array> {
    for (const index of [...this.programs.keys()].sort((a, b) => a - b)) yield indexKey(index);
  }
}

/** A map of maps: an array or hash whose values are map addresses; looking one up gives the map itself. */
export class MapOfMaps extends BpfMap {
  /** Holds the addresses, eight bytes each. */
  private readonly holder: BpfMap;

  constructor(definition: MapDefinition, host: MapHost, kind: 'array' | 'hash') {
    super(definition, host);
    const plain = { ...definition, valueSize: 8 };
    this.holder =
      kind === 'array' ? new ArrayMap(plain, host) : new HashMap(plain, host, { perCpu: false, lru: false });
  }

  /** The inner map of a key. */
  inner(keyAt: number): BpfMap | undefined {
    const region = this.holder.lookup(keyAt);
    if (region === 0) return undefined;
    const { memory } = this.host;
    return this.host.mapAt(memory.view.getBigUint64(memory.positionOf(region), true));
  }

  lookup(keyAt: number): number {
    return this.inner(keyAt)?.handle ?? 0;
  }

  /** Programs cannot change it; user space gives a map. */
  update(_keyAt: number, _valueAt: number, _flags: number): number {
    return Errno.EINVAL;
  }

  /** Sets the inner map of a key, as user space does. */
  setInner(keyAt: number, map: BpfMap): number {
    const scratch = this.host.memory.addRegion(this.valueInfo, 8);
    const { memory } = this.host;
    const at = memory.positionOf(scratch);
    memory.view.setBigUint64(at, map.address, true);
    const result = this.holder.update(keyAt, at, 0);
    memory.removeRegion(scratch, undefined, true);
    return result;
  }

  remove(keyAt: number): number {
    return this.holder.remove(keyAt);
  }

  keys(): Iterable<Uint8Array> {
    return this.holder.keys();
  }
}
