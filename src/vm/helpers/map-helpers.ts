/** Helpers on maps: elements, queues, tail calls, iteration. */

import { readableAt, writableAt } from '../access.ts';
import { Errno } from '../errno.ts';
import type { Execution, HelperTable } from '../execution.ts';
import { ProgramArrayMap } from '../maps/references.ts';
import { addressOf } from '../memory.ts';

/** Flags are 64 bits; any in the high half is unknown to every map. */
function flagsArgument(x: Execution, register: number): number {
  return x.cpu.hi[register] !== 0 ? 0x7fff_ffff : x.cpu.u32(register);
}

/** The callback of bpf_for_each_map_elem stops the walk by returning 1. */
function forEach(x: Execution): number {
  const { cpu } = x;
  const map = x.map(1);
  const callback = x.functionArgument(2);
  const context = cpu.unsigned(3);
  if (!cpu.isNull(4)) return Errno.EINVAL;
  const keyRegion = x.memory.addRegion(
    { kind: 'kernel', name: `a key of map ${map.definition.name}`, read: true, write: false },
    map.definition.keySize,
  );
  let count = 0;
  for (const key of map.keys()) {
    x.memory.contents(keyRegion).set(key);
    const value = map.peekValue(x.memory.positionOf(keyRegion));
    if (value === 0) continue;
    count++;
    if (x.call(callback, map.address, addressOf(keyRegion), addressOf(value), context) !== 0n) break;
  }
  x.memory.removeRegion(keyRegion);
  return count;
}

export const MAP_HELPERS: HelperTable = {
  map_lookup_elem: (x) => {
    const map = x.map(1);
    return x.returnRegion(map.lookup(x.key(map, 2)));
  },
  map_update_elem: (x) => {
    const map = x.map(1);
    const key = x.key(map, 2);
    return map.update(key, readableAt(x.cpu, 3, map.definition.valueSize), flagsArgument(x, 4));
  },
  map_delete_elem: (x) => {
    const map = x.map(1);
    return map.remove(x.key(map, 2));
  },
  map_push_elem: (x) => {
    const map = x.map(1);
    return map.push(readableAt(x.cpu, 2, map.definition.valueSize), flagsArgument(x, 3));
  },
  map_pop_elem: (x) => {
    const map = x.map(1);
    return map.pop(writableAt(x.cpu, 2, map.definition.valueSize));
  },
  map_peek_elem: (x) => {
    const map = x.map(1);
    return map.peek(writableAt(x.cpu, 2, map.definition.valueSize));
  },
  map_lookup_percpu_elem: (x) => {
    const map = x.map(1);
    return x.returnRegion(map.isPerCpu ? map.lookupOn(x.key(map, 2), x.cpu.u32(3)) : 0);
  },
  for_each_map_elem: forEach,
  tail_call: (x) => {
    const map = x.map(2);
    const target = map instanceof ProgramArrayMap ? map.program(x.cpu.u32(3)) : undefined;
    if (target === undefined || !x.tailCall(target)) return Errno.ENOENT;
    return undefined;
  },
};
