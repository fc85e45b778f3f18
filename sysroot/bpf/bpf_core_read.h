/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: CO-RE: reads and questions that the loader fits to the layout of the running kernel. */
#ifndef BPFCC_BPF_BPF_CORE_READ_H
#define BPFCC_BPF_BPF_CORE_READ_H

#include "bpf_helpers.h"

/* Second argument of __builtin_preserve_field_info. */
enum bpf_field_info_kind {
	BPF_FIELD_BYTE_OFFSET = 0,
	BPF_FIELD_BYTE_SIZE = 1,
	BPF_FIELD_EXISTS = 2,
	BPF_FIELD_SIGNED = 3,
	BPF_FIELD_LSHIFT_U64 = 4,
	BPF_FIELD_RSHIFT_U64 = 5,
};

/* Second argument of __builtin_btf_type_id. */
enum bpf_type_id_kind {
	BPF_TYPE_ID_LOCAL = 0,
	BPF_TYPE_ID_TARGET = 1,
};

/* Second argument of __builtin_preserve_type_info. */
enum bpf_type_info_kind {
	BPF_TYPE_EXISTS = 0,
	BPF_TYPE_SIZE = 1,
	BPF_TYPE_MATCHES = 2,
};

/* Second argument of __builtin_preserve_enum_value. */
enum bpf_enum_value_kind {
	BPF_ENUMVAL_EXISTS = 0,
	BPF_ENUMVAL_VALUE = 1,
};

#define __CORE_RELO(src, field, info) __builtin_preserve_field_info((src)->field, BPF_FIELD_##info)

/*
 * Bit fields. The kernel's LSHIFT_U64 and RSHIFT_U64 move the field to the top of 64 bits and back down, which also
 * extends the sign. The bytes are read into the part of the value where they count on this byte order.
 */
#define ___bpf_bitfield_extract(value, s, field) \
	({ \
		(value) <<= __CORE_RELO(s, field, LSHIFT_U64); \
		if (__CORE_RELO(s, field, SIGNED)) \
			(value) = ((long long)(value)) >> __CORE_RELO(s, field, RSHIFT_U64); \
		else \
			(value) = (value) >> __CORE_RELO(s, field, RSHIFT_U64); \
		(value); \
	})

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define __CORE_BITFIELD_PROBE_READ(dst, src, field) \
	bpf_probe_read_kernel((void *)(dst), __CORE_RELO(src, field, BYTE_SIZE), \
			      (const void *)(src) + __CORE_RELO(src, field, BYTE_OFFSET))
#else
#define __CORE_BITFIELD_PROBE_READ(dst, src, field) \
	bpf_probe_read_kernel((void *)(dst) + (8 - __CORE_RELO(src, field, BYTE_SIZE)), \
			      __CORE_RELO(src, field, BYTE_SIZE), \
			      (const void *)(src) + __CORE_RELO(src, field, BYTE_OFFSET))
#endif

/* For any pointer: reads by helper. */
#define BPF_CORE_READ_BITFIELD_PROBED(s, field) \
	({ \
		unsigned long long ___bits = 0; \
		__CORE_BITFIELD_PROBE_READ(&___bits, s, field); \
		___bpf_bitfield_extract(___bits, s, field); \
	})

/* For pointers that the program may follow directly. */
#define BPF_CORE_READ_BITFIELD(s, field) \
	({ \
		const void *___at = (const void *)(s) + __CORE_RELO(s, field, BYTE_OFFSET); \
		unsigned long long ___bits = 0; \
		barrier_var(___at); \
		switch (__CORE_RELO(s, field, BYTE_SIZE)) { \
		case 1: \
			___bits = *(const unsigned char *)___at; \
			break; \
		case 2: \
			___bits = *(const unsigned short *)___at; \
			break; \
		case 4: \
			___bits = *(const unsigned int *)___at; \
			break; \
		case 8: \
			___bits = *(const unsigned long long *)___at; \
			break; \
		} \
		___bpf_bitfield_extract(___bits, s, field); \
	})

#define BPF_CORE_WRITE_BITFIELD(s, field, new_val) \
	({ \
		void *___at = (void *)(s) + __CORE_RELO(s, field, BYTE_OFFSET); \
		unsigned int ___bytes = __CORE_RELO(s, field, BYTE_SIZE); \
		unsigned int ___left = __CORE_RELO(s, field, LSHIFT_U64); \
		unsigned int ___right = __CORE_RELO(s, field, RSHIFT_U64); \
		unsigned int ___low = ___right - ___left; \
		unsigned long long ___mask = (~0ULL << ___right) >> ___left; \
		unsigned long long ___bits = 0, ___new = (new_val); \
		barrier_var(___at); \
		switch (___bytes) { \
		case 1: \
			___bits = *(unsigned char *)___at; \
			break; \
		case 2: \
			___bits = *(unsigned short *)___at; \
			break; \
		case 4: \
			___bits = *(unsigned int *)___at; \
			break; \
		case 8: \
			___bits = *(unsigned long long *)___at; \
			break; \
		} \
		___bits = (___bits & ~___mask) | ((___new << ___low) & ___mask); \
		switch (___bytes) { \
		case 1: \
			*(unsigned char *)___at = ___bits; \
			break; \
		case 2: \
			*(unsigned short *)___at = ___bits; \
			break; \
		case 4: \
			*(unsigned int *)___at = ___bits; \
			break; \
		case 8: \
			*(unsigned long long *)___at = ___bits; \
			break; \
		} \
	})

/* A field is `ptr->member`, or a type and a member. */
#define ___bpf_field_ref1(field) (field)
#define ___bpf_field_ref2(type, field) (((typeof(type) *)0)->field)
#define ___bpf_field_ref(args...) ___bpf_apply(___bpf_field_ref, ___bpf_narg(args))(args)

#define bpf_core_field_exists(field...) \
	__builtin_preserve_field_info(___bpf_field_ref(field), BPF_FIELD_EXISTS)
#define bpf_core_field_size(field...) \
	__builtin_preserve_field_info(___bpf_field_ref(field), BPF_FIELD_BYTE_SIZE)
#define bpf_core_field_offset(field...) \
	__builtin_preserve_field_info(___bpf_field_ref(field), BPF_FIELD_BYTE_OFFSET)

/* Types and enumerators are named through a pointer made of thin air, which is never followed. */
#define ___bpf_any(type) (*(typeof(type) *)0)
#define ___bpf_enumerator(type, value) (*(typeof(type) *)value)

#define bpf_core_type_id_local(type) __builtin_btf_type_id(___bpf_any(type), BPF_TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(___bpf_any(type), BPF_TYPE_ID_TARGET)
#define bpf_core_type_exists(type) __builtin_preserve_type_info(___bpf_any(type), BPF_TYPE_EXISTS)
#define bpf_core_type_matches(type) __builtin_preserve_type_info(___bpf_any(type), BPF_TYPE_MATCHES)
#define bpf_core_type_size(type) __builtin_preserve_type_info(___bpf_any(type), BPF_TYPE_SIZE)
#define bpf_core_enum_value_exists(enum_type, enum_value) \
	__builtin_preserve_enum_value(___bpf_enumerator(enum_type, enum_value), BPF_ENUMVAL_EXISTS)
#define bpf_core_enum_value(enum_type, enum_value) \
	__builtin_preserve_enum_value(___bpf_enumerator(enum_type, enum_value), BPF_ENUMVAL_VALUE)

/* Reads whose source address is relocated. */
#define ___bpf_relocated(src) ((const void *)__builtin_preserve_access_index(src))
#define bpf_core_read(dst, sz, src) bpf_probe_read_kernel(dst, sz, ___bpf_relocated(src))
#define bpf_core_read_user(dst, sz, src) bpf_probe_read_user(dst, sz, ___bpf_relocated(src))
#define bpf_core_read_str(dst, sz, src) bpf_probe_read_kernel_str(dst, sz, ___bpf_relocated(src))
#define bpf_core_read_user_str(dst, sz, src) bpf_probe_read_user_str(dst, sz, ___bpf_relocated(src))

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/* The pointer as the kernel type `type`, readable without helpers. */
#define bpf_core_cast(ptr, type) \
	((typeof(type) *)bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(type)))

/*
 * BPF_CORE_READ(src, a, b, c) is src->a->b->c. Every arrow but the last reads a pointer into ___hop; `path` carries the
 * expression as the types see it, `from` where the next read starts.
 */
#define ___bpf_walk1(hop, last, dst, path, from, field) \
	last((void *)(dst), sizeof(*(dst)), &((typeof(path))(from))->field)
#define ___bpf_walk2(hop, last, dst, path, from, field, rest...) \
	hop((void *)&___hop, sizeof(___hop), &((typeof(path))(from))->field); \
	___bpf_walk1(hop, last, dst, path->field, ___hop, rest)
#define ___bpf_walk3(hop, last, dst, path, from, field, rest...) \
	hop((void *)&___hop, sizeof(___hop), &((typeof(path))(from))->field); \
	___bpf_walk2(hop, last, dst, path->field, ___hop, rest)
#define ___bpf_walk4(hop, last, dst, path, from, field, rest...) \
	hop((void *)&___hop, sizeof(___hop), &((typeof(path))(from))->field); \
	___bpf_walk3(hop, last, dst, path->field, ___hop, rest)
#define ___bpf_walk5(hop, last, dst, path, from, field, rest...) \
	hop((void *)&___hop, sizeof(___hop), &((typeof(path))(from))->field); \
	___bpf_walk4(hop, last, dst, path->field, ___hop, rest)
#define ___bpf_walk6(hop, last, dst, path, from, field, rest...) \
	hop((void *)&___hop, sizeof(___hop), &((typeof(path))(from))->field); \
	___bpf_walk5(hop, last, dst, path->field, ___hop, rest)
#define ___bpf_walk7(hop, last, dst, path, from, field, rest...) \
	hop((void *)&___hop, sizeof(___hop), &((typeof(path))(from))->field); \
	___bpf_walk6(hop, last, dst, path->field, ___hop, rest)
#define ___bpf_walk8(hop, last, dst, path, from, field, rest...) \
	hop((void *)&___hop, sizeof(___hop), &((typeof(path))(from))->field); \
	___bpf_walk7(hop, last, dst, path->field, ___hop, rest)
#define ___bpf_walk9(hop, last, dst, path, from, field, rest...) \
	hop((void *)&___hop, sizeof(___hop), &((typeof(path))(from))->field); \
	___bpf_walk8(hop, last, dst, path->field, ___hop, rest)
#define ___bpf_walk10(hop, last, dst, path, from, field, rest...) \
	hop((void *)&___hop, sizeof(___hop), &((typeof(path))(from))->field); \
	___bpf_walk9(hop, last, dst, path->field, ___hop, rest)

#define ___bpf_path1(path, field) path->field
#define ___bpf_path2(path, field, rest...) ___bpf_path1(path->field, rest)
#define ___bpf_path3(path, field, rest...) ___bpf_path2(path->field, rest)
#define ___bpf_path4(path, field, rest...) ___bpf_path3(path->field, rest)
#define ___bpf_path5(path, field, rest...) ___bpf_path4(path->field, rest)
#define ___bpf_path6(path, field, rest...) ___bpf_path5(path->field, rest)
#define ___bpf_path7(path, field, rest...) ___bpf_path6(path->field, rest)
#define ___bpf_path8(path, field, rest...) ___bpf_path7(path->field, rest)
#define ___bpf_path9(path, field, rest...) ___bpf_path8(path->field, rest)
#define ___bpf_path10(path, field, rest...) ___bpf_path9(path->field, rest)

#define ___bpf_read_into(hop, last, dst, src, fields...) \
	({ \
		const void *___hop __attribute__((unused)); \
		___bpf_apply(___bpf_walk, ___bpf_narg(fields))(hop, last, dst, (src), (src), fields); \
	})
#define ___bpf_read_value(hop, src, fields...) \
	({ \
		typeof(___bpf_apply(___bpf_path, ___bpf_narg(fields))((src), fields)) ___value; \
		___bpf_read_into(hop, hop, &___value, src, fields); \
		___value; \
	})

#define BPF_CORE_READ_INTO(dst, src, a, ...) ___bpf_read_into(bpf_core_read, bpf_core_read, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_STR_INTO(dst, src, a, ...) ___bpf_read_into(bpf_core_read, bpf_core_read_str, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ(src, a, ...) ___bpf_read_value(bpf_core_read, src, a, ##__VA_ARGS__)

#define BPF_CORE_READ_USER_INTO(dst, src, a, ...) ___bpf_read_into(bpf_core_read_user, bpf_core_read_user, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER_STR_INTO(dst, src, a, ...) ___bpf_read_into(bpf_core_read_user, bpf_core_read_user_str, dst, src, a, ##__VA_ARGS__)
#define BPF_CORE_READ_USER(src, a, ...) ___bpf_read_value(bpf_core_read_user, src, a, ##__VA_ARGS__)

#define BPF_PROBE_READ_INTO(dst, src, a, ...) ___bpf_read_into(bpf_probe_read_kernel, bpf_probe_read_kernel, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_STR_INTO(dst, src, a, ...) ___bpf_read_into(bpf_probe_read_kernel, bpf_probe_read_kernel_str, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ(src, a, ...) ___bpf_read_value(bpf_probe_read_kernel, src, a, ##__VA_ARGS__)

#define BPF_PROBE_READ_USER_INTO(dst, src, a, ...) ___bpf_read_into(bpf_probe_read_user, bpf_probe_read_user, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, a, ...) ___bpf_read_into(bpf_probe_read_user, bpf_probe_read_user_str, dst, src, a, ##__VA_ARGS__)
#define BPF_PROBE_READ_USER(src, a, ...) ___bpf_read_value(bpf_probe_read_user, src, a, ##__VA_ARGS__)

#endif
