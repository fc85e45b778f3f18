import { describe, expect, it } from 'vitest';
import { PROGRAM_SECTION_NAMES, programTypeOf } from '../../src/object/program-sections.ts';

/** The facts of a section as one line. */
function shown(name: string): string {
  const section = programTypeOf(name);
  if (section === undefined) return 'none';
  const flags = [
    section.sleepable ? 'sleepable' : '',
    section.xdpFrags ? 'frags' : '',
    section.attachBtf ? 'btf' : '',
    section.attachTypeOptional ? 'optional' : '',
    section.autoload ? '' : 'manual',
  ].filter((flag) => flag !== '');
  const { type, typeNumber, attachTypeNumber, contextType, target } = section;
  return [type, typeNumber, attachTypeNumber, contextType ?? '-', target ?? '-', ...flags].join(' ');
}

describe('programTypeOf', () => {
  it('knows whole names, names with a target, and the kernel numbers behind them', () => {
    expect(shown('xdp')).toBe('xdp 6 37 xdp_md - optional');
    expect(shown('xdp.frags/devmap')).toBe('xdp 6 33 xdp_md - frags');
    expect(shown('tc')).toBe('sched_cls 3 0 __sk_buff -');
    expect(shown('tcx/ingress')).toBe('sched_cls 3 46 __sk_buff -');
    expect(shown('kprobe/do_unlinkat')).toBe('kprobe 2 0 pt_regs do_unlinkat');
    expect(shown('kprobe.session/vfs_*')).toBe('kprobe 2 56 pt_regs vfs_*');
    expect(shown('uprobe//usr/lib/libc.so:malloc')).toBe('kprobe 2 0 pt_regs /usr/lib/libc.so:malloc');
    expect(shown('tracepoint/syscalls/sys_enter_openat')).toBe('tracepoint 5 0 - syscalls/sys_enter_openat');
    expect(shown('fentry.s/vfs_read')).toBe('tracing 26 24 - vfs_read sleepable btf');
    expect(shown('lsm_cgroup/socket_bind')).toBe('lsm 29 43 - socket_bind btf');
    expect(shown('struct_ops.s/init')).toBe('struct_ops 27 0 - init sleepable');
    expect(shown('cgroup/connect_unix')).toBe('cgroup_sock_addr 18 49 bpf_sock_addr -');
    expect(shown('netfilter')).toBe('netfilter 32 45 bpf_nf_ctx -');
    expect(shown('syscall')).toBe('syscall 31 0 - - sleepable');
    expect(shown('?fexit')).toBe('tracing 26 25 - - btf manual');
  });

  it('takes no other spelling', () => {
    for (const name of [
      '',
      '.text',
      'maps',
      'xdp_prog',
      'xdp/foo',
      'kprobes/x',
      'cgroup',
      'tc/foo',
      'license',
      '??xdp',
    ]) {
      expect(shown(name)).toBe('none');
    }
  });

  it('finds every name of its own table', () => {
    expect(new Set(PROGRAM_SECTION_NAMES).size).toBe(PROGRAM_SECTION_NAMES.length);
    for (const name of PROGRAM_SECTION_NAMES) {
      const whole = name.replace(/\+$/, '');
      expect(programTypeOf(whole)?.target).toBeUndefined();
      expect(programTypeOf(`${whole}/x/y`)?.target).toBe(name.endsWith('+') ? 'x/y' : undefined);
    }
  });
});
