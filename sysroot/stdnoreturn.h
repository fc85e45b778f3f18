/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: C11 7.23. */
#ifndef BPFCC_STDNORETURN_H
#define BPFCC_STDNORETURN_H

#define noreturn _Noreturn
#define __noreturn_is_defined 1

#endif
