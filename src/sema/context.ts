/**
 * What the parts of sema share: the state of one analysis and the calls between its two halves.
 *
 * Declarations (specifiers, declarators, layout, attributes, initialisers, file scope on demand) and expressions
 * (conversions, constants, builtins, statements) call each other through this one interface; neither imports the
 * other's files. File scope is lazy: looking a name up analyses the external declarations that may declare it.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { SourceManager, Span } from '../diagnostics/source-manager.ts';
import type {
  CompoundStatement,
  Declaration,
  Expression,
  FunctionDefinition,
  Initializer,
  StaticAssert,
  TypeName,
} from '../parser/ast.ts';
import type { CType, EnumType, RecordType } from '../types/types.ts';
import type {
  FunctionSymbol,
  LocalInitializer,
  ObjectSymbol,
  StringConstant,
  TypedExpression,
  TypedFunction,
  TypedStatement,
  TypedSymbol,
} from './typed-tree.ts';

export interface SemaOptions {
  readonly littleEndian: boolean;
  /** From `-std=`: 'gnu' also for the default. */
  readonly gnuExtensions: boolean;
  readonly standard: 'c89' | 'c99' | 'c11' | 'c17' | 'c23';
  /** `-fms-extensions`: a member of a tagged record or its typedef without a name is anonymous. */
  readonly msExtensions: boolean;
  /** `-funsigned-char`. */
  readonly unsignedChar: boolean;
  /** Checks every declaration, needed or not (`--eager`). */
  readonly eager: boolean;
  readonly warnings: { readonly all: boolean };
  /** For the machine's hosted mode: a name may be an alias, all code being one unit. */
  readonly hostedMachine: boolean;
}

/** What an ordinary identifier means (6.2.3). */
export type OrdinaryEntity =
  | ObjectSymbol
  | FunctionSymbol
  | { readonly kind: 'typedef'; readonly name: string; readonly type: CType; readonly span: Span }
  | {
      readonly kind: 'enumerator';
      readonly name: string;
      readonly value: bigint;
      readonly type: CType;
      readonly span: Span;
    };

export type TagEntity = RecordType | EnumType;

/** How a value flows into a type: chooses the words of a diagnostic (6.5.16.1). */
export type AssignmentContext =
  | { readonly kind: 'assign' | 'initialize' | 'return' }
  | { readonly kind: 'argument'; readonly index: number; readonly callee: string | undefined };

/** A constant expression's value (6.6): arithmetic, or an address plus offset. */
export type ConstantValue =
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | {
      readonly kind: 'address';
      readonly target: TypedSymbol | StringConstant;
      readonly offset: bigint;
    };

export interface Sema {
  readonly diagnostics: DiagnosticSink;
  readonly sources: SourceManager;
  readonly options: SemaOptions;
  /** An error about what BPF cannot do, not about C: at once in user code, for a header's function where it is emitted. */
  reportTargetLimit(code: DiagnosticCode, span: Span, args?: readonly string[]): void;

  // ---- Scopes (declarations half) ----
  /** Innermost meaning of a name at `use`; at file scope only declarations that stand before it count. */
  lookupOrdinary(name: string, use: Span): OrdinaryEntity | undefined;
  pushScope(): void;
  popScope(): void;
  /** Notes that the code being checked refers to a symbol: its definition is then emitted and checked. */
  markReferenced(symbol: TypedSymbol): void;
  /** Candidates for "did you mean". */
  suggestName(name: string): string | undefined;

  // ---- Declarations half ----
  typeOfTypeName(type: TypeName): CType;
  /** A declaration at block scope: its statements (`Local` nodes) in order. Statics and externs give none. */
  declareInBlock(declaration: Declaration): readonly TypedStatement[];
  checkStaticAssert(assertion: StaticAssert): void;
  /** Makes an unnamed local, for a compound literal; static storage at file scope. */
  declareUnnamed(
    type: CType,
    span: Span,
    initializer: Initializer,
  ): {
    readonly symbol: ObjectSymbol;
    readonly initializer: LocalInitializer | undefined;
  };
  /** A declaration the compiler makes up for a builtin or an implicitly declared function. */
  declareImplicitFunction(name: string, use: Span): FunctionSymbol | undefined;
  stringConstant(bytes: Uint8Array, unitSize: number): StringConstant;
  /** Parses the body of a definition that is about to be checked. */
  parseBody(definition: FunctionDefinition): CompoundStatement;

  // ---- Expressions half ----
  /** An expression as written: lvalues stay lvalues, arrays and functions are not decayed. Never undefined: errors give an error value of type int. */
  checkExpression(expression: Expression): TypedExpression;
  /** As checkExpression, then lvalue-to-rvalue, array and function decay (6.3.2). */
  checkRvalue(expression: Expression): TypedExpression;
  /** Runs `action` for a declaration at file scope that a name inside a function or an operand of sizeof led to. */
  atFileScope(action: () => void): void;
  /** As checkExpression for an operand that is not evaluated (`typeof`, `sizeof`): marks nothing as referenced. */
  checkUnevaluated(expression: Expression): TypedExpression;
  /** Converts an rvalue to `type` as if by assignment, with diagnostics. */
  convertForAssignment(value: TypedExpression, type: CType, context: AssignmentContext): TypedExpression;
  /** Checks an integer constant expression; undefined after a diagnostic, which names `what`. */
  integerConstant(
    expression: Expression,
    what: string,
  ): { readonly value: bigint; readonly type: CType } | undefined;
  /** Folds a checked expression; undefined where it is no constant. No diagnostics. */
  evaluate(expression: TypedExpression): ConstantValue | undefined;
  /** Bytes of an adjacent run of string literals, terminator included. */
  stringBytes(parts: readonly { readonly text: string; readonly span: Span }[]): {
    readonly bytes: Uint8Array;
    readonly unitSize: number;
    readonly elementType: CType;
  };
  /** Checks the body of a function whose symbol and parameters are declared (a scope with the parameters is open). */
  checkFunctionBody(
    definition: FunctionDefinition,
    symbol: FunctionSymbol,
    parameters: readonly ObjectSymbol[],
  ): TypedFunction;
  /** Is this a builtin function's name? They are looked up after all scopes. */
  isBuiltin(name: string): boolean;
}
