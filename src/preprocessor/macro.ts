/**
 * Macro definitions (C11 6.10.3) and the table of them.
 *
 * A replacement list is kept as token columns whose positions are relative to the list's first character, so
 * that one expansion entry of the source manager gives all its tokens their positions.
 */

import type { Pos, Span } from '../diagnostics/source-manager.ts';
import { TokenColumns, TokenFlag } from '../lexer/token-columns.ts';

export type Variadic = 'no' | 'standard' | 'gnu';

/** Macros whose replacement is computed; the name without underscores is the row of the builtins' table. */
export type BuiltinName =
  | '__LINE__'
  | '__FILE__'
  | '__FILE_NAME__'
  | '__BASE_FILE__'
  | '__INCLUDE_LEVEL__'
  | '__COUNTER__'
  | '__DATE__'
  | '__TIME__'
  | '__TIMESTAMP__'
  | '__has_include'
  | '__has_include_next'
  | '__has_attribute'
  | '__has_cpp_attribute'
  | '__has_c_attribute'
  | '__has_declspec_attribute'
  | '__has_builtin'
  | '__has_constexpr_builtin'
  | '__has_feature'
  | '__has_extension'
  | '__has_warning'
  | '__is_identifier'
  | '__is_target_arch'
  | '__is_target_vendor'
  | '__is_target_os'
  | '__is_target_environment'
  | '__building_module';

/** `#` and `__VA_OPT__` in {@link Macro.parameterOf}. */
export const noParameter = -1;
export const vaOptOperator = -2;
export const stringifyOperator = -3;
export const pasteOperator = -4;

export interface MacroShape {
  readonly name: string;
  readonly id: number;
  readonly nameSpan: Span;
  readonly isFunctionLike: boolean;
  readonly parameters: readonly number[];
  readonly variadic: Variadic;
  readonly body: TokenColumns;
  /** Of each body token: the number of the parameter that it names, or one of the negative constants. */
  readonly parameterOf: Int16Array;
  readonly bodyStart: Pos;
  readonly bodyLength: number;
}

export class Macro {
  readonly name: string;
  readonly id: number;
  readonly nameSpan: Span;
  readonly isFunctionLike: boolean;
  readonly parameters: readonly number[];
  readonly variadic: Variadic;
  readonly body: TokenColumns;
  readonly parameterOf: Int16Array;
  readonly bodyStart: Pos;
  readonly bodyLength: number;
  readonly builtin: BuiltinName | undefined;
  /** The replacement list holds a parameter, `#`, `##` or `__VA_OPT__`: it cannot be used as it stands. */
  readonly needsSubstitution: boolean;
  /** By parameter: it stands somewhere without `#` or `##`, so that its argument is expanded first. */
  readonly isExpanded: readonly boolean[];
  /** Expansions of this macro that are being rescanned (6.10.3.4 p2). */
  active = 0;

  constructor(shape: MacroShape, builtin?: BuiltinName) {
    this.name = shape.name;
    this.id = shape.id;
    this.nameSpan = shape.nameSpan;
    this.isFunctionLike = shape.isFunctionLike;
    this.parameters = shape.parameters;
    this.variadic = shape.variadic;
    this.body = shape.body;
    this.parameterOf = shape.parameterOf;
    this.bodyStart = shape.bodyStart;
    this.bodyLength = shape.bodyLength;
    this.builtin = builtin;
    this.needsSubstitution = shape.parameterOf.some((value) => value !== noParameter);
    this.isExpanded = shape.parameters.map((_id, index) => isUsedPlainly(shape.parameterOf, index));
  }

  get isVariadic(): boolean {
    return this.variadic !== 'no';
  }
}

function isUsedPlainly(parameterOf: Int16Array, parameter: number): boolean {
  return parameterOf.some(
    (value, at) =>
      // `__VA_OPT__` asks whether the expanded variable argument has tokens.
      value === vaOptOperator ||
      (value === parameter &&
        parameterOf[at - 1] !== stringifyOperator &&
        parameterOf[at - 1] !== pasteOperator &&
        parameterOf[at + 1] !== pasteOperator),
  );
}

/** A macro without parameters and tokens; what a builtin is made of. */
export function emptyShape(name: string, id: number, nameSpan: Span): MacroShape {
  return {
    name,
    id,
    nameSpan,
    isFunctionLike: false,
    parameters: [],
    variadic: 'no',
    body: new TokenColumns(0),
    parameterOf: new Int16Array(0),
    bodyStart: nameSpan.start,
    bodyLength: 0,
  };
}

/** Whether a second definition changes nothing (6.10.3 p1, p2). */
export function isSameMacro(left: Macro, right: Macro): boolean {
  if (left.builtin !== right.builtin || left.isFunctionLike !== right.isFunctionLike) return false;
  if (left.variadic !== right.variadic || left.body.length !== right.body.length) return false;
  if (left.parameters.length !== right.parameters.length) return false;
  if (left.parameters.some((id, index) => id !== right.parameters[index])) return false;
  for (let at = 0; at < left.body.length; at++) {
    if (left.body.id(at) !== right.body.id(at)) return false;
    const difference = left.body.flag(at) ^ right.body.flag(at);
    if (at > 0 && (difference & TokenFlag.leadingSpace) !== 0) return false;
  }
  return true;
}

/** Bits of {@link IdentifierTable.bits}. */
export const IdentifierBit = Object.freeze({
  macro: 1,
  poisoned: 2,
  /** `_Pragma`: leaves the fast path. */
  operator: 4,
  /** `__VA_ARGS__` and `__VA_OPT__`, which may stand only in a variadic macro. */
  variadicName: 8,
});

/** What is known about identifiers, by their id: bits for the fast loop, macros behind them. */
export class IdentifierTable {
  /** Bits of {@link IdentifierBit}; shorter than the interner where the last ids have none. */
  bits = new Uint8Array(4096);
  /** The keyword that an identifier is, 0 for others. */
  keywords = new Uint8Array(4096);
  /** All that ever got a bit, in that order; some come twice. */
  readonly named: number[] = [];
  private readonly macros = new Map<number, Macro>();
  private readonly pushed = new Map<number, (Macro | undefined)[]>();

  mark(id: number, bit: number): void {
    this.reserve(id);
    this.bits[id] = (this.bits[id] ?? 0) | bit;
    this.named.push(id);
  }

  setKeyword(id: number, kind: number): void {
    this.reserve(id);
    this.keywords[id] = kind;
  }

  has(id: number, bit: number): boolean {
    return ((this.bits[id] ?? 0) & bit) !== 0;
  }

  macro(id: number): Macro | undefined {
    return this.macros.get(id);
  }

  define(macro: Macro): void {
    this.macros.set(macro.id, macro);
    this.mark(macro.id, IdentifierBit.macro);
  }

  undefine(id: number): void {
    if (this.macros.delete(id)) this.bits[id] = (this.bits[id] ?? 0) & ~IdentifierBit.macro;
  }

  /** `#pragma push_macro`. */
  push(id: number): void {
    const stack = this.pushed.get(id) ?? [];
    stack.push(this.macros.get(id));
    this.pushed.set(id, stack);
  }

  /** `#pragma pop_macro`; false when nothing was pushed. */
  pop(id: number): boolean {
    const stack = this.pushed.get(id);
    if (stack === undefined || stack.length === 0) return false;
    const macro = stack.pop();
    if (macro === undefined) this.undefine(id);
    else this.define(macro);
    return true;
  }

  /** All macros, by the order of their definition. */
  all(): readonly Macro[] {
    return [...this.macros.values()];
  }

  private reserve(id: number): void {
    if (id < this.bits.length) return;
    const size = Math.max(id + 1, this.bits.length * 2);
    const { bits, keywords } = this;
    this.bits = new Uint8Array(size);
    this.bits.set(bits);
    this.keywords = new Uint8Array(size);
    this.keywords.set(keywords);
  }
}
