/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: the functions of C11 7.24 that a BPF compiler expands in place; there is no library behind them. */
#ifndef BPFCC_STRING_H
#define BPFCC_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *left, const void *right, size_t size);
size_t strlen(const char *text);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t size);

#endif
