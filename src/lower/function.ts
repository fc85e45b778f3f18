/**
 * One function: parameters to stack objects (mem2reg takes them off again), the body, and what a body leaves open.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import { Builder } from '../ir/builder.ts';
import { Func, type ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Type } from '../ir/types.ts';
import type { ObjectSymbol, TypedFunction } from '../sema/typed-tree.ts';
import { alignOf, sizeOf } from '../types/types.ts';
import { lowerCondition } from './conditions.ts';
import { lowerValue } from './expressions.ts';
import { addressAt, type Lowering, type LowerOptions, type SymbolMap, stackObject } from './lowering.ts';
import { lowerPlace } from './places.ts';
import {
  aimComputedGotos,
  closeOpenBlocks,
  enterLabels,
  finishFunction,
  lowerStatement,
  lowerStatementExpression,
} from './statements.ts';
import { type Passing, passingOfArgument, passingOfResult, registersOf } from './value-types.ts';

/** The register types of a function's parameters, the place for a returned record first. */
function signatureOf(source: TypedFunction): {
  readonly parameters: readonly Type[];
  readonly returns: Type;
  readonly passing: readonly Passing[];
} {
  const result = passingOfResult(source.symbol.type.returns) ?? { kind: 'none' };
  const passing = source.parameters.map(
    (parameter): Passing => passingOfArgument(parameter.type) ?? { kind: 'none' },
  );
  const hidden = result.kind === 'address' ? [Type.ptr] : [];
  return {
    parameters: [...hidden, ...passing.flatMap(registersOf)],
    returns: result.kind === 'scalar' ? result.type : Type.void,
    passing,
  };
}

/** Puts one parameter into memory; gives the number of registers it took. */
function storeParameter(lowering: Lowering, symbol: ObjectSymbol, passing: Passing, first: number): number {
  const { builder, locals } = lowering;
  builder.pos = symbol.span.start;
  if (passing.kind === 'address') {
    locals.set(symbol, builder.parameter(first));
    return 1;
  }
  const pointer = stackObject(lowering, sizeOf(symbol.type) ?? 0, Math.max(symbol.align, 1), symbol.name);
  locals.set(symbol, pointer);
  if (passing.kind === 'none') return 0;
  if (passing.kind === 'scalar') {
    const value = builder.resize(passing.valueType, builder.parameter(first), false);
    builder.store(value, pointer);
    return 1;
  }
  passing.pieces.forEach((piece, i) => {
    storePiece(lowering, pointer, builder.parameter(first + i), piece, alignOf(symbol.type));
  });
  return passing.pieces.length;
}

/** Stores the bytes of a register to a part of a record, in steps that its alignment allows. */
function storePiece(
  lowering: Lowering,
  record: ValueId,
  register: ValueId,
  piece: { readonly offset: number; readonly size: number },
  align: number,
): void {
  const { builder, options } = lowering;
  const typeBySize: Readonly<Record<number, Type>> = { 1: Type.i8, 2: Type.i16, 4: Type.i32, 8: Type.i64 };
  for (let done = 0; done < piece.size; ) {
    let bytes = 8;
    while (bytes > piece.size - done || bytes > align) bytes >>= 1;
    const up = options.littleEndian ? done * 8 : (piece.size - done - bytes) * 8;
    const part = up === 0 ? register : builder.lshr(register, builder.i64(up));
    const value = builder.resize(typeBySize[bytes] ?? Type.i8, part, false);
    builder.store(value, addressAt(lowering, record, piece.offset + done), { align: bytes });
    done += bytes;
  }
}

export function lowerFunction(
  source: TypedFunction,
  module: Module,
  symbols: SymbolMap,
  options: LowerOptions,
  diagnostics: DiagnosticSink,
): Func {
  const signature = signatureOf(source);
  const func = new Func(
    source.symbol.assemblerName,
    symbols.symbolOf(source.symbol),
    signature.parameters,
    signature.returns,
    source.span.start,
  );
  func.entry = func.addBlock().id;
  const builder = new Builder(func, func.entry, source.span.start);
  const resultPassing = passingOfResult(source.symbol.type.returns);
  const hasHidden = resultPassing?.kind === 'address';
  const lowering: Lowering = {
    module,
    symbols,
    diagnostics,
    options,
    func,
    builder,
    returnType: source.symbol.type.returns,
    resultPointer: hasHidden ? builder.parameter(0) : undefined,
    locals: new Map(),
    labels: new Map(),
    labelPlaces: new Map(),
    caseBlocks: new Map(),
    reused: new Map(),
    wide: new Map(),
    jumps: [],
    scopes: [],
    computedGotos: [],
    enteredBySideDoor: new Set(),
    preserveDepth: 0,
    isUnsupported: false,
    value: (expression) => lowerValue(lowering, expression),
    place: (expression) => lowerPlace(lowering, expression),
    condition: (expression, whenTrue, whenFalse) => lowerCondition(lowering, expression, whenTrue, whenFalse),
    statement: (statement) => lowerStatement(lowering, statement),
    statementExpression: (expression) => lowerStatementExpression(lowering, expression),
    report: (code, span, args) => diagnostics.report(code, span, args),
  };
  let register = hasHidden ? 1 : 0;
  source.parameters.forEach((symbol, i) => {
    register += storeParameter(lowering, symbol, signature.passing[i] ?? { kind: 'none' }, register);
  });
  enterLabels(lowering, source.body);
  const body = builder.addBlock().id;
  builder.br(body);
  builder.setBlock(body);
  lowering.statement(source.body);
  builder.pos = source.endSpan.start;
  // What a naked function does at its end is in its text.
  if (source.symbol.isNaked) builder.unreachable();
  else finishFunction(lowering);
  aimComputedGotos(lowering);
  closeOpenBlocks(lowering);
  for (const handle of lowering.wide.keys()) func.values[handle] = undefined;
  return func;
}
