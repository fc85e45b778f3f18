import { describe, expect, test } from 'vitest';
import { formatMessage } from '../../src/vm/format.ts';
import { createMachine, readPcap, writePcap } from '../../src/vm/index.ts';
import { ipv4Packet, load64, objectOf, runListing } from './tools.ts';

const packet = ipv4Packet([1, 2, 3, 4]);
const run = (listing: string, options = {}, section = 'tc') => {
  const result = runListing(listing, { packet }, options, section);
  expect(result.fault).toBeUndefined();
  return result;
};

describe('time, chance and identity', () => {
  const options = {
    clock: 5_000_000_000n,
    cpus: 4,
    identity: { pid: 7, tgid: 9, uid: 1000, gid: 100, comm: 'tester', cgroupId: 77n, socketCookie: 55n },
  };
  test.each([
    ['ktime_get_ns', 5_000_000_000n],
    ['ktime_get_boot_ns', 5_000_000_000n],
    ['ktime_get_coarse_ns', 5_000_000_000n],
    ['ktime_get_tai_ns', 5_000_000_000n],
    ['jiffies64', 1250n],
    ['get_smp_processor_id', 0n],
    ['get_numa_node_id', 0n],
    ['get_current_pid_tgid', (9n << 32n) | 7n],
    ['get_current_uid_gid', (100n << 32n) | 1000n],
    ['get_current_cgroup_id', 77n],
    ['get_socket_cookie', 55n],
    ['get_current_task', 0n],
  ])('%s', (name, value) => {
    expect(run(`call bpf_${name}\nexit`, options).r0).toBe(value);
  });

  test('random numbers follow the seed', () => {
    const listing = 'call bpf_get_prandom_u32\nr6 = r0\ncall bpf_get_prandom_u32\nr0 <<= 32\nr0 |= r6\nexit';
    expect(run(listing, { seed: 3 }).r0).toBe(run(listing, { seed: 3 }).r0);
    expect(run(listing, { seed: 3 }).r0).not.toBe(run(listing, { seed: 4 }).r0);
  });

  test('the command is cut to its buffer', () => {
    const listing = `r1 = r10\nr1 += -8\nr2 = 4\ncall bpf_get_current_comm\nr0 = *(u32 *)(r10 - 8)\nexit`;
    expect(run(listing, options).r0).toBe(0x00_73_65_74n);
  });
});

/** Puts text on the stack at r10-64 and leaves its address in r6. */
function text(value: string): string {
  const bytes = new Uint8Array(64);
  bytes.set(new TextEncoder().encode(value));
  const view = new DataView(bytes.buffer);
  const stores = Array.from(
    { length: 8 },
    (_, i) => `${load64(1, view.getBigUint64(i * 8, true))}\n*(u64 *)(r10 - ${64 - i * 8}) = r1`,
  );
  return `${stores.join('\n')}\nr6 = r10\nr6 += -64\n`;
}

describe('strings and memory', () => {
  test('printk', () => {
    const listing = `${text('n=%d x=%llx c=%s\n')}r1 = r6\nr2 = 64\nr3 = -5\nr4 = 0xdeadbeefcafe ll\nr5 = r6\ncall bpf_trace_printk\nexit`;
    expect(run(listing).printk).toEqual(['n=-5 x=deadbeefcafe c=n=%d x=%llx c=%s\n']);
  });

  test.each([
    ['strtol', '-12x', 0, 3n, -12n],
    ['strtol', '0x1fz', 0, 4n, 31n],
    ['strtol', '017', 0, 3n, 15n],
    ['strtol', 'z', 10, -22n, 0n],
    ['strtoul', '42', 10, 2n, 42n],
    ['strtoul', '-1', 10, -22n, 0n],
    ['strtoul', '99999999999999999999', 10, -34n, 0n],
    ['strtol', '5', 7, -22n, undefined],
  ])('%s of %s, base %i', (name, source, base, result, value) => {
    const listing = `${text(source)}*(u64 *)(r10 - 72) = 0\nr1 = r6\nr2 = 63\nr3 = ${base}\nr4 = r10\nr4 += -72\ncall bpf_${name}\nr7 = *(u64 *)(r10 - 72)\n*(u64 *)(r10 - 80) = r7\nr2 = r10\n`;
    expect(BigInt.asIntN(64, run(`${listing}exit`).r0)).toBe(result);
    if (value !== undefined) expect(BigInt.asIntN(64, run(`${listing}r0 = r7\nexit`).r0)).toBe(value);
  });

  test('probing reads give zeros for what is not there', () => {
    const listing = `*(u64 *)(r10 - 8) = -1\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = 64\ncall bpf_probe_read_kernel\nr1 = *(u64 *)(r10 - 8)\nr0 += r1\nexit`;
    expect(BigInt.asIntN(64, run(listing).r0)).toBe(-14n);
    const string = `${text('hello')}r1 = r10\nr1 += -72\nr2 = 4\nr3 = r6\ncall bpf_probe_read_kernel_str\nr1 = *(u32 *)(r10 - 72)\nr1 <<= 8\nr0 += r1\nexit`;
    expect(run(string).r0).toBe(0x6c6568_00n + 4n);
  });

  test('dynptrs stay in bounds', () => {
    const make = `*(u64 *)(r10 - 8) = 1\n*(u64 *)(r10 - 16) = 2\nr1 = r10\nr1 += -16\nr2 = 16\nr3 = 0\nr4 = r10\nr4 += -32\ncall bpf_dynptr_from_mem\n`;
    const read = (offset: number): string =>
      `r1 = r10\nr1 += -40\nr2 = 8\nr3 = r10\nr3 += -32\nr4 = ${offset}\nr5 = 0\ncall bpf_dynptr_read\n`;
    expect(run(`${make}${read(8)}r0 = *(u64 *)(r10 - 40)\nexit`).r0).toBe(1n);
    expect(BigInt.asIntN(64, run(`${make}${read(9)}exit`).r0)).toBe(-7n);
    expect(run(`${make}r1 = r10\nr1 += -32\nr2 = 8\nr3 = 9\ncall bpf_dynptr_data\nexit`).r0).toBe(0n);
  });

  test.each([
    ['%d|%i|%u', [-1n, 5n, 0xffff_ffff_ffff_ffffn], '-1|5|4294967295'],
    ['%08x|%-6d|%+d|%#x|%.3d', [0xabn, 42n, 7n, 255n, 5n], '000000ab|42    |+7|0xff|005'],
    ['%lld %llu %hhd %c %%', [-3n, 1n << 63n, 0x1ffn, 65n], '-3 9223372036854775808 -1 A %'],
    ['%5s|%.2s', [1n, 1n], '  abc|ab'],
    ['%pI4 %p', [2n, 0xffn], '10.0.0.1 00000000000000ff'],
    ['%q 100%', [], '%q 100%'],
  ])('format %s', (format, values, expected) => {
    const list = [...values];
    const result = formatMessage(format, {
      next: () => list.shift() ?? 0n,
      string: (_, limit) => 'abc'.slice(0, limit),
      bytes: () => Uint8Array.from([10, 0, 0, 1]),
    });
    expect(result).toBe(expected);
  });
});

describe('what a program sends away', () => {
  test('redirection names its target', () => {
    expect(run('r1 = 5\nr2 = 1\ncall bpf_redirect\nexit')).toMatchObject({
      returnValue: 7,
      redirect: { ifindex: 5, flags: 1n },
    });
  });

  test('clones are kept', () => {
    const { clones } = run('r2 = 3\nr3 = 0\ncall bpf_clone_redirect\nexit');
    expect(clones).toEqual([{ ifindex: 3, packet, flags: 0n }]);
  });

  test('routes come from the table', () => {
    const mac = (last: number): Uint8Array => Uint8Array.from([2, 0, 0, 0, 0, last]);
    const routes = [
      {
        prefix: Uint8Array.from([10, 0, 0, 0]),
        length: 8,
        ifindex: 3,
        sourceMac: mac(1),
        destinationMac: mac(2),
      },
      {
        prefix: Uint8Array.from([10, 1, 0, 0]),
        length: 16,
        ifindex: 4,
        sourceMac: mac(3),
        destinationMac: mac(4),
      },
    ];
    const lookup = (address: number): string => {
      const zero = Array.from({ length: 8 }, (_, i) => `*(u64 *)(r10 - ${64 - i * 8}) = 0`).join('\n');
      return `r6 = r1\n${zero}\n*(u8 *)(r10 - 64) = 2\n*(u32 *)(r10 - 32) = ${address}\nr1 = r6\nr2 = r10\nr2 += -64\nr3 = 64\nr4 = 0\ncall bpf_fib_lookup\nr1 = *(u32 *)(r10 - 56)\nr0 <<= 8\nr0 += r1\nexit`;
    };
    expect(run(lookup(0x0000000a), { routes }).r0).toBe(3n);
    expect(run(lookup(0x0000010a), { routes }).r0).toBe(4n);
    expect(run(lookup(0x0000010b), { routes }).r0).toBe(0x400n);
  });

  test.each([
    [0, 0, 0n],
    [65_537, 0, 1n],
    [0, 65_550, 1n],
    [0, 9, -19n],
  ])('mtu of a packet, longer by %i (interface or length %i)', (difference, second, result) => {
    const isInterface = second === 9;
    const listing = `*(u32 *)(r10 - 4) = ${isInterface ? 0 : second}\nr2 = ${isInterface ? second : 1}\nr3 = r10\nr3 += -4\nr4 = ${difference}\nr5 = 0\ncall bpf_check_mtu\nexit`;
    expect(BigInt.asIntN(64, run(listing).r0)).toBe(result);
  });

  test('sysctl values are read and replaced', () => {
    const sysctl = { name: 'net/ipv4/tcp_mem', current: '1 2 3', next: '4' };
    const listing = (name: string, flags: number): string =>
      `r2 = r10\nr2 += -16\nr3 = 16\nr4 = ${flags}\ncall bpf_sysctl_${name}\nr6 = r0\nr0 = *(u8 *)(r10 - 16)\nr0 <<= 8\nr0 += r6\nexit`;
    const ask = (text: string) => runListing(text, { sysctl }, {}, 'cgroup/sysctl');
    expect(ask(listing('get_name', 1)).r0).toBe(0x7407n);
    expect(BigInt.asIntN(32, ask(listing('get_name', 0)).r0)).toBe(0x6e00n - 7n);
    expect(ask(listing('get_current_value', 0)).r0).toBe(0x3105n);
    const set = `*(u16 *)(r10 - 8) = 57\nr2 = r10\nr2 += -8\nr3 = 2\ncall bpf_sysctl_set_new_value\nexit`;
    expect(ask(set)).toMatchObject({ r0: 0n, sysctlValue: '9' });
  });

  test('a test gives helpers of its own', () => {
    const functions = { bpf_sk_lookup_tcp: (args: readonly bigint[]) => args[2] ?? 0n };
    expect(run('r3 = 36\ncall bpf_sk_lookup_tcp\nexit', { functions }).r0).toBe(36n);
  });
});

describe('hosted programs', () => {
  const hosted = (body: string, data = ''): ReturnType<typeof run> => {
    const listing = `.section .text, "ax", @progbits\n.globl main\n.type main, @function\nmain:\n${body}\n${data}`;
    return createMachine(objectOf(listing), { hosted: true }).program('main').run();
  };
  const strings = '.section .rodata, "a", @progbits\nhello:\n.asciz "value %d %s\\n"\nword:\n.asciz "word"\n';

  test('print, allocate, leave', () => {
    const { stdout, returnValue } = hosted(
      `r1 = hello ll\nr2 = 42\nr3 = word ll\ncall printf\nr6 = r0\nr1 = 16\ncall malloc\nr7 = r0\nr1 = r7\nr2 = word ll\ncall strcpy\nr1 = r7\ncall strlen\nr6 += r0\nr1 = r7\ncall free\nr1 = r6\ncall exit\nr0 = 99\nexit`,
      strings,
    );
    expect([stdout, returnValue]).toEqual(['value 42 word\n', 18]);
  });

  test('abort, overrun and use after free are faults', () => {
    expect(hosted('call abort\nexit').fault?.kind).toBe('aborted');
    expect(hosted('r1 = 8\ncall malloc\nr1 = *(u64 *)(r0 + 1)\nexit').fault?.message).toContain(
      'allocated memory, which has 8 bytes',
    );
    expect(
      hosted('r1 = 8\ncall malloc\nr6 = r0\nr1 = r0\ncall free\nr1 = *(u64 *)(r6 + 0)\nexit').fault?.message,
    ).toContain('was freed');
    expect(hosted('r1 = word ll\nr2 = 0\nr3 = 6\ncall memset\nexit', strings).fault?.message).toContain(
      'section .rodata',
    );
  });

  test('deep recursion and large frames', () => {
    const recursion =
      'r1 = 10000\ncall down\nexit\n.type down, @function\ndown:\n*(u64 *)(r10 - 4000) = r1\nr0 = 0\nif r1 == 0 goto L\nr1 += -1\ncall down\nr0 += 1\nL:\nexit';
    expect(hosted(recursion).returnValue).toBe(10_000);
    expect(hosted('call main\nexit').fault?.kind).toBe('too-many-frames');
  });

  test('library functions can be called through pointers', () => {
    expect(hosted('r1 = -7\nr2 = abs ll\ncallx r2\nexit').returnValue).toBe(7);
  });
});

describe('captures', () => {
  const packets = [
    { time: 1_700_000_000_123_456_789n, data: packet, length: packet.length },
    { time: 1_700_000_001_000_000_000n, data: packet.subarray(0, 20), length: 60 },
  ];

  test('round trip', () => {
    const read = readPcap(writePcap(packets));
    expect(read).toEqual({
      linkType: 1,
      packets: packets.map((one) => ({ ...one, data: one.data.slice() })),
      error: undefined,
    });
  });

  test('big-endian microseconds', () => {
    const bytes = new Uint8Array(24 + 16 + 2);
    const view = new DataView(bytes.buffer);
    for (const [at, value] of [
      [0, 0xa1b2c3d4],
      [20, 101],
      [24, 5],
      [28, 7],
      [32, 2],
      [36, 9],
    ] as const)
      view.setUint32(at, value);
    expect(readPcap(bytes)).toMatchObject({
      linkType: 101,
      packets: [{ time: 5_000_007_000n, length: 9 }],
      error: undefined,
    });
  });

  test('a file that is cut off gives what is there', () => {
    const whole = writePcap(packets);
    expect(readPcap(whole.subarray(0, whole.length - 3))).toMatchObject({
      error: 'packet 2 is cut off',
      packets: [{ length: 38 }],
    });
    expect(readPcap(new Uint8Array(30)).error).toContain('not a capture');
  });
});
