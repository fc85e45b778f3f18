/*
 * A plain eBPF interpreter in C, for `npm run bench` only: what a switch over opcodes does when a compiler for the host makes
 * it. It knows the instructions of the benchmark's loops and stops at any other.
 *
 *   interpreter FILE     runs the code, prints instructions and seconds
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct insn {
	uint8_t code;
	uint8_t registers;
	int16_t off;
	int32_t imm;
};

static struct insn program[256];
static uint64_t stack[64], data[8];

static uint64_t run(uint64_t *steps)
{
	uint64_t r[11] = { 0 };
	const struct insn *at = program;
	uint64_t count = 0;

	r[6] = (uint64_t)(uintptr_t)data;
	r[10] = (uint64_t)(uintptr_t)(stack + 64);
	for (;; at++) {
		uint64_t *dst = &r[at->registers & 15];
		uint64_t src = r[at->registers >> 4];

		count++;
		switch (at->code) {
		case 0xb7: *dst = (int64_t)at->imm; break;
		case 0xbf: *dst = src; break;
		case 0xbc: *dst = (uint32_t)src; break;
		case 0x07: *dst += (int64_t)at->imm; break;
		case 0x0f: *dst += src; break;
		case 0x04: *dst = (uint32_t)(*dst + at->imm); break;
		case 0x57: *dst &= (int64_t)at->imm; break;
		case 0xaf: *dst ^= src; break;
		case 0x7b: memcpy((char *)(uintptr_t)*dst + at->off, &src, 8); break;
		case 0x63: memcpy((char *)(uintptr_t)*dst + at->off, &src, 4); break;
		case 0x79: memcpy(dst, (char *)(uintptr_t)src + at->off, 8); break;
		case 0x61: *dst = 0; memcpy(dst, (char *)(uintptr_t)src + at->off, 4); break;
		case 0x5d: if (*dst != src) at += at->off; break;
		case 0x95: *steps = count; return r[0];
		default: fprintf(stderr, "opcode %02x\n", at->code); *steps = 0; return 0;
		}
	}
}

int main(int argc, char **argv)
{
	FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
	struct timespec start, end;
	uint64_t steps, result;

	if (!file || !fread(program, sizeof(program[0]), 256, file))
		return 1;
	result = run(&steps);
	clock_gettime(CLOCK_MONOTONIC, &start);
	result += run(&steps);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%llu %f %llu\n", (unsigned long long)steps,
	       (end.tv_sec - start.tv_sec) + (end.tv_nsec - start.tv_nsec) / 1e9, (unsigned long long)result);
	return steps == 0;
}
