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
const contextReload =
  'A field of the context is loaded and compared anew for each case; clang makes one switch of it.';

export const sizeReasons = {
  'selftests/strobemeta_nounroll1': indices,
  'selftests/strobemeta_nounroll2': indices,
  'samples/map_perf_test_kern': unrolled,
  'selftests/test_tc_neigh': boolean,
  'selftests/test_usdt_multispec':
    'A global function of a header is longer: each of its errors has a return of its own.',
  'selftests/test_usdt':
    'A global function of a header is longer: each of its errors has a return of its own.',
  'selftests/test_urandom_usdt':
    'A global function of a header is longer: each of its errors has a return of its own.',
};

export const workReasons = {
  'selftests/strobemeta on_event': rolled,
  'selftests/bpf_cubic bpf_cubic_cong_avoid': boolean,
  'selftests/sockopt_sk _setsockopt': contextReload,
  'selftests/sockopt_sk _getsockopt': contextReload,
  'selftests/strobemeta_nounroll1 on_event': indices,
  'selftests/strobemeta_nounroll2 on_event': indices,
};

export const timeReasons = {
  'selftests/test_lwt_seg6local __encap_srh':
    'Equal work: a packed structure of 72 bytes is built on the stack, by clang in 72 stores of a byte each, by us in 14; the helper refuses it early.',
  'selftests/xdpwall edgewall':
    "Equal work: clang joins the lookups in two maps to one call. The verifier then knows no map and leaves a call through the map's operations, which the kernel's retpoline makes slow; ours become direct calls.",
};
