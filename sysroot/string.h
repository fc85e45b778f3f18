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

#ifdef __BPFCC_HOSTED__
void *memchr(const void *from, int value, size_t size);
char *strcpy(char *to, const char *from);
char *strncpy(char *to, const char *from, size_t size);
char *strcat(char *to, const char *from);
char *strncat(char *to, const char *from, size_t size);
char *strchr(const char *text, int value);
char *strrchr(const char *text, int value);
char *strstr(const char *text, const char *wanted);
char *strpbrk(const char *text, const char *set);
size_t strspn(const char *text, const char *set);
size_t strcspn(const char *text, const char *set);
size_t strnlen(const char *text, size_t size);
char *strdup(const char *text);
char *stpcpy(char *to, const char *from);
void *mempcpy(void *to, const void *from, size_t size);
#endif

#endif
