/**
 * What the parts of lowering share: the state of the function being lowered, and the calls between the parts.
 *
 * Each part is a file of functions over `Lowering`; parts that need each other (an expression holds statements, a statement
 * holds expressions) meet here instead of importing each other.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { Pos, Span } from '../diagnostics/source-manager.ts';
import type { Builder } from '../ir/builder.ts';
import type { BlockId, Func, SymbolId, ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op, opRow, Predicate } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import type { LocalInfo } from '../ir/value-names.ts';
import type {
  CaseLabel,
  LabelSymbol,
  ObjectSymbol,
  StatementExpressionNode,
  StringConstant,
  TypedExpression,
  TypedStatement,
  TypedSymbol,
} from '../sema/typed-tree.ts';
import type { CType, Member } from '../types/types.ts';
import type { LabelPlace, ScopeStatement } from './side-doors.ts';

export interface LowerOptions {
  readonly littleEndian: boolean;
  /** There is a C library to call (the machine's hosted mode). */
  readonly hosted: boolean;
}

/** A place in memory: what an lvalue denotes. */
export interface Place {
  readonly pointer: ValueId;
  /** Known alignment in bytes. */
  readonly align: number;
  readonly isVolatile: boolean;
  /** `pointer` is the record's address and the place is these bits of it. */
  readonly bitField: Member | undefined;
}

/** What a `Reused` node stands for. */
export interface ReusedValue {
  readonly place: Place | undefined;
  /** The rvalue, once it is known. */
  value: ValueId | undefined;
}

/** Where `break` and `continue` go. */
export interface JumpTargets {
  readonly breakTo: JumpTarget;
  /** Undefined in a switch that is in no loop. */
  readonly continueTo: JumpTarget | undefined;
}

export interface JumpTarget {
  readonly block: BlockId;
  /** How many scopes are open there. */
  readonly depth: number;
}

/** The symbols of the module, made when first asked for. */
export interface SymbolMap {
  symbolOf(symbol: TypedSymbol | StringConstant): SymbolId;
  /** A function of the C library, declared when first asked for. */
  libraryFunction(name: string): SymbolId;
  /** The number of a type that CO-RE records refer to. */
  typeKey(type: CType): number;
}

/** A scope that control is in. */
export interface Scope {
  readonly statement: ScopeStatement;
  readonly hasLifetimes: boolean;
  /** Locals whose declaration was passed, in order. */
  readonly locals: ObjectSymbol[];
}

/** The halves of a 128-bit value. */
export interface WidePair {
  readonly low: ValueId;
  readonly high: ValueId;
}

export interface Lowering {
  readonly module: Module;
  readonly symbols: SymbolMap;
  readonly diagnostics: DiagnosticSink;
  readonly options: LowerOptions;
  readonly func: Func;
  readonly builder: Builder;
  readonly returnType: CType;
  /** Where a returned record goes. */
  readonly resultPointer: ValueId | undefined;
  /** Addresses of locals and parameters. */
  readonly locals: Map<ObjectSymbol, ValueId>;
  readonly labels: Map<LabelSymbol, BlockId>;
  readonly labelPlaces: Map<LabelSymbol, LabelPlace | undefined>;
  readonly caseBlocks: Map<CaseLabel, BlockId>;
  readonly reused: Map<TypedExpression, ReusedValue>;
  /** The halves of 128-bit values, by their handles. */
  readonly wide: Map<ValueId, WidePair>;
  readonly jumps: JumpTargets[];
  /** Scopes that control is in, outermost first. */
  readonly scopes: Scope[];
  /** Computed gotos, by the number of the label they lead to; they get their targets when all labels are known. */
  readonly computedGotos: { readonly block: BlockId; readonly label: ValueId; readonly pos: Pos }[];
  /** Scopes that a label leads into from outside: no lifetime markers there. */
  readonly enteredBySideDoor: Set<TypedStatement>;
  /** How many `__builtin_preserve_access_index` enclose the expression being lowered. */
  preserveDepth: number;
  /** The current statement needs what BPF has not, and that was said: one error for it is enough. */
  isUnsupported: boolean;

  /** The rvalue of an expression: a scalar, or the address of a record. Void gives a value nobody uses. */
  value(expression: TypedExpression): ValueId;
  /** The place an lvalue denotes. */
  place(expression: TypedExpression): Place;
  /** Branches on a scalar. Leaves no current block behind: callers set one. */
  condition(expression: TypedExpression, whenTrue: BlockId, whenFalse: BlockId): void;
  statement(statement: TypedStatement): void;
  /** The value of `({ ... })`; undefined for void. */
  statementExpression(expression: StatementExpressionNode): ValueId | undefined;
  report(code: DiagnosticCode, span: Span, args?: readonly string[]): void;
}

/** With a library, larger objects are allocated: offsets in a frame have 16 bits. */
const maxHostedObject = 8192;

function makeObject(lowering: Lowering, bytes: number, align: number, local: LocalInfo): ValueId {
  const { func, builder } = lowering;
  if (lowering.options.hosted && bytes > maxHostedObject) return allocatedObject(lowering, bytes);
  return builder.alloca(BigInt(bytes), align, func.locals.push(local) - 1);
}

/** A stack object for a variable of `bytes` bytes. */
export function stackObject(lowering: Lowering, bytes: number, align: number, name: string): ValueId {
  return makeObject(lowering, bytes, align, { name, pos: lowering.builder.pos, inlinedFrom: [] });
}

/** A stack object that is no variable; messages call it `what`. */
export function temporaryObject(lowering: Lowering, bytes: number, align: number, what: string): ValueId {
  const { pos } = lowering.builder;
  return makeObject(lowering, bytes, align, { name: what, pos, inlinedFrom: [], isTemporary: true });
}

/** Is it an object of the frame, which has a lifetime there? */
export function isInFrame(lowering: Lowering, pointer: ValueId): boolean {
  return lowering.func.ins(pointer).op === Op.alloca;
}

/** Memory from the library, taken where the function begins. */
function allocatedObject(lowering: Lowering, bytes: number): ValueId {
  const { func, builder, symbols } = lowering;
  const call = func.create(Op.call, Type.ptr, [builder.i64(bytes)], builder.pos);
  call.aux = symbols.libraryFunction('alloca');
  const last = func.block(func.entry).instructions.at(-1);
  if (last !== undefined && opRow(func.ins(last).op).terminator) func.insertBefore(func.ins(last), call);
  else func.append(func.entry, call);
  return call.id;
}

/** pointer + constant bytes. */
export function addressAt(lowering: Lowering, pointer: ValueId, bytes: number): ValueId {
  return bytes === 0 ? pointer : lowering.builder.ptradd(pointer, lowering.builder.i64(bytes));
}

/** The largest power of two that divides `offset`, but at most `align`: alignment of a part of an aligned object. */
export function alignAt(align: number, offset: number): number {
  if (offset === 0) return align;
  return Math.min(align, offset & -offset);
}

/** The i1 "is not zero" of a scalar. */
export function isNonZero(lowering: Lowering, value: ValueId): ValueId {
  const { builder, func } = lowering;
  const { type } = func.ins(value);
  return type === Type.i1 ? value : builder.icmp(Predicate.ne, value, builder.constant(type, 0n));
}

/** A value for an expression without one, so that lowering can go on after a diagnostic. */
export function placeholder(lowering: Lowering, type: Type): ValueId {
  return lowering.builder.constant(type, 0n);
}
