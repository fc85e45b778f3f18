/** Refusals of accesses to map values, packets and other memory behind a pointer. */

import type { Refusal } from '../refusal.ts';

const packetHelpers =
  /^bpf_(?:xdp_adjust_|skb_(?:change_|adjust_room|pull_data|store_bytes|vlan_|set_tunnel)|l[34]_csum_replace|clone_redirect|lwt_|sk_)/;

/** A scalar as an address; older kernels called scalars `inv`. */
const scalarAccess = /^R(?<reg>\d+) invalid mem access '(?:scalar|inv|imm)'/;

export const memoryRefusals = [
  {
    id: 'null-check-missing',
    title: "'{var|the pointer}' may be NULL here",
    patterns: [
      /^R(?<reg>\d+) invalid mem access '(?<type>\w*_or_null\w*)'/,
      /^R(?<reg>\d+) is of type (?<type>\w+_or_null)/,
    ],
    why: 'A lookup gives NULL when there is nothing under the key, and a program that reads address 0 would stop the kernel. The verifier wants a test of this very value between the call that made it and its first use.',
    help: "test '{var|the pointer}' before it is used the first time",
    refused: '{var|entry} = bpf_map_lookup_elem(&{map|map}, &key);\n{var|entry}->packets += 1;',
    accepted: 'if (!{var|entry})\n  return 0;',
  },
  {
    id: 'null-arithmetic',
    title: "'{var|the pointer}' may be NULL when something is added to it",
    patterns: [/^R(?<reg>\d+) pointer arithmetic on (?<type>\w*_or_null\w*) prohibited/],
    why: 'NULL plus an offset is not NULL any more: a later test could not tell it from an address. So the test must come before the arithmetic.',
    help: "test '{var|the pointer}' first, then add to it",
    refused: 'char *tail = {var|name} + 8;\nif (!{var|name})\n  return 0;',
    accepted: 'if (!{var|name})\n  return 0;\nchar *tail = {var|name} + 8;',
  },
  {
    id: 'packet-pointer-invalidated',
    title: "'{var|the pointer}' was made before a helper moved the packet",
    patterns: [scalarAccess],
    when: ({ callsBetween }) => callsBetween.some((name) => packetHelpers.test(name)),
    why: 'A helper that changes the packet may move it to other memory, and every pointer into it that was taken before is worthless then. The verifier forgets them at the call.',
    help: 'read data and data_end from the context again after the call, and check the bounds again',
    refused: 'bpf_xdp_adjust_head(ctx, 4);\nvalue = {var|data}[0];',
    accepted:
      '{var|data} = (void *)(long){ctx|ctx}->data;\n{end|data_end} = (void *)(long){ctx|ctx}->data_end;\nif ({var|data} + 1 > {end|data_end})\n  return XDP_DROP;',
  },
  {
    id: 'null-dereference',
    title: "'{var|the pointer}' is NULL here",
    patterns: [scalarAccess],
    when: ({ trace }) => {
      const [made] = (trace?.origins ?? []).slice(-1);
      return (
        made?.effect.kind === 'move' &&
        made.effect.source.kind === 'constant' &&
        /^(?:0|0x0)$/.test(made.effect.source.text)
      );
    },
    why: 'On this path the pointer is the constant 0: it was never set, or this is the branch in which a test found it to be NULL.',
    help: "set '{var|the pointer}' before it is used, or leave the branch in which it is NULL",
    refused: 'int *{var|pointer} = 0;\nreturn *{var|pointer};',
    accepted: 'if (!{var|pointer})\n  return 0;',
  },
  {
    id: 'kernel-pointer-dereference',
    title: "'{var|the pointer}' is an address of the kernel that the verifier knows nothing about",
    patterns: [scalarAccess],
    when: ({ trace }) => {
      const [made] = (trace?.origins ?? []).slice(-1);
      return made?.effect.kind === 'load' && made.effect.size === 8;
    },
    why: 'A number that was read from memory (registers of a kprobe, a field of a struct) is only a number for the verifier, whatever its C type. Following it could fault, so it takes a helper that survives faults.',
    help: "read through '{var|the pointer}' with bpf_probe_read_kernel() or BPF_CORE_READ(), or use fentry or tp_btf programs, whose arguments have types",
    refused: 'size = {var|request}->size;',
    accepted: 'bpf_probe_read_kernel(&size, sizeof size, &{var|request}->size);',
  },
  {
    id: 'scalar-dereference',
    title: "'{var|this value}' is used as an address, but it is a number",
    patterns: [scalarAccess],
    why: 'The verifier follows where every pointer comes from. A number that is cast to a pointer, or a pointer that went through arithmetic which the verifier does not follow, is no pointer any more.',
    help: "keep the pointer itself (in a pointer type, without masks, shifts or 32-bit arithmetic) instead of '{var|the number}'",
    refused: 'int *{var|address} = (int *)(long)ctx->ingress_ifindex;\nreturn *{var|address};',
    accepted: 'bpf_probe_read_kernel(&value, sizeof value, {var|address});',
  },
  {
    id: 'pointer-type-not-readable',
    title: "memory behind '{var|this pointer}' ({type}) cannot be accessed like this",
    patterns: [/^R(?<reg>\d+) invalid mem access '(?<type>\w+)'/],
    why: 'Pointers of this kind (maps, the end of the packet, functions) are handles: they are compared or handed to helpers, and what they point to is not for the program.',
    help: 'hand the pointer to the helper that works on it',
    refused: 'value = *(int *)&{map|map};',
    accepted: 'value = bpf_map_lookup_elem(&{map|map}, &key);',
  },
  {
    id: 'packet-variable-offset',
    title: "'{var|the pointer}' was not compared with data_end since a variable offset was added",
    patterns: [
      /^invalid access to packet, off=(?<off>-?\d+) size=(?<size>\d+), R(?<reg>\d+)\(id=(?!0,)(?<id>\d+),(?:off=-?\d+,)?r=0\)/,
    ],
    why: 'A comparison with data_end counts for the pointer that was compared and what is made from it with constants. After a variable was added nothing is known again; and where the variable may reach 65535 a comparison does not help either, since the sum could wrap around.',
    help: "bound the variable part, then compare '{var|the pointer}' itself with data_end",
    refused: 'unsigned char *{var|payload} = data + {index|offset};\nvalue = {var|payload}[0];',
    accepted:
      'unsigned char *{var|payload} = data + ({index|offset} & 0xfff);\nif ({var|payload} + {need|1} > {end|data_end})\n  return 0;',
  },
  {
    id: 'packet-unchecked',
    title: "'{var|the pointer}' is read without a comparison with data_end",
    patterns: [
      /^invalid access to packet, off=(?<off>-?\d+) size=(?<size>\d+), R(?<reg>\d+)\(id=\d+,(?:off=-?\d+,)?r=0\)/,
    ],
    why: 'A packet may have any length. Bytes may be read only on paths where a comparison with data_end showed that they exist.',
    help: "compare with data_end before the access: {need|the bytes needed} bytes from '{var|the pointer}'",
    refused: 'value = {var|data}[0];',
    accepted: 'if ((void *){var|data} + {need|1} > {end|data_end})\n  return 0;',
  },
  {
    id: 'packet-check-too-short',
    title: 'the comparison with data_end covers {range} bytes, the access needs {need}',
    patterns: [
      /^invalid access to packet, off=(?<off>-?\d+) size=(?<size>\d+), R(?<reg>\d+)\(id=\d+,(?:off=-?\d+,)?r=(?<range>\d+)\)/,
    ],
    why: 'The verifier remembers how many bytes a comparison with data_end proved, and this access reaches beyond them.',
    help: 'compare for all bytes that are read: {need|offset plus size} from the start',
    refused: 'if ({var|data} + {range|14} > {end|data_end})\n  return 0;\nvalue = {var|data}[{off|14}];',
    accepted: 'if ((void *){var|data} + {need|15} > {end|data_end})\n  return 0;',
  },
  {
    id: 'index-negative',
    title: "'{index|the index}' may be negative",
    patterns: [
      /^R(?<reg>\d+) min value is negative, either use unsigned index/,
      /^R(?<reg>\d+) min value is outside of the array range/,
      /^invalid access to map value,? value_size=(?<value_size>\d+) off=(?<off>-\d+) size=(?<size>\d+)/,
    ],
    focus: 'base',
    why: 'A signed variable that was compared only from above can be below zero, and the access would lie before the memory.',
    help: "make '{index|the index}' unsigned, or compare it with 0 as well",
    refused: 'int {index|index} = get();\nif ({index|index} > 3)\n  return 0;',
    accepted: 'if ({index|index} < 0 || {index|index} > 3)\n  return 0;',
  },
  {
    id: 'map-value-bounds',
    title: 'the access at offset {off} reaches beyond the {value_size} bytes of a map value',
    patterns: [
      /^invalid access to map value,? value_size=(?<value_size>\d+) off=(?<off>-?\d+) size=(?<size>\d+)/,
    ],
    focus: 'base',
    why: 'A value of this map has {value_size|N} bytes; the access of {size|S} bytes at offset {off|O} may lie outside, where other values or other memory are.',
    help: 'keep the index below the number of elements (`<`, not `<=`), or make the value of the map larger',
    refused: 'if ({index|index} > count)\n  return 0;\nvalue = {var|table}[{index|index}];',
    accepted: 'if ({index|index} >= count)\n  return 0;\nvalue = {var|table}[{index|index}];',
  },
  {
    id: 'memory-bounds',
    title: 'the access at offset {off} reaches beyond the {mem_size} bytes of this memory',
    patterns: [
      /^invalid access to (?:memory|key),? (?:mem|key)_size=(?<mem_size>\d+) off=(?<off>-?\d+) size=(?<size>\d+)/,
    ],
    focus: 'base',
    why: 'The memory has the size that was asked for when it was made (bpf_ringbuf_reserve, a dynptr slice, an argument of a global function), and the access goes beyond.',
    help: 'reserve {need|enough} bytes, best as sizeof of the struct that is written',
    refused: '{var|event} = bpf_ringbuf_reserve(&{map|events}, {mem_size|8}, 0);\n{var|event}[1] = value;',
    accepted: '{var|event} = bpf_ringbuf_reserve(&{map|events}, sizeof *{var|event}, 0);',
  },
  {
    id: 'index-unbounded',
    title: "'{index|the index}' has no upper bound that the verifier knows",
    patterns: [
      /^R(?<reg>\d+) unbounded memory access, make sure to bounds check/,
      /^R(?<reg>\d+) unbounded memory access(?:$|,? make)/,
    ],
    why: 'The address depends on a value that could be anything. The verifier knows a bound only from a comparison with a constant or a mask, of the same variable, on the path to the access.',
    help: "compare '{index|the index}' with the number of elements before the access, or mask it",
    refused: 'value = {var|table}[{index|index}];',
    accepted: 'if ({index|index} >= count)\n  return 0;\nvalue = {var|table}[{index|index}];',
  },
  {
    id: 'offset-unbounded',
    title: "'{var|the offset}' that is added to a {type|pointer} pointer has no bounds",
    patterns: [
      /^math between (?<type>\w+) pointer and register with unbounded min value is not allowed/,
      /^math between (?<type>\w+) pointer and (?<amount>-?\d+) is not allowed/,
      /^value (?<amount>-?\d+) makes (?<type>\w+) pointer be out of bounds/,
      /^R(?<reg>\d+) (?:tried to add from|has unknown scalar with mixed signed bounds|pointer arithmetic of map value goes out of range)/,
      /^(?<type>\w+) pointer offset (?<amount>-?\d+) is not allowed/,
    ],
    focus: 'operand',
    why: 'Adding a value that may be negative or enormous to a pointer could lead anywhere, and a comparison afterwards cannot repair it. The value must have both bounds before the addition.',
    help: "bound '{var|the offset}' before it is added: make it unsigned and compare or mask it",
    refused: 'pointer += {var|offset};',
    accepted: 'if ({var|offset} > 1024)\n  return 0;\npointer += {var|offset};',
  },
  {
    id: 'misaligned-access',
    title: 'a {kind} access of {size} bytes is not aligned',
    patterns: [/^misaligned (?!stack)(?<kind>packet|value|\w+) access off .*size (?<size>\d+)/],
    focus: 'base',
    why: 'The processor (or the flag BPF_F_STRICT_ALIGNMENT) wants every access at a multiple of its size.',
    help: 'copy the bytes with __builtin_memcpy() into a variable, or mark the struct as packed',
    refused: 'value = *(__u32 *)(data + 1);',
    accepted: '__builtin_memcpy(&value, data + 1, sizeof value);',
  },
  {
    id: 'map-read-only',
    title: 'the program writes into a map that it may only read',
    patterns: [/^write into map forbidden/],
    focus: 'base',
    why: 'The map was made with BPF_F_RDONLY_PROG (as all of .rodata is): programs only read it, and the verifier counts on its contents.',
    help: 'write from user space, or make the map without BPF_F_RDONLY_PROG; a `const` variable that changes must not be const',
    refused: '*{var|setting} = 1;',
    accepted: '/* in the definition of the map: no __uint(map_flags, BPF_F_RDONLY_PROG); */',
  },
  {
    id: 'map-write-only',
    title: 'the program reads from a map that it may only write',
    patterns: [/^read from map forbidden/],
    focus: 'base',
    why: 'The map was made with BPF_F_WRONLY_PROG: programs only write it, user space reads.',
    help: 'make the map without BPF_F_WRONLY_PROG',
    refused: 'value = *{var|result};',
    accepted: '/* in the definition of the map: no __uint(map_flags, BPF_F_WRONLY_PROG); */',
  },
  {
    id: 'memory-read-only',
    title: "the memory behind '{var|the pointer}' may only be read",
    patterns: [/^R(?<reg>\d+) cannot write into (?<type>\w+)/],
    why: 'The pointer leads to memory that belongs to someone else (a constant string, an argument marked read-only, data of the kernel).',
    help: 'copy what is needed into a variable of the program and change that',
    refused: '{var|text}[0] = 0;',
    accepted: '__builtin_memcpy(copy, {var|text}, sizeof copy);\ncopy[0] = 0;',
  },
] as const satisfies readonly Refusal[];
