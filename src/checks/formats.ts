/**
 * Format strings of `bpf_trace_printk`, `bpf_trace_vprintk`, `bpf_seq_printf` and `bpf_snprintf`, as Linux reads them
 * (`bpf_bprintf_prepare`, since 5.13): flags and width, `%d %i %u %x %X` with `l` or `ll`, `%c`, `%s`, `%p` and a few of
 * its extensions. A wrong one loads all the same and prints nothing (`bpf_snprintf` alone is refused).
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { Helper } from '../isa/helpers.ts';
import type { CallExpression, LocalInitializer, ObjectSymbol, TypedExpression } from '../sema/typed-tree.ts';
import { quoteType } from '../types/print.ts';
import { canonical, sizeOf } from '../types/types.ts';
import { counted, withoutConversions } from './helper-calls.ts';

interface Conversion {
  /** As it is written, from the percent sign on. */
  readonly text: string;
  /** Why the kernel does not take it. */
  readonly fault: string | undefined;
  readonly isString: boolean;
}

/** What may follow `%p`: nothing that is a letter, or one of the extensions that the kernel allows here. */
const pointerExtension = /^(?:[KxsSB]|[iI][46]|[ku]s|(?![A-Za-z0-9]))/;
const plainConversion = /^(?:ll?)?[diuxX]|^[cs]/;

function faultOf(rest: string): string | undefined {
  if (rest.startsWith('p')) {
    return pointerExtension.test(rest.slice(1))
      ? undefined
      : 'of %p it takes %px, %pK, %ps, %pS, %pB, %pi4, %pI6, %pks and %pus';
  }
  if (plainConversion.test(rest)) return undefined;
  if (/^[hjztL]/.test(rest)) return "the length is 'l' or 'll', or none for 32 bits";
  if (/^[fFeEgGaA]/.test(rest)) return 'there is no floating point in BPF';
  if (rest.startsWith('*')) return 'a width has to be written as a number';
  if (rest.startsWith('.')) return 'there is no precision';
  return 'it takes d, i, u, x, X, c, s and p';
}

/** The conversions of a format; `%%` is none. */
export function conversionsOf(format: string): readonly Conversion[] {
  const conversions: Conversion[] = [];
  for (let at = format.indexOf('%'); at >= 0; at = format.indexOf('%', at)) {
    if (format[at + 1] === '%') {
      at += 2;
      continue;
    }
    const prefix = /^%[0+\- ]*[0-9]*/.exec(format.slice(at))?.[0] ?? '%';
    const rest = format.slice(at + prefix.length);
    const body = /^(?:p(?:[iI][46]|[ku]s|[A-Za-z])?|[.*0-9]*[hjztlL]*[A-Za-z]?)/.exec(rest)?.[0] ?? '';
    conversions.push({
      text: prefix + body,
      fault: faultOf(rest),
      isString: rest.startsWith('s') || /^p[ku]s/.test(rest),
    });
    at += prefix.length + body.length;
  }
  return conversions;
}

export type InitializerLookup = (symbol: ObjectSymbol) => LocalInitializer | undefined;

/** The text of a format argument: a literal, a constant array, or a local array that is initialised with a literal. */
function formatText(argument: TypedExpression, initializerOf: InitializerLookup): string | undefined {
  const at = withoutConversions(argument);
  const bytes = bytesOf(at.kind === 'AddressOf' ? at.operand : at, initializerOf);
  const end = bytes?.indexOf(0) ?? -1;
  if (bytes === undefined || end < 0) return undefined;
  return String.fromCharCode(...bytes.subarray(0, Math.min(end, 4096)));
}

function bytesOf(at: TypedExpression, initializerOf: InitializerLookup): Uint8Array | undefined {
  if (at.kind === 'StringReference') return at.constant.unitSize === 1 ? at.constant.bytes : undefined;
  if (at.kind !== 'ObjectReference' || canonical(at.symbol.type).kind !== 'array') return undefined;
  const { initializer } = at.symbol;
  if (initializer !== undefined) return initializer.isZero ? undefined : initializer.bytes;
  const [entry, ...others] = initializerOf(at.symbol)?.entries ?? [];
  if (entry === undefined || others.length > 0 || entry.offset !== 0) return undefined;
  const value = withoutConversions(entry.value);
  return value.kind === 'StringReference' && value.constant.unitSize === 1 ? value.constant.bytes : undefined;
}

/** How many values the call hands over; undefined where that is not written down. */
function argumentCount(call: CallExpression, helper: Helper): number | undefined {
  if (helper.variadic) return call.args.length - helper.parameters.length;
  const length = call.args[helper.parameters.findIndex(({ name }) => name === 'data_len')];
  const bytes = length === undefined ? undefined : withoutConversions(length);
  return bytes?.kind === 'IntegerConstant' && bytes.value % 8n === 0n ? Number(bytes.value / 8n) : undefined;
}

export function checkFormat(
  call: CallExpression,
  helper: Helper,
  initializerOf: InitializerLookup,
  diagnostics: DiagnosticSink,
): void {
  const argument = call.args[helper.parameters.findIndex(({ name }) => name === 'fmt')];
  const format = argument === undefined ? undefined : formatText(argument, initializerOf);
  if (format === undefined) return;
  const conversions = conversionsOf(format);
  const wrong = conversions.find(({ fault }) => fault !== undefined);
  if (wrong?.fault !== undefined) {
    diagnostics.report('printk-conversion', call.span, [wrong.text, helper.name, wrong.fault]);
    return;
  }
  const given = argumentCount(call, helper);
  if (given === undefined) return;
  if (given !== conversions.length) {
    const code = given < conversions.length ? 'printk-too-few-arguments' : 'printk-extra-arguments';
    const are = given === 1 ? '1 argument is' : `${given === 0 ? 'no' : given} arguments are`;
    diagnostics.report(code, call.span, [helper.name, counted(conversions.length, 'conversion'), are]);
    return;
  }
  if (helper.variadic) checkStrings(call, helper, conversions, diagnostics);
}

/** `%s` of an integer that cannot be an address. */
function checkStrings(
  call: CallExpression,
  helper: Helper,
  conversions: readonly Conversion[],
  diagnostics: DiagnosticSink,
): void {
  conversions.forEach(({ isString, text }, index) => {
    const value = call.args[helper.parameters.length + index];
    if (!isString || value === undefined) return;
    const { kind } = canonical(value.type);
    if ((kind !== 'integer' && kind !== 'enum') || sizeOf(value.type) === 8) return;
    diagnostics.report('printk-string-argument', value.span, [text, quoteType(value.type)]);
  });
}
