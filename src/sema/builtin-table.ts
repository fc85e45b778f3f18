/**
 * The one table of builtin functions: their names in source, prototypes, and what becomes of a call.
 *
 * A row is `node` (arguments are converted to the prototype and a `Builtin` node with the canonical name remains),
 * `special` (a handler in builtins.ts or atomic-builtins.ts types the call: it may fold, rewrite to ordinary nodes or leave a
 * `Builtin` node), or `unsupported` (one diagnostic with the reason). The preprocessor's `__has_builtin` is
 * {@link builtinNames}.
 *
 * What lowering sees: `Builtin` nodes with these canonical names and arguments (all rvalues unless said otherwise). "T" is
 * an integer or pointer type of 1, 2, 4, 8 (or 16) bytes; "order" is an int, usually an `IntegerConstant` 0..5 (__ATOMIC_RELAXED..SEQ_CST).
 *
 * | name | args -> type | meaning |
 * |---|---|---|
 * | memcpy, memmove | void *dst, const void *src, size_t n -> void * | also `__builtin_memcpy_inline` (n is then an IntegerConstant; type void) |
 * | mempcpy | as memcpy | yields dst + n |
 * | memset | void *dst, int byte, size_t n -> void * | also `memset_inline`; `bzero` arrives as memset with 0, type void |
 * | memcmp | const void *a, const void *b, size_t n -> int | `bcmp` keeps its own name: only zero or not matters |
 * | memchr | const void *s, int c, size_t n -> void * | |
 * | strlen, strcmp and the other string functions below | as in <string.h> | only where nothing declares the function itself: else they are ordinary calls of it; strlen, strcmp and strncmp of literals fold |
 * | exit, malloc, calloc, free, puts, printf | as in <stdlib.h>, <stdio.h> | likewise; `abort` becomes trap |
 * | strcmp; strncmp | const char *a, *b (, size_t n) -> int | |
 * | strcpy, stpcpy, strcat; strncpy, stpncpy, strncat | char *d, const char *s (, size_t n) -> char * | |
 * | strchr, strrchr, index, rindex; strstr, strpbrk; strspn, strcspn | as in <string.h> | |
 * | bswap16, bswap32, bswap64 | T x -> T | T = unsigned short, unsigned int, unsigned long |
 * | ctz, clz, popcount, parity | unsigned T x -> int | width from the argument's type (4 or 8 bytes) |
 * | ffs, clrsb | signed T x -> int | width from the argument's type |
 * | abs | signed T x -> T | |
 * | max, min, add_sat, sub_sat | T a, T b -> T | by T's sign; the sums stay at the limit that they pass |
 * | addc, subc | unsigned T a, T b, T carry, T *carryOut -> T | a + b + carry, a - b - carry; *carryOut is 0 or 1 |
 * | rotate_left, rotate_right | unsigned T x, T n -> T | n modulo the width; 1, 2, 4 or 8 bytes |
 * | bitreverse | unsigned T x -> T | |
 * | add_overflow, sub_overflow, mul_overflow | integer a, integer b, T *result -> _Bool | a and b exact in their own types; *result gets the wrapped value |
 * | expect | long x, long expected -> long | value is x (`expect_with_probability` too) |
 * | unpredictable | not left: becomes its argument | |
 * | constant_p | any scalar x -> int | only when sema cannot tell: 1 if x is a constant by then, else 0; x is not evaluated |
 * | unreachable | -> void | no return |
 * | trap | -> void | no return; also `verbose_trap` |
 * | debugtrap | -> void | |
 * | assume | _Bool x -> void | x has no side effects |
 * | frame_address | IntegerConstant level -> void * | |
 * | atomic_thread_fence, atomic_signal_fence | order -> void | `__sync_synchronize` is sync_synchronize, no args |
 * | preserve_access_index | x -> type of x | x is evaluated; every record access and constant array subscript in it (through -> . [] &) is a CO-RE access |
 * | preserve_field_info | LVALUE Member, Subscript or Dereference chain, IntegerConstant kind -> unsigned int | first argument is not evaluated |
 * | preserve_type_info | IntegerConstant flag -> unsigned int | `typeArgument` is the type |
 * | btf_type_id | IntegerConstant flag -> unsigned long | `typeArgument` is the type; flag 0 local, 1 target |
 * | preserve_enum_value | IntegerConstant index, IntegerConstant value, IntegerConstant flag -> unsigned long | `typeArgument` is the enum as written; index counts its enumerators |
 * | bpf_load_byte, bpf_load_half, bpf_load_word | void *skb, unsigned long offset -> unsigned long | LD_ABS/LD_IND |
 * | bpf_pseudo | unsigned long src_reg, unsigned long imm -> unsigned long | lddw with a pseudo source register |
 * | sync_fetch_and_add, _sub, _and, _or, _xor, _nand, _min, _max, _umin, _umax | T *p, T value -> T | old value, sequentially consistent |
 * | sync_add_and_fetch, sync_sub_and_fetch, ... (and, or, xor, nand) | T *p, T value -> T | new value |
 * | sync_val_compare_and_swap; sync_bool_compare_and_swap | T *p, T expected, T desired -> T; _Bool | |
 * | sync_lock_test_and_set; sync_lock_release | T *p, T value -> T; T *p -> void | exchange; store 0 with release |
 * | atomic_load_n | T *p, order -> T | `__atomic_load`, `__c11_atomic_load` too |
 * | atomic_store_n | T *p, T value, order -> void | |
 * | atomic_exchange_n | T *p, T value, order -> T | |
 * | atomic_compare_exchange_n | T *p, T *expected, T desired, _Bool weak, order, order -> _Bool | *expected gets the old value on failure |
 * | atomic_fetch_add, _sub, _and, _or, _xor, _nand, _min, _max | T *p, T value, order -> T | old value; min and max by T's sign |
 * | atomic_add_fetch, _sub_, _and_, _or_, _xor_, _nand_ | T *p, T value, order -> T | new value |
 * | atomic_test_and_set; atomic_clear | void *p, order -> _Bool; void | one byte |
 * Pointer operands of the atomic rows may carry volatile, _Atomic and an address space in the pointee. Fetch operations on a
 * pointer object take an integer value in bytes (`__c11_atomic_fetch_add` is scaled here).
 */

export type BuiltinHandler =
  | 'constantP'
  | 'expect'
  | 'passFirst'
  | 'discard'
  | 'objectSize'
  | 'floatConstant'
  | 'floatClassify'
  | 'overflow'
  | 'bitCountGeneric'
  | 'syncFetch'
  | 'syncCompareAndSwap'
  | 'syncExchange'
  | 'syncRelease'
  | 'atomicLoadN'
  | 'atomicStoreN'
  | 'atomicExchangeN'
  | 'atomicCompareExchangeN'
  | 'atomicLoad'
  | 'atomicStore'
  | 'atomicExchange'
  | 'atomicCompareExchange'
  | 'atomicFetch'
  | 'atomicLockFree'
  | 'c11Fetch'
  | 'c11CompareExchange'
  | 'c11Init'
  | 'preserveAccessIndex'
  | 'preserveFieldInfo'
  | 'preserveTypeInfo'
  | 'preserveEnumValue'
  | 'btfTypeId'
  | 'sourceLine'
  | 'sourceFile'
  | 'sourceFunction'
  | 'alignment'
  | 'addressOf'
  | 'classifyType'
  | 'memorySet'
  | 'isConstantEvaluated'
  | 'elementwisePair'
  | 'elementwiseSingle'
  | 'bswapGeneric'
  | 'checkedMemory'
  | 'libraryCall';

export type BuiltinRow =
  | { readonly how: 'node'; readonly canonical: string; readonly prototype: string }
  | {
      readonly how: 'special';
      readonly canonical: string;
      readonly handler: BuiltinHandler;
      /** For handlers that begin by converting to fixed types. */
      readonly prototype?: string;
    }
  | { readonly how: 'unsupported'; readonly reason: string };

type Entry = readonly [name: string, row: BuiltinRow];

function node(name: string, prototype: string, canonical = name): Entry {
  return [`__builtin_${name}`, { how: 'node', canonical, prototype }];
}

function special(name: string, handler: BuiltinHandler, canonical = name, prototype?: string): Entry {
  const row = { how: 'special', canonical, handler } as const;
  return [`__builtin_${name}`, prototype === undefined ? row : { ...row, prototype }];
}

function unsupported(reason: string, ...names: readonly string[]): readonly Entry[] {
  return names.map((name) => [`__builtin_${name}`, { how: 'unsupported', reason }]);
}

/** `__builtin_xxx`, `__builtin_xxxl`, `__builtin_xxxll` on int, long and long long. */
function integerFamily(
  name: string,
  result: 'int' | 'same',
  signed: boolean,
  canonical = name,
): readonly Entry[] {
  const types = signed ? ['int', 'long', 'long long'] : ['unsigned', 'unsigned long', 'unsigned long long'];
  const names = name === 'abs' ? ['abs', 'labs', 'llabs'] : [name, `${name}l`, `${name}ll`];
  return types.map((type, i) =>
    node(names[i] ?? name, `${result === 'same' ? type : result}(${type})`, canonical),
  );
}

function sizedFamily(name: string, canonical: string, parameters: number): readonly Entry[] {
  return (
    [
      ['8', 'unsigned char'],
      ['16', 'unsigned short'],
      ['32', 'unsigned'],
      ['64', 'unsigned long'],
    ] as const
  ).map(([bits, type]) =>
    node(`${name}${bits}`, `${type}(${Array(parameters).fill(type).join(',')})`, canonical),
  );
}

const fetchOperations = ['add', 'sub', 'and', 'or', 'xor', 'nand'] as const;

/** The generic name and its forms with a size suffix: `__sync_fetch_and_add_8`. */
function sync(name: string, handler: BuiltinHandler): readonly Entry[] {
  const row = { how: 'special', canonical: `sync_${name}`, handler } as const;
  return ['', '_1', '_2', '_4', '_8', '_16'].map((suffix) => [`__sync_${name}${suffix}`, row]);
}

function atomic(name: string, handler: BuiltinHandler, canonical = `atomic_${name}`): Entry {
  return [`__atomic_${name}`, { how: 'special', canonical, handler }];
}

function c11(name: string, handler: BuiltinHandler, canonical = `atomic_${name}`): Entry {
  return [`__c11_atomic_${name}`, { how: 'special', canonical, handler }];
}

const typedOverflow: readonly Entry[] = ['add', 'sub', 'mul'].flatMap((operation) =>
  (
    [
      ['s', '', 'int'],
      ['s', 'l', 'long'],
      ['s', 'll', 'long long'],
      ['u', '', 'unsigned'],
      ['u', 'l', 'unsigned long'],
      ['u', 'll', 'unsigned long long'],
    ] as const
  ).map(([sign, length, type]) =>
    node(`${sign}${operation}${length}_overflow`, `_Bool(${type},${type},${type}*)`, `${operation}_overflow`),
  ),
);

/** Library functions that become instructions: a user's own declaration of them means the builtin. */
const inlinedPrototypes = {
  memcpy: 'void*(void*,const void*,size_t)',
  memmove: 'void*(void*,const void*,size_t)',
  mempcpy: 'void*(void*,const void*,size_t)',
  memset: 'void*(void*,int,size_t)',
  memcmp: 'int(const void*,const void*,size_t)',
  bcmp: 'int(const void*,const void*,size_t)',
} as const;

/** Library functions that the program must bring along, unless their value folds. */
const calledPrototypes = {
  abort: 'void()',
  exit: 'void(int)',
  alloca: 'void*(size_t)',
  malloc: 'void*(size_t)',
  calloc: 'void*(size_t,size_t)',
  free: 'void(void*)',
  puts: 'int(const char*)',
  printf: 'int(const char*,...)',
  sprintf: 'int(char*,const char*,...)',
  snprintf: 'int(char*,size_t,const char*,...)',
  realloc: 'void*(void*,size_t)',
  memchr: 'void*(const void*,int,size_t)',
  strlen: 'size_t(const char*)',
  strcmp: 'int(const char*,const char*)',
  strncmp: 'int(const char*,const char*,size_t)',
  strcpy: 'char*(char*,const char*)',
  stpcpy: 'char*(char*,const char*)',
  strncpy: 'char*(char*,const char*,size_t)',
  stpncpy: 'char*(char*,const char*,size_t)',
  strcat: 'char*(char*,const char*)',
  strncat: 'char*(char*,const char*,size_t)',
  strchr: 'char*(const char*,int)',
  strrchr: 'char*(const char*,int)',
  index: 'char*(const char*,int)',
  rindex: 'char*(const char*,int)',
  strstr: 'char*(const char*,const char*)',
  strpbrk: 'char*(const char*,const char*)',
  strspn: 'size_t(const char*,const char*)',
  strcspn: 'size_t(const char*,const char*)',
} as const;

const variadicReason =
  'BPF functions take a fixed number of arguments in registers; pass a pointer to a struct or an array instead';
const returnReason =
  'the BPF call stack cannot be read; for tracing use bpf_get_func_ip() or bpf_get_stack()';
const jumpReason = 'BPF has no non-local jumps; return an error code instead';

const entries: readonly Entry[] = [
  ...Object.entries(inlinedPrototypes).map(([name, prototype]) => node(name, prototype)),
  ...Object.entries(calledPrototypes).map(([name, prototype]) =>
    special(name, 'libraryCall', name === 'abort' ? 'trap' : name, prototype),
  ),
  node('memcpy_inline', 'void(void*,const void*,size_t)', 'memcpy'),
  node('memset_inline', 'void(void*,int,size_t)', 'memset'),
  special('bzero', 'memorySet', 'memset', 'void(void*,size_t)'),
  node('bswap16', 'unsigned short(unsigned short)'),
  node('bswap32', 'unsigned(unsigned)'),
  node('bswap64', 'unsigned long(unsigned long)'),
  node('bswap128', 'unsigned __int128(unsigned __int128)'),
  ...integerFamily('ctz', 'int', false),
  ...integerFamily('clz', 'int', false),
  node('ctzs', 'int(unsigned short)', 'ctz'),
  node('clzs', 'int(unsigned short)', 'clz'),
  ...integerFamily('popcount', 'int', false),
  ...integerFamily('parity', 'int', false),
  ...integerFamily('ffs', 'int', true),
  ...integerFamily('clrsb', 'int', true),
  ...integerFamily('abs', 'same', true),
  ...sizedFamily('rotateleft', 'rotate_left', 2),
  ...sizedFamily('rotateright', 'rotate_right', 2),
  ...sizedFamily('bitreverse', 'bitreverse', 1),
  ...['max', 'min', 'add_sat', 'sub_sat'].map((name) =>
    special(`elementwise_${name}`, 'elementwisePair', name),
  ),
  ...['abs', 'popcount', 'bitreverse'].map((name) =>
    special(`elementwise_${name}`, 'elementwiseSingle', name),
  ),
  special('bswapg', 'bswapGeneric'),
  ...['addc', 'subc'].flatMap((name) =>
    (
      [
        ['b', 'unsigned char'],
        ['s', 'unsigned short'],
        ['', 'unsigned'],
        ['l', 'unsigned long'],
        ['ll', 'unsigned long long'],
      ] as const
    ).map(([suffix, type]) => node(`${name}${suffix}`, `${type}(${type},${type},${type},${type}*)`, name)),
  ),
  ...(['memcpy', 'memmove', 'mempcpy', 'memset'] as const).map((name) =>
    special(`__${name}_chk`, 'checkedMemory', name, inlinedPrototypes[name].replace(')', ',size_t)')),
  ),
  special('popcountg', 'bitCountGeneric', 'popcount'),
  special('ctzg', 'bitCountGeneric', 'ctz'),
  special('clzg', 'bitCountGeneric', 'clz'),
  special('add_overflow', 'overflow'),
  special('sub_overflow', 'overflow'),
  special('mul_overflow', 'overflow'),
  ...typedOverflow,
  special('constant_p', 'constantP'),
  special('is_constant_evaluated', 'isConstantEvaluated'),
  special('expect', 'expect'),
  special('expect_with_probability', 'expect', 'expect'),
  special('unpredictable', 'passFirst'),
  special('assume_aligned', 'passFirst', 'assume_aligned', 'void*(const void*,size_t,...)'),
  special('launder', 'passFirst'),
  special('nondeterministic_value', 'passFirst'),
  special('assume_separate_storage', 'discard'),
  special('addressof', 'addressOf'),
  special('object_size', 'objectSize'),
  special('dynamic_object_size', 'objectSize'),
  special('classify_type', 'classifyType'),
  special('prefetch', 'discard'),
  special('is_aligned', 'alignment'),
  special('align_up', 'alignment'),
  special('align_down', 'alignment'),
  special('LINE', 'sourceLine'),
  special('COLUMN', 'sourceLine'),
  special('FILE', 'sourceFile'),
  special('FILE_NAME', 'sourceFile'),
  special('FUNCTION', 'sourceFunction'),
  special('FUNCSIG', 'sourceFunction'),
  ...['huge_val', 'huge_valf', 'huge_vall', 'inf', 'inff', 'infl', 'nan', 'nanf', 'nanl'].map((name) =>
    special(name, 'floatConstant'),
  ),
  ...['isnan', 'isinf'].flatMap((name) =>
    ['f', 'l'].map((suffix) => special(`${name}${suffix}`, 'floatClassify', name)),
  ),
  ...['isnan', 'isinf', 'isinf_sign', 'isfinite', 'isnormal', 'signbit', 'fabs', 'fabsf', 'fabsl'].map(
    (name) => special(name, 'floatClassify'),
  ),
  node('unreachable', 'void()'),
  node('trap', 'void()'),
  special('verbose_trap', 'discard', 'trap'),
  node('debugtrap', 'void()'),
  node('assume', 'void(_Bool)'),
  node('frame_address', 'void*(unsigned)'),
  special('preserve_access_index', 'preserveAccessIndex'),
  special('preserve_field_info', 'preserveFieldInfo'),
  special('preserve_type_info', 'preserveTypeInfo'),
  special('preserve_enum_value', 'preserveEnumValue'),
  special('btf_type_id', 'btfTypeId'),
  node('bpf_load_byte', 'unsigned long(void*,unsigned long)'),
  node('bpf_load_half', 'unsigned long(void*,unsigned long)'),
  node('bpf_load_word', 'unsigned long(void*,unsigned long)'),
  node('bpf_pseudo', 'unsigned long(unsigned long,unsigned long)'),
  ...unsupported(variadicReason, 'va_start', 'va_end', 'va_copy', 'c23_va_start', 'stdarg_start'),
  node('alloca', 'void*(size_t)'),
  node('alloca_uninitialized', 'void*(size_t)', 'alloca'),
  node('alloca_with_align', 'void*(size_t,size_t)', 'alloca'),
  ...unsupported(returnReason, 'return_address', 'extract_return_addr', 'frob_return_addr'),
  ...unsupported(jumpReason, 'setjmp', 'longjmp', 'eh_return'),
  ...fetchOperations.flatMap((operation) => [
    ...sync(`fetch_and_${operation}`, 'syncFetch'),
    ...sync(`${operation}_and_fetch`, 'syncFetch'),
    atomic(`fetch_${operation}`, 'atomicFetch'),
    atomic(`${operation}_fetch`, 'atomicFetch'),
    c11(`fetch_${operation}`, 'c11Fetch'),
  ]),
  ...['min', 'max'].flatMap((operation) => [
    ...sync(`fetch_and_${operation}`, 'syncFetch'),
    ...sync(`fetch_and_u${operation}`, 'syncFetch'),
    atomic(`fetch_${operation}`, 'atomicFetch'),
    atomic(`${operation}_fetch`, 'atomicFetch'),
    c11(`fetch_${operation}`, 'c11Fetch'),
  ]),
  ...sync('val_compare_and_swap', 'syncCompareAndSwap'),
  ...sync('bool_compare_and_swap', 'syncCompareAndSwap'),
  ...sync('lock_test_and_set', 'syncExchange'),
  ...sync('swap', 'syncExchange'),
  ...sync('lock_release', 'syncRelease'),
  ['__sync_synchronize', { how: 'node', canonical: 'sync_synchronize', prototype: 'void()' }],
  atomic('load_n', 'atomicLoadN'),
  atomic('store_n', 'atomicStoreN'),
  atomic('exchange_n', 'atomicExchangeN'),
  atomic('compare_exchange_n', 'atomicCompareExchangeN'),
  atomic('load', 'atomicLoad', 'atomic_load_n'),
  atomic('store', 'atomicStore', 'atomic_store_n'),
  atomic('exchange', 'atomicExchange', 'atomic_exchange_n'),
  atomic('compare_exchange', 'atomicCompareExchange', 'atomic_compare_exchange_n'),
  atomic('always_lock_free', 'atomicLockFree'),
  atomic('is_lock_free', 'atomicLockFree'),
  [
    '__atomic_test_and_set',
    { how: 'node', canonical: 'atomic_test_and_set', prototype: '_Bool(volatile void*,int)' },
  ],
  ['__atomic_clear', { how: 'node', canonical: 'atomic_clear', prototype: 'void(volatile void*,int)' }],
  ...['__atomic_', '__c11_atomic_'].flatMap((prefix): readonly Entry[] => [
    [`${prefix}thread_fence`, { how: 'node', canonical: 'atomic_thread_fence', prototype: 'void(int)' }],
    [`${prefix}signal_fence`, { how: 'node', canonical: 'atomic_signal_fence', prototype: 'void(int)' }],
  ]),
  c11('load', 'atomicLoadN', 'atomic_load_n'),
  c11('store', 'atomicStoreN', 'atomic_store_n'),
  c11('exchange', 'atomicExchangeN', 'atomic_exchange_n'),
  c11('compare_exchange_strong', 'c11CompareExchange', 'atomic_compare_exchange_n'),
  c11('compare_exchange_weak', 'c11CompareExchange', 'atomic_compare_exchange_n'),
  c11('init', 'c11Init', 'atomic_store_n'),
  c11('is_lock_free', 'atomicLockFree'),
];

/** The forms with a memory scope behind the order; the scope changes nothing here, all memory being of one system. */
const scoped: readonly Entry[] = entries.flatMap(([name, row]): Entry[] =>
  name.startsWith('__atomic_') && row.how === 'special' && row.handler !== 'atomicLockFree'
    ? [[`__scoped${name.slice(1)}`, row]]
    : [],
);

/** Name in source -> row. */
export const builtinTable: ReadonlyMap<string, BuiltinRow> = new Map([...entries, ...scoped]);

/** Library functions that a plain declaration of the user still makes builtins. */
export const inlinedLibraryNames: ReadonlySet<string> = new Set([
  ...Object.keys(inlinedPrototypes),
  ...['bzero', 'abs', 'labs', 'llabs', 'ffs', 'ffsl', 'ffsll'],
]);

/** Library functions that clang knows without a declaration: name -> row of `__builtin_` + name. */
export const libraryBuiltins: ReadonlyMap<string, BuiltinRow> = new Map(
  [...inlinedLibraryNames, ...Object.keys(calledPrototypes)].flatMap((name) => {
    const row = builtinTable.get(`__builtin_${name}`);
    return row === undefined ? [] : [[name, row] as const];
  }),
);

/** Builtins with a grammar of their own (6.5.1 extensions). */
const syntacticBuiltins = [
  '__builtin_offsetof',
  '__builtin_va_arg',
  '__builtin_types_compatible_p',
  '__builtin_choose_expr',
] as const;

/** Every name for which `__has_builtin` is true. */
export const builtinNames: ReadonlySet<string> = new Set([
  ...[...builtinTable].flatMap(([name, row]) => (row.how === 'unsupported' ? [] : [name])),
  ...syntacticBuiltins,
]);
