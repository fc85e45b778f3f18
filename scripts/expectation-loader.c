/*
 * Loads one program of an object as the kernel's selftests load theirs (tools/testing/selftests/bpf/test_loader.c): it alone,
 * with the auxiliary programs, with a log level and flags of its own; and runs it once over 64 zero bytes when that is asked.
 *
 *   expectation-loader OBJECT PROGRAM LOG-LEVEL FLAGS-SET FLAGS-CLEARED RUN [AUXILIARY...]
 *
 * Prints `load ERROR run ERROR RETURN-VALUE` and behind it the verifier's log; libbpf's complaints go to the error output.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_SIZE (16 << 20)
#define PACKET_SIZE 64

/* Flags of struct bpf_prog_load, from include/uapi/linux/bpf.h; older headers lack some. */
#define TEST_RND_HI32 (1U << 2)
#define TEST_REG_INVARIANTS (1U << 7)

/* The flags that the selftests give every program: those of the two that this kernel knows. */
static unsigned int testing_flags(void)
{
	/* r0 = 0; exit */
	const struct bpf_insn code[] = { { .code = 0xb7 }, { .code = 0x95 } };
	const unsigned int wanted[] = { TEST_RND_HI32 | TEST_REG_INVARIANTS, TEST_RND_HI32 };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = wanted[i]);
		if (bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "", "GPL", code, 2, &options) >= 0)
			return wanted[i];
	}
	return 0;
}

/* Programs of type syscall take no packet. */
static int run(struct bpf_program *program, unsigned int *returned)
{
	char in[PACKET_SIZE] = { 0 }, out[4 * PACKET_SIZE];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = in, .data_size_in = sizeof(in), .data_out = out,
		    .data_size_out = sizeof(out), .repeat = 1);
	LIBBPF_OPTS(bpf_test_run_opts, empty);
	struct bpf_test_run_opts *used = bpf_program__type(program) == BPF_PROG_TYPE_SYSCALL ? &empty : &options;
	int error = bpf_prog_test_run_opts(bpf_program__fd(program), used);

	*returned = used->retval;
	return error;
}

static int is_one_of(const char *name, char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_program *program, *wanted = NULL;
	struct bpf_object *object;
	unsigned int returned = 0, flags;
	int load_error, run_error = 0;
	char *log = calloc(LOG_SIZE, 1);

	if (argc < 7 || log == NULL) {
		fprintf(stderr, "usage: expectation-loader OBJECT PROGRAM LOG-LEVEL SET CLEARED RUN [AUXILIARY...]\n");
		return 2;
	}
	object = bpf_object__open_file(argv[1], NULL);
	if (object == NULL) {
		printf("load %d run 0 0\n", -errno);
		return 0;
	}
	bpf_object__for_each_program(program, object) {
		const char *name = bpf_program__name(program);

		if (strcmp(name, argv[2]) == 0)
			wanted = program;
		bpf_program__set_autoload(program, program == wanted || is_one_of(name, argv + 7, argc - 7));
	}
	if (wanted == NULL) {
		fprintf(stderr, "no program %s in %s\n", argv[2], argv[1]);
		return 2;
	}
	flags = (testing_flags() | strtoul(argv[4], NULL, 0)) & ~strtoul(argv[5], NULL, 0);
	bpf_program__set_flags(wanted, bpf_program__flags(wanted) | flags);
	bpf_program__set_log_buf(wanted, log, LOG_SIZE);
	bpf_program__set_log_level(wanted, strtoul(argv[3], NULL, 0));
	load_error = bpf_object__load(object);
	if (load_error == 0 && atoi(argv[6]))
		run_error = run(wanted, &returned);
	printf("load %d run %d %d\n%s", load_error, run_error, (int)returned, log);
	bpf_object__close(object);
	return 0;
}
