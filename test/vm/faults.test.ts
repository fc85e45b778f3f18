import { expect, test } from 'vitest';
import type { MachineOptions, RunOptions } from '../../src/vm/index.ts';
import { ipv4Packet, runListing } from './tools.ts';

const packet = ipv4Packet();

/** Fault kind and message of a program, with the section it is in. */
const CASES: readonly (readonly [
  name: string,
  section: string,
  listing: string,
  kind: string,
  text: string,
  run?: RunOptions,
  options?: MachineOptions,
])[] = [
  [
    'null',
    'xdp',
    'r1 = 0\nr0 = *(u32 *)(r1 + 8)\nexit',
    'bad-access',
    'read of 4 bytes through a null pointer',
  ],
  [
    'an integer',
    'xdp',
    'r1 = 0x123456789abc ll\nr0 = *(u8 *)(r1 + 0)\nexit',
    'bad-access',
    'which is no pointer',
  ],
  [
    'above the stack',
    'xdp',
    'r0 = *(u8 *)(r10 + 0)\nexit',
    'bad-access',
    'at offset 512 of stack, which has 512 bytes',
  ],
  ['below the stack', 'xdp', '*(u64 *)(r10 - 520) = 1\nexit', 'bad-access', 'at offset -8 of stack'],
  ['a misaligned stack slot', 'xdp', '*(u32 *)(r10 - 7) = 1\nexit', 'misaligned', 'r10-7 is not aligned'],
  [
    'a stack slot nobody wrote',
    'xdp',
    'r0 = *(u32 *)(r10 - 8)\nexit',
    'uninitialised',
    'the byte at r10-8 was never written',
  ],
  [
    'a slot of the last call',
    'xdp',
    'call inner\ncall inner\nexit\ninner:\nr0 = *(u64 *)(r10 - 8)\n*(u64 *)(r10 - 8) = 1\nexit',
    'uninitialised',
    'r10-8',
  ],
  [
    'past the packet',
    'xdp',
    'r2 = *(u32 *)(r1 + 4)\nr0 = *(u8 *)(r2 + 0)\nexit',
    'bad-access',
    'at offset 34 of the packet, which has 34 bytes',
  ],
  [
    'before the packet',
    'xdp',
    'r2 = *(u32 *)(r1 + 0)\nr0 = *(u16 *)(r2 - 1)\nexit',
    'bad-access',
    'at offset -1 of the packet',
  ],
  [
    'a stale packet pointer',
    'xdp',
    'r6 = *(u32 *)(r1 + 0)\nr2 = 0\ncall bpf_xdp_adjust_tail\nr0 = *(u8 *)(r6 + 0)\nexit',
    'stale-packet-pointer',
    'before bpf_xdp_adjust_tail changed the packet',
  ],
  [
    'a read-only context',
    'xdp',
    '*(u32 *)(r1 + 12) = 1\nr0 = 0\nexit',
    'bad-context-access',
    'write to xdp_md.ingress_ifindex',
  ],
  [
    'a part of a context pointer',
    'xdp',
    'r0 = *(u16 *)(r1 + 0)\nexit',
    'bad-context-access',
    'a part of xdp_md.data',
  ],
  ['behind the context', 'xdp', 'r0 = *(u32 *)(r1 + 24)\nexit', 'bad-context-access', 'there is no field'],
  [
    'a hidden field',
    'socket',
    'r0 = *(u32 *)(r1 + 76)\nexit',
    'bad-context-access',
    '__sk_buff.data, which this program type does not have',
  ],
  [
    'a register after a call',
    'xdp',
    'r6 = r1\ncall bpf_ktime_get_ns\nr0 = *(u32 *)(r1 + 0)\nexit',
    'bad-access',
    'no pointer',
  ],
  [
    'a helper without implementation',
    'xdp',
    'call bpf_sk_lookup_tcp\nexit',
    'missing-helper',
    'bpf_sk_lookup_tcp (helper 84)',
  ],
  ['no helper at all', 'xdp', 'call 9999\nexit', 'missing-helper', 'there is no helper 9999'],
  ['a bad map', 'xdp', 'r2 = r10\ncall bpf_map_lookup_elem\nexit', 'bad-argument', 'argument 1 is no map'],
  ['a bad function', 'xdp', 'callx r1\nexit', 'bad-call', 'call of r1, which is no function'],
  ['too many frames', 'xdp', 'call prog\nexit', 'too-many-frames', 'deeper than 8 frames'],
  ['the end of the code', 'xdp', 'r0 = 0', 'bad-instruction', 'not an instruction'],
  [
    'a misaligned atomic',
    'tc',
    'r2 = *(u32 *)(r1 + 76)\nr3 = 1\nlock *(u32 *)(r2 + 1) += w3\nr0 = 0\nexit',
    'misaligned',
    'atomic operation on 4 bytes',
  ],
  [
    'an atomic on the context',
    'tc',
    'r3 = 1\nlock *(u32 *)(r1 + 8) += w3\nr0 = 0\nexit',
    'bad-access',
    'the context',
  ],
  [
    'memory of a helper',
    'xdp',
    '*(u64 *)(r10 - 8) = 1\nr1 = r10\nr1 += -16\nr2 = 16\ncall bpf_trace_printk\nexit',
    'uninitialised',
    'r10-16',
  ],
];

test.each(CASES.map((row) => [row[0], row] as const))('%s', (_, row) => {
  const [, section, listing, kind, text, run, options] = row;
  const { fault, returnValue } = runListing(listing, { packet, ...run }, options, section);
  expect(fault).toMatchObject({ kind, message: expect.stringContaining(text) });
  expect(returnValue).toBe(0);
});

test('partly written words may be copied unless asked for strictly', () => {
  const listing = '*(u32 *)(r10 - 8) = 7\nr0 = *(u64 *)(r10 - 8)\nr0 &= 255\nexit';
  expect(runListing(listing, { packet }).returnValue).toBe(7);
  expect(runListing(listing, { packet }, { uninitialised: 'fault-any' }).fault?.kind).toBe('uninitialised');
  expect(
    runListing('r0 = *(u64 *)(r10 - 8)\nexit', { packet }, { uninitialised: 'allow' }).fault,
  ).toBeUndefined();
});

test('a machine goes on after a fault', () => {
  const { fault } = runListing('r0 = *(u64 *)(r10 - 8)\nexit', { packet });
  expect(fault?.callChain).toEqual([{ function: 'prog', source: undefined }]);
  expect(fault?.instruction).toBe('r0 = *(u64 *)(r10 - 8)');
});
