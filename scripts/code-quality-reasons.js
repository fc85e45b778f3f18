/**
 * Why our code is larger, or costs the verifier more, than the better clang's: by object (size) and by object and program (verifier);
 * and why its run time is far from clang's, for the programs that weigh most in a mean.
 * Found by reading both disassemblies; scripts/code-quality.js writes "not found yet" where there is no row.
 */

const boolean =
  'A condition that several paths decide is made into 0 or 1 and tested again; clang jumps from where it is decided.';
const unrolled = 'A loop of ten rounds is unrolled; clang keeps it.';
const rolled =
  'The loop stays rolled up, where clang follows the pragma and unrolls it: a fraction of the code, but the verifier compares states each round.';
const indices =
  'Each round computes addresses from an index; clang adds a pointer up, which makes the rounds shorter.';
const header =
  'The bundled header has a function that the older one, which clang read, has not (`bpf_usdt_arg_size`, 42 slots).';
const mapChoice = 'Two ways make the same call with another map each; clang chooses the map and calls once.';
const byteCounter =
  'The counter of the loop is a byte, which is cut and scaled in each round; clang counts in a register as wide as the offset.';
const flagBits =
  'Flags in bit-fields are all put together before one of them is tested; clang follows only the bit that is asked for.';

export const sizeReasons = {
  'selftests/strobemeta_nounroll1': indices,
  'selftests/strobemeta_nounroll2': indices,
  'samples/map_perf_test_kern': unrolled,
  'selftests/test_tc_neigh': boolean,
  'selftests/test_usdt_multispec': header,
  'selftests/test_usdt': header,
  'selftests/test_urandom_usdt': header,
  'selftests/test_sockmap_listen': mapChoice,
  'selftests/strobemeta_subprogs': mapChoice,
  'selftests/xdpwall': flagBits,
  'selftests/test_sysctl_loop2': byteCounter,
  'selftests/bpf_iter_task':
    'Two ways add to a variable each; clang chooses the address and adds once. Tried: it costs more slots and more of the verifier elsewhere.',
};

export const workReasons = {
  'selftests/strobemeta on_event': rolled,
  'selftests/bpf_cubic bpf_cubic_cong_avoid': boolean,
  'selftests/loop1 nested_loops':
    'The inner loop tests at its beginning and computes in each round what no round changes; clang tests at the end and computes it before.',
  'selftests/xdpwall edgewall': flagBits,
  'selftests/test_sk_lookup access_ctx_sk':
    'A pointer that is null on most ways is tested where they meet; clang goes behind the test from where it is decided.',
  'selftests/test_sysctl_loop1 sysctl_tcp_mem': byteCounter,
  'selftests/test_sysctl_loop2 sysctl_tcp_mem': byteCounter,
  'selftests/xdping_kern xdping_client':
    'The verifier notes a state each two jumps and eight instructions: where the ways of eleven tests meet it notes none here, and follows each to the end.',
  'selftests/strobemeta_nounroll1 on_event': indices,
  'selftests/strobemeta_nounroll2 on_event': indices,
};

export const timeReasons = {
  'selftests/test_lwt_seg6local __encap_srh':
    'Equal work: a packed structure of 72 bytes is built on the stack, by clang in 72 stores of a byte each, by us in 14; the helper refuses it early.',
  'selftests/xdpwall edgewall':
    "Equal work: clang joins the lookups in two maps to one call. The verifier then knows no map and leaves a call through the map's operations, which the kernel's retpoline makes slow; ours become direct calls.",
};
