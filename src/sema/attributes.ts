/**
 * GNU attributes: the one table of names, what each applies to, its arguments and its effect.
 *
 * In: attribute lists as parsed. Out: {@link AttributeEffects}, from which declarations, records and types
 * take what concerns them. Attributes without meaning for the bpf target are rows without an effect; names
 * that are not in the table give clang's -Wunknown-attributes.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { Span } from '../diagnostics/source-manager.ts';
import type { Attribute, Expression, Name, TypeName } from '../parser/ast.ts';
import { latin1 } from '../support/file-system.ts';
import type { Sema } from './context.ts';
import type { FunctionSymbol, InlineKind, Visibility } from './typed-tree.ts';

/** What an attribute list stands on. */
export type AttributeTarget =
  | 'function'
  | 'variable'
  | 'local'
  | 'parameter'
  | 'member'
  | 'typedef'
  | 'record'
  | 'enum'
  | 'enumerator'
  | 'type'
  | 'statement';

export type IntegerMode = 'QI' | 'HI' | 'SI' | 'DI' | 'TI' | 'SF' | 'DF' | 'word' | 'pointer' | 'byte';

/** The sum of what a list of attributes says. */
export class AttributeEffects {
  section: string | undefined = undefined;
  isUsed = false;
  isWeak = false;
  visibility: Visibility | undefined = undefined;
  /** Bytes; 0 for none. */
  align = 0;
  isPacked = false;
  inline: InlineKind | undefined = undefined;
  isGnuInline = false;
  isNoreturn = false;
  isNaked = false;
  isPure = false;
  isConst = false;
  isFastcall = false;
  deprecated: string | undefined = undefined;
  callMessage: FunctionSymbol['callMessage'] = undefined;
  /** The function that is called when the variable's scope ends. */
  cleanup: Name | undefined = undefined;
  /** The symbol that the name stands for. */
  alias: string | undefined = undefined;
  preserveAccessIndex = false;
  transparentUnion = false;
  declTags: string[] = [];
  typeTags: string[] = [];
  addressSpace = 0;
  mode: IntegerMode | undefined = undefined;
  /** Bytes of a vector; 0 for none. */
  vectorSize = 0;
}

/** The arguments of one attribute, read as its row wants them; diagnostics are reported on the way. */
class ArgumentReader {
  readonly attribute: Attribute;
  private readonly sema: Sema;

  constructor(sema: Sema, attribute: Attribute) {
    this.sema = sema;
    this.attribute = attribute;
  }

  get count(): number {
    return this.attribute.args.length;
  }

  private complain(index: number, what: string): undefined {
    const span: Span = this.attribute.args[index]?.span ?? this.attribute.span;
    this.sema.diagnostics.report('attribute-argument-type', span, [this.attribute.name, what]);
    return undefined;
  }

  private expression(index: number, what: string): Expression | undefined {
    const argument: Expression | TypeName | undefined = this.attribute.args[index];
    return argument === undefined || argument.kind === 'TypeName' ? this.complain(index, what) : argument;
  }

  string(index: number): string | undefined {
    const argument = this.expression(index, 'a string');
    if (argument === undefined) return undefined;
    if (argument.kind !== 'StringLiteral') return this.complain(index, 'a string');
    const { bytes, unitSize } = this.sema.stringBytes(argument.parts);
    return latin1(bytes.subarray(0, bytes.length - unitSize));
  }

  name(index: number): Name | undefined {
    const argument = this.expression(index, 'an identifier');
    if (argument === undefined) return undefined;
    if (argument.kind !== 'Identifier') return this.complain(index, 'an identifier');
    return { text: argument.name, span: argument.span };
  }

  identifier(index: number): string | undefined {
    return this.name(index)?.text;
  }

  integer(index: number): bigint | undefined {
    const what = `'${this.attribute.name}' attribute argument`;
    const argument = this.expression(index, 'an integer constant');
    return argument === undefined ? undefined : this.sema.integerConstant(argument, what)?.value;
  }

  report(code: DiagnosticCode, args: readonly string[]): void {
    this.sema.diagnostics.report(code, this.attribute.args[0]?.span ?? this.attribute.span, args);
  }
}

type Apply = (effects: AttributeEffects, args: ArgumentReader) => void;

interface AttributeRow {
  readonly targets: readonly AttributeTarget[] | 'any';
  /** How messages name the targets. */
  readonly appliesTo: string;
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number];
  /** It changes the type that is written, rather than the name that is declared. */
  readonly isTypeAttribute: boolean;
  readonly apply: Apply;
  /** Why it cannot be had on BPF. */
  readonly refusal?: string;
}

const many = 1000;
/** The largest alignment clang takes. */
const maxAlignment = 1n << 32n;
/** The bpf target's alignment for a bare `aligned`. */
const defaultAlignment = 16;

const functionTargets: readonly AttributeTarget[] = ['function'];
const globalTargets: readonly AttributeTarget[] = ['function', 'variable'];

function row(
  targets: AttributeRow['targets'],
  appliesTo: string,
  arity: AttributeRow['arity'],
  apply: Apply,
): AttributeRow {
  return { targets, appliesTo, arity, isTypeAttribute: false, apply };
}

function onFunctions(apply: Apply, arity: AttributeRow['arity'] = [0, 0]): AttributeRow {
  return row(functionTargets, 'functions', arity, apply);
}

function onAnything(apply: Apply, arity: AttributeRow['arity'] = [0, 0]): AttributeRow {
  return row('any', '', arity, apply);
}

function onTypes(apply: Apply, arity: AttributeRow['arity']): AttributeRow {
  return { targets: 'any', appliesTo: '', arity, isTypeAttribute: true, apply };
}

/** Accepted for the sake of sources that are shared with other targets. */
const withoutEffect = onAnything(() => {}, [0, many]);

function applyAlignment(effects: AttributeEffects, args: ArgumentReader): void {
  if (args.count === 0) {
    effects.align = Math.max(effects.align, defaultAlignment);
    return;
  }
  const value = args.integer(0);
  if (value === undefined) return;
  if (value <= 0n || (value & (value - 1n)) !== 0n || value > maxAlignment) {
    args.report('alignment-not-power-of-two', []);
    return;
  }
  effects.align = Math.max(effects.align, Number(value));
}

function applyVisibility(effects: AttributeEffects, args: ArgumentReader): void {
  const name = args.string(0);
  if (name === 'default' || name === 'hidden' || name === 'protected') effects.visibility = name;
  else if (name === 'internal') effects.visibility = 'hidden';
  else if (name !== undefined) args.report('unknown-visibility', [name]);
}

const modes: ReadonlyMap<string, IntegerMode> = new Map([
  ['QI', 'QI'],
  ['HI', 'HI'],
  ['SI', 'SI'],
  ['DI', 'DI'],
  ['TI', 'TI'],
  ['SF', 'SF'],
  ['DF', 'DF'],
  ['word', 'word'],
  ['pointer', 'pointer'],
  ['byte', 'byte'],
]);

function applyMode(effects: AttributeEffects, args: ArgumentReader): void {
  const name = args.identifier(0);
  if (name === undefined) return;
  const mode = modes.get(name.replace(/^__(.*)__$/, '$1'));
  if (mode === undefined) args.report('unknown-machine-mode', [name]);
  else effects.mode = mode;
}

function applyMessage(severity: 'error' | 'warning'): Apply {
  return (effects, args) => {
    const text = args.string(0);
    if (text !== undefined) effects.callMessage = { severity, text };
  };
}

/** For what means nothing on BPF. */
function withoutUse(name: string, reason: string): AttributeRow {
  const apply: Apply = (_effects, args) => args.report('attribute-without-effect', [name, reason]);
  return { ...onFunctions(apply, [0, 1]), refusal: reason };
}

/** For what cannot be had on BPF: the message gives the way out. */
function unsupported(name: string, reason: string, arity: AttributeRow['arity']): AttributeRow {
  const apply: Apply = (_effects, args) => args.report('attribute-not-supported', [name, reason]);
  return { ...onAnything(apply, arity), refusal: reason };
}

function pushString(list: (effects: AttributeEffects) => string[]): Apply {
  return (effects, args) => {
    const text = args.string(0);
    if (text !== undefined) list(effects).push(text);
  };
}

const meaningful: Readonly<Record<string, AttributeRow>> = {
  section: row(globalTargets, 'functions and global variables', [1, 1], (effects, args) => {
    effects.section = args.string(0) ?? effects.section;
  }),
  used: row(globalTargets, 'functions and global variables', [0, 0], (effects) => {
    effects.isUsed = true;
  }),
  retain: row(globalTargets, 'functions and global variables', [0, 0], (effects) => {
    effects.isUsed = true;
  }),
  weak: row(globalTargets, 'functions and global variables', [0, 0], (effects) => {
    effects.isWeak = true;
  }),
  visibility: row(
    ['function', 'variable', 'record', 'enum', 'typedef'],
    'functions, variables and types',
    [1, 1],
    applyVisibility,
  ),
  alias: row(globalTargets, 'functions and global variables', [1, 1], (effects, args) => {
    effects.alias = args.string(0);
  }),
  ifunc: unsupported('ifunc', 'BPF objects have no resolvers', [1, 1]),
  cleanup: row(['local'], 'local variables', [1, 1], (effects, args) => {
    effects.cleanup = args.name(0);
  }),
  aligned: onAnything(applyAlignment, [0, 1]),
  packed: row(
    ['record', 'enum', 'member', 'typedef', 'variable', 'local'],
    'types and members',
    [0, 0],
    (effects) => {
      effects.isPacked = true;
    },
  ),
  always_inline: onFunctions((effects) => {
    effects.inline = 'always';
  }),
  noinline: row(['function', 'statement'], 'functions and statements', [0, 0], (effects) => {
    effects.inline = 'never';
  }),
  gnu_inline: onFunctions((effects) => {
    effects.isGnuInline = true;
  }),
  noreturn: onAnything((effects) => {
    effects.isNoreturn = true;
  }),
  naked: onFunctions((effects) => {
    effects.isNaked = true;
  }),
  pure: onFunctions((effects) => {
    effects.isPure = true;
  }),
  const: onAnything((effects) => {
    effects.isConst = true;
  }),
  bpf_fastcall: onAnything((effects) => {
    effects.isFastcall = true;
  }),
  deprecated: onAnything(
    (effects, args) => {
      effects.deprecated = args.count > 0 ? (args.string(0) ?? '') : '';
    },
    [0, 2],
  ),
  error: onFunctions(applyMessage('error'), [1, 1]),
  warning: onFunctions(applyMessage('warning'), [1, 1]),
  preserve_access_index: row(['record'], 'structs, unions and classes', [0, 0], (effects) => {
    effects.preserveAccessIndex = true;
  }),
  transparent_union: row(['record', 'typedef'], 'unions', [0, 0], (effects) => {
    effects.transparentUnion = true;
  }),
  btf_decl_tag: onAnything(
    pushString((effects) => effects.declTags),
    [1, 1],
  ),
  constructor: withoutUse('constructor', 'BPF objects run no code when they are loaded'),
  destructor: withoutUse('destructor', 'BPF objects run no code when they are unloaded'),
  btf_type_tag: onTypes(
    pushString((effects) => effects.typeTags),
    [1, 1],
  ),
  address_space: onTypes(
    (effects, args) => {
      const value = args.integer(0);
      if (value !== undefined) effects.addressSpace = Number(BigInt.asUintN(24, value));
    },
    [1, 1],
  ),
  mode: onTypes(applyMode, [1, 1]),
  vector_size: onTypes(
    (effects, args) => {
      const value = args.integer(0);
      if (value !== undefined && value > 0n) effects.vectorSize = Number(BigInt.asUintN(31, value));
    },
    [1, 1],
  ),
};

/** Known to clang or gcc, of no consequence here. */
const silent: readonly string[] = [
  'unused',
  'maybe_unused',
  'may_alias',
  'format',
  'format_arg',
  'nonnull',
  'returns_nonnull',
  'warn_unused_result',
  'nodiscard',
  'fallthrough',
  'no_instrument_function',
  'no_profile_instrument_function',
  'no_sanitize',
  'no_sanitize_address',
  'no_sanitize_thread',
  'no_sanitize_memory',
  'no_sanitize_undefined',
  'no_stack_protector',
  'no_caller_saved_registers',
  'no_split_stack',
  'optnone',
  'optimize',
  'flatten',
  'hot',
  'cold',
  'leaf',
  'nothrow',
  'malloc',
  'alloc_size',
  'alloc_align',
  'assume_aligned',
  'align_value',
  'returns_twice',
  'artificial',
  'counted_by',
  'counted_by_or_null',
  'sized_by',
  'nocf_check',
  'cf_check',
  'noclone',
  'noipa',
  'nomerge',
  'noescape',
  'noderef',
  'nonstring',
  'nodebug',
  'ms_struct',
  'gcc_struct',
  'designated_init',
  'flag_enum',
  'enum_extensibility',
  'no_reorder',
  'externally_visible',
  'selectany',
  'common',
  'nocommon',
  'overloadable',
  'enable_if',
  'diagnose_as_builtin',
  'diagnose_if',
  'sentinel',
  'access',
  'fd_arg',
  'availability',
  'unavailable',
  'annotate',
  'uninitialized',
  'zero_call_used_regs',
  'patchable_function_entry',
  'function_return',
  'indirect_return',
  'target',
  'no_builtin',
  'nouwtable',
  'not_tail_called',
  'musttail',
  'likely',
  'unlikely',
  'opencl_unroll_hint',
  'convergent',
  'kernel',
  'symver',
  'tls_model',
  'warn_unused',
  'null_terminated_string_arg',
  'randomize_layout',
  'no_randomize_layout',
  'cdecl',
  'regparm',
  'stdcall',
  'guarded_by',
  'context',
  'unsequenced',
  'reproducible',
];

const attributeTable: ReadonlyMap<string, AttributeRow> = new Map([
  ...silent.map((name): [string, AttributeRow] => [name, withoutEffect]),
  ...Object.entries(meaningful),
]);

/** A row of the table of attributes, for people. */
export interface AttributeDescription {
  readonly name: string;
  readonly effect: 'meaningful' | 'ignored' | 'refused';
  /** Empty for what stands on anything. */
  readonly appliesTo: string;
  /** Why it is refused. */
  readonly reason: string;
}

export function describeAttributes(): readonly AttributeDescription[] {
  return [...attributeTable].map(([name, { appliesTo, refusal, apply }]) => ({
    name,
    effect: refusal !== undefined ? 'refused' : apply === withoutEffect.apply ? 'ignored' : 'meaningful',
    appliesTo,
    reason: refusal ?? '',
  }));
}

function readOne(sema: Sema, attribute: Attribute, target: AttributeTarget, effects: AttributeEffects): void {
  const { diagnostics } = sema;
  const found = attributeTable.get(attribute.name);
  if (found === undefined) {
    diagnostics.report('unknown-attribute', attribute.span, [attribute.name]);
    return;
  }
  const [fewest, most] = found.arity;
  const count = attribute.args.length;
  if (count < fewest || count > most) {
    const wanted =
      fewest === 0 && most === 0 ? 'no arguments' : fewest === 1 && most === 1 ? 'one argument' : '';
    diagnostics.report('attribute-argument-count', attribute.span, [
      attribute.name,
      wanted === '' ? `no more than ${most} argument${most === 1 ? '' : 's'}` : wanted,
    ]);
  } else if (found.targets !== 'any' && !found.targets.includes(target)) {
    diagnostics.report('attribute-wrong-target', attribute.span, [attribute.name, found.appliesTo]);
  } else {
    found.apply(effects, new ArgumentReader(sema, attribute));
  }
}

/** What a list says about the name (or record) it stands on; type attributes are left out. */
export function readAttributes(
  sema: Sema,
  attributes: readonly Attribute[],
  target: AttributeTarget,
  effects: AttributeEffects = new AttributeEffects(),
): AttributeEffects {
  for (const attribute of attributes) {
    if (attributeTable.get(attribute.name)?.isTypeAttribute !== true)
      readOne(sema, attribute, target, effects);
  }
  return effects;
}

/** What a list says about the type it stands on; everything else is left out. */
export function readTypeAttributes(sema: Sema, attributes: readonly Attribute[]): AttributeEffects {
  const effects = new AttributeEffects();
  for (const attribute of attributes) {
    if (attributeTable.get(attribute.name)?.isTypeAttribute === true)
      readOne(sema, attribute, 'type', effects);
  }
  return effects;
}
