/**
 * Macro definitions (C11 6.10.3) and the table of them.
 *
 * A replacement list is kept as token columns whose positions are relative to the list's first character, so
 * that one expansion entry of the source manager gives all its tokens their positions.
 */

import { noSpan, offsetPos, type Pos, type Span } from '../diagnostics/source-manager.ts';
import { TokenColumns, TokenFlag } from '../lexer/token-columns.ts';
import { asId } from '../support/ids.ts';

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

/** What a `#define` line says, wherever its file is read. */
interface DefinitionLine {
  readonly name: string;
  readonly id: number;
  /** Of the file that the line stands in; positions are offsets into it. */
  readonly tokens: TokenColumns;
  /** Numbers of the name's token, of the replacement list's first and behind its last. */
  readonly nameAt: number;
  readonly start: number;
  readonly end: number;
  readonly isFunctionLike: boolean;
  readonly parameters: readonly number[];
  readonly variadic: Variadic;
  /** Of each body token: the number of the parameter that it names, or one of the negative constants; empty where it has none. */
  readonly parameterOf: Int16Array;
  /** Characters of the replacement list. */
  readonly bodyLength: number;
}

/** A replacement list and its parameters. Most of what headers define is never used: columns are made when they are asked for. */
export class Definition {
  readonly name: string;
  readonly id: number;
  readonly isFunctionLike: boolean;
  readonly parameters: readonly number[];
  readonly variadic: Variadic;
  readonly parameterOf: Int16Array;
  readonly bodyLength: number;
  /** Offsets into the file. */
  readonly nameStart: number;
  readonly bodyStart: number;
  private readonly tokens: TokenColumns;
  private readonly start: number;
  private readonly end: number;
  private madeBody: TokenColumns | undefined;
  private madeIsExpanded: readonly boolean[] | undefined;

  constructor(line: DefinitionLine) {
    this.name = line.name;
    this.id = line.id;
    this.isFunctionLike = line.isFunctionLike;
    this.parameters = line.parameters;
    this.variadic = line.variadic;
    this.parameterOf = line.parameterOf;
    this.bodyLength = line.bodyLength;
    this.nameStart = line.tokens.position(line.nameAt);
    this.bodyStart = line.start === line.end ? this.nameStart : line.tokens.position(line.start);
    this.tokens = line.tokens;
    this.start = line.start;
    this.end = line.end;
  }

  get body(): TokenColumns {
    this.madeBody ??= this.makeBody();
    return this.madeBody;
  }

  /** By parameter: it stands somewhere without `#` or `##`, so that its argument is expanded first. */
  get isExpanded(): readonly boolean[] {
    this.madeIsExpanded ??= this.parameters.map((_id, index) => isUsedPlainly(this.parameterOf, index));
    return this.madeIsExpanded;
  }

  private makeBody(): TokenColumns {
    const { tokens, start, end, bodyStart } = this;
    const body = new TokenColumns(end - start);
    for (let at = start; at < end; at++) {
      body.push(tokens.kind(at), tokens.position(at) - bodyStart, tokens.id(at), tokens.flag(at));
    }
    return body;
  }
}

/** A definition in force in a unit. */
export class Macro {
  readonly definition: Definition;
  readonly builtin: BuiltinName | undefined;
  /** Expansions of this macro that are being rescanned (6.10.3.4 p2). */
  active = 0;
  /** Added to the definition's offsets. */
  private readonly delta: number;

  constructor(definition: Definition, delta: number, builtin?: BuiltinName) {
    this.definition = definition;
    this.delta = delta;
    this.builtin = builtin;
  }

  /** The same for another unit. */
  copy(): Macro {
    return new Macro(this.definition, this.delta, this.builtin);
  }

  get name(): string {
    return this.definition.name;
  }

  get id(): number {
    return this.definition.id;
  }

  get nameSpan(): Span {
    const { name, nameStart } = this.definition;
    if (this.builtin !== undefined) return noSpan;
    const start = asId<Pos>(nameStart + this.delta);
    return { start, end: offsetPos(start, name.length) };
  }

  get isFunctionLike(): boolean {
    return this.definition.isFunctionLike;
  }

  get isVariadic(): boolean {
    return this.definition.variadic !== 'no';
  }

  get parameters(): readonly number[] {
    return this.definition.parameters;
  }

  get parameterOf(): Int16Array {
    return this.definition.parameterOf;
  }

  get isExpanded(): readonly boolean[] {
    return this.definition.isExpanded;
  }

  /** The replacement list holds a parameter, `#`, `##` or `__VA_OPT__`: it cannot be used as it stands. */
  get needsSubstitution(): boolean {
    return this.definition.parameterOf.length > 0;
  }

  get body(): TokenColumns {
    return this.definition.body;
  }

  get bodyLength(): number {
    return this.definition.bodyLength;
  }

  get bodyStart(): Pos {
    return asId<Pos>(this.definition.bodyStart + this.delta);
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

/** A macro whose value is computed. */
export function builtinMacro(name: BuiltinName, id: number): Macro {
  const definition = new Definition({
    name,
    id,
    tokens: new TokenColumns(0),
    nameAt: 0,
    start: 0,
    end: 0,
    isFunctionLike: false,
    parameters: [],
    variadic: 'no',
    parameterOf: noOperators,
    bodyLength: 0,
  });
  return new Macro(definition, 0, name);
}

/** Of a replacement list in which nothing is replaced. */
export const noOperators = new Int16Array(0);

/** Whether a second definition changes nothing (6.10.3 p1, p2). */
export function isSameMacro(left: Macro, right: Macro): boolean {
  if (left.definition === right.definition) return true;
  if (left.builtin !== right.builtin || left.isFunctionLike !== right.isFunctionLike) return false;
  if (left.definition.variadic !== right.definition.variadic || left.body.length !== right.body.length)
    return false;
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

/** An identifier table, for another unit with the same keywords. Never changed. */
export interface IdentifiersState {
  readonly bits: Uint8Array;
  readonly named: readonly number[];
  readonly macros: readonly Macro[];
}

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

  /** The table as it is; undefined where macros are pushed. */
  state(): IdentifiersState | undefined {
    if ([...this.pushed.values()].some((stack) => stack.length > 0)) return undefined;
    return { bits: this.bits.slice(), named: this.named.slice(), macros: this.all() };
  }

  /** Goes on from a state; keywords stay. */
  resume({ bits, named, macros }: IdentifiersState): void {
    this.reserve(bits.length - 1);
    this.bits.fill(0);
    this.bits.set(bits);
    this.named.length = 0;
    for (const id of named) this.named.push(id);
    this.macros.clear();
    for (const macro of macros) this.macros.set(macro.id, macro.copy());
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
