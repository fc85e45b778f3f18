/**
 * Why our code is larger, or costs the verifier more, than the better clang's: by object (size) and by object and program (verifier).
 * Found by reading both disassemblies; scripts/code-quality.js writes "not found yet" where there is no row.
 */

const boolean =
  'A condition that several paths decide is made into 0 or 1 and tested again; clang jumps from where it is decided.';
const deadArgument =
  'A static function keeps an argument that is always the same constant: every call moves it, and one value more is spilled.';
const relocated =
  'A number that CO-RE decides (size, shift) is a move of its own; clang keeps it as the immediate of the instruction that uses it.';
const unrolled = 'A loop of ten rounds is unrolled; clang keeps it.';
const rolled =
  'The loop stays rolled up, where clang follows the pragma and unrolls it: a fraction of the code, but the verifier compares states each round.';
const reloads =
  'Values that do not fit into registers are loaded again at the head of each block, needed on that path or not.';
const contextReload =
  'A field of the context is loaded and compared anew for each case; clang makes one switch of it.';

export const sizeReasons = {
  'selftests/map_ptr_kern':
    'A check of 5 comparisons that has 20 calls goes in at each; clang keeps it as a function.',
  'selftests/test_verif_scale1': deadArgument,
  'selftests/test_verif_scale3': deadArgument,
  'selftests/test_core_reloc_bitfields_probed': relocated,
  'selftests/test_core_reloc_bitfields_direct': relocated,
  'selftests/strobemeta_nounroll1': reloads,
  'selftests/strobemeta_nounroll2': reloads,
  'samples/map_perf_test_kern': unrolled,
  'selftests/test_tc_neigh': boolean,
  'samples/sockex3_kern':
    'Tail calls of one helper that differ in one constant argument are not joined; clang sets the constant and calls once.',
  'selftests/test_usdt_multispec':
    'A global function of a header is longer: each of its errors has a return of its own.',
  'selftests/test_usdt':
    'A global function of a header is longer: each of its errors has a return of its own.',
  'selftests/test_urandom_usdt':
    'A global function of a header is longer: each of its errors has a return of its own.',
  'selftests/atomics': 'Each of the programs has a second exit; clang jumps to the first.',
};

export const workReasons = {
  'selftests/pyperf180 on_event': rolled,
  'selftests/strobemeta on_event': rolled,
  'selftests/bpf_cubic bpf_cubic_cong_avoid': `${boolean} ${relocated}`,
  'samples/lathist_kern bpf_prog2':
    'Both halves of a logarithm of 64 bits are computed; clang sees that the result is clamped and drops the upper one.',
  'selftests/bpf_iter_task_stack dump_task_stack':
    'The index is multiplied by 8 in each round; clang counts in steps of 8 and compares that with the limit.',
  'selftests/sockopt_sk _setsockopt': contextReload,
  'selftests/sockopt_sk _getsockopt': contextReload,
  'selftests/strobemeta_nounroll1 on_event': reloads,
  'selftests/strobemeta_nounroll2 on_event': reloads,
  'selftests/test_verif_scale1 balancer_ingress': deadArgument,
  'selftests/test_verif_scale3 balancer_ingress': deadArgument,
};
