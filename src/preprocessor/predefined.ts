/**
 * The predefined macros: options -> the text of the `<built-in>` buffer.
 *
 * They are those of clang 19 for its bpf target, so that headers choose the same paths; `__bpfcc_ts__` tells this
 * compiler apart. The integer types are one table (ILP of the BPF psABI: int 32, long, long long and pointers 64).
 */

import type { PreprocessorOptions } from './options.ts';

/** The version of clang whose behaviour headers may expect. */
export const clangVersion = { major: 19, minor: 1, patch: 7 } as const;

interface IntegerType {
  readonly type: string;
  readonly width: 8 | 16 | 32 | 64;
  readonly signed: boolean;
  /** Suffix of a constant of this type. */
  readonly suffix: string;
  /** Length modifier in a format. */
  readonly modifier: string;
}

function integer(
  type: string,
  width: IntegerType['width'],
  signed: boolean,
  suffix: string,
  modifier: string,
): IntegerType {
  return { type, width, signed, suffix, modifier };
}

const signedTypes: readonly IntegerType[] = [
  integer('signed char', 8, true, '', 'hh'),
  integer('short', 16, true, '', 'h'),
  integer('int', 32, true, '', ''),
  integer('long int', 64, true, 'L', 'l'),
];
const unsignedTypes: readonly IntegerType[] = [
  integer('unsigned char', 8, false, '', 'hh'),
  integer('unsigned short', 16, false, '', 'h'),
  integer('unsigned int', 32, false, 'U', ''),
  integer('long unsigned int', 64, false, 'UL', 'l'),
];
const signedLong = integer('long int', 64, true, 'L', 'l');
const unsignedLong = integer('long unsigned int', 64, false, 'UL', 'l');

type Define = (name: string, value: string | number) => void;

/** Which of a type's macros a family of names has. */
interface Family {
  readonly suffix?: boolean;
  readonly width?: boolean;
}

/** The buffer of `#define` lines. */
export function predefinedMacros(options: PreprocessorOptions): string {
  const lines: string[] = [];
  const define: Define = (name, value) => lines.push(`#define ${name} ${value}`);
  defineIdentity(define);
  defineLanguage(define, options);
  defineTarget(define, options);
  defineIntegers(define, options.language.standard === 'c23');
  defineFloats(define);
  defineAtomics(define, options.language.standard === 'c23');
  for (const [name, value] of constants) define(name, value);
  return `${lines.join('\n')}\n`;
}

/** Macros whose value never changes. */
const constants: readonly (readonly [string, string | number])[] = [
  ['__CHAR_BIT__', 8],
  ['__BOOL_WIDTH__', 8],
  ['__BITINT_MAXWIDTH__', 128],
  ['__BIGGEST_ALIGNMENT__', 8],
  ['__POINTER_WIDTH__', 64],
  ['_LP64', 1],
  ['__LP64__', 1],
  ['__ELF__', 1],
  ['__ORDER_LITTLE_ENDIAN__', 1234],
  ['__ORDER_BIG_ENDIAN__', 4321],
  ['__ORDER_PDP_ENDIAN__', 3412],
  ['__USER_LABEL_PREFIX__', ''],
  ['__FINITE_MATH_ONLY__', 0],
  ['__CONSTANT_CFSTRINGS__', 1],
  ['__OBJC_BOOL_IS_BOOL', 0],
  ['__PRAGMA_REDEFINE_EXTNAME', 1],
  ['__GCC_CONSTRUCTIVE_SIZE', 32],
  ['__GCC_DESTRUCTIVE_SIZE', 32],
  ['__STDC_EMBED_NOT_FOUND__', 0],
  ['__STDC_EMBED_FOUND__', 1],
  ['__STDC_EMBED_EMPTY__', 2],
  ['__MEMORY_SCOPE_SYSTEM', 0],
  ['__MEMORY_SCOPE_DEVICE', 1],
  ['__MEMORY_SCOPE_WRKGRP', 2],
  ['__MEMORY_SCOPE_WVFRNT', 3],
  ['__MEMORY_SCOPE_SINGLE', 4],
  ['__OPENCL_MEMORY_SCOPE_WORK_ITEM', 0],
  ['__OPENCL_MEMORY_SCOPE_WORK_GROUP', 1],
  ['__OPENCL_MEMORY_SCOPE_DEVICE', 2],
  ['__OPENCL_MEMORY_SCOPE_ALL_SVM_DEVICES', 3],
  ['__OPENCL_MEMORY_SCOPE_SUB_GROUP', 4],
  ['__FPCLASS_SNAN', '0x0001'],
  ['__FPCLASS_QNAN', '0x0002'],
  ['__FPCLASS_NEGINF', '0x0004'],
  ['__FPCLASS_NEGNORMAL', '0x0008'],
  ['__FPCLASS_NEGSUBNORMAL', '0x0010'],
  ['__FPCLASS_NEGZERO', '0x0020'],
  ['__FPCLASS_POSZERO', '0x0040'],
  ['__FPCLASS_POSSUBNORMAL', '0x0080'],
  ['__FPCLASS_POSNORMAL', '0x0100'],
  ['__FPCLASS_POSINF', '0x0200'],
];

function defineIdentity(define: Define): void {
  const { major, minor, patch } = clangVersion;
  define('__llvm__', 1);
  define('__clang__', 1);
  define('__clang_major__', major);
  define('__clang_minor__', minor);
  define('__clang_patchlevel__', patch);
  define('__clang_version__', `"${major}.${minor}.${patch} "`);
  define('__clang_literal_encoding__', '"UTF-8"');
  define('__clang_wide_literal_encoding__', '"UTF-32"');
  define('__VERSION__', `"bpfcc-ts, as Clang ${major}.${minor}.${patch}"`);
  define('__bpfcc_ts__', 1);
  // What clang claims of gcc.
  define('__GNUC__', 4);
  define('__GNUC_MINOR__', 2);
  define('__GNUC_PATCHLEVEL__', 1);
  define('__GXX_ABI_VERSION', 1002);
}

const standardVersions = { c99: '199901L', c11: '201112L', c17: '201710L', c23: '202311L' } as const;

function defineLanguage(define: Define, options: PreprocessorOptions): void {
  const { standard, gnu } = options.language;
  define('__STDC__', 1);
  define('__STDC_HOSTED__', options.hosted ? 1 : 0);
  define('__STDC_UTF_16__', 1);
  define('__STDC_UTF_32__', 1);
  if (standard !== 'c89') define('__STDC_VERSION__', standardVersions[standard]);
  if (!gnu) define('__STRICT_ANSI__', 1);
  define(standard === 'c89' ? '__GNUC_GNU_INLINE__' : '__GNUC_STDC_INLINE__', 1);
  if (options.unsignedChar) define('__CHAR_UNSIGNED__', 1);
  if (options.optimization === '0') {
    define('__NO_INLINE__', 1);
  } else {
    define('__OPTIMIZE__', 1);
    if (sizeLevels.has(options.optimization)) define('__OPTIMIZE_SIZE__', 1);
  }
}

/** Levels at which code asks to be small. */
const sizeLevels: ReadonlySet<string> = new Set(['s', 'z', 'size']);

/** The instruction set extensions and the `-mcpu` that brings them. */
const cpuFeatures: readonly (readonly [string, number])[] = [
  ['JMP_EXT', 2],
  ['MAY_GOTO', 2],
  ['ADDR_SPACE_CAST', 1],
  ['ALU32', 3],
  ['JMP32', 3],
  ['LDSX', 4],
  ['MOVSX', 4],
  ['BSWAP', 4],
  ['SDIV_SMOD', 4],
  ['GOTOL', 4],
  ['ST', 4],
];

function defineTarget(define: Define, options: PreprocessorOptions): void {
  const { cpu, littleEndian } = options.target;
  define('__bpf__', 1);
  define('__BPF__', 1);
  define('__BPF_CPU_VERSION__', cpu);
  for (const [feature, since] of cpuFeatures) if (cpu >= since) define(`__BPF_FEATURE_${feature}`, 1);
  define('__BYTE_ORDER__', littleEndian ? '__ORDER_LITTLE_ENDIAN__' : '__ORDER_BIG_ENDIAN__');
  define(littleEndian ? '__LITTLE_ENDIAN__' : '__BIG_ENDIAN__', 1);
}

function maximum({ width, signed, suffix }: IntegerType): string {
  return String((1n << BigInt(signed ? width - 1 : width)) - 1n) + suffix;
}

function defineFormats(
  define: Define,
  name: string,
  { signed, modifier }: IntegerType,
  isC23: boolean,
): void {
  const conversions = signed ? 'di' : isC23 ? 'ouxXbB' : 'ouxX';
  for (const letter of conversions) define(`__${name}_FMT${letter}__`, `"${modifier}${letter}"`);
}

function defineInteger(
  define: Define,
  name: string,
  type: IntegerType,
  isC23: boolean,
  family: Family,
): void {
  define(`__${name}_TYPE__`, type.type);
  define(`__${name}_MAX__`, maximum(type));
  defineFormats(define, name, type, isC23);
  if (family.suffix) define(`__${name}_C_SUFFIX__`, type.suffix);
  if (family.width) define(`__${name}_WIDTH__`, type.width);
}

function defineIntegers(define: Define, isC23: boolean): void {
  for (const type of signedTypes) {
    defineInteger(define, `INT${type.width}`, type, isC23, { suffix: true });
    defineInteger(define, `INT_LEAST${type.width}`, type, isC23, { width: true });
    defineInteger(define, `INT_FAST${type.width}`, type, isC23, { width: true });
  }
  for (const type of unsignedTypes) {
    defineInteger(define, `UINT${type.width}`, type, isC23, { suffix: true });
    defineInteger(define, `UINT_LEAST${type.width}`, type, isC23, {});
    defineInteger(define, `UINT_FAST${type.width}`, type, isC23, {});
  }
  defineInteger(define, 'INTMAX', signedLong, isC23, { suffix: true, width: true });
  defineInteger(define, 'UINTMAX', unsignedLong, isC23, { suffix: true, width: true });
  defineInteger(define, 'INTPTR', signedLong, isC23, { width: true });
  defineInteger(define, 'UINTPTR', unsignedLong, isC23, { width: true });
  defineInteger(define, 'PTRDIFF', signedLong, isC23, { width: true });
  defineInteger(define, 'SIZE', unsignedLong, isC23, { width: true });
  const plain: readonly (readonly [string, number, string])[] = [
    ['SHRT', 16, '32767'],
    ['INT', 32, '2147483647'],
    ['LONG', 64, '9223372036854775807L'],
    ['WCHAR', 32, '2147483647'],
    ['WINT', 32, '2147483647'],
    ['SIG_ATOMIC', 32, '2147483647'],
  ];
  for (const [name, width, max] of plain) {
    define(`__${name}_WIDTH__`, width);
    define(`__${name}_MAX__`, max);
  }
  define('__SCHAR_MAX__', 127);
  define('__LLONG_WIDTH__', 64);
  define('__LONG_LONG_MAX__', '9223372036854775807LL');
  define('__WCHAR_TYPE__', 'int');
  define('__WINT_TYPE__', 'int');
  define('__CHAR16_TYPE__', 'unsigned short');
  define('__CHAR32_TYPE__', 'unsigned int');
  if (isC23) define('__CHAR8_TYPE__', 'unsigned char');
  for (const [name, size] of sizes) define(`__SIZEOF_${name}__`, size);
}

const sizes: readonly (readonly [string, number])[] = [
  ['SHORT', 2],
  ['INT', 4],
  ['LONG', 8],
  ['LONG_LONG', 8],
  ['INT128', 16],
  ['FLOAT', 4],
  ['DOUBLE', 8],
  ['LONG_DOUBLE', 8],
  ['POINTER', 8],
  ['PTRDIFF_T', 8],
  ['SIZE_T', 8],
  ['WCHAR_T', 4],
  ['WINT_T', 4],
];

/** IEEE 754 binary32 and binary64: digits10, mantissa, exponents, largest, smallest, epsilon, denormal. */
const floatFormats = {
  single: {
    digits: 6,
    decimalDigits: 9,
    mantissa: 24,
    maxExponent: 128,
    maxExponent10: 38,
    minExponent: -125,
    minExponent10: -37,
    max: '3.40282347e+38',
    min: '1.17549435e-38',
    epsilon: '1.19209290e-7',
    denormal: '1.40129846e-45',
  },
  double: {
    digits: 15,
    decimalDigits: 17,
    mantissa: 53,
    maxExponent: 1024,
    maxExponent10: 308,
    minExponent: -1021,
    minExponent10: -307,
    max: '1.7976931348623157e+308',
    min: '2.2250738585072014e-308',
    epsilon: '2.2204460492503131e-16',
    denormal: '4.9406564584124654e-324',
  },
} as const;

function defineFloats(define: Define): void {
  const types = [
    ['FLT', floatFormats.single, 'F'],
    ['DBL', floatFormats.double, ''],
    ['LDBL', floatFormats.double, 'L'],
  ] as const;
  for (const [name, format, suffix] of types) {
    const set = (property: string, value: string | number) => define(`__${name}_${property}__`, value);
    set('DIG', format.digits);
    set('DECIMAL_DIG', format.decimalDigits);
    set('MANT_DIG', format.mantissa);
    set('MAX_EXP', format.maxExponent);
    set('MAX_10_EXP', format.maxExponent10);
    set('MIN_EXP', `(${format.minExponent})`);
    set('MIN_10_EXP', `(${format.minExponent10})`);
    set('MAX', format.max + suffix);
    set('NORM_MAX', format.max + suffix);
    set('MIN', format.min + suffix);
    set('EPSILON', format.epsilon + suffix);
    set('DENORM_MIN', format.denormal + suffix);
    set('HAS_DENORM', 1);
    set('HAS_INFINITY', 1);
    set('HAS_QUIET_NAN', 1);
  }
  define('__FLT_RADIX__', 2);
  define('__DECIMAL_DIG__', '__LDBL_DECIMAL_DIG__');
}

const memoryOrders = ['RELAXED', 'CONSUME', 'ACQUIRE', 'RELEASE', 'ACQ_REL', 'SEQ_CST'] as const;
const lockFreeTypes = [
  'BOOL',
  'CHAR',
  'CHAR16_T',
  'CHAR32_T',
  'WCHAR_T',
  'SHORT',
  'INT',
  'LONG',
  'LLONG',
  'POINTER',
];

function defineAtomics(define: Define, isC23: boolean): void {
  memoryOrders.forEach((order, value) => {
    define(`__ATOMIC_${order}`, value);
  });
  for (const type of isC23 ? [...lockFreeTypes, 'CHAR8_T'] : lockFreeTypes) {
    define(`__CLANG_ATOMIC_${type}_LOCK_FREE`, 2);
    define(`__GCC_ATOMIC_${type}_LOCK_FREE`, 2);
  }
  define('__GCC_ATOMIC_TEST_AND_SET_TRUEVAL', 1);
}
