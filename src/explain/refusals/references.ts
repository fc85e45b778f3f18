/** Refusals about what is taken and must be given back: references, locks, dynptrs, iterators, RCU. */

import type { Refusal } from '../refusal.ts';

export const referenceRefusals = [
  {
    id: 'reference-leak',
    title: "'{acquired_var|what was acquired}' is not given back on this path",
    patterns: [
      /^Unreleased reference id=(?<id>\d+),? alloc_insn=(?<acquired>\d+)/,
      /^(?:BPF_EXIT instruction .*|tail_call .*|\S+ )would lead to reference leak/,
      /^(?<what>reference leak)/,
    ],
    why: 'Ring buffer records, sockets, tasks, iterators and dynptrs that a call hands out stay reserved until they are given back. On this path the program ends first.',
    help: 'give it back on every path: submit or discard, bpf_sk_release(), ..._destroy()',
    refused: 'if (bad)\n  return 0;\nbpf_ringbuf_submit({acquired_var|event}, 0);',
    accepted: 'if (bad) {\n  {release|bpf_ringbuf_discard(event, 0)};\n  return 0;\n}',
  },
  {
    id: 'release-of-unacquired',
    title: "'{var|the pointer}' is given back but was not acquired",
    patterns: [
      /^R(?<reg>\d+) type=(?!scalar|inv)(?<type>\w+) expected=(?:ringbuf|alloc)_mem/,
      /^R(?<reg>\d+) must be referenced when passed to release function/,
      /^release (?:kernel )?func(?:tion)? .*R?(?<reg>\d+)?/,
      /^(?:arg ?#?|R)(?<reg>\d+) (?:is an unacquired reference|reference has not been acquired before)/,
    ],
    why: 'Only what the matching call handed out can be given back, the very pointer and once.',
    help: 'release the pointer that the acquiring call returned',
    refused: 'bpf_sk_release(skb->sk);',
    accepted: 'struct bpf_sock *sk = bpf_sk_lookup_tcp(...);\nif (sk)\n  bpf_sk_release(sk);',
  },
  {
    id: 'call-in-lock',
    title: 'a call while a lock is held',
    patterns: [/^function calls are not allowed while holding a lock/, /^sleepable .* inside spin_lock/],
    why: 'Between bpf_spin_lock() and bpf_spin_unlock() no helper and no function may be called (but bpf_spin_unlock itself), so that nobody waits long.',
    help: 'call before the lock, keep the result in a variable, and only use it inside',
    refused: 'bpf_spin_lock(&v->lock);\nv->total += bpf_ktime_get_ns();\nbpf_spin_unlock(&v->lock);',
    accepted:
      '__u64 now = bpf_ktime_get_ns();\nbpf_spin_lock(&v->lock);\nv->total += now;\nbpf_spin_unlock(&v->lock);',
  },
  {
    id: 'lock-not-released',
    title: 'the program ends with the lock held',
    patterns: [
      /^(?:BPF_EXIT instruction .*|tail_call) cannot be used inside bpf_(?:spin|res_spin)_lock-ed region/,
      /^bpf_spin_unlock is missing/,
    ],
    why: 'Every path from bpf_spin_lock() must come to bpf_spin_unlock() in the same function.',
    help: 'unlock before each return',
    refused: 'bpf_spin_lock(&v->lock);\nif (v->total > 100)\n  return 1;\nbpf_spin_unlock(&v->lock);',
    accepted:
      'bpf_spin_lock(&v->lock);\nbool full = v->total > 100;\nbpf_spin_unlock(&v->lock);\nif (full)\n  return 1;',
  },
  {
    id: 'lock-order',
    title: 'a lock is taken while another is held, or released without being taken',
    patterns: [
      /^Locking two bpf_spin_locks are not allowed/,
      /^bpf_(?:res_)?spin_unlock (?:without taking a lock|of different lock)/,
    ],
    why: 'A program holds at most one bpf_spin_lock at a time, and releases the one that it took.',
    help: 'release the first lock before taking the second',
    refused: 'bpf_spin_lock(&a->lock);\nbpf_spin_lock(&b->lock);',
    accepted: 'bpf_spin_lock(&a->lock);\n...\nbpf_spin_unlock(&a->lock);\nbpf_spin_lock(&b->lock);',
  },
  {
    id: 'special-field-access',
    title: 'a {field} is read or written directly',
    patterns: [
      /^(?<field>bpf_\w+|kptr) (?:cannot|can't) be accessed directly/,
      /^(?<field>bpf_\w+) can't be accessed/,
      /^(?<field>kptr) (?:access|in map|cannot be)/,
    ],
    focus: 'base',
    why: 'Locks, timers, lists, trees and reference counts inside of map values belong to the kernel; programs touch them through helpers only. A memset or a copy of the whole struct counts as touching.',
    help: 'use the helper for it, and copy the other members one by one',
    refused: '__builtin_memset(account, 0, sizeof *account);',
    accepted: 'account->total = 0;',
  },
  {
    id: 'rcu-not-unlocked',
    title: 'the program ends inside of bpf_rcu_read_lock()',
    patterns: [
      /^(?:BPF_EXIT instruction .*|tail_call) cannot be used inside bpf_rcu_read_lock-ed region/,
      /^bpf_rcu_read_unlock is missing/,
      /^(?:unmatched|nested) rcu read (?:un)?lock/,
    ],
    why: 'Every path from bpf_rcu_read_lock() must come to bpf_rcu_read_unlock().',
    help: 'unlock before each return',
    refused: 'bpf_rcu_read_lock();\nif (skip)\n  return 1;\nbpf_rcu_read_unlock();',
    accepted: 'bpf_rcu_read_lock();\n...\nbpf_rcu_read_unlock();\nif (skip)\n  return 1;',
  },
  {
    id: 'preemption-or-interrupts-off',
    title: 'the program ends with preemption or interrupts switched off',
    patterns: [
      /cannot be used inside bpf_(?:preempt_disable|local_irq_save)-ed region/,
      /^bpf_(?:preempt_enable|local_irq_restore) is missing/,
    ],
    why: 'What is switched off must be switched on again on every path.',
    help: 'switch it on before each return',
    refused: 'bpf_preempt_disable();\nreturn 0;',
    accepted: 'bpf_preempt_disable();\n...\nbpf_preempt_enable();\nreturn 0;',
  },
  {
    id: 'dynptr-uninitialised',
    title: 'the dynptr in {argument} was not initialised',
    patterns: [
      /^Expected an initialized dynptr as (?:arg #|R)(?<arg>\d+)/,
      /^expected an initialized dynptr as (?:arg #|R)(?<arg>\d+)/,
      /^arg (?:#)?(?<arg>\d+) .*dynptr/,
    ],
    why: 'A dynptr is made by a call (bpf_dynptr_from_mem, bpf_dynptr_from_skb, bpf_ringbuf_reserve_dynptr); zeroing it, copying it or writing into it makes it invalid.',
    help: 'initialise it by the call that makes it, and hand over its address only',
    refused: 'struct bpf_dynptr pointer = {};\nbpf_dynptr_read(buffer, 8, &pointer, 0, 0);',
    accepted: 'struct bpf_dynptr pointer;\nbpf_dynptr_from_skb(skb, 0, &pointer);',
  },
  {
    id: 'dynptr-misused',
    title: 'a dynptr is used in a way that is not allowed',
    patterns: [
      /^(?:cannot (?:overwrite|pass in) (?:referenced )?dynptr|Dynptr has to be|dynptr .*|arg#\d+ expected pointer to stack or const struct bpf_dynptr|cannot overwrite referenced dynptr|potential write to dynptr|Unsupported (?:dynptr|reg type \w+ for bpf_dynptr))/,
      /^(?:verifier internal error: )?.*dynptr (?:at|must|has|was)/,
    ],
    why: 'A dynptr lives on the stack, is not copied, moved or overwritten, and one that holds a reference is submitted or discarded first.',
    help: 'use a variable of its own for every dynptr',
    refused: '*copy = pointer;',
    accepted: 'bpf_dynptr_clone(&pointer, &copy);',
  },
  {
    id: 'iterator-uninitialised',
    title: 'the iterator ({type}) was not initialised',
    patterns: [/^expected an (?<state>un)?initialized (?<type>iter_\w+) as (?:arg #|R)(?<arg>\d+)/],
    why: 'An iterator is made by its ..._new(), asked by ..._next() until that gives NULL, and ended by ..._destroy(), all on one variable on the stack.',
    help: 'use bpf_for() or bpf_for_each(), which do all three',
    refused: 'struct bpf_iter_num it = {};\nbpf_iter_num_next(&it);',
    accepted: 'int i;\nbpf_for(i, 0, 10) {\n}',
  },
] as const satisfies readonly Refusal[];
