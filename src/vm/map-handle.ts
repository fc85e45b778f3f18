/**
 * Maps for tests: keys and values as JavaScript values by the BTF types of the map's definition. Results are those of
 * user space: per-CPU maps have an array of values, one for each CPU.
 */

import type { TypeGraph } from '../btf/type-graph.ts';
import { MAP_TYPES } from '../object/map-types.ts';
import type { BpfMap } from './maps/map.ts';
import { QueueMap } from './maps/queue.ts';
import { MapOfMaps } from './maps/references.ts';
import { RingBufferMap, UserRingBufferMap } from './maps/ring-buffer.ts';
import { decodeValue, encodeValue, type TypedValue } from './typed-value.ts';

/** An update that the map refused. */
export class MapError extends Error {
  override readonly name = 'MapError';
  /** The negative error number. */
  readonly errno: number;

  constructor(message: string, errno: number) {
    super(message);
    this.errno = errno;
  }
}

/**
 * A map that an imported program (`import prog from './x.bpf.c'`) describes: its name, and the types of what it holds where they
 * are known. `Found` is what a look-up gives: for per-CPU maps an array.
 */
export interface MapReference<Key, Value, Found> {
  readonly name: string;
  /** For the type checker only. */
  readonly types?: { readonly key: Key; readonly value: Value; readonly found: Found };
}

export class MapHandle<
  Key extends TypedValue = TypedValue,
  Value extends TypedValue = TypedValue,
  Found extends TypedValue = TypedValue,
> {
  private readonly map: BpfMap;
  private readonly types: TypeGraph;

  constructor(map: BpfMap, types: TypeGraph) {
    this.map = map;
    this.types = types;
  }

  get name(): string {
    return this.map.definition.name;
  }

  /** The type's name: `hash`, `percpu_array`, ... */
  get type(): string {
    return MAP_TYPES[this.map.definition.type] ?? 'unspec';
  }

  get maxEntries(): number {
    return this.map.definition.maxEntries;
  }

  /** The machine's own map, for what has no typed form. */
  get raw(): BpfMap {
    return this.map;
  }

  /** Runs `use` with the bytes in the machine's memory. */
  private withBytes<T>(bytes: Uint8Array, use: (at: number) => T): T {
    const { memory } = this.map.host;
    const region = memory.addRegion(
      { kind: 'kernel', name: 'user memory', read: true, write: true },
      bytes.length,
    );
    memory.contents(region).set(bytes);
    const result = use(memory.positionOf(region));
    memory.removeRegion(region, undefined, true);
    return result;
  }

  private keyBytes(key: Key): Uint8Array {
    const { keyType, keySize } = this.map.definition;
    return encodeValue(this.types, keyType, key, keySize);
  }

  /** The bytes of a key's value (per CPU: of CPU `cpu`); undefined where there is none. */
  getBytes(key: Key, cpu?: number): Uint8Array | undefined {
    return this.bytesAt(this.keyBytes(key), cpu);
  }

  private bytesAt(keyBytes: Uint8Array, cpu?: number): Uint8Array | undefined {
    return this.withBytes(keyBytes, (at) => {
      const region = cpu === undefined ? this.map.peekValue(at) : this.map.lookupOn(at, cpu);
      return region === 0 ? undefined : this.map.host.memory.contents(region).slice();
    });
  }

  /** The caller's type was made from the same BTF type, so that the value has it. */
  private decode<T extends TypedValue>(type: number | undefined, bytes: Uint8Array): T {
    return decodeValue(this.types, type, bytes) as T;
  }

  /** The value of a key; undefined where there is none. Per-CPU maps give an array. */
  get(key: Key): Found | undefined {
    return this.valueAt(this.keyBytes(key));
  }

  private valueAt(keyBytes: Uint8Array): Found | undefined {
    const { valueType } = this.map.definition;
    if (!this.map.isPerCpu) {
      const bytes = this.bytesAt(keyBytes);
      return bytes === undefined ? undefined : this.decode(valueType, bytes);
    }
    const all = Array.from({ length: this.map.host.cpus }, (_, cpu) => this.bytesAt(keyBytes, cpu));
    const present = all.filter((bytes) => bytes !== undefined);
    const values: TypedValue = present.map((bytes) => this.decode(valueType, bytes));
    return present.length === 0 ? undefined : (values as Found);
  }

  /** Sets the value of a key; throws a `MapError` where the map refuses. `flags` as for bpf_map_update_elem. */
  set(key: Key, value: Value, flags = 0): void {
    const { valueType, valueSize } = this.map.definition;
    const bytes = encodeValue(this.types, valueType, value, valueSize);
    const result = this.withBytes(this.keyBytes(key), (keyAt) =>
      this.withBytes(bytes, (valueAt) => this.map.update(keyAt, valueAt, flags)),
    );
    if (result !== 0) throw new MapError(`map ${this.name} refuses the update (error ${result})`, result);
  }

  /** Puts a map into a map of maps. */
  setMap(key: Key, inner: MapHandle): void {
    const { map } = this;
    if (!(map instanceof MapOfMaps)) throw new MapError(`map ${this.name} holds no maps`, -22);
    const result = this.withBytes(this.keyBytes(key), (at) => map.setInner(at, inner.map));
    if (result !== 0) throw new MapError(`map ${this.name} refuses the map (error ${result})`, result);
  }

  /** Takes the finished records of a ring buffer, as its consumer does. */
  consume(): readonly Uint8Array[] {
    return this.map instanceof RingBufferMap ? this.map.consume() : [];
  }

  /** Queues a sample in a user ring buffer. */
  produce(data: Uint8Array): void {
    if (!(this.map instanceof UserRingBufferMap))
      throw new MapError(`map ${this.name} is no user ring buffer`, -22);
    this.map.produce(data);
  }

  /** The values of a queue or stack, first pushed first. */
  values(): readonly Value[] {
    const { valueType } = this.map.definition;
    const contents = this.map instanceof QueueMap ? this.map.contents : [];
    return contents.map((bytes) => this.decode(valueType, bytes));
  }

  /** Adds a value to a queue, stack or bloom filter. */
  push(value: Value, flags = 0): void {
    const { valueType, valueSize } = this.map.definition;
    const bytes = encodeValue(this.types, valueType, value, valueSize);
    const result = this.withBytes(bytes, (at) => this.map.push(at, flags));
    if (result !== 0) throw new MapError(`map ${this.name} refuses the value (error ${result})`, result);
  }

  /** Removes a key; false where it was not there. */
  delete(key: Key): boolean {
    return this.withBytes(this.keyBytes(key), (at) => this.map.remove(at)) === 0;
  }

  /** All keys with their values, in the map's own order. */
  entries(): IterableIterator<[Key, Found]> {
    return this.valuesOf(this.map.keys());
  }

  /** The same without the elements of arrays that nobody touched. */
  usedEntries(): IterableIterator<[Key, Found]> {
    return this.valuesOf(this.map.usedKeys());
  }

  private *valuesOf(keys: Iterable<Uint8Array>): IterableIterator<[Key, Found]> {
    for (const key of keys) {
      const value = this.valueAt(key);
      if (value !== undefined) yield [this.decode(this.map.definition.keyType, key), value];
    }
  }

  /** Everything the map holds, as bytes in hexadecimal: for comparing two machines. Values of all zeros in arrays are left out. */
  snapshot(): Record<string, string> {
    const result: Record<string, string> = {};
    const isArray = this.type === 'array' || this.type === 'percpu_array';
    for (const key of this.map.usedKeys()) {
      const cpus = this.map.isPerCpu ? this.map.host.cpus : 1;
      const values = Array.from({ length: cpus }, (_, cpu) =>
        this.map.isPerCpu ? this.bytesAt(key, cpu) : this.bytesAt(key),
      );
      if (isArray && values.every((bytes) => bytes?.every((byte) => byte === 0))) continue;
      result[hex(key)] = values.map((bytes) => hex(bytes ?? new Uint8Array(0))).join(' ');
    }
    return result;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
