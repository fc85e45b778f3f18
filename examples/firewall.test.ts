/** How to test a BPF program without a kernel: compile it, fill a map, send packets, look. */
import { execFileSync } from 'node:child_process';
import { createMachine, load, type Machine } from 'bpfcc-ts/machine';
import { beforeEach, expect, it } from 'vitest';

const folder = import.meta.dirname;
const command = `${folder}/../bin/bpfcc-ts.js`;
const object = execFileSync(process.execPath, [command, '-c', `${folder}/firewall.c`, '-o', '-']);
let machine: Machine;

beforeEach(async () => {
  machine = createMachine(await load(object));
  machine.map('blocked').set(53, 0n);
});

/** Ethernet, IPv4, UDP to `port`. */
function udpTo(port: number): Uint8Array {
  const packet = new Uint8Array(60);
  packet.set([0x08, 0x00, 0x45], 12);
  packet[23] = 17;
  packet.set([port >> 8, port & 0xff], 36);
  return packet;
}

it('drops and counts what is blocked', () => {
  expect(machine.program('firewall').run({ packet: udpTo(53) }).returnValue).toBe(1);
  expect(machine.map('blocked').get(53)).toBe(1n);
});

it('passes everything else', () => {
  expect(machine.program('firewall').run({ packet: udpTo(80) }).returnValue).toBe(2);
  expect(machine.program('firewall').run({ packet: new Uint8Array(20) }).returnValue).toBe(2);
});
