/*
 * One program of an object in the running kernel, through libbpf alone: loaded without the object's other programs, its maps
 * filled, run over packets with BPF_PROG_TEST_RUN on CPU 0, then every map read. In and out go lines of text.
 *
 *   test-run OBJECT list                 program NAME TYPE SECTION, for every program
 *   test-run OBJECT run NAME TYPE MODE [BTF]
 *                                        reads lines from standard input; MODE is `alone`, or `together`: where there are program
 *                                        arrays, with the programs of the same type, which fill them by name; CO-RE is
 *                                        relocated against the BTF of a file rather than the kernel's
 *
 * Input:   variable SECTION OFFSET BYTES before all else: a part of a data section as the program is loaded with
 *          element MAP KEY VALUE         before the first packet; the value is taken for every CPU
 *          until COUNT                   packets that run; the rest is not tried
 *          packet DATA CONTEXT           bytes as hexadecimal digits, or `-` for none
 *          often COUNT DATA CONTEXT      as packet, but COUNT times in one call, answered at once, and nobody reads events
 *          time WHAT COUNT DATA CONTEXT  answered at once; the packet COUNT times in one call, through the program, or where
 *                                        WHAT is `empty` through one of the same type that only returns 0
 *          calls WHAT COUNT DATA CONTEXT the same in COUNT calls, each with the packet as it is given
 * Output:  refused TEXT                  the object is not taken
 *          run RETURN-VALUE DATA CONTEXT, or failed NUMBER
 *          time NANOSECONDS RETURN-VALUE SIZE
 *                                        of all runs (processor time, or for calls what the kernel says), and the result of the
 *                                        last, or failed NUMBER
 *          entry MAP TYPE KEY VALUE      of all CPUs; inner maps have the key of the outer behind their name
 *          event MAP DATA                of ring buffers and perf event arrays
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LONGEST (1 << 20)
#define LARGEST_VALUE (1 << 22)
#define MOST_ENTRIES 65536

static char complaint[512];

static int keep_first_complaint(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char text[sizeof(complaint)];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = 0;
	if (!complaint[0] && !strstr(text, "skipping"))
		strcpy(complaint, text);
	return 0;
}

static void print_bytes(const unsigned char *bytes, size_t count)
{
	if (!count)
		putchar('-');
	for (size_t i = 0; i < count; i++)
		printf("%02x", bytes[i]);
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* The bytes of a word of digits, in memory of their own. */
static unsigned char *read_bytes(const char *digits, size_t *count)
{
	size_t length = strcmp(digits, "-") ? strlen(digits) / 2 : 0;
	unsigned char *bytes = calloc(1, length + 1);

	for (size_t i = 0; i < length; i++)
		bytes[i] = digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]);
	*count = length;
	return bytes;
}

static enum bpf_prog_type type_of_name(const char *name)
{
	for (int type = 1; libbpf_bpf_prog_type_str(type); type++)
		if (!strcmp(name, libbpf_bpf_prog_type_str(type)))
			return type;
	return BPF_PROG_TYPE_UNSPEC;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(bpf_program__name(*(struct bpf_program *const *)a), bpf_program__name(*(struct bpf_program *const *)b));
}

static void list(struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object)
		printf("program %s %s %s\n", bpf_program__name(program),
		       libbpf_bpf_prog_type_str(bpf_program__type(program)) ?: "unspec", bpf_program__section_name(program));
}

/* Free slots of a program array get the programs one after another. */
static void fill_program_array(struct bpf_map *map, struct bpf_program **programs, int count)
{
	__u32 slots = bpf_map__max_entries(map);

	for (__u32 i = 0; i < slots && i < (__u32)count; i++) {
		int fd = bpf_program__fd(programs[i]);
		__u32 id;

		if (bpf_map_lookup_elem(bpf_map__fd(map), &i, &id))
			bpf_map_update_elem(bpf_map__fd(map), &i, &fd, BPF_ANY);
	}
}

static int has_program_array(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
			return 1;
	return 0;
}

static size_t value_space(enum bpf_map_type type, size_t size)
{
	int is_per_cpu = type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
			 type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;

	return is_per_cpu ? (size + 7) / 8 * 8 * libbpf_num_possible_cpus() : size;
}

/* What a map refuses, as a full one does, it refuses of both objects. */
static void set_element(struct bpf_object *object, const char *name, const char *key_digits, const char *value_digits)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	size_t key_size, size, space;
	unsigned char *key = read_bytes(key_digits, &key_size), *value = read_bytes(value_digits, &size), *all;

	if (map && key_size == bpf_map__key_size(map) && size == bpf_map__value_size(map)) {
		space = value_space(bpf_map__type(map), size);
		all = calloc(1, space);
		for (size_t at = 0; at + size <= space; at += (size + 7) / 8 * 8)
			memcpy(all + at, value, size);
		bpf_map_update_elem(bpf_map__fd(map), key, all, BPF_ANY);
		free(all);
	}
	free(key);
	free(value);
}

/* False where the kernel refuses to run the packet. Some types of programs run only once and take no count but 0. */
static int run_packet(int fd, int repeat, const char *data_digits, const char *context_digits)
{
	static unsigned char data_out[LONGEST], context_out[4096];
	size_t size, context_size;
	unsigned char *data = read_bytes(data_digits, &size), *context = read_bytes(context_digits, &context_size);
	LIBBPF_OPTS(bpf_test_run_opts, options, .repeat = repeat);
	int result;

	if (size) {
		options.data_in = data;
		options.data_size_in = size;
		options.data_out = data_out;
		options.data_size_out = sizeof(data_out);
	}
	if (context_size) {
		options.ctx_in = context;
		options.ctx_size_in = context_size;
		options.ctx_out = context_out;
		options.ctx_size_out = sizeof(context_out);
	}
	result = bpf_prog_test_run_opts(fd, &options);
	if (result) {
		printf("failed %d\n", -result);
	} else {
		printf("run %u ", options.retval);
		print_bytes(data_out, options.data_size_out);
		putchar(' ');
		print_bytes(context_out, options.ctx_size_out);
		putchar('\n');
	}
	free(data);
	free(context);
	return !result;
}

static long long thread_nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/*
 * The kernel's own figure is in whole nanoseconds for one run, too coarse for short programs that are repeated; for one run in
 * a call it leaves out what the call costs, and the sum over many calls is fine enough.
 */
static void time_packet(int fd, int repeat, int calls, const char *data_digits, const char *context_digits)
{
	static unsigned char data_out[LONGEST];
	size_t size, context_size;
	unsigned char *data = read_bytes(data_digits, &size), *context = read_bytes(context_digits, &context_size);
	LIBBPF_OPTS(bpf_test_run_opts, options, .repeat = repeat);
	long long start, sum = 0;
	int result = 0;

	if (size) {
		options.data_in = data;
		options.data_size_in = size;
		options.data_out = data_out;
	}
	if (context_size) {
		options.ctx_in = context;
		options.ctx_size_in = context_size;
	}
	start = thread_nanoseconds();
	for (int i = 0; i < calls && !result; i++) {
		options.data_size_out = size ? sizeof(data_out) : 0;
		result = bpf_prog_test_run_opts(fd, &options);
		sum += options.duration;
	}
	if (result)
		printf("failed %d\n", -result);
	else
		printf("time %lld %u %u\n", calls > 1 ? sum : thread_nanoseconds() - start, options.retval,
		       options.data_size_out);
	fflush(stdout);
	free(data);
	free(context);
}

/* What only returns 0, of the type of a program. */
static int load_empty(const struct bpf_program *like)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = bpf_program__expected_attach_type(like));

	return bpf_prog_load(bpf_program__type(like), "empty", "GPL", code, 2, &options);
}

static void print_entry(const char *name, int type, const void *key, size_t key_size, const void *value, size_t size)
{
	printf("entry %s %d ", name, type);
	print_bytes(key, key_size);
	putchar(' ');
	print_bytes(value, size);
	putchar('\n');
}

/* The value of a program array is an id, which says less than the program's name. */
static void print_program(const char *name, int type, const void *key, size_t key_size, __u32 id)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
		print_entry(name, type, key, key_size, info.name, strlen(info.name));
}

static void dump_queue(const char *name, int fd, int type, size_t size)
{
	static unsigned char value[LARGEST_VALUE];

	for (unsigned i = 0; i < MOST_ENTRIES && !bpf_map_lookup_and_delete_elem(fd, NULL, value); i++)
		print_entry(name, type, &i, sizeof(i), value, size);
}

static void dump(const char *name, int fd)
{
	struct bpf_map_info info = {};
	__u32 info_size = sizeof(info);
	unsigned char *key, *next, *value;
	int is_outer, more;

	if (bpf_obj_get_info_by_fd(fd, &info, &info_size))
		return;
	if (info.type == BPF_MAP_TYPE_QUEUE || info.type == BPF_MAP_TYPE_STACK) {
		dump_queue(name, fd, info.type, info.value_size);
		return;
	}
	if (!info.key_size || !info.value_size || value_space(info.type, info.value_size) > LARGEST_VALUE)
		return;
	is_outer = info.type == BPF_MAP_TYPE_ARRAY_OF_MAPS || info.type == BPF_MAP_TYPE_HASH_OF_MAPS;
	key = calloc(1, info.key_size);
	next = calloc(1, info.key_size);
	value = calloc(1, value_space(info.type, info.value_size));
	more = !bpf_map_get_next_key(fd, NULL, next);
	for (int i = 0; more && i < MOST_ENTRIES; i++) {
		memcpy(key, next, info.key_size);
		if (!bpf_map_lookup_elem(fd, key, value)) {
			char inner_name[256];
			int inner = is_outer ? bpf_map_get_fd_by_id(*(__u32 *)value) : -1;

			snprintf(inner_name, sizeof(inner_name), "%s/%08x", name, info.key_size >= 4 ? *(__u32 *)key : *key);
			if (is_outer)
				dump(inner_name, inner);
			else if (info.type == BPF_MAP_TYPE_PROG_ARRAY)
				print_program(name, info.type, key, info.key_size, *(__u32 *)value);
			else
				print_entry(name, info.type, key, info.key_size, value, value_space(info.type, info.value_size));
		}
		more = !bpf_map_get_next_key(fd, key, next);
	}
	free(key);
	free(next);
	free(value);
}

static int print_event(void *name, void *data, size_t size)
{
	printf("event %s ", (const char *)name);
	print_bytes(data, size);
	putchar('\n');
	return 0;
}

static void print_perf_event(void *name, int cpu, void *data, __u32 size)
{
	(void)cpu;
	print_event(name, data, size);
}

struct reader {
	struct ring_buffer *ring;
	struct perf_buffer *perf;
};

/* Perf event arrays take events only while someone reads them: before the packets run. */
static struct reader reader_of(struct bpf_map *map)
{
	void *name = (void *)bpf_map__name(map);
	struct reader reader = {};

	if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
		reader.ring = ring_buffer__new(bpf_map__fd(map), print_event, name, NULL);
	if (bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		reader.perf = perf_buffer__new(bpf_map__fd(map), 64, print_perf_event, NULL, name, NULL);
	return reader;
}

/* Sets a part of a data section; sections' maps have the object's name before them, unless they are ones of the user's own. */
static void set_variable(struct bpf_object *object, const char *section, size_t offset, const char *digits)
{
	struct bpf_map *map;
	size_t size, count;
	unsigned char *bytes = read_bytes(digits, &count);

	bpf_object__for_each_map(map, object) {
		const char *name = bpf_map__name(map);
		const void *data = bpf_map__is_internal(map) ? bpf_map__initial_value(map, &size) : NULL;

		if (data && strchr(name, '.') && !strcmp(strchr(name, '.'), section) && offset + count <= size) {
			char *changed = malloc(size);

			memcpy(changed, data, size);
			memcpy(changed + offset, bytes, count);
			bpf_map__set_initial_value(map, changed, size);
			free(changed);
		}
	}
	free(bytes);
}

/* Takes the lines about variables, which come first. */
static void set_variables(struct bpf_object *object)
{
	char section[256], *digits = malloc(LONGEST);
	size_t offset;

	while (scanf(" variable %255s %zu %1048575s", section, &offset, digits) == 3)
		set_variable(object, section, offset, digits);
	free(digits);
}

static void run_lines(struct bpf_object *object, struct bpf_program *program)
{
	struct reader readers[64] = {};
	struct bpf_map *map;
	int count = 0, has_run = 0, missing = INT_MAX, fds[2] = { bpf_program__fd(program), -1 };
	char *line = NULL;
	size_t space = 0;

	while (getline(&line, &space, stdin) > 0) {
		char *word[5] = { strtok(line, " \n"), strtok(NULL, " \n"), strtok(NULL, " \n"), strtok(NULL, " \n"),
				  strtok(NULL, " \n") };

		if (word[0] && !strcmp(word[0], "element") && word[3]) {
			set_element(object, word[1], word[2], word[3]);
		} else if (word[0] && !strcmp(word[0], "until") && word[1]) {
			missing = atoi(word[1]);
		} else if (word[0] && !strcmp(word[0], "often") && word[3]) {
			run_packet(fds[0], atoi(word[1]), word[2], word[3]);
			fflush(stdout);
		} else if (word[0] && (!strcmp(word[0], "time") || !strcmp(word[0], "calls")) && word[4]) {
			int is_one_call = !strcmp(word[0], "time"), is_empty = !strcmp(word[1], "empty"), runs = atoi(word[2]);

			if (is_empty && fds[1] < 0)
				fds[1] = load_empty(program);
			time_packet(fds[is_empty], is_one_call ? runs : 1, is_one_call ? 1 : runs, word[3], word[4]);
		} else if (word[0] && !strcmp(word[0], "packet") && word[2] && missing > 0) {
			if (!has_run++)
				bpf_object__for_each_map(map, object)
					if (count < 64)
						readers[count++] = reader_of(map);
			missing -= run_packet(bpf_program__fd(program), 0, word[1], word[2]);
			for (int i = 0; i < count; i++)
				if (readers[i].perf)
					perf_buffer__consume(readers[i].perf);
		}
	}
	free(line);
	for (int i = 0; i < count; i++) {
		if (readers[i].ring)
			ring_buffer__consume(readers[i].ring);
		ring_buffer__free(readers[i].ring);
		perf_buffer__free(readers[i].perf);
	}
	bpf_object__for_each_map(map, object)
		if (bpf_map__fd(map) >= 0)
			dump(bpf_map__name(map), bpf_map__fd(map));
}

/* Chooses what is loaded, and keeps maps from being shared through pins. */
static int prepare(struct bpf_object *object, struct bpf_program *wanted, enum bpf_prog_type type, int together)
{
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_program__set_type(wanted, type);
	bpf_object__for_each_program(program, object) {
		int is_alike = together && (bpf_program__type(program) == type ||
					    bpf_program__type(program) == BPF_PROG_TYPE_UNSPEC);

		if (is_alike)
			bpf_program__set_type(program, type);
		bpf_program__set_autoload(program, program == wanted || is_alike);
	}
	bpf_object__for_each_map(map, object) {
		enum bpf_map_type map_type = bpf_map__type(map);

		bpf_map__set_pin_path(map, NULL);
		if (map_type == BPF_MAP_TYPE_STRUCT_OPS)
			bpf_map__set_autocreate(map, false);
		/* User space chooses the size; one element is enough for most. */
		if (!bpf_map__max_entries(map) && bpf_map__value_size(map) && map_type != BPF_MAP_TYPE_SK_STORAGE &&
		    map_type != BPF_MAP_TYPE_TASK_STORAGE && map_type != BPF_MAP_TYPE_INODE_STORAGE &&
		    map_type != BPF_MAP_TYPE_CGROUP_STORAGE && map_type != BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE)
			bpf_map__set_max_entries(map, 1);
	}
	return bpf_object__load(object);
}

static int run(struct bpf_object *object, const char *name, const char *type_name, int together)
{
	struct bpf_program *wanted = bpf_object__find_program_by_name(object, name), *program, *programs[256];
	struct bpf_map *map;
	int count = 0;

	if (!wanted) {
		printf("refused no program of this name\n");
		return 1;
	}
	set_variables(object);
	if (prepare(object, wanted, type_of_name(type_name), together)) {
		printf("refused %s\n", complaint);
		return 1;
	}
	if (together) {
		bpf_object__for_each_program(program, object)
			if (count < 256 && bpf_program__fd(program) >= 0)
				programs[count++] = program;
		qsort(programs, count, sizeof(*programs), by_name);
		bpf_object__for_each_map(map, object)
			if (bpf_map__type(map) == BPF_MAP_TYPE_PROG_ARRAY)
				fill_program_array(map, programs, count);
	}
	run_lines(object, wanted);
	return 0;
}

int main(int count, char **words)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = count == 7 ? words[6] : NULL);
	struct bpf_object *object;
	cpu_set_t first;

	if (count != 3 && count != 6 && count != 7)
		return 2;
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	libbpf_set_print(keep_first_complaint);
	object = bpf_object__open_file(words[1], &options);
	if (!object) {
		printf("refused %s\n", complaint);
		return 1;
	}
	if (count == 3) {
		list(object);
		return 0;
	}
	return run(object, words[3], words[4], !strcmp(words[5], "together") && has_program_array(object));
}
