/**
 * The typed tree: sema's result and lowering's input.
 *
 * Invariants: every expression has a type; every conversion is a `Convert` node, so that lowering knows no C
 * conversion rule; operands of `Binary` have one type; names are resolved to symbols; constants that C requires are
 * evaluated; types, sizes and offsets are complete. `isLvalue` expressions denote storage and are read only through
 * a `Convert` of kind `lvalue-to-rvalue`. Left-leaning chains, and the `otherwise` chains of `else if`, may be
 * thousands of nodes deep: walk them with a loop.
 * The tree of a unit with errors is not lowered.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { CType, FunctionType, Member, RecordType } from '../types/types.ts';
import type { TextPlace } from './text-places.ts';

// ---- Symbols ----

export type Linkage = 'external' | 'internal' | 'none';
export type Visibility = 'default' | 'hidden' | 'protected';

/** An object: a global, a static local, an automatic local or a parameter. */
/** `alias("name")`: the symbol is another name of a function or variable that this unit defines. */
export interface AliasOf {
  /** As the object file spells it. */
  readonly name: string;
  /** Known at the end of the unit: the target may be defined below. */
  target: TypedSymbol | undefined;
}

export class ObjectSymbol {
  readonly kind = 'object';
  readonly name: string;
  /** Name in the object file (an `asm` label, `f.x` for a static local as clang does). */
  assemblerName: string;
  type: CType;
  readonly span: Span;
  readonly storage: 'global' | 'local' | 'parameter';
  linkage: Linkage;
  /** For globals: false for a mere `extern` declaration. */
  isDefined = false;
  isWeak = false;
  visibility: Visibility = 'default';
  section: string | undefined = undefined;
  /** Bytes; at least the type's. */
  align: number;
  /** `__attribute__((used))` or `retain`: kept although nothing refers to it. */
  isUsed = false;
  isThreadLocal = false;
  declTags: readonly string[] = [];
  /** Declared `register`: it has no address (6.5.3.2 p1). */
  isRegister = false;
  /** `register long x asm("r1")`: the register that inline assembly finds it in. */
  register: string | undefined = undefined;
  /** The call that a `cleanup` attribute asks for when the variable's scope ends. */
  cleanup: TypedExpression | undefined = undefined;
  /** For an array of variable length, which is a pointer: the object that holds its size. */
  variableSize: ObjectSymbol | undefined = undefined;
  /** The text of a `deprecated` attribute, empty without one of its own; undefined for none. */
  deprecated: string | undefined = undefined;
  aliasOf: AliasOf | undefined = undefined;
  /** Globals and static locals only. */
  initializer: StaticInitializer | undefined = undefined;

  constructor(
    name: string,
    type: CType,
    span: Span,
    storage: ObjectSymbol['storage'],
    linkage: Linkage,
    align: number,
  ) {
    this.name = name;
    this.assemblerName = name;
    this.type = type;
    this.span = span;
    this.storage = storage;
    this.linkage = linkage;
    this.align = align;
  }
}

export type InlineKind = 'none' | 'hint' | 'always' | 'never';

export class FunctionSymbol {
  readonly kind = 'function';
  readonly name: string;
  /** Name in the object file; `llvm.bpf.load.byte` and its kind come in through an `asm` label. */
  assemblerName: string;
  type: FunctionType;
  readonly span: Span;
  linkage: Linkage;
  isDefined = false;
  isWeak = false;
  visibility: Visibility = 'default';
  section: string | undefined = undefined;
  inline: InlineKind = 'none';
  /** An inline definition that emits no code of its own unless it is used (6.7.4 p7, `gnu_inline`, `extern inline`). */
  isInlineDefinition = false;
  isUsed = false;
  isNaked = false;
  isNoreturn = false;
  isPure = false;
  isConst = false;
  declTags: readonly string[] = [];
  deprecated: string | undefined = undefined;
  aliasOf: AliasOf | undefined = undefined;
  /** `error("...")`, `warning("...")`: said about each call that is left after optimisation. */
  callMessage: { readonly severity: 'error' | 'warning'; readonly text: string } | undefined = undefined;
  /** `bpf_fastcall`: the callee keeps the argument registers it does not use. */
  isFastcall = false;

  constructor(name: string, type: FunctionType, span: Span, linkage: Linkage) {
    this.name = name;
    this.assemblerName = name;
    this.type = type;
    this.span = span;
    this.linkage = linkage;
  }
}

export type TypedSymbol = ObjectSymbol | FunctionSymbol;

// ---- Constants and static initialisers ----

/** A field of a static image that holds an address: 8 bytes at `offset` (4 with `size` 4). */
export interface StaticRelocation {
  readonly offset: number;
  readonly size: number;
  readonly target: TypedSymbol | StringConstant;
  readonly addend: bigint;
}

/** The complete image of an object with static storage duration. */
export interface StaticInitializer {
  /** Little- or big-endian as the target; as long as the object (flexible array members included). */
  readonly bytes: Uint8Array;
  readonly relocations: readonly StaticRelocation[];
  /** No explicit initialiser was written, or all of it is zero: the object may live in `.bss`. */
  readonly isZero: boolean;
}

/** The array behind a string literal; equal literals of a unit are one object. */
export interface StringConstant {
  readonly kind: 'string';
  /** Includes the terminating zero unit. */
  readonly bytes: Uint8Array;
  /** Bytes of one unit: 1, 2 or 4. */
  readonly unitSize: number;
}

// ---- Expressions ----

interface ExpressionNode<K extends string> {
  readonly kind: K;
  readonly span: Span;
  readonly type: CType;
  readonly isLvalue: boolean;
}

/** An integer, null pointer or `(T *)number`. The value fits the type (sign-extended when signed). */
export interface IntegerConstant extends ExpressionNode<'IntegerConstant'> {
  readonly value: bigint;
}
/** A floating constant; it can only vanish in conversions that fold, lowering reports what remains. */
export interface FloatConstant extends ExpressionNode<'FloatConstant'> {
  readonly value: number;
}
/** Lvalue of array type. */
export interface StringReference extends ExpressionNode<'StringReference'> {
  readonly constant: StringConstant;
}
export interface ObjectReference extends ExpressionNode<'ObjectReference'> {
  readonly symbol: ObjectSymbol;
}
/** A function designator; used through a `function-to-pointer` conversion or as a callee. */
export interface FunctionReference extends ExpressionNode<'FunctionReference'> {
  readonly symbol: FunctionSymbol;
}
/** `(T){...}` in a function: an unnamed local, initialised each time it is reached. */
export interface CompoundLiteralExpression extends ExpressionNode<'CompoundLiteral'> {
  readonly symbol: ObjectSymbol;
  readonly initializer: LocalInitializer;
}
/** `base.member`; `->` is a `Dereference` below. `base` may be an rvalue record (a call's result). */
export interface MemberExpression extends ExpressionNode<'Member'> {
  readonly base: TypedExpression;
  readonly record: RecordType;
  readonly member: Member;
  /** Number of the member in its record, counting unnamed ones: the CO-RE access index. */
  readonly memberIndex: number;
}
/** `base[index]`: lvalue; `base` is a pointer rvalue (arrays have decayed), `index` any integer type. */
export interface SubscriptExpression extends ExpressionNode<'Subscript'> {
  readonly base: TypedExpression;
  readonly index: TypedExpression;
}
/** `*pointer`: lvalue (or function designator). */
export interface DereferenceExpression extends ExpressionNode<'Dereference'> {
  readonly pointer: TypedExpression;
}
export interface AddressOfExpression extends ExpressionNode<'AddressOf'> {
  readonly operand: TypedExpression;
}
/** `-x`, `~x` on a promoted operand; `!x` gives int and takes any scalar. */
export interface UnaryExpression extends ExpressionNode<'Unary'> {
  readonly operator: '-' | '~' | '!';
  readonly operand: TypedExpression;
}

export type ArithmeticOperator = '*' | '/' | '%' | '+' | '-' | '<<' | '>>' | '&' | '^' | '|';
export type ComparisonOperator = '<' | '>' | '<=' | '>=' | '==' | '!=';

/**
 * Arithmetic: both operands have the result's type (shifts: the right one its own promoted type). Comparisons:
 * both operands have one type (arithmetic or pointer), the result is int.
 */
export interface BinaryExpression extends ExpressionNode<'Binary'> {
  readonly operator: ArithmeticOperator | ComparisonOperator;
  readonly left: TypedExpression;
  readonly right: TypedExpression;
}
/** pointer + integer or pointer - integer; `elementSize` bytes a step. */
export interface PointerArithmetic extends ExpressionNode<'PointerArithmetic'> {
  readonly operator: '+' | '-';
  readonly pointer: TypedExpression;
  readonly index: TypedExpression;
  readonly elementSize: number;
}
/** pointer - pointer, in elements; type long. */
export interface PointerDifference extends ExpressionNode<'PointerDifference'> {
  readonly left: TypedExpression;
  readonly right: TypedExpression;
  readonly elementSize: number;
}
/** `&&`, `||`: int; operands any scalar. */
export interface LogicalExpression extends ExpressionNode<'Logical'> {
  readonly operator: '&&' | '||';
  readonly left: TypedExpression;
  readonly right: TypedExpression;
}
/** `c ? a : b`; both arms have the result's type. `condition` any scalar. GNU `a ?: b` repeats no evaluation: see `isOmitted`. */
export interface ConditionalExpression extends ExpressionNode<'Conditional'> {
  readonly condition: TypedExpression;
  /** For `a ?: b` this is a `Reused` of the condition, converted. */
  readonly whenTrue: TypedExpression;
  readonly whenFalse: TypedExpression;
}
/** The value that an enclosing node evaluated once already (`a ?: b`, compound assignment): `source` is that node. */
export interface ReusedExpression extends ExpressionNode<'Reused'> {
  readonly source: TypedExpression;
}
/** `target = value`; the value has the target's unqualified type (records too). Result: the stored value. */
export interface AssignmentExpression extends ExpressionNode<'Assignment'> {
  readonly target: TypedExpression;
  readonly value: TypedExpression;
}
/**
 * `target op= x`: the target is evaluated once; `value` is the new value, in which a `Reused` of `target` (an lvalue,
 * under an `lvalue-to-rvalue`) stands for the old one. `++x` and `x++` are such nodes; `isPostfix` yields the old value.
 */
export interface CompoundAssignmentExpression extends ExpressionNode<'CompoundAssignment'> {
  readonly target: TypedExpression;
  readonly value: TypedExpression;
  readonly isPostfix: boolean;
}
export interface CommaExpression extends ExpressionNode<'Comma'> {
  readonly left: TypedExpression;
  readonly right: TypedExpression;
}
/** Arguments are converted to the parameters' types (default promotions past them). Record arguments are rvalues. */
export interface CallExpression extends ExpressionNode<'Call'> {
  /** A `FunctionReference` for a direct call, else a pointer rvalue. */
  readonly callee: TypedExpression;
  readonly args: readonly TypedExpression[];
}
/** A builtin that remains after sema folded what it can; the table in `builtins.ts` says what each means. */
export interface BuiltinExpression extends ExpressionNode<'Builtin'> {
  readonly name: string;
  readonly args: readonly TypedExpression[];
  /** For builtins about a type (`__builtin_preserve_type_info`, `__builtin_btf_type_id`). */
  readonly typeArgument: CType | undefined;
}
export interface StatementExpressionNode extends ExpressionNode<'StatementExpression'> {
  readonly body: CompoundStatementNode;
  /** The value: the last statement's expression, already taken off the body; undefined for void. */
  readonly result: TypedExpression | undefined;
}
export interface LabelAddressExpression extends ExpressionNode<'LabelAddress'> {
  readonly label: LabelSymbol;
}

/** Vectors element by element: `lane` is an element of the result, in which those of the operands stand as `Reused`. */
export interface LanesExpression extends ExpressionNode<'Lanes'> {
  readonly operands: readonly TypedExpression[];
  readonly lane: TypedExpression;
}

/** 6.3 and clang's CastKind. */
export type ConversionKind =
  | 'lvalue-to-rvalue'
  | 'array-to-pointer'
  | 'function-to-pointer'
  | 'integral' // integer to integer: truncation, sign or zero extension by the source's sign
  | 'to-boolean' // any scalar to _Bool: != 0
  | 'integer-to-pointer'
  | 'pointer-to-integer'
  | 'pointer' // pointer to pointer
  | 'address-space' // pointer to pointer of another address space
  | 'to-void'
  | 'no-op' // same representation: qualifiers, compatible records
  | 'to-union'
  | 'integer-to-float'
  | 'float-to-integer'
  | 'float';

export interface ConvertExpression extends ExpressionNode<'Convert'> {
  readonly conversion: ConversionKind;
  readonly operand: TypedExpression;
  /** Written by the programmer. */
  readonly isExplicit: boolean;
}

export type TypedExpression =
  | IntegerConstant
  | FloatConstant
  | StringReference
  | ObjectReference
  | FunctionReference
  | CompoundLiteralExpression
  | MemberExpression
  | SubscriptExpression
  | DereferenceExpression
  | AddressOfExpression
  | UnaryExpression
  | BinaryExpression
  | PointerArithmetic
  | PointerDifference
  | LogicalExpression
  | ConditionalExpression
  | ReusedExpression
  | AssignmentExpression
  | CompoundAssignmentExpression
  | CommaExpression
  | CallExpression
  | BuiltinExpression
  | StatementExpressionNode
  | LabelAddressExpression
  | LanesExpression
  | ConvertExpression;

// ---- Local initialisers ----

/** One scalar or record that an initialiser stores, in order of evaluation. */
export interface InitializerEntry {
  /** Bytes from the object's start; for a bit-field, those of the record that holds it. */
  readonly offset: number;
  /** The bit-field that is stored, when it is one. */
  readonly bitField: Member | undefined;
  readonly type: CType;
  readonly value: TypedExpression;
}

/** Everything that no entry covers is zero when `zeroFill` (6.7.9 p21); string literals come as `StringReference` rvalues of array type. */
export interface LocalInitializer {
  readonly zeroFill: boolean;
  readonly entries: readonly InitializerEntry[];
}

// ---- Statements ----

interface StatementNode<K extends string> {
  readonly kind: K;
  readonly span: Span;
}

export class LabelSymbol {
  readonly name: string;
  readonly span: Span;
  /** What `&&label` is: BPF cannot jump to an address, so labels have numbers, from 1 in each function. */
  readonly address: number;
  isAddressTaken = false;
  constructor(name: string, span: Span, address: number) {
    this.name = name;
    this.span = span;
    this.address = address;
  }
}

export interface CompoundStatementNode extends StatementNode<'Compound'> {
  readonly items: readonly TypedStatement[];
  readonly endSpan: Span;
}
export interface ExpressionStatementNode extends StatementNode<'Expression'> {
  readonly expression: TypedExpression;
}
/** An automatic local comes to life; storage is uninitialised without an initialiser. */
export interface LocalDeclaration extends StatementNode<'Local'> {
  readonly symbol: ObjectSymbol;
  readonly initializer: LocalInitializer | undefined;
}
export interface IfStatementNode extends StatementNode<'If'> {
  readonly condition: TypedExpression;
  readonly then: TypedStatement;
  readonly otherwise: TypedStatement | undefined;
}

/** How `#pragma unroll` and `#pragma clang loop` speak of a loop. */
export interface LoopHint {
  readonly unroll: 'default' | 'full' | 'disable' | number;
  readonly span: Span;
}
export interface WhileStatementNode extends StatementNode<'While'> {
  readonly condition: TypedExpression;
  readonly body: TypedStatement;
  readonly hint: LoopHint | undefined;
}
export interface DoStatementNode extends StatementNode<'Do'> {
  readonly condition: TypedExpression;
  readonly body: TypedStatement;
  readonly hint: LoopHint | undefined;
}
export interface ForStatementNode extends StatementNode<'For'> {
  readonly init: readonly TypedStatement[];
  readonly condition: TypedExpression | undefined;
  readonly step: TypedExpression | undefined;
  readonly body: TypedStatement;
  readonly hint: LoopHint | undefined;
}

/** The target of a `case`: identity links it to its place in the body. */
export class CaseLabel {
  readonly span: Span;
  constructor(span: Span) {
    this.span = span;
  }
}
/** `first`..`last` inclusive, in the promoted type of the switch's value. */
export interface SwitchCase {
  readonly first: bigint;
  readonly last: bigint;
  readonly label: CaseLabel;
}
export interface SwitchStatementNode extends StatementNode<'Switch'> {
  readonly value: TypedExpression;
  readonly cases: readonly SwitchCase[];
  readonly defaultLabel: CaseLabel | undefined;
  readonly body: TypedStatement;
}
/** A place that a `case` or `default` of the enclosing switch leads to. */
export interface CaseStatementNode extends StatementNode<'Case'> {
  readonly label: CaseLabel;
  readonly body: TypedStatement;
}
export interface LabeledStatementNode extends StatementNode<'Labeled'> {
  readonly label: LabelSymbol;
  readonly body: TypedStatement;
}
export interface GotoStatementNode extends StatementNode<'Goto'> {
  readonly label: LabelSymbol;
}
export interface IndirectGotoStatementNode extends StatementNode<'IndirectGoto'> {
  readonly target: TypedExpression;
}
export interface BreakStatementNode extends StatementNode<'Break'> {}
export interface ContinueStatementNode extends StatementNode<'Continue'> {}
export interface ReturnStatementNode extends StatementNode<'Return'> {
  /** Converted to the function's return type. */
  readonly value: TypedExpression | undefined;
}
export interface TypedAsmOperand {
  readonly name: string | undefined;
  readonly constraint: string;
  /** Outputs: the lvalue; inputs: an rvalue, or the lvalue for a memory constraint. */
  readonly value: TypedExpression;
}
export interface AsmStatementNode extends StatementNode<'Asm'> {
  readonly template: string;
  readonly places: readonly TextPlace[];
  readonly isVolatile: boolean;
  readonly isExtended: boolean;
  readonly outputs: readonly TypedAsmOperand[];
  readonly inputs: readonly TypedAsmOperand[];
  readonly clobbers: readonly string[];
  readonly labels: readonly LabelSymbol[];
}

export type TypedStatement =
  | CompoundStatementNode
  | ExpressionStatementNode
  | LocalDeclaration
  | IfStatementNode
  | WhileStatementNode
  | DoStatementNode
  | ForStatementNode
  | SwitchStatementNode
  | CaseStatementNode
  | LabeledStatementNode
  | GotoStatementNode
  | IndirectGotoStatementNode
  | BreakStatementNode
  | ContinueStatementNode
  | ReturnStatementNode
  | AsmStatementNode;

// ---- The unit ----

export interface TypedFunction {
  readonly symbol: FunctionSymbol;
  /** One a parameter, in order. */
  readonly parameters: readonly ObjectSymbol[];
  readonly body: CompoundStatementNode;
  /** The function's declarator name and its closing brace. */
  readonly span: Span;
  readonly endSpan: Span;
}

/**
 * What is emitted: functions and variables that are externally visible, used, or reached from such (the rest of
 * the headers is not even looked at), in source order.
 */
export interface TypedUnit {
  readonly functions: readonly TypedFunction[];
  /** Definitions with static storage, static locals included. */
  readonly variables: readonly ObjectSymbol[];
  /** Declared and used but not defined here: externs, kfuncs, kconfig and ksym variables. */
  readonly externs: readonly TypedSymbol[];
  /** Second names of definitions, each with its target. */
  readonly aliases: readonly TypedSymbol[];
  readonly fileScopeAsm: readonly { readonly text: string; readonly span: Span }[];
}
