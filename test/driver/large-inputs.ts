/**
 * Programs that are large in one way each: many cases, many locals, deep nesting, and so on. Compile time is to grow as they grow.
 *
 * `scripts/scaling.js` compiles them at sizes that double and shows time and memory by stage and pass; the tests take them small.
 */

/** A program of about `n` of something. */
export interface Shape {
  readonly text: (n: number) => string;
  /** The size to begin measuring with: about a second's work or more. */
  readonly size: number;
}

const list = (count: number, item: (i: number) => string, separator = '\n') =>
  Array.from({ length: count }, (_, i) => item(i)).join(separator);

/** A program in a section of its own, with a parameter to compute with and memory to load from and store to. */
const program = (body: string, before = '') =>
  `${before}\nint data[4096];\nextern int other(int);\n__attribute__((section("socket"), noinline)) long f(unsigned *p, int a, int b) {\n${body}\n}\n`;

const maps = `#define SEC(n) __attribute__((section(n), used))
static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*update)(void *map, const void *key, const void *value, unsigned long flags) = (void *)2;
static unsigned (*random)(void) = (void *)7;
static long (*printk)(const char *fmt, unsigned size, ...) = (void *)6;
static unsigned long (*now)(void) = (void *)5;`;

export const shapes: Readonly<Record<string, Shape>> = {
  // Control flow.
  'switch-dense': {
    size: 20_000,
    text: (n) => program(`switch (a) {${list(n, (i) => `case ${i}: return ${i * 7 + 3};`)}} return 0;`),
  },
  'switch-sparse': {
    size: 10_000,
    text: (n) =>
      program(
        `long r = 0; switch (a) {${list(n, (i) => `case ${i * 37}: r += p[${i % 64}]; break;`)}} return r;`,
      ),
  },
  'switch-fall-through': {
    size: 10_000,
    text: (n) =>
      program(`long r = 0; switch (a) {${list(n, (i) => `case ${i}: r = r * 3 + p[${i % 64}];`)}} return r;`),
  },
  'switch-same': {
    size: 20_000,
    text: (n) =>
      program(`long r = 0; switch (a) {${list(n, (i) => `case ${i * 3}: r = ${i % 5}; break;`)}} return r;`),
  },
  ands: {
    size: 10_000,
    text: (n) => program(`if (${list(n, (i) => `p[${i}]`, ' && ')}) return 1; return 0;`),
  },
  'ors-of-ands': {
    size: 5_000,
    text: (n) =>
      program(`if (${list(n, (i) => `(p[${i}] && p[${i + 1}] > a)`, ' || ')}) return 1; return 0;`),
  },
  conditionals: {
    size: 10_000,
    text: (n) => program(`return ${list(n, (i) => `(p[${i}] > a ? b : ${i})`, ' + ')};`),
  },
  ifs: {
    size: 20_000,
    text: (n) => program(`long s = 0; ${list(n, (i) => `if (p[${i}] > a) s += ${i};`)} return s;`),
  },
  'ifs-on-one': {
    size: 20_000,
    text: (n) => program(`long s = 0; ${list(n, (i) => `if (a == ${i}) s ^= b + ${i};`)} return s;`),
  },
  'ifs-that-return': {
    size: 20_000,
    text: (n) => program(`${list(n, (i) => `if (p[${i}] > a) return ${i};`)} return 0;`),
  },
  'ifs-with-calls': {
    size: 10_000,
    text: (n) =>
      `${maps}\n${program(`long s = 0; ${list(n, (i) => `if (random() == ${i}) s += now();`)} return s;`)}`,
  },
  'ifs-that-store': {
    size: 10_000,
    text: (n) => program(`${list(n, (i) => `if (a > ${i}) p[${i}] = b;`)} return 0;`),
  },
  'else-ifs': {
    size: 10_000,
    text: (n) => program(`${list(n, (i) => `if (p[${i}] == ${i}) return ${i * 3}; else `)} return 0;`),
  },
  gotos: {
    size: 5_000,
    text: (n) =>
      program(
        `long s = 0; ${list(n, (i) => `l${i}: s += p[${i % 32}]; if (s == ${i}) goto l${(i * 7919) % n};`)} return s;`,
      ),
  },
  'state-machine': {
    size: 3_000,
    text: (n) =>
      program(
        `long s = 0; int state = a; for (int i = 0; i < 100; i++) switch (state) {${list(n, (i) => `case ${i}: s += ${i}; state = p[${i % 64}] ? ${(i * 31) % n} : ${(i + 1) % n}; break;`)}} return s;`,
      ),
  },
  'loops-in-a-row': {
    size: 4_000,
    text: (n) =>
      program(`long s = 0; ${list(n, (i) => `for (int i = 0; i < a; i++) s += p[i + ${i}];`)} return s;`),
  },
  'counted-loops': {
    size: 2_000,
    text: (n) =>
      program(`long s = 0; ${list(n, (i) => `for (int i = 0; i < 8; i++) s += p[i + ${i}];`)} return s;`),
  },
  'loops-nested': {
    size: 60,
    text: (n) =>
      program(
        `long s = 0; ${list(n, (i) => `for (int i${i} = 0; i${i} < a; i${i}++) {`)} s += p[s & 7]; ${'}'.repeat(n)} return s;`,
      ),
  },
  'loops-nested-unrolled': {
    size: 60,
    text: (n) =>
      program(
        `long s = 0; ${list(n, (i) => `_Pragma("unroll") for (int i${i} = 0; i${i} < 4; i${i}++) {`)} s += p[i${n - 1}]; ${'}'.repeat(n)} return s;`,
      ),
  },
  'blocks-nested': {
    size: 60,
    text: (n) =>
      program(
        `${list(n, (i) => `{ int v${i} = a + ${i}; if (p[v${i}]) {`)} b++; ${'}}'.repeat(n)} return b;`,
      ),
  },
  phis: {
    size: 1_000,
    text: (n) =>
      program(
        `${list(n, (i) => `int v${i} = p[${i}];`)} if (a) { ${list(n, (i) => `v${i} += b;`)} } else { ${list(n, (i) => `v${i} ^= a;`)} } long s = 0; ${list(n, (i) => `s = s * 3 + v${i};`)} return s;`,
      ),
  },
  'phis-of-a-loop': {
    size: 500,
    text: (n) =>
      program(
        `${list(n, (i) => `int v${i} = p[${i}];`)} for (int i = 0; i < a; i++) { ${list(n, (i) => `v${i} += v${(i + 1) % n};`)} } long s = 0; ${list(n, (i) => `s = s * 3 + v${i};`)} return s;`,
      ),
  },
  'phis-of-many-joins': {
    size: 100,
    text: (n) =>
      program(
        `${list(n, (i) => `int v${i} = p[${i}];`)} ${list(n, (j) => `if (p[${j}] & 1) { ${list(n, (i) => `v${i} += ${j};`)} }`)} long s = 0; ${list(n, (i) => `s = s * 3 + v${i};`)} return s;`,
      ),
  },
  // Straight-line code.
  locals: {
    size: 20_000,
    text: (n) =>
      program(`${list(n, (i) => `long v${i} = p[${i}];`)} return ${list(n, (i) => `v${i}`, ' + ')};`),
  },
  'locals-of-constants': {
    size: 20_000,
    text: (n) =>
      program(`${list(n, (i) => `long v${i} = a + ${i};`)} return ${list(n, (i) => `v${i}`, ' ^ ')};`),
  },
  arithmetic: {
    size: 50_000,
    text: (n) => program(`unsigned long x = a; ${list(n, (i) => `x = x * 3 + ${i};`)} return x;`),
  },
  'arithmetic-by-halves': {
    size: 20_000,
    text: (n) =>
      program(`unsigned short x = a; ${list(n, (i) => `x = (x >> 1) ^ (x * b) ^ ${i};`)} return x;`),
  },
  stores: { size: 20_000, text: (n) => program(`${list(n, (i) => `p[${i}] = a + ${i};`)} return 0;`) },
  'stores-of-bytes': {
    size: 10_000,
    text: (n) => program(`unsigned char *c = (void *)p; ${list(n, (i) => `c[${i}] = ${i % 7};`)} return 0;`),
  },
  'copies-of-bytes': {
    size: 10_000,
    text: (n) =>
      program(
        `unsigned char *c = (void *)p, *d = (void *)data; ${list(n, (i) => `c[${i}] = d[${i}];`)} return 0;`,
      ),
  },
  loads: {
    size: 20_000,
    text: (n) => program(`long s = 0; ${list(n, (i) => `s += p[${i % 1000}];`)} return s;`),
  },
  'loads-and-stores': {
    size: 10_000,
    text: (n) =>
      program(`${list(n, (i) => `data[${i % 512}] = p[${i % 300}] + data[${(i * 7) % 512}];`)} return 0;`),
  },
  updates: { size: 10_000, text: (n) => program(`${list(n, (i) => `p[${i % 100}] += a;`)} return 0;`) },
  calls: {
    size: 10_000,
    text: (n) => `${maps}\n${program(`long s = 0; ${list(n, () => `s += random();`)} return s;`)}`,
  },
  prints: {
    size: 4_000,
    text: (n) =>
      `${maps}\n${program(`${list(n, (i) => `{ char fmt[] = "value %d of ${i}"; printk(fmt, sizeof fmt, a); }`)} return 0;`)}`,
  },
  lookups: {
    size: 4_000,
    text: (n) =>
      `${maps}\nstruct { int (*type)[1]; int *key; long *value; int (*max_entries)[8]; } m SEC(".maps");\n${program(`long s = 0; ${list(n, (i) => `{ int k = ${i}; long *v = lookup(&m, &k); if (v) s += *v; }`)} return s;`)}`,
  },
  'structs-copied': {
    size: 2_000,
    text: (n) =>
      program(
        `${list(n, (i) => `data2[${i % 8}] = data2[${(i * 3 + 1) % 8}];`)} return 0;`,
        'struct s { int x[40]; } data2[8];',
      ),
  },
  'structs-through-locals': {
    size: 1_000,
    text: (n) =>
      program(
        `${list(n, (i) => `{ struct s t = data2[${i % 8}]; t.x[3] += a; data2[${(i * 3 + 1) % 8}] = t; }`)} return 0;`,
        'struct s { int x[12]; } data2[8];',
      ),
  },
  'memory-builtins': {
    size: 2_000,
    text: (n) =>
      program(
        `${list(n, (i) => `__builtin_memcpy(p + ${i * 8}, data + ${i}, 32); __builtin_memset(p + ${i * 8 + 4}, 0, 12);`)} return 0;`,
      ),
  },
  'bit-fields': {
    size: 5_000,
    text: (n) =>
      program(
        `${list(n, (i) => `q[${i % 50}].${'abc'[i % 3]} = q[${(i * 7) % 50}].${'abc'[(i + 1) % 3]} + a;`)} return 0;`,
        'struct s { unsigned a : 3, b : 7, c : 13; } q[50];',
      ),
  },
  'arrays-on-the-stack': {
    size: 5_000,
    text: (n) =>
      program(
        `long s = 0; ${list(n, (i) => `{ int t[16] = {${i}}; t[p[${i}] & 15] = a; s += t[b & 15]; }`)} return s;`,
      ),
  },
  'too-many-locals': {
    size: 5_000,
    text: (n) =>
      `${maps}\n${program(`${list(n, (i) => `int v${i} = p[${i}];`)} random(); return ${list(n, (i) => `v${i}`, ' + ')};`)}`,
  },
  'volatile-locals': {
    size: 5_000,
    text: (n) => program(`${list(n, (i) => `volatile int v${i} = p[${i}];`)} return v0;`),
  },
  'statement-expressions': {
    size: 10_000,
    text: (n) =>
      program(`long s = 0; ${list(n, (i) => `s += ({ int t = p[${i}]; t > a ? t : a; });`)} return s;`),
  },
  assembly: {
    size: 10_000,
    text: (n) => program(`long s = a; ${list(n, () => `asm volatile("%0 += 1" : "+r"(s));`)} return s;`),
  },
  atomics: {
    size: 5_000,
    text: (n) => program(`${list(n, (i) => `__sync_fetch_and_add(&p[${i % 64}], a);`)} return 0;`),
  },
  'core-accesses': {
    size: 5_000,
    text: (n) =>
      program(
        `struct t *t = (void *)p; long s = 0; ${list(n, (i) => `s += *(int *)__builtin_preserve_access_index(&t->m${i % 50});`)} return s;`,
        `struct t {${list(50, (i) => `int m${i};`)}} __attribute__((preserve_access_index));`,
      ),
  },
  conversions: {
    size: 10_000,
    text: (n) =>
      program(`long s = 0; ${list(n, (i) => `s += (signed char)(p[${i}] + s) * (short)b;`)} return s;`),
  },
  divisions: {
    size: 10_000,
    text: (n) =>
      program(
        `unsigned long s = a; ${list(n, (i) => `s = s / ${i + 3} + p[${i % 64}] % ${i + 7};`)} return s;`,
      ),
  },
  // Functions and objects.
  'functions-in-a-chain': {
    size: 3_000,
    text: (n) =>
      `static __attribute__((noinline)) int g0(int a) { return a; }\n${list(n, (i) => `static __attribute__((noinline)) int g${i + 1}(int a) { return g${i}(a + ${i}) * 3; }`)}\n${program(`return g${n}(a);`)}`,
  },
  'functions-inlined': {
    size: 3_000,
    text: (n) =>
      `${list(n, (i) => `static inline __attribute__((always_inline)) int g${i}(unsigned *p, int a) { return p[${i}] > a ? a : ${i}; }`)}\n${program(`int s = 0; ${list(n, (i) => `s += g${i}(p, a);`)} return s;`)}`,
  },
  'functions-inlined-in-a-chain': {
    size: 2_000,
    text: (n) =>
      `static inline __attribute__((always_inline)) int g0(unsigned *p, int a) { return a; }\n${list(n, (i) => `static inline __attribute__((always_inline)) int g${i + 1}(unsigned *p, int a) { return g${i}(p, a + p[${i}]) * 3; }`)}\n${program(`return g${n}(p, a);`)}`,
  },
  'functions-that-call-two': {
    size: 3_000,
    text: (n) =>
      `static __attribute__((noinline)) int g0(int a) { return a; }\nstatic __attribute__((noinline)) int g1(int a) { return a + 1; }\n${list(n, (i) => `static __attribute__((noinline)) int g${i + 2}(int a) { return g${i}(a + ${i}) + g${i + 1}(a); }`)}\n${program(`return g${n}(a);`)}`,
  },
  'small-functions': {
    size: 3_000,
    text: (n) =>
      `static int g0(int a) { return a; }\nstatic int g1(int a) { return a + 1; }\n${list(n, (i) => `static int g${i + 2}(int a) { return g${i}(a + ${i}) + g${i + 1}(a); }`)}\n${program(`return g${n}(a);`)}`,
  },
  programs: {
    size: 4_000,
    text: (n) => list(n, (i) => `__attribute__((section("xdp/p${i}"))) int f${i}(void *c) { return ${i}; }`),
  },
  'calls-of-one': {
    size: 5_000,
    text: (n) =>
      `static int g(unsigned *p, int a) { return p[a & 7] > 5 ? p[1] * a : p[2] + a; }\n${program(`long s = 0; ${list(n, (i) => `s += g(p, s + ${i});`)} return s;`)}`,
  },
  'functions-that-call-all': {
    size: 150,
    text: (n) =>
      list(
        n,
        (i) =>
          `__attribute__((noinline)) int g${i}(int a) { int s = a; ${list(i, (j) => `s += g${j}(s);`, ' ')} return s; }`,
      ),
  },
  maps: {
    size: 5_000,
    text: (n) =>
      `${maps}\n${list(n, (i) => `struct { int (*type)[1]; int *key; long *value; int (*max_entries)[${i + 1}]; } m${i} SEC(".maps");`)}\n${program(`int k = 0; long s = 0; ${list(n, (i) => `s += (long)lookup(&m${i}, &k);`)} return s;`)}`,
  },
  globals: {
    size: 10_000,
    text: (n) =>
      `${list(n, (i) => `int g${i} = ${i};`)}\n${program(`long s = 0; ${list(n, (i) => `s += g${i}++;`)} return s;`)}`,
  },
  'static-globals': {
    size: 10_000,
    text: (n) =>
      `${list(n, (i) => `static int g${i} = ${i};`)}\n${program(`long s = 0; ${list(n, (i) => `s += g${i};`)} return s;`)}`,
  },
  externs: {
    size: 400_000,
    text: (n) => `${list(n, (i) => `extern int e${i}(int);`)}\n${program('return a;')}`,
  },
  'extern-variables': {
    size: 100_000,
    text: (n) => `${list(n, (i) => `extern int e${i};`)}\n${program('return a;')}`,
  },
  'extern-ksyms': {
    size: 5_000,
    text: (n) =>
      `${list(n, (i) => `extern int e${i}(int) __attribute__((section(".ksyms")));`)}\n${program(`${list(n, (i) => `a += e${i}(a);`)} return a;`)}`,
  },
  redeclarations: {
    size: 20_000,
    text: (n) => `${list(n, () => `extern int e(int, long *); extern int v[];`)}\n${program('return a;')}`,
  },
  structs: {
    size: 10_000,
    text: (n) =>
      `${list(n, (i) => `struct s${i} { int a; struct s${i + 1} *next; long b[${(i % 9) + 1}]; };`)}\n${list(n, (i) => `struct s${i} v${i};`)}`,
  },
  members: {
    size: 20_000,
    text: (n) =>
      `struct s { ${list(n, (i) => `int m${i};`)} } v;\n${program(`long s = 0; ${list(n, (i) => `s += v.m${i};`)} return s;`)}`,
  },
  'anonymous-members': {
    size: 5_000,
    text: (n) =>
      `struct s { ${list(n, (i) => `struct { int m${i}; };`)} } v;\n${program(`long s = 0; ${list(n, (i) => `s += v.m${i};`)} return s;`)}`,
  },
  typedefs: {
    size: 10_000,
    text: (n) => `typedef int t0;\n${list(n, (i) => `typedef t${i} *t${i + 1};`)}\nt${n} x;\n`,
  },
  'function-types': {
    size: 5_000,
    text: (n) =>
      `${list(n, (i) => `typedef int (*t${i})(int, char[${i + 1}], struct s${i} *); t${i} v${i};`)}`,
  },
  enumerators: {
    size: 50_000,
    text: (n) => `enum e { ${list(n, (i) => `E${i}`, ',')} };\nlong s = ${list(n, (i) => `E${i}`, ' + ')};\n`,
  },
  'static-assertions': {
    size: 20_000,
    text: (n) => list(n, (i) => `_Static_assert(sizeof(int[${i + 1}]) == 4 * (${i} + 1), "no");`),
  },
  generics: {
    size: 2_000,
    text: (n) =>
      `${list(n, (i) => `struct s${i};`)}\nint x = _Generic((struct s${n - 1} *)0, ${list(n, (i) => `struct s${i} *: ${i}`, ',\n')});`,
  },
  // Data.
  initialiser: { size: 200_000, text: (n) => `int x[] = {${list(n, String, ',')}};\n` },
  'initialiser-of-structs': {
    size: 50_000,
    text: (n) =>
      `struct { int a; char b[6]; struct { short c, d; } e; } x[] = {${list(n, (i) => `{${i}, "ab", {1, .d = 2}}`, ',')}};\n`,
  },
  'initialiser-backwards': {
    size: 50_000,
    text: (n) => `int x[] = {${list(n, (i) => `[${n - i}] = ${i}`, ',')}};\n`,
  },
  'initialiser-ranges': {
    size: 2_000,
    text: (n) => `int x[] = {${list(n, (i) => `[0 ... ${i * 10}] = ${i}`, ',')}};\n`,
  },
  'initialiser-of-addresses': {
    size: 20_000,
    text: (n) => `${list(n, (i) => `int g${i};`)}\nint *x[] = {${list(n, (i) => `&g${i}`, ',')}};\n`,
  },
  'initialiser-of-strings': {
    size: 20_000,
    text: (n) => `const char *x[] = {${list(n, (i) => `"string ${i}"`, ',')}};\n`,
  },
  'initialiser-of-a-local': {
    size: 100,
    text: (n) =>
      program(
        `${list(n, (i) => `{ int t[100] = {${list(100, (k) => `${k + i}`, ',')}}; asm volatile("" :: "r"(t) : "memory"); }`)} return 0;`,
      ),
  },
  strings: { size: 20_000, text: (n) => `char x[] = ${list(n, (i) => `"piece ${i}\\n"`)};\n` },
  string: { size: 8_000_000, text: (n) => `char x[] = "${'a'.repeat(n)}";\n` },
  'string-literals': {
    size: 5_000,
    text: (n) => `${maps}\n${program(`${list(n, (i) => `printk("text ${i}", 8);`)} return 0;`)}`,
  },
  // The preprocessor.
  macros: {
    size: 50_000,
    text: (n) =>
      `${list(n, (i) => `#define M${i}(x) ((x) + ${i})`)}\nint x = ${list(n, (i) => `M${i}(1)`, ' + ')};\n`,
  },
  'macros-in-a-chain': {
    size: 20_000,
    text: (n) => `#define M0(x) x\n${list(n, (i) => `#define M${i + 1}(x) M${i}(x)`)}\nint x = M${n}(1);\n`,
  },
  'macro-arguments': {
    size: 20_000,
    text: (n) =>
      `#define M(${list(n, (i) => `a${i}`, ',')}) ${list(n, (i) => `a${i}`, ' + ')}\nint x = M(${list(n, String, ',')});\n`,
  },
  'macro-of-a-macro': {
    size: 100_000,
    text: (n) => `#define ID(x) x\n#define A(x) ID(x) ID(x)\n${list(n, (i) => `A(int A${i};)`)}\n`,
  },
  pastes: { size: 20_000, text: (n) => `#define P(a, b) a##b\n${list(n, (i) => `int P(v, ${i});`)}\n` },
  'paste-of-one': { size: 5_000, text: (n) => `#define P ${list(n, () => 'a', '##')}\nint P;\n` },
  stringifying: {
    size: 500_000,
    text: (n) => `#define S(x) #x\nchar s[] = S(${list(n, () => 'a', ' ')});\n`,
  },
  conditions: {
    size: 50_000,
    text: (n) =>
      `${list(n, (i) => `#if ${i} > 5 && defined X${i}\nint a${i};\n#elif !(${i} & 1)\nint b${i};\n#endif`)}\n`,
  },
  condition: { size: 100_000, text: (n) => `#if ${list(n, (i) => `${i} == 1`, ' || ')}\nint x;\n#endif\n` },
  'condition-nested': { size: 20_000, text: (n) => `${'#if 1\n'.repeat(n)}int x;\n${'#endif\n'.repeat(n)}` },
  'one-line': { size: 200_000, text: (n) => `${list(n, (i) => `int v${i};`, ' ')}\n` },
  splices: { size: 500_000, text: (n) => `int x = ${'\\\n'.repeat(n)}1;\n` },
  comments: { size: 200_000, text: (n) => `${list(n, (i) => `/* ${i} */ // text`)}\nint x;\n` },
  'line-directives': {
    size: 50_000,
    text: (n) => `${list(n, (i) => `#line ${i + 1} "file${i % 10}.c"\nint v${i};`)}\n`,
  },
  pragmas: {
    size: 50_000,
    text: (n) =>
      `${list(n, (i) => `#pragma GCC diagnostic push\n#pragma GCC diagnostic ignored "-Wunused-variable"\nint v${i};\n#pragma GCC diagnostic pop`)}\n`,
  },
  // What is wrong.
  warnings: { size: 5_000, text: (n) => program(`${list(n, (i) => `int u${i} = "text";`)} return a;`) },
  'wrong-names': { size: 20_000, text: (n) => program(`${list(n, (i) => `u${i} = 1;`)} return a;`) },
  'wrong-tokens': { size: 50_000, text: (n) => list(n, () => `int @ = ; }`) },
};
