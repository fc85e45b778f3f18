/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: C11 7.19, for the BPF target (LP64). */
#ifndef BPFCC_STDDEF_H
#define BPFCC_STDDEF_H

typedef long ptrdiff_t;
typedef unsigned long size_t;
typedef int wchar_t;
typedef struct {
	long long integer __attribute__((aligned(__alignof__(long long))));
	long double floating __attribute__((aligned(__alignof__(long double))));
} max_align_t;

#undef NULL
#define NULL ((void *)0)

#undef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)

#if defined(__STDC_VERSION__) && __STDC_VERSION__ > 201710L
#define unreachable() __builtin_unreachable()
#endif

#endif
