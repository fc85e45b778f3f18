/**
 * Map types by their kernel numbers (enum bpf_map_type), and the making of a map from its definition with the checks the
 * kernel makes on creation.
 */

import type { MapDefinition } from '../../object/map-definition.ts';
import { MAP_TYPES, type MapTypeName } from '../../object/map-types.ts';
import { ArrayMap, PerCpuArrayMap } from './array.ts';
import { HashMap } from './hash.ts';
import { LpmTrieMap } from './lpm-trie.ts';
import type { BpfMap, MapHost } from './map.ts';
import { BloomFilterMap, QueueMap } from './queue.ts';
import { MapOfMaps, ProgramArrayMap } from './references.ts';
import { RingBufferMap, UserRingBufferMap } from './ring-buffer.ts';
import { ArenaMap, SparseArrayMap, StackTraceMap, StorageMap } from './special.ts';

export function mapTypeName(definition: MapDefinition): MapTypeName {
  return MAP_TYPES[definition.type] ?? 'unspec';
}

/** A key of 4 bytes and a value of a given size, unless the definition says otherwise. */
function withSizes(definition: MapDefinition, valueSize: number): MapDefinition {
  return { ...definition, keySize: definition.keySize || 4, valueSize };
}

const KEYLESS: readonly MapTypeName[] = ['queue', 'stack', 'bloom_filter'];
const HASHES: readonly MapTypeName[] = [
  'hash',
  'percpu_hash',
  'lru_hash',
  'lru_percpu_hash',
  'hash_of_maps',
  'devmap_hash',
  'sockhash',
];
const ARRAYS: readonly MapTypeName[] = ['array', 'percpu_array', 'prog_array', 'array_of_maps'];

/** Keys and values are single allocations of the kernel, which are bounded. */
const MAX_KEY = 64 << 10;
const MAX_VALUE = 32 << 20;

/** Checks of map_create that do not depend on who loads. */
function refusal(definition: MapDefinition, name: MapTypeName): string | undefined {
  const { keySize, valueSize, maxEntries, flags } = definition;
  if (keySize > MAX_KEY || valueSize > MAX_VALUE)
    return `cannot have keys of ${keySize} and values of ${valueSize} bytes`;
  const isPowerOfTwo = maxEntries !== 0 && (maxEntries & (maxEntries - 1)) === 0;
  if (KEYLESS.includes(name) && (keySize !== 0 || valueSize === 0 || maxEntries === 0))
    return 'needs a value, entries and no key';
  if (HASHES.includes(name) && (keySize === 0 || maxEntries === 0)) return 'needs a key and entries';
  if (ARRAYS.includes(name) && (keySize !== 4 || maxEntries === 0))
    return 'needs a key of 4 bytes and entries';
  if ((name === 'ringbuf' || name === 'user_ringbuf') && (!isPowerOfTwo || maxEntries % 4096 !== 0)) {
    return 'needs a size that is a power of two and a multiple of the page size';
  }
  if (name === 'lpm_trie' && (keySize < 5 || keySize > 260 || (flags & 1) === 0)) {
    return 'needs a key of 5 to 260 bytes and BPF_F_NO_PREALLOC';
  }
  return undefined;
}

/** Entries of maps whose definition leaves them to user space. */
const DEFAULT_ENTRIES = 1024;
const DEFAULT_RING = 256 * 1024;

/** Fills in what user space usually sets before it loads: a definition may leave sizes and entries out. */
function completed(definition: MapDefinition, name: MapTypeName): MapDefinition {
  const isRing = name === 'ringbuf' || name === 'user_ringbuf';
  const hasKey = HASHES.includes(name) || ARRAYS.includes(name);
  return {
    ...definition,
    keySize: definition.keySize || (hasKey ? 4 : 0),
    valueSize: definition.valueSize || (isRing ? 0 : 4),
    maxEntries: definition.maxEntries || (isRing ? DEFAULT_RING : DEFAULT_ENTRIES),
  };
}

/** Makes the map, or says why the kernel would refuse. */
export function createMap(given: MapDefinition, host: MapHost): BpfMap | string {
  const name = mapTypeName(given);
  const definition = completed(given, name);
  const refused = refusal(definition, name);
  if (refused !== undefined) return `map ${definition.name}: a map of type ${name} ${refused}`;
  const hash = (perCpu: boolean, lru: boolean): BpfMap => new HashMap(definition, host, { perCpu, lru });
  switch (name) {
    case 'array':
      return new ArrayMap(definition, host);
    case 'percpu_array':
      return new PerCpuArrayMap(definition, host);
    case 'hash':
      return hash(false, false);
    case 'percpu_hash':
      return hash(true, false);
    case 'lru_hash':
      return hash(false, true);
    case 'lru_percpu_hash':
      return hash(true, true);
    case 'prog_array':
      return new ProgramArrayMap(definition, host);
    case 'array_of_maps':
      return new MapOfMaps(definition, host, 'array');
    case 'hash_of_maps':
      return new MapOfMaps(definition, host, 'hash');
    case 'lpm_trie':
      return new LpmTrieMap(definition, host);
    case 'queue':
    case 'stack':
      return new QueueMap(definition, host, name === 'stack');
    case 'bloom_filter':
      return new BloomFilterMap(definition, host);
    case 'ringbuf':
      return new RingBufferMap(definition, host);
    case 'user_ringbuf':
      return new UserRingBufferMap(definition, host);
    case 'devmap':
    case 'cpumap':
    case 'xskmap':
      return new SparseArrayMap(withSizes(definition, definition.valueSize), host, true);
    case 'perf_event_array':
    case 'cgroup_array':
    case 'sockmap':
    case 'reuseport_sockarray':
      return new SparseArrayMap(withSizes(definition, definition.valueSize), host, false);
    case 'devmap_hash':
    case 'sockhash':
      return hash(false, false);
    case 'stack_trace':
      return new StackTraceMap(withSizes(definition, given.valueSize || 127 * 8), host);
    case 'sk_storage':
    case 'inode_storage':
    case 'task_storage':
    case 'cgrp_storage':
    case 'cgroup_storage':
    case 'percpu_cgroup_storage':
      return new StorageMap(definition, host);
    case 'arena':
      return new ArenaMap(definition, host);
    case 'struct_ops':
      return new ArrayMap({ ...withSizes(definition, given.valueSize || 8), maxEntries: 1 }, host);
    default:
      return `map ${definition.name}: type ${name} (${definition.type}) is not supported`;
  }
}
