/**
 * Function calls (C11 6.5.2.2): the callee, clang's checks of the arguments, implicit declarations, and the
 * recognition of builtins and of library functions that are builtins.
 */

import type { Note } from '../diagnostics/diagnostic.ts';
import type { Span } from '../diagnostics/source-manager.ts';
import type { Call, Expression, Identifier, TypeName } from '../parser/ast.ts';
import { printType, quoteType } from '../types/print.ts';
import { type CType, canonical, type FunctionType, sizeOf } from '../types/types.ts';
import { prototypeOf } from './builtin-prototypes.ts';
import { builtinTable, inlinedLibraryNames, libraryBuiltins } from './builtin-table.ts';
import { checkBuiltinCall } from './builtins.ts';
import type { Checker } from './checker.ts';
import { decay, promoteArgument } from './conversions.ts';
import { isError, makeCall, makeError, makeFunctionReference } from './factories.ts';
import { isFunction, isIncomplete, isVoid, pointeeOf, unqualifiedType } from './type-queries.ts';
import type { FunctionSymbol, TypedExpression } from './typed-tree.ts';

const endianHeader = 'bpf/bpf_endian.h';
const helpersHeader = 'bpf/bpf_helpers.h';

/** What people write from habit, what BPF programs have instead, and the header that has it. */
const bpfSpellings: Readonly<Record<string, readonly [instead: string, header: string]>> = {
  htons: ['bpf_htons', endianHeader],
  ntohs: ['bpf_ntohs', endianHeader],
  htonl: ['bpf_htonl', endianHeader],
  ntohl: ['bpf_ntohl', endianHeader],
  htobe64: ['bpf_cpu_to_be64', endianHeader],
  be64toh: ['bpf_be64_to_cpu', endianHeader],
  cpu_to_be64: ['bpf_cpu_to_be64', endianHeader],
  be64_to_cpu: ['bpf_be64_to_cpu', endianHeader],
  printf: ['bpf_printk', helpersHeader],
  printk: ['bpf_printk', helpersHeader],
  fprintf: ['bpf_printk', helpersHeader],
  puts: ['bpf_printk', helpersHeader],
  malloc: ['a map, a ring buffer record or bpf_obj_new', helpersHeader],
  free: ['bpf_obj_drop', 'bpf_experimental.h'],
  getpid: ['bpf_get_current_pid_tgid', helpersHeader],
  gettid: ['bpf_get_current_pid_tgid', helpersHeader],
  getuid: ['bpf_get_current_uid_gid', helpersHeader],
  time: ['bpf_ktime_get_ns', helpersHeader],
  rand: ['bpf_get_prandom_u32', helpersHeader],
  snprintf: ['BPF_SNPRINTF', helpersHeader],
  sprintf: ['BPF_SNPRINTF', helpersHeader],
};

/** Names of BPF's own headers: a call of one that is not declared lacks an #include. */
const bpfHeaders: readonly (readonly [names: RegExp, header: string])[] = [
  [/^bpf_(?:[hn]to[hn][sl]|cpu_to_be64|be64_to_cpu)$/, endianHeader],
  [/^(?:BPF_CORE_|bpf_core_)/, 'bpf/bpf_core_read.h'],
  [/^(?:PT_REGS_|BPF_K?(?:RET)?PROBE$|BPF_PROG$|BPF_KSYSCALL$)/, 'bpf/bpf_tracing.h'],
  [
    /^(?:bpf_printk|BPF_SEQ_PRINTF|BPF_SNPRINTF|SEC|bpf_for(?:_each)?|bpf_repeat|bpf_tail_call_static|bpf_ksym_exists)$/,
    helpersHeader,
  ],
];

/** The header that declares a name of BPF's. */
function bpfHeaderOf(checker: Checker, { name, span }: Identifier): string | undefined {
  const listed = bpfHeaders.find(([names]) => names.test(name))?.[1];
  if (listed !== undefined) return listed;
  const hasHelpers = checker.sema.lookupOrdinary('bpf_map_lookup_elem', span) !== undefined;
  return name.startsWith('bpf_') && !hasHelpers ? helpersHeader : undefined;
}

function isTypeName(argument: Expression | TypeName): argument is TypeName {
  return argument.kind === 'TypeName';
}

export function checkCall(checker: Checker, node: Call): TypedExpression {
  const named = node.callee.kind === 'Identifier' ? checkNamedCall(checker, node, node.callee) : undefined;
  if (named !== undefined) return named;
  const callee = checker.check(node.callee);
  return finishCall(checker, node, callee);
}

/** Calls by name that need no checked callee; undefined for an ordinary one. */
function checkNamedCall(checker: Checker, node: Call, callee: Identifier): TypedExpression | undefined {
  const { name } = callee;
  const entity = checker.sema.lookupOrdinary(name, callee.span);
  if (entity === undefined) {
    const row = builtinTable.get(name);
    return row === undefined
      ? checkImplicitCall(checker, node, callee)
      : checkBuiltinCall(checker, name, row, node);
  }
  if (entity.kind !== 'function' || entity.isDefined || entity.linkage === 'internal') return undefined;
  const isFolded = name === 'strlen' && node.args[0]?.kind === 'StringLiteral';
  if (!builtinTable.has(name) && !inlinedLibraryNames.has(name) && !isFolded) return undefined;
  const row = builtinTable.get(name) ?? libraryBuiltins.get(name);
  if (row === undefined || row.how === 'unsupported' || !declaresBuiltin(entity, name)) return undefined;
  return checkBuiltinCall(checker, name, row, node);
}

/** Does the user's declaration agree with the library function of that name, but for the spelling of its types? */
function declaresBuiltin(symbol: FunctionSymbol, name: string): boolean {
  if (symbol.assemblerName !== symbol.name) return false;
  const prototype = prototypeOf(libraryBuiltins.get(name) ?? builtinTable.get(name));
  if (prototype === undefined || symbol.type.isVariadic) return false;
  if (!symbol.type.isPrototype) return true;
  const { parameters } = symbol.type;
  return (
    parameters.length === prototype.parameters.length &&
    parameters.every((parameter, i) => haveSameShape(parameter.type, prototype.parameters[i]?.type)) &&
    haveSameShape(symbol.type.returns, prototype.returns)
  );
}

function haveSameShape(a: CType, b: CType | undefined): boolean {
  if (b === undefined) return false;
  const left = canonical(a);
  const right = canonical(b);
  const isInteger = (left.kind === 'integer' || left.kind === 'enum') && right.kind === 'integer';
  return (left.kind === right.kind || isInteger) && sizeOf(left) === sizeOf(right);
}

function headerOf(name: string): string {
  if (/^ffs/.test(name)) return 'strings.h';
  return /^(abort|exit|calloc|l*abs)$/.test(name) ? 'stdlib.h' : 'string.h';
}

/** A call of a name that nothing declares (C89 6.3.2.2; an error since C99). */
function checkImplicitCall(checker: Checker, node: Call, callee: Identifier): TypedExpression | undefined {
  const { name, span } = callee;
  const library = libraryBuiltins.get(name);
  if (checker.sema.options.standard === 'c89') {
    checker.report('implicit-declaration', span, [name]);
    return library === undefined
      ? callImplicit(checker, node, callee)
      : checkBuiltinCall(checker, name, library, node);
  }
  const prototype = prototypeOf(library);
  if (library !== undefined && prototype !== undefined && !Object.hasOwn(bpfSpellings, name)) {
    const note = /^mem(?:cpy|move|set|cmp)$/.test(name)
      ? `BPF has no C library: use '__builtin_${name}', which is expanded in place`
      : `include the header <${headerOf(name)}> or explicitly provide a declaration for '${name}'`;
    checker.report('undeclared-library-function', span, [name, `'${printType(prototype)}'`], {
      notes: [{ span, text: note }],
      fixIts: /^mem(?:cpy|move|set|cmp)$/.test(name) ? [{ span, text: `__builtin_${name}` }] : [],
    });
    return checkBuiltinCall(checker, name, library, node);
  }
  const { diagnostics } = checker.sema;
  const errorsBefore = diagnostics.errorCount;
  reportUndeclared(checker, callee);
  if (diagnostics.errorCount > errorsBefore) {
    checkOperands(checker, node);
    return makeError(node.span);
  }
  if (name.startsWith('__builtin_')) return checker.fail('unsupported-builtin', span, [name]);
  // Who made a warning of the error wants the C89 meaning.
  return library === undefined
    ? callImplicit(checker, node, callee)
    : checkBuiltinCall(checker, name, library, node);
}

/** An undeclared function, with what may have been meant. */
function reportUndeclared(checker: Checker, callee: Identifier): void {
  const { name, span } = callee;
  const report = (text: string, instead?: string): void => {
    const fixIts = instead === undefined ? [] : [{ span, text: instead }];
    checker.report('undeclared-function', span, [name], { notes: [{ span, text }], fixIts });
  };
  const [instead, header] = (Object.hasOwn(bpfSpellings, name) ? bpfSpellings[name] : undefined) ?? [];
  if (instead !== undefined && header !== undefined) {
    if (/^\w+$/.test(instead)) report(`BPF programs use '${instead}' of <${header}> instead`, instead);
    else report(`BPF programs use ${instead} instead`);
    return;
  }
  const missing = bpfHeaderOf(checker, callee);
  const suggestion = missing === undefined ? checker.sema.suggestName(name) : undefined;
  if (missing !== undefined) report(`add: #include <${missing}>`);
  else if (suggestion !== undefined) report(`did you mean '${suggestion}'?`, suggestion);
  else checker.report('undeclared-function', span, [name]);
}

/** A call of `extern int name();`. */
function callImplicit(checker: Checker, node: Call, { name, span }: Identifier): TypedExpression | undefined {
  const symbol = checker.sema.declareImplicitFunction(name, span);
  return symbol === undefined ? undefined : finishCall(checker, node, reference(checker, symbol, span));
}

function reference(checker: Checker, symbol: FunctionSymbol, span: Span): TypedExpression {
  checker.markReferenced(symbol);
  return makeFunctionReference(symbol, span);
}

/** Checks the arguments of a call that cannot be made, for their own mistakes. */
function checkOperands(checker: Checker, node: Call): void {
  for (const argument of node.args) {
    if (!isTypeName(argument)) checker.rvalue(argument);
  }
}

/** The callee as lowering wants it: a function reference, or a pointer rvalue. */
function normalizeCallee(checker: Checker, callee: TypedExpression): TypedExpression {
  if (callee.kind === 'FunctionReference') return callee;
  if (callee.kind === 'Dereference' && isFunction(callee.type)) return callee.pointer;
  return decay(checker, callee);
}

function finishCall(checker: Checker, node: Call, designator: TypedExpression): TypedExpression {
  const callee = normalizeCallee(checker, designator);
  if (isError(callee)) {
    checkOperands(checker, node);
    return makeError(node.span);
  }
  const target = callee.kind === 'FunctionReference' ? callee.type : pointeeOf(callee.type);
  const type = target === undefined ? undefined : canonical(target);
  if (type?.kind !== 'function') {
    checkOperands(checker, node);
    return checker.fail('called-object-not-function', node.span, [quoteType(callee.type)]);
  }
  const args = checkArguments(checker, node, type, calleeName(callee));
  if (args === undefined) return makeError(node.span);
  const result = unqualifiedType(type.returns);
  if (!isVoid(result) && isIncomplete(result)) {
    const name = calleeName(callee);
    return checker.fail('incomplete-return-type', node.span, [
      name === undefined ? 'function' : `'${name}'`,
      quoteType(result),
    ]);
  }
  return makeCall(callee, args, result, node.span);
}

function calleeName(callee: TypedExpression): string | undefined {
  if (callee.kind === 'FunctionReference') return callee.symbol.name;
  return undefined;
}

/** Of a helper, what it takes: it is a pointer to a function in a header that nobody reads. */
function helperNotes({ callee }: Call, { parameters }: FunctionType): readonly Note[] {
  if (callee.kind !== 'Identifier' || !callee.name.startsWith('bpf_')) return [];
  const texts = parameters.map(({ type, name }) => (name === undefined ? undefined : printType(type, name)));
  if (texts.includes(undefined)) return [];
  return [{ span: callee.span, text: `it is ${callee.name}(${texts.join(', ')})` }];
}

function countMessage(checker: Checker, node: Call, type: FunctionType): void {
  const expected = type.parameters.length;
  const have = node.args.length;
  const isTooFew = have < expected;
  const [only] = type.parameters;
  const at = isTooFew ? node.span : (node.args[expected]?.span ?? node.span);
  const notes = helperNotes(node, type);
  if (expected === 1 && only?.name !== undefined && !type.isVariadic) {
    if (isTooFew) checker.report('too-few-arguments-single', at, [only.name], { notes });
    else checker.report('too-many-arguments-single', at, [only.name, String(have)], { notes });
    return;
  }
  const wanted = `${type.isVariadic ? 'at least ' : ''}${expected}`;
  checker.report(
    isTooFew ? 'too-few-arguments-call' : 'too-many-arguments-call',
    at,
    [wanted, String(have)],
    {
      notes,
    },
  );
}

function checkArguments(
  checker: Checker,
  node: Call,
  type: FunctionType,
  callee: string | undefined,
): readonly TypedExpression[] | undefined {
  const values = node.args.map((argument) =>
    isTypeName(argument) ? checker.fail('type-as-argument', argument.span) : checker.rvalue(argument),
  );
  const { parameters } = type;
  const isWrongCount =
    values.length < parameters.length || (values.length > parameters.length && !type.isVariadic);
  if (type.isPrototype && isWrongCount) {
    countMessage(checker, node, type);
    return undefined;
  }
  const converted = values.map((value, index) => {
    const parameter = type.isPrototype ? parameters[index] : undefined;
    if (parameter !== undefined)
      return checker.assign(value, parameter.type, { kind: 'argument', index, callee });
    if (isVoid(value.type)) return checker.fail('void-argument', value.span, [quoteType(value.type)]);
    return promoteArgument(checker, value);
  });
  return converted.some(isError) ? undefined : converted;
}
