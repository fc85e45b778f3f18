/**
 * printf-style formatting for bpf_trace_printk, bpf_snprintf, bpf_seq_printf and the C library of hosted programs (C11,
 * 7.21.6.1, and the kernel's `%p` extensions, Documentation/core-api/printk-formats.rst). Strings are Latin-1: one
 * character per byte.
 */

export interface FormatArguments {
  /** The next argument as 64 bits. */
  next(): bigint;
  /** The string at an address, up to `limit` characters. */
  string(address: bigint, limit: number): string;
  /** Bytes at an address; fewer where they end. */
  bytes(address: bigint, count: number): Uint8Array;
}

const SPEC =
  /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(hh|h|ll|l|z|j|t|L|q)?([diuxXocspfFeEgGn%])([IiKxksu][46]?[sScbhnl]?)?/y;
/** Longest padding that is carried out. */
const MAX_WIDTH = 4096;

interface Spec {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

function integerBits(length: string | undefined): number {
  switch (length) {
    case 'hh':
      return 8;
    case 'h':
      return 16;
    case undefined:
      return 32;
    default:
      return 64;
  }
}

function pad(text: string, { flags, width }: Spec, prefix = ''): string {
  const missing = width - text.length - prefix.length;
  if (missing <= 0) return prefix + text;
  if (flags.includes('-')) return prefix + text + ' '.repeat(missing);
  return flags.includes('0') ? prefix + '0'.repeat(missing) + text : ' '.repeat(missing) + prefix + text;
}

function integer(value: bigint, conversion: string, spec: Spec): string {
  const digits = (value < 0n ? -value : value).toString(
    conversion === 'o' ? 8 : conversion === 'x' || conversion === 'X' ? 16 : 10,
  );
  const cased = conversion === 'X' ? digits.toUpperCase() : digits;
  const padded = cased.padStart(Math.min(spec.precision ?? 1, MAX_WIDTH), '0');
  const text = spec.precision === 0 && value === 0n ? '' : padded;
  const isSigned = conversion === 'd' || conversion === 'i';
  const sign =
    value < 0n ? '-' : !isSigned ? '' : spec.flags.includes('+') ? '+' : spec.flags.includes(' ') ? ' ' : '';
  const isHex = conversion === 'x' || conversion === 'X';
  const alternate =
    spec.flags.includes('#') && value !== 0n
      ? isHex
        ? `0${conversion}`
        : conversion === 'o'
          ? '0'
          : ''
      : '';
  const useful = spec.precision === undefined ? spec : { ...spec, flags: spec.flags.replace('0', '') };
  return pad(text, useful, sign + alternate);
}

function ipv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const text = groups.map((group) => group.toString(16)).join(':');
  const zeros = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length)[0];
  if (zeros === undefined) return text;
  return `${text.slice(0, zeros.index)}::${text.slice(zeros.index + zeros[0].length + 1)}`;
}

/** `%pI4` and its kin; plain pointers are printed as numbers, which is what tests want to see. */
function pointer(value: bigint, extension: string, spec: Spec, values: FormatArguments): string {
  const kind = extension.slice(0, 2);
  if (kind === 'I4' || kind === 'i4') {
    const bytes = values.bytes(value, 4);
    const parts = Array.from({ length: 4 }, (_, i) => `${bytes[i] ?? 0}`);
    return pad((kind === 'i4' ? parts.map((part) => part.padStart(3, '0')) : parts).join('.'), spec);
  }
  if (kind === 'I6' || kind === 'i6') {
    const bytes = values.bytes(value, 16);
    if (kind === 'I6' && extension.endsWith('c')) return pad(ipv6(bytes), spec);
    const groups = Array.from({ length: 8 }, (_, i) =>
      (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16).padStart(4, '0'),
    );
    return pad(groups.join(kind === 'I6' ? ':' : ''), spec);
  }
  if (kind === 'ks' || kind === 'us') return pad(values.string(value, 1024), spec);
  return pad(value.toString(16).padStart(16, '0'), spec);
}

/** C's form of an exponent: at least two digits. */
function exponential(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([-+])(\d)$/, 'e$10$2');
}

/** `%g` (C11 7.21.6.1 p8): the shorter form of so many significant digits, without trailing zeros. */
function general(value: number, precision: number, keepZeros: boolean): string {
  const digits = Math.max(1, precision);
  const exponent = value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1]);
  const isFixed = exponent >= -4 && exponent < digits;
  const text = isFixed ? value.toFixed(digits - 1 - exponent) : exponential(value, digits - 1);
  return keepZeros || !text.includes('.') ? text : text.replace(/\.?0+(?=e|$)/, '');
}

/** A double from its bits, for hosted programs. */
function real(bits: bigint, conversion: string, spec: Spec): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  const value = view.getFloat64(0);
  const magnitude = Math.abs(value);
  const precision = Math.min(spec.precision ?? 6, 100);
  const isNegative = value < 0 || Object.is(value, -0);
  const sign = isNegative ? '-' : spec.flags.includes('+') ? '+' : spec.flags.includes(' ') ? ' ' : '';
  const lower = conversion.toLowerCase();
  const text = !Number.isFinite(value)
    ? Number.isNaN(value)
      ? 'nan'
      : 'inf'
    : lower === 'f'
      ? magnitude.toFixed(precision)
      : lower === 'e'
        ? exponential(magnitude, precision)
        : general(magnitude, precision, spec.flags.includes('#'));
  return pad(lower === conversion ? text : text.toUpperCase(), spec, sign);
}

function convert(match: RegExpExecArray, values: FormatArguments): string {
  const [whole, flags = '', width, precision, length, conversion = '', extension = ''] = match;
  if (conversion === '%') return '%';
  const star = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : text === '*' ? Number(BigInt.asIntN(32, values.next())) : Number(text);
  const wide = star(width) ?? 0;
  const dotted = whole.includes('.') ? (star(precision) ?? 0) : undefined;
  const spec: Spec = {
    flags: wide < 0 ? `${flags}-` : flags,
    width: Math.min(Math.abs(wide), MAX_WIDTH),
    precision: dotted === undefined || dotted < 0 ? undefined : Math.min(dotted, MAX_WIDTH),
  };
  const tail = conversion === 'p' ? '' : extension;
  switch (conversion) {
    case 'd':
    case 'i':
      return integer(BigInt.asIntN(integerBits(length), values.next()), conversion, spec) + tail;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return integer(BigInt.asUintN(integerBits(length), values.next()), conversion, spec) + tail;
    case 'c':
      return pad(String.fromCharCode(Number(values.next() & 0xffn)), spec) + tail;
    case 's':
      return (
        pad(values.string(values.next(), spec.precision ?? 65536), {
          ...spec,
          flags: spec.flags.replace('0', ''),
        }) + tail
      );
    case 'p':
      return pointer(values.next(), extension, spec, values);
    case 'n':
      return tail;
    default:
      return real(values.next(), conversion, spec) + tail;
  }
}

/** Formats; what is no conversion is printed as it stands. */
export function formatMessage(format: string, values: FormatArguments): string {
  let text = '';
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf('%', at);
    if (percent < 0) return text + format.slice(at);
    text += format.slice(at, percent);
    SPEC.lastIndex = percent;
    const match = SPEC.exec(format);
    if (match === null) {
      text += '%';
      at = percent + 1;
    } else {
      text += convert(match, values);
      at = SPEC.lastIndex;
    }
  }
  return text;
}
