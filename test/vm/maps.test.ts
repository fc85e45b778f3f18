import { describe, expect, test } from 'vitest';
import { MAP_TYPES, type MapTypeName } from '../../src/object/map-types.ts';
import {
  createMachine,
  type Machine,
  type MapDefinition,
  MapError,
  type MapHandle,
  type RunResult,
  type TypedValue,
} from '../../src/vm/index.ts';
import { objectOf } from './tools.ts';

const machine = (cpus = 1): Machine => createMachine(objectOf('r0 = 0\nexit'), { cpus });

function definition(type: MapTypeName, change: Partial<MapDefinition> = {}): MapDefinition {
  return {
    name: type,
    type: MAP_TYPES.indexOf(type),
    keySize: 4,
    valueSize: 8,
    maxEntries: 3,
    flags: 0,
    extra: 0n,
    pinning: 0,
    keyType: undefined,
    valueType: undefined,
    inner: undefined,
    values: [],
    ...change,
  };
}

const make = (type: MapTypeName, change: Partial<MapDefinition> = {}, cpus = 1): MapHandle =>
  machine(cpus).createMap(definition(type, change));

/** 0, or the error number of an update. */
function result(map: MapHandle, key: TypedValue, value: TypedValue, flags = 0): number {
  try {
    map.set(key, value, flags);
    return 0;
  } catch (error) {
    if (error instanceof MapError) return error.errno;
    throw error;
  }
}

const EEXIST = -17;
const ENOENT = -2;
const E2BIG = -7;
const EINVAL = -22;
const ENOSPC = -28;

describe('array', () => {
  test('has all elements from the start and loses none', () => {
    const map = make('array');
    expect([map.get(0), map.get(2), map.get(3)]).toEqual([0n, 0n, undefined]);
    expect([
      result(map, 2, 5n),
      result(map, 3, 5n),
      result(map, 0, 1n, 1),
      result(map, 0, 1n, 2),
      result(map, 0, 1n, 8),
    ]).toEqual([0, E2BIG, EEXIST, 0, EINVAL]);
    expect(map.delete(2)).toBe(false);
    expect([...map.entries()]).toEqual([
      [0, 1n],
      [1, 0n],
      [2, 5n],
    ]);
    expect(map.snapshot()).toEqual({ '00000000': '0100000000000000', '02000000': '0500000000000000' });
  });

  test('an array of millions costs nothing', () => {
    const map = make('array', { maxEntries: 50_000_000, valueSize: 1024 });
    map.set(49_999_999, new Uint8Array([1]));
    expect(Object.keys(map.snapshot())).toHaveLength(1);
  });

  test('per CPU', () => {
    const map = make('percpu_array', {}, 3);
    map.set(1, 7n);
    expect(map.get(1)).toEqual([7n, 0n, 0n]);
  });
});

describe('hash', () => {
  test.each(['hash', 'percpu_hash'] as const)('%s: flags, limits, deletion', (type) => {
    const map = make(type);
    expect([
      result(map, 1, 1n, 2),
      result(map, 1, 1n, 1),
      result(map, 1, 2n, 1),
      result(map, 1, 3n, 3),
    ]).toEqual([ENOENT, 0, EEXIST, EINVAL]);
    expect([result(map, 2, 1n), result(map, 3, 1n), result(map, 4, 1n), result(map, 3, 9n)]).toEqual([
      0,
      0,
      E2BIG,
      0,
    ]);
    expect([map.delete(2), map.delete(2), result(map, 4, 4n)]).toEqual([true, false, 0]);
    expect([...map.entries()].map(([key]) => key)).toEqual([1, 4, 3]);
  });

  test('many elements with long keys', () => {
    const map = make('hash', { keySize: 12, maxEntries: 2000 });
    const key = (i: number): Uint8Array => Uint8Array.from([i, i >> 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, i]);
    for (let i = 0; i < 2000; i++) map.set(key(i), BigInt(i));
    for (let i = 0; i < 2000; i += 2) map.delete(key(i));
    expect([map.get(key(1)), map.get(key(1999)), map.get(key(1998))]).toEqual([1n, 1999n, undefined]);
    expect([...map.entries()]).toHaveLength(1000);
  });

  test.each(['lru_hash', 'lru_percpu_hash'] as const)('%s gives up what was used longest ago', (type) => {
    const map = make(type);
    for (const key of [1, 2, 3]) map.set(key, 0n);
    map.set(1, 5n);
    map.set(4, 0n);
    expect([...map.entries()].map(([key]) => key).sort()).toEqual([1, 3, 4]);
  });
});

test('the longest prefix wins', () => {
  const map = make('lpm_trie', { keySize: 8, flags: 1, maxEntries: 4 });
  const key = (length: number, ...address: number[]): Uint8Array =>
    Uint8Array.from([length, 0, 0, 0, ...address]);
  map.set(key(8, 10, 0, 0, 0), 8n);
  map.set(key(24, 10, 1, 2, 0), 24n);
  map.set(key(12, 10, 0x1f, 0, 0), 12n);
  expect(map.get(key(32, 10, 1, 2, 3))).toBe(24n);
  expect(map.get(key(32, 10, 1, 3, 3))).toBe(8n);
  expect(map.get(key(32, 10, 0x12, 0, 0))).toBe(12n);
  expect(map.get(key(32, 11, 0, 0, 0))).toBeUndefined();
  expect([
    result(map, key(33, 0, 0, 0, 0), 1n),
    result(map, key(0, 0, 0, 0, 0), 1n),
    result(map, key(1, 0, 0, 0, 0), 1n),
  ]).toEqual([EINVAL, 0, ENOSPC]);
  expect(map.get(key(32, 11, 0, 0, 0))).toBe(1n);
  expect([map.delete(key(24, 10, 1, 2, 99)), map.delete(key(24, 10, 1, 2, 0))]).toEqual([true, false]);
});

test.each([
  ['array', { keySize: 8 }],
  ['queue', { keySize: 4 }],
  ['ringbuf', { maxEntries: 5000 }],
  ['lpm_trie', {}],
  ['unspec', {}],
] as const)('a map of type %s is checked', (type, change) => {
  expect(() => make(type, change)).toThrow(`map ${type}`);
});

/** Runs a program over a legacy map: r9 is the map, r8 the stack slot of the key, r7 that of the value. */
function mapRun(
  type: MapTypeName,
  key: number,
  value: number,
  entries: number,
  body: string,
): { run: RunResult; machine: Machine } {
  const made = createMachine(
    objectOf(
      `.section tc, "ax", @progbits
      .globl prog
      .type prog, @function
    prog:
      r6 = r1
      r9 = m ll
      *(u64 *)(r10 - 8) = 0
      *(u64 *)(r10 - 16) = 0
      r8 = r10
      r8 += -8
      r7 = r10
      r7 += -16
      ${body}
      .type back, @function
    back:
      r0 = *(u64 *)(r3 + 0)
      *(u64 *)(r4 + 0) += r0
      r0 = 0
      exit
      .section maps, "aw", @progbits
      .globl m
      .type m, @object
    m:
      .long ${MAP_TYPES.indexOf(type)}
      .long ${key}
      .long ${value}
      .long ${entries}
      .long 0
      .size m, 20`.replace(
        '*(u64 *)(r4 + 0) += r0',
        'r1 = *(u64 *)(r4 + 0)\nr1 += r0\n*(u64 *)(r4 + 0) = r1',
      ),
    ),
  );
  return { run: made.program('prog').run({ packet: new Uint8Array(64) }), machine: made };
}

/** The same for programs without fault. */
function withMap(...given: Parameters<typeof mapRun>): { r0: bigint; map: MapHandle; machine: Machine } {
  const { run, machine: made } = mapRun(...given);
  expect(run.fault).toBeUndefined();
  return { r0: BigInt.asIntN(64, run.r0), map: made.map('m'), machine: made };
}

const call = (name: string, ...args: (string | number)[]): string =>
  `${args.map((value, i) => `r${i + 1} = ${value}`).join('\n')}\ncall bpf_${name}`;

describe('programs on maps', () => {
  test.each([
    ['queue', [2n, 3n]],
    ['stack', [1n, 2n]],
  ] as const)('%s', (type, left) => {
    const push = (value: number, flags = 0): string =>
      `*(u64 *)(r10 - 16) = ${value}\n${call('map_push_elem', 'r9', 'r7', flags)}`;
    const { r0, map } = withMap(
      type,
      0,
      8,
      3,
      `${push(1)}\n${push(2)}\n${push(3)}\n${push(4)}\nr6 = r0\n${call('map_pop_elem', 'r9', 'r7')}\nr0 = r6\nexit`,
    );
    expect(r0).toBe(-7n);
    expect(map.values()).toEqual(left);
  });

  test('an empty queue zeroes the value', () => {
    expect(
      withMap(
        'queue',
        0,
        8,
        3,
        `*(u64 *)(r10 - 16) = 5\n${call('map_peek_elem', 'r9', 'r7')}\nr1 = *(u64 *)(r10 - 16)\nr0 *= 10\nr0 += r1\nexit`,
      ).r0,
    ).toBe(-20n);
  });

  test('a bloom filter knows its members', () => {
    const ask = (value: number): string =>
      `*(u64 *)(r10 - 16) = ${value}\n${call('map_peek_elem', 'r9', 'r7')}`;
    const { r0 } = withMap(
      'bloom_filter',
      0,
      8,
      3,
      `*(u64 *)(r10 - 16) = 5\n${call('map_push_elem', 'r9', 'r7', 0)}\n${ask(5)}\nr6 = r0\n${ask(6)}\nr6 *= 100\nr0 += r6\nexit`,
    );
    expect(r0).toBe(-2n);
  });

  test('a ring buffer keeps order, drops what is discarded, and fills up', () => {
    const reserve = (value: number, end: string): string =>
      `${call('ringbuf_reserve', 'r9', 8, 0)}\nif r0 == 0 goto +5\n*(u64 *)(r0 + 0) = ${value}\nr1 = r0\nr2 = 0\ncall bpf_ringbuf_${end}`;
    const output = `*(u64 *)(r10 - 16) = 9\n${call('ringbuf_output', 'r9', 'r7', 4, 0)}`;
    const { r0, map } = withMap(
      'ringbuf',
      0,
      0,
      4096,
      `${reserve(1, 'submit')}\n${reserve(2, 'discard')}\n${output}\nexit`,
    );
    expect(r0).toBe(0n);
    expect(map.consume()).toEqual([Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0]), Uint8Array.from([9, 0, 0, 0])]);
    const fill = `${call('ringbuf_reserve', 'r9', 4080, 0)}\nr6 = r0\n${call('ringbuf_output', 'r9', 'r7', 8, 0)}`;
    const full = withMap(
      'ringbuf',
      0,
      0,
      4096,
      `${fill}\nr7 = r0\nr1 = r6\nr2 = 0\ncall bpf_ringbuf_submit\nr0 = r7\nexit`,
    );
    expect(full.r0).toBe(-11n);
  });

  test('a record is gone after submit', () => {
    const listing = `${call('ringbuf_reserve', 'r9', 8, 0)}\nr6 = r0\nr1 = r0\nr2 = 0\ncall bpf_ringbuf_submit\nr0 = *(u64 *)(r6 + 0)\nexit`;
    expect(mapRun('ringbuf', 0, 0, 4096, listing).run.fault?.message).toContain(
      'a record of ring buffer m that was submitted',
    );
  });

  test('every element is visited', () => {
    const { r0 } = withMap(
      'array',
      4,
      8,
      5,
      `*(u64 *)(r10 - 16) = 7\n${call('map_update_elem', 'r9', 'r8', 'r7', 0)}\n*(u64 *)(r10 - 24) = 0\nr1 = r9\nr2 = back ll\nr3 = r10\nr3 += -24\nr4 = 0\ncall bpf_for_each_map_elem\nr1 = *(u64 *)(r10 - 24)\nr0 *= 100\nr0 += r1\nexit`,
    );
    expect(r0).toBe(507n);
  });

  test('a value outlives its deletion until the program ends', () => {
    const { r0 } = withMap(
      'hash',
      4,
      8,
      5,
      `*(u64 *)(r10 - 16) = 7\n${call('map_update_elem', 'r9', 'r8', 'r7', 0)}\n${call('map_lookup_elem', 'r9', 'r8')}\nr6 = r0\n${call('map_delete_elem', 'r9', 'r8')}\nr0 = *(u64 *)(r6 + 0)\nexit`,
    );
    expect(r0).toBe(7n);
  });

  test('timers fire when the clock moves', () => {
    const { map, machine: made } = withMap(
      'array',
      4,
      32,
      1,
      `${call('map_lookup_elem', 'r9', 'r8')}\nr6 = r0\nr6 += 16\n${call('timer_init', 'r6', 'r9', 0)}\nr1 = r6\nr2 = fire ll\ncall bpf_timer_set_callback\n${call('timer_start', 'r6', 1000, 0)}\nexit\n.type fire, @function\nfire:\nr0 = *(u64 *)(r3 + 0)\nr0 += 1\n*(u64 *)(r3 + 0) = r0\nr0 = 0\nexit`,
    );
    const first = (): number | undefined => map.getBytes(0)?.[0];
    expect(made.advance(999n)).toEqual([]);
    expect(first()).toBe(0);
    made.advance(1n);
    made.advance(5000n);
    expect(first()).toBe(1);
    expect(made.clock.monotonic).toBe(6000n + 0n);
  });

  test('storage hangs on an object', () => {
    const get = (object: number, flags: number): string => call('sk_storage_get', 'r9', object, 0, flags);
    const { r0 } = withMap(
      'sk_storage',
      4,
      8,
      1,
      `${get(77, 0)}\nr6 = r0\n${get(77, 1)}\n*(u64 *)(r0 + 0) = 5\n${get(77, 0)}\nr0 = *(u64 *)(r0 + 0)\nr0 += r6\nexit`,
    );
    expect(r0).toBe(5n);
    expect(withMap('task_storage', 4, 8, 1, `${call('task_storage_delete', 'r9', 7)}\nexit`).r0).toBe(-2n);
  });

  test('perf events go to the CPU that the flags name', () => {
    const output = (flags: string): string =>
      `*(u64 *)(r10 - 16) = 258\nr1 = r6\nr2 = r9\nr3 = ${flags}\nr4 = r7\nr5 = 2\ncall bpf_perf_event_output`;
    const { run } = mapRun(
      'perf_event_array',
      4,
      4,
      2,
      `${output('1')}\n${output('0xffffffff ll')}\n${output('5')}\nexit`,
    );
    expect(run.events).toEqual([
      { map: 'm', cpu: 1, data: Uint8Array.from([2, 1]) },
      { map: 'm', cpu: 0, data: Uint8Array.from([2, 1]) },
    ]);
    expect(run.r0).toBe(BigInt.asUintN(64, -7n));
  });

  test('a lock that is held twice is a fault', () => {
    const lock = `${call('map_lookup_elem', 'r9', 'r8')}\nr6 = r0\n${call('spin_lock', 'r6')}`;
    expect(
      withMap(
        'array',
        4,
        8,
        1,
        `${lock}\n${call('spin_unlock', 'r6')}\n${call('spin_lock', 'r6')}\nr0 = 0\nexit`,
      ).r0,
    ).toBe(0n);
    expect(
      mapRun('array', 4, 8, 1, `${lock}\n${call('spin_lock', 'r6')}\nexit`).run.fault?.message,
    ).toContain('held already');
  });

  test('samples of user space are drained in order', () => {
    const listing = `*(u64 *)(r10 - 24) = 0\nr1 = r9\nr2 = sample ll\nr3 = r10\nr3 += -24\nr4 = 0\ncall bpf_user_ringbuf_drain\nr1 = *(u64 *)(r10 - 24)\nr0 *= 1000\nr0 += r1\nexit
      .type sample, @function
    sample:
      r6 = r2
      r3 = r1
      *(u64 *)(r10 - 8) = 0
      r1 = r10
      r1 += -8
      r2 = 1
      r4 = 0
      r5 = 0
      call bpf_dynptr_read
      r1 = *(u64 *)(r10 - 8)
      r2 = *(u64 *)(r6 + 0)
      r2 *= 10
      r2 += r1
      *(u64 *)(r6 + 0) = r2
      r0 = 0
      exit`;
    const { machine: made, map } = withMap('user_ringbuf', 0, 0, 4096, listing);
    for (const value of [1, 2, 3]) map.produce(Uint8Array.from([value]));
    expect(made.program('prog').run({ packet: new Uint8Array(64) })).toMatchObject({
      r0: 3123n,
      fault: undefined,
    });
  });

  test('arena pages are found again from 32 bits of their address', () => {
    const allocate = call('arena_alloc_pages', 'r9', 0, 2, -1, 0);
    const { r0 } = withMap(
      'arena',
      0,
      0,
      4,
      `${allocate}\n*(u64 *)(r0 + 8184) = 42\nw1 = w0\nr1 = addr_space_cast(r1, 0, 1)\nr6 = *(u64 *)(r1 + 8184)\n${allocate}\nr7 = r0\n${allocate}\nif r7 == 0 goto +1\nr0 += r6\nexit`,
    );
    expect(r0).toBe(42n);
  });

  test('numbers are iterated', () => {
    const { r0 } = withMap(
      'array',
      4,
      8,
      1,
      `r7 = 0\n${call('iter_num_new', 'r8', 3, 6)}\nL:\n${call('iter_num_next', 'r8')}\nif r0 == 0 goto E\nr1 = *(u32 *)(r0 + 0)\nr7 *= 10\nr7 += r1\ngoto L\nE:\n${call('iter_num_destroy', 'r8')}\nr0 = r7\nexit`,
    );
    expect(r0).toBe(345n);
  });
});
