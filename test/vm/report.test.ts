import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  createMachine,
  jsonValue,
  loadObject,
  mapTable,
  packetTable,
  parseContext,
  parseHexBytes,
  runPackets,
  verdictText,
} from '../../src/vm/index.ts';
import { ipv4Packet } from './tools.ts';

const bytes = readFileSync(new URL('../fixtures/vm/counters.o', import.meta.url));

test('packets from text', () => {
  expect(parseHexBytes('0x01 02:aB\n')).toEqual(Uint8Array.from([1, 2, 0xab]));
  for (const bad of ['', '1', '0g', 'syn.bin']) expect(parseHexBytes(bad)).toBeUndefined();
});

test('contexts from JSON', () => {
  expect(
    parseContext('{"mark": 5, "cb": [1, "0x2"], "tstamp": "18446744073709551615", "sk": "hex:0102"}'),
  ).toEqual({
    mark: 5,
    cb: [1, 2n],
    tstamp: 18446744073709551615n,
    sk: Uint8Array.from([1, 2]),
  });
  expect(parseContext('"hex:ff00"')).toEqual(Uint8Array.from([255, 0]));
  expect(parseContext('{')).toContain('no JSON');
  expect(parseContext('[]')).toContain('object of fields');
  expect(parseContext('{"mark": 1.5}')).toContain('context field mark');
});

test('a table of packets and maps', () => {
  const machine = createMachine(loadObject(bytes));
  const progress: number[] = [];
  const runs = runPackets(machine, 'prog', [ipv4Packet([1]), new Uint8Array(20)], {
    repeat: 3,
    onProgress: (done) => progress.push(done),
  });
  expect(progress).toEqual([1, 2, 3, 4, 5, 6]);
  expect(packetTable('xdp', runs).split('\n')).toEqual([
    'packet  bytes  verdict   steps  target  packet after',
    expect.stringMatching(/^1 {7}35 {5}XDP_PASS {2}\d+$/),
    expect.stringMatching(/^2 {7}20 {5}XDP_DROP {2}\d+$/),
  ]);
  expect(mapTable(machine)).toContain(
    'counters (hash), 1 element\n  {"ip":16777226,"port":80,"pad":0}: {"packets":3,"bytes":105,"name":"new"}\n',
  );
});

test('a run over packets ends at the first fault', () => {
  const machine = createMachine(loadObject(bytes));
  const runs = runPackets(machine, 'overrun', [new Uint8Array(80), new Uint8Array(20), new Uint8Array(80)]);
  expect(runs).toHaveLength(2);
  expect(packetTable('xdp', runs)).toContain('fault: read of 4 bytes at offset 62 of the packet');
});

test('verdicts and JSON', () => {
  expect([
    verdictText('xdp', 1),
    verdictText('sched_act', 0xffff_ffff),
    verdictText('kprobe', 7),
    verdictText('xdp', 99),
  ]).toEqual(['XDP_DROP', 'TC_ACT_UNSPEC', '7', '99']);
  expect(jsonValue({ a: 5n, b: 1n << 60n, c: Uint8Array.from([1, 255]), d: [true, 'x'] })).toEqual({
    a: 5,
    b: '1152921504606846976',
    c: '01ff',
    d: [true, 'x'],
  });
});
