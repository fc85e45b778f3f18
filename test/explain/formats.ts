/**
 * Messages that the development machine's kernel does not print: older wordings, other loaders, and refusals that take a kernel of another
 * version or configuration. Written from the form of the messages, not copied from a kernel's output.
 */

/** Last lines of a log -> kind. */
export const messages: readonly (readonly [kind: string, message: string, instruction?: string])[] = [
  ['null-check-missing', "R0 invalid mem access 'map_value_or_null'"],
  ['null-check-missing', "R6 invalid mem access 'trusted_ptr_or_null_'"],
  ['scalar-dereference', "R1 invalid mem access 'inv'"],
  ['pointer-type-not-readable', "R1 invalid mem access 'map_ptr'"],
  ['packet-unchecked', 'invalid access to packet, off=0 size=4, R1(id=0,off=0,r=0)'],
  ['packet-check-too-short', 'invalid access to packet, off=14 size=4, R3(id=0,off=14,r=16)'],
  ['map-value-bounds', 'invalid access to map value, value_size=8 off=8 size=4'],
  ['index-negative', 'R1 min value is negative, either use unsigned index or do a if (index >=0) check.'],
  ['index-negative', 'R0 min value is outside of the array range'],
  ['index-unbounded', 'R0 unbounded memory access, make sure to bounds check any array access into a map'],
  ['offset-unbounded', 'value -2147483648 makes map_value pointer be out of bounds'],
  ['misaligned-access', 'misaligned packet access off 0+18+0 size 4', 'r2 = *(u32 *)(r1 +18)'],
  ['memory-read-only', 'R1 cannot write into rdonly_mem'],
  ['stack-hole', 'invalid indirect read from stack off -16+4 size 16', 'call bpf_map_lookup_elem#1'],
  ['buffer-bounds', 'invalid stack type R2 off=-8 access_size=16', 'call bpf_map_lookup_elem#1'],
  ['stack-uninitialised', 'invalid read from stack off -8+0 size 8', 'r1 = *(u64 *)(r10 -8)'],
  ['stack-bounds', 'invalid stack off=-520 size=8', '*(u64 *)(r10 -520) = r1'],
  [
    'stack-limit-with-tail-call',
    'tail_calls are not allowed when call stack of previous frames is 288 bytes. Too large',
  ],
  ['pointer-minus-pointer', 'R1 tried to subtract pointer from scalar'],
  [
    'pointer-arithmetic-unprivileged',
    'R2 has pointer with unsupported alu operation, pointer arithmetic with it prohibited for !root',
  ],
  ['pointer-arithmetic-prohibited', 'R2 pointer arithmetic on PTR_TO_PACKET_END prohibited'],
  ['context-pointer-modified', 'dereference of modified ctx ptr R1 off=48 disallowed'],
  ['return-range', 'At program exit the register R0 has value (0x2; 0x0) should have been in (0x0; 0x1)'],
  ['return-not-a-number', 'At program exit the register R0 is not a known value (ctx)'],
  ['reference-leak', 'Unreleased reference id=1, alloc_insn=7'],
  ['release-of-unacquired', 'arg 1 is an unacquired reference'],
  ['lock-order', 'Locking two bpf_spin_locks are not allowed'],
  ['rcu-not-unlocked', 'bpf_rcu_read_unlock is missing'],
  [
    'preemption-or-interrupts-off',
    'BPF_EXIT instruction in main prog cannot be used inside bpf_preempt_disable-ed region',
  ],
  ['dynptr-uninitialised', 'Expected an initialized dynptr as arg #3'],
  ['dynptr-misused', 'cannot overwrite referenced dynptr'],
  ['core-relocation-failed', 'invalid func unknown#195896080'],
  ['helper-not-allowed', 'unknown func bpf_skb_load_bytes#26', 'call bpf_skb_load_bytes#26'],
  ['license-not-gpl', 'cannot call GPL only function from proprietary program'],
  ['argument-null', 'R1 type=sock_or_null expected=sock', 'call bpf_sk_release#86'],
  ['argument-type', 'R1 type=inv expected=map_ptr', 'call bpf_map_lookup_elem#1'],
  [
    'size-unbounded',
    "R2 unbounded memory access, use 'var &= const' or 'if (var < const)'",
    'call bpf_probe_read#4',
  ],
  ['tail-call-not-possible', 'mixing of tail_calls and bpf-to-bpf calls is not supported'],
  ['loop-not-allowed', 'back-edge from insn 12 to 4'],
  ['too-many-instructions', 'BPF program is too large. Processed 131073 insn'],
  ['too-many-jumps', 'The sequence of 1025 jumps is too complex.'],
  ['falls-off-the-end', 'last insn is not an exit or jmp'],
  ['recursion', 'recursive call from walk() to walk()'],
  ['instruction-unknown', 'BPF_CALL uses reserved fields'],
  ['program-too-long', 'BPF program size exceeds the limit'],
  ['kptr-type-mismatch', 'invalid kptr access, R1 type=ptr_task_struct expected=ptr_cgroup'],
  ['btf-function-info', "number of funcs in func_info doesn't match number of subprogs"],
  ['btf-line-info', 'Invalid line_info[3].insn_off:12 (prev_offset:16 prog_len:20)'],
  ['btf-argument-type', 'Arg#0 type PTR in parse() is not supported yet.'],
];

/** Lines of a loader without a verifier log. */
export const loaderMessages: readonly (readonly [kind: string, line: string])[] = [
  ['map-not-created', "libbpf: map 'events': failed to create: Invalid argument(-22)"],
  ['section-unknown', "libbpf: prog 'f': missing BPF prog type, check ELF section name 'my_section'"],
  [
    'permission-missing',
    "libbpf: permission error while running as root; try raising 'ulimit -l'? current value: 64.0 KiB",
  ],
  ['attach-target-missing', "libbpf: prog 'f': failed to find kernel BTF type ID of 'old_function': -3"],
  ['kfunc-missing', "libbpf: extern (func ksym) 'bpf_new': not found in kernel or module BTFs"],
];

/** Linux 4.14: no lines of C, states only where paths begin, `inv` for numbers. */
export const oldLog = `0: (bf) r6 = r1
1: (61) r1 = *(u32 *)(r6 +16)
2: (63) *(u32 *)(r10 -4) = r1
3: (18) r1 = 0xffff8800000000
5: (bf) r2 = r10
6: (07) r2 += -4
7: (85) call bpf_map_lookup_elem#1
8: (15) if r0 == 0x0 goto pc+2
 R0=map_value(id=0,off=0,ks=4,vs=8,imm=0) R6=ctx(id=0,off=0,imm=0) R10=fp0
9: (79) r1 = *(u64 *)(r0 +0)
10: (95) exit
from 8 to 11: R0=inv0 R6=ctx(id=0,off=0,imm=0) R10=fp0
11: (79) r1 = *(u64 *)(r0 +0)
R0 invalid mem access 'inv'
`;

/** Linux 5.4 at log level 2: the state stands in a line of its own. */
export const stateLinesLog = `func#0 @0
0: R1=ctx(id=0,off=0,imm=0) R10=fp0
; __u32 index = ctx->rx_queue_index;
0: (61) r2 = *(u32 *)(r1 +16)
1: R1=ctx(id=0,off=0,imm=0) R2_w=inv(id=0,umax_value=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0
; return index;
1: (79) r0 = *(u64 *)(r2 +0)
R2 invalid mem access 'inv'
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

/** cilium/ebpf, the error as %v and as %+v. */
export const goShort =
  "loading objects: field Count: program count: load program: permission denied: 5: (61) r2 = *(u32 *)(r0 +0): R0 invalid mem access 'map_value_or_null' (12 line(s) omitted)\n";
export const goLong = `load program: permission denied:
	0: R1=ctx() R10=fp0
	; return data[0]; @ a.c:3
	0: (61) r1 = *(u32 *)(r1 +0)          ; R1_w=pkt(r=0)
	1: (71) r0 = *(u8 *)(r1 +0)
	invalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)
	R1 offset is outside of the packet
	processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

/** A logger's one string. */
export const escaped = `level=error msg="0: R1=ctx() R10=fp0\\n0: (95) exit\\nR0 !read_ok\\nprocessed 1 insns (limit 1000000)\\n"\n`;

/** A structured logger, a line each. */
export const structured = `level=warning msg="Prog section 'tc' rejected: Permission denied (13)!" subsys=loader
level=warning msg="Verifier analysis:" subsys=loader
level=warning msg="; return \\"a\\"[x];" subsys=loader
level=warning msg="0: (71) r0 = *(u8 *)(r1 +64)" subsys=loader
level=warning msg="invalid bpf_context access off=64 size=1" subsys=loader
`;

/** Linux 7.3 explains itself behind the old message. */
export const newKernel = `0: R1=ctx() R10=fp0
0: (95) exit
R0 !read_ok

Verification failed: Register Type Safety: Unreadable register

Reason:
  R0 was never written on this path.

Suggestion:
  Write R0 first.

processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;

/** veristat, two programs of which one is refused. */
export const twoPrograms = `Processing 'a.o'...
PROCESSING a.o/good, DURATION US: 45, VERDICT: success, VERIFIER LOG:
0: R1=ctx() R10=fp0
0: (b7) r0 = 0                        ; R0_w=0
1: (95) exit
verification time 45 usec
stack depth 0
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0

PROCESSING a.o/bad, DURATION US: 45, VERDICT: failure, VERIFIER LOG:
0: R1=ctx() R10=fp0
0: (95) exit
R0 !read_ok
verification time 45 usec
processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`;
