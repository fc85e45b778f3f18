/**
 * What all maps are: operations with the kernel's results. Keys and values are given as positions in the machine's
 * memory, which is where both helpers and the API have them; a value is known by its region (0 where there is none), so
 * that an access past one value does not reach the next.
 *
 * A value that is deleted or replaced stays readable until the run ends, as RCU keeps it in the kernel: it goes to
 * `garbage`, which the machine empties.
 */

import type { MapDefinition } from '../../object/map-definition.ts';
import { Errno } from '../errno.ts';
import { addressOf, type Memory, type RegionInfo } from '../memory.ts';

/** Flags of updates. */
export const UpdateFlag = Object.freeze({ any: 0, noExist: 1, exist: 2, lock: 4 } as const);

/** What maps need from their machine. */
export interface MapHost {
  readonly memory: Memory;
  readonly cpus: number;
  /** The running CPU. */
  readonly cpu: () => number;
  readonly garbage: number[];
  /** A map by the address programs know it by. */
  readonly mapAt: (address: bigint) => BpfMap | undefined;
}

const HANDLE: Omit<RegionInfo, 'name'> = { kind: 'map', read: false, write: false };

export abstract class BpfMap {
  readonly definition: MapDefinition;
  readonly host: MapHost;
  /** The region whose address is the map pointer. */
  readonly handle: number;
  protected readonly valueInfo: RegionInfo;
  private frozen = false;

  constructor(definition: MapDefinition, host: MapHost) {
    this.definition = definition;
    this.host = host;
    this.handle = host.memory.addRegion({ ...HANDLE, name: `map ${definition.name}` }, 0);
    // Flags BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG.
    this.valueInfo = {
      kind: 'map-value',
      name: `a value of map ${definition.name}`,
      read: (definition.flags & 0x100) === 0,
      write: (definition.flags & 0x80) === 0,
    };
  }

  get address(): bigint {
    return addressOf(this.handle);
  }

  /** Region of the value of a key, 0 where there is none. */
  abstract lookup(keyAt: number): number;

  /** Sets a value; 0 or an error number. */
  abstract update(keyAt: number, valueAt: number, flags: number): number;

  abstract remove(keyAt: number): number;

  /** Keys as they are stored, in a fixed order. */
  abstract keys(): Iterable<Uint8Array>;

  /** Keys of elements that may hold something else than zeros. */
  usedKeys(): Iterable<Uint8Array> {
    return this.keys();
  }

  /** The value of a key on a CPU; maps that are not per CPU have one for all. */
  lookupOn(keyAt: number, _cpu: number): number {
    return this.lookup(keyAt);
  }

  get isPerCpu(): boolean {
    return false;
  }

  push(_valueAt: number, _flags: number): number {
    return Errno.EOPNOTSUPP;
  }

  pop(_valueAt: number): number {
    return Errno.EOPNOTSUPP;
  }

  peek(_valueAt: number): number {
    return Errno.EOPNOTSUPP;
  }

  /** What `lookup` by the API sees: the same without a trace of use. */
  peekValue(keyAt: number): number {
    return this.lookup(keyAt);
  }

  freeze(): void {
    this.frozen = true;
  }

  get isFrozen(): boolean {
    return this.frozen;
  }

  protected newValue(): number {
    return this.host.memory.addRegion(this.valueInfo, this.definition.valueSize);
  }

  protected copyValue(region: number, valueAt: number): void {
    const { memory } = this.host;
    memory.bytes.copyWithin(memory.positionOf(region), valueAt, valueAt + this.definition.valueSize);
  }

  protected discard(region: number): void {
    this.host.garbage.push(region);
  }
}

/** The bytes of a 32-bit key. */
export function indexKey(index: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, index, true);
  return bytes;
}
