/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: types only: there are no library functions in BPF, but in the machine's hosted mode. */
#ifndef BPFCC_STDLIB_H
#define BPFCC_STDLIB_H

#include <stddef.h>

#ifdef __BPFCC_HOSTED__
#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define RAND_MAX 0x7fffffff

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);
void free(void *pointer);
void abort(void);
void exit(int status);
void _Exit(int status);
int abs(int value);
long labs(long value);
long long llabs(long long value);
int atoi(const char *text);
long atol(const char *text);
long strtol(const char *text, char **end, int base);
unsigned long strtoul(const char *text, char **end, int base);
long long strtoll(const char *text, char **end, int base);
unsigned long long strtoull(const char *text, char **end, int base);
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
int rand(void);
void srand(unsigned seed);
char *getenv(const char *name);
#endif

#endif
