/**
 * Map types by their kernel numbers (enum bpf_map_type), and the making of a map from its definition with the checks the
 * kernel makes on creation.
 */

import type { MapDefinition } from '../map-definition.ts';
import { ArrayMap, PerCpuArrayMap } from './array.ts';
import { HashMap } from './hash.ts';
import type { BpfMap, MapHost } from './map.ts';
import { MapOfMaps, ProgramArrayMap } from './references.ts';

/** Names in the order of `enum bpf_map_type`. */
export const MAP_TYPES = [
  'unspec',
  'hash',
  'array',
  'prog_array',
  'perf_event_array',
  'percpu_hash',
  'percpu_array',
  'stack_trace',
  'cgroup_array',
  'lru_hash',
  'lru_percpu_hash',
  'lpm_trie',
  'array_of_maps',
  'hash_of_maps',
  'devmap',
  'sockmap',
  'cpumap',
  'xskmap',
  'sockhash',
  'cgroup_storage',
  'reuseport_sockarray',
  'percpu_cgroup_storage',
  'queue',
  'stack',
  'sk_storage',
  'devmap_hash',
  'struct_ops',
  'ringbuf',
  'inode_storage',
  'task_storage',
  'bloom_filter',
  'user_ringbuf',
  'cgrp_storage',
  'arena',
] as const;

export type MapTypeName = (typeof MAP_TYPES)[number];

export function mapTypeName(definition: MapDefinition): MapTypeName {
  return MAP_TYPES[definition.type] ?? 'unspec';
}

/** Makes the map, or says why the kernel would refuse. */
export function createMap(definition: MapDefinition, host: MapHost): BpfMap | string {
  const name = mapTypeName(definition);
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
    default:
      return `map ${definition.name}: type ${name} (${definition.type}) is not supported`;
  }
}
