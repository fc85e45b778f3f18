/**
 * The example over the capture that ships with it: the file is what test/kernel/traffic.ts describes, and the machine counts
 * what is worked out here.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createMachine, load, readPcap } from '../../src/vm/index.ts';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { captureStart, captureStep, traffic } from '../kernel/traffic.ts';

const examples = join(import.meta.dirname, '../../examples');
const capture = readPcap(readFileSync(join(examples, 'traffic.pcap')));

/** Address as the map shows it: IPv6 folded to four bytes. */
function octets(address: readonly number[]): number[] {
  return [0, 1, 2, 3].map((i) =>
    address.filter((_, at) => at % 4 === i).reduce((all, byte) => all ^ byte, 0),
  );
}

describe('the packet counter over its capture', () => {
  let object: Uint8Array;

  beforeAll(() => {
    const host = folderHost(examples);
    const { result } = compileText('sockex2_kern.c', host, []);
    if (result.object === undefined) throw new Error('the example does not compile');
    object = result.object;
  });

  it('has the packets of its description', () => {
    expect(capture.error).toBeUndefined();
    expect(capture.packets.map(({ data }) => [...data])).toEqual(traffic.map(({ frame }) => [...frame]));
    expect(capture.packets.map(({ time }) => time)).toEqual(
      traffic.map((_, i) => captureStart + BigInt(i) * captureStep),
    );
  });

  it('counts packets and bytes per destination', async () => {
    const machine = createMachine(await load(object));
    for (const { data } of capture.packets) machine.program('count_destinations').run({ packet: data });
    const expected = new Map<string, { packets: number; bytes: number }>();
    for (const { frame, counted } of traffic) {
      if (counted === undefined) continue;
      const key = octets(counted).join('.');
      const { packets, bytes } = expected.get(key) ?? { packets: 0, bytes: 0 };
      expected.set(key, { packets: packets + 1, bytes: bytes + frame.length });
    }
    for (const [key, { packets, bytes }] of expected) {
      const counter = machine.map('counters').get({ octets: Uint8Array.from(key.split('.'), Number) });
      expect(counter, key).toEqual({ packets: BigInt(packets), bytes: BigInt(bytes) });
    }
    expect([...machine.map('counters').entries()]).toHaveLength(expected.size);
  });
});
