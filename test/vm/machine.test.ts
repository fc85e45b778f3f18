import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  createMachine,
  LoadError,
  load,
  type Machine,
  type MachineOptions,
  renderFault,
} from '../../src/vm/index.ts';
import { ipv4Packet } from './tools.ts';

const bytes = readFileSync(new URL('../fixtures/vm/counters.o', import.meta.url));

async function machineOf(options: MachineOptions = {}): Promise<Machine> {
  return createMachine(await load(bytes), options);
}

const from = (last: number): Uint8Array => {
  const packet = ipv4Packet([1, 2]);
  packet[29] = last;
  return packet;
};

describe('an object of clang', () => {
  test('counts packets in a typed map, a per-CPU map and a variable', async () => {
    const machine = await machineOf({ cpus: 2 });
    const program = machine.program('prog');
    for (const [last, cpu] of [
      [1, 0],
      [1, 1],
      [2, 1],
    ] as const) {
      expect(program.run({ packet: from(last), cpu })).toMatchObject({ returnValue: 2, fault: undefined });
    }
    const counters = machine.map('counters');
    expect(counters.get({ ip: 0x0100000a, port: 80 })).toEqual({ packets: 2n, bytes: 72n, name: 'new' });
    expect([...counters.entries()].map(([key]) => key)).toEqual([
      { ip: 0x0100000a, port: 80, pad: 0 },
      { ip: 0x0200000a, port: 80, pad: 0 },
    ]);
    expect(machine.map('per_cpu').get(0)).toEqual([1n, 2n]);
    expect(machine.variable('total').get()).toBe(108n);
  });

  test('a full map refuses what is new', async () => {
    const machine = await machineOf();
    const results = [1, 2, 3, 4, 5, 1].map(
      (last) => machine.program('prog').run({ packet: from(last) }).returnValue,
    );
    expect(results).toEqual([2, 2, 2, 2, 0, 2]);
    expect(() => machine.map('counters').set({ ip: 9 }, { packets: 1n })).toThrow('error -7');
    expect(machine.map('counters').delete({ ip: 0x0100000a, port: 80 })).toBe(true);
    expect(() => machine.map('counters').set({ ip: 9 }, { packets: 1n }, 2)).toThrow('error -2');
    machine.map('counters').set({ ip: 9 }, { packets: 1n });
    expect(() => machine.map('counters').set({ ip: 9 }, { packets: 1n }, 1)).toThrow('error -17');
  });

  test('tail calls, maps of maps, callbacks, externs', async () => {
    const machine = await machineOf({ externs: { CONFIG_HZ: 250 } });
    const result = (name: string): number => machine.program(name).run({ packet: from(1) }).returnValue;
    machine.map('second').set(0, 77);
    expect(result('jump')).toBe(42);
    expect(result('nested')).toBe(77);
    expect(result('loops')).toBe(10 * 1000 + 45);
    machine.variable('limit').set(5);
    expect(result('loops')).toBe(5 * 1000 + 10);
    expect(result('config')).toBe(247);
    machine.setProgram('programs', 1, 'config');
    expect(result('jump')).toBe(247);
    machine.setProgram('programs', 1);
    expect(result('jump')).toBe(1);
    expect(() => machine.setProgram('programs', 2, 'tail')).toThrow('no slot 2');
  });

  test('a fault names the access, the C line and the callers', async () => {
    const { fault } = (await machineOf()).program('overrun').run({ packet: from(1) });
    expect(fault?.kind).toBe('bad-access');
    expect(fault === undefined ? '' : renderFault(fault)).toContain(
      'read of 4 bytes at offset 62 of the packet, which has 36 bytes',
    );
    expect(fault?.callChain[0]).toMatchObject({
      function: 'overrun',
      source: { text: expect.stringContaining('data + 62') },
    });
    expect(fault?.callChain[0]?.source?.file).toContain('counters.c');
  });

  test('coverage knows which lines ran', async () => {
    const machine = await machineOf({ coverage: true });
    machine.program('prog').run({ packet: from(1) });
    machine.program('prog').run({ packet: from(1) });
    const lcov = machine.coverage?.lcov() ?? '';
    expect(lcov).toContain('FNDA:2,prog');
    expect(lcov).toContain('FNDA:0,jump');
    const source = readFileSync(new URL('../fixtures/vm/counters.c', import.meta.url), 'latin1').split('\n');
    const line = source.findIndex((text) => text.includes('known->packets += 1')) + 1;
    expect(lcov).toContain(`DA:${line},1\n`);
  });

  test('hooks see calls and steps', async () => {
    const calls: string[] = [];
    let steps = 0;
    const machine = await machineOf({
      onCall: (name) => calls.push(name),
      onStep: () => {
        steps++;
      },
    });
    const run = machine.program('prog').run({ packet: from(1) });
    expect(calls).toEqual(['bpf_map_lookup_elem', 'bpf_map_lookup_elem', 'bpf_map_update_elem']);
    expect(steps).toBe(run.steps);
    expect(machine.traceLine(0)).toMatch(/^0: .+ ; .*counters\.c:\d+$/);
  });

  test('unknown names say what there is', async () => {
    const machine = await machineOf();
    expect(() => machine.program('nope')).toThrow(LoadError);
    expect(() => machine.map('nope')).toThrow('counters, per_cpu');
    expect(() => machine.variable('nope')).toThrow('no global variable');
  });
});

test.each([
  [new Uint8Array(3), 'too short'],
  [new Uint8Array(100), 'not an ELF file'],
])('what is no object is refused', async (input, message) => {
  await expect(load(input)).rejects.toThrow(message);
});
