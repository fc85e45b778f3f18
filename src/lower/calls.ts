/**
 * Calls (C11 6.5.2.2): direct calls of subprograms and kernel functions, calls of kernel helpers through constant function
 * pointers (`static long (*const bpf_xxx)(...) = (void *) N`), legacy packet loads through their asm names.
 */

import type { ValueId } from '../ir/func.ts';
import { InsFlag } from '../ir/func.ts';
import { integerType, Type } from '../ir/types.ts';
import type { CallExpression, TypedExpression } from '../sema/typed-tree.ts';
import { bug } from '../support/bug.ts';
import { alignOf, type CType, canonical, type FunctionType, qualifiersOf, sizeOf } from '../types/types.ts';
import { addressAt, type Lowering, placeholder, temporaryObject } from './lowering.ts';
import { copyRecord, placeAt, unsupportedValue } from './places.ts';
import {
  isSignedInteger,
  type Passing,
  type Piece,
  passingOfArgument,
  passingOfResult,
} from './value-types.ts';
import { isWide, loadWide, wideRegisters } from './wide.ts';

/** LLVM's names for LD_ABS and LD_IND -> bytes loaded. */
const packetLoads: ReadonlyMap<string, number> = new Map([
  ['llvm.bpf.load.byte', 1],
  ['llvm.bpf.load.half', 2],
  ['llvm.bpf.load.word', 4],
]);

/** The helper number behind a callee that reads a constant function pointer; undefined for other callees. */
function helperNumber(callee: TypedExpression): number | undefined {
  let at = callee;
  while (at.kind === 'Convert') at = at.operand;
  if (at.kind === 'Dereference') return helperNumber(at.pointer);
  if (at.kind === 'IntegerConstant') return helperFromValue(at.value);
  if (at.kind !== 'ObjectReference') return undefined;
  const { symbol } = at;
  const { isConst, isVolatile } = qualifiersOf(symbol.type);
  const image = symbol.initializer;
  const isReadable = isConst && !isVolatile && !symbol.isWeak && symbol.isDefined;
  if (!isReadable || image === undefined || image.relocations.length > 0) return undefined;
  return helperFromValue(imageValue(image.bytes));
}

/** A pointer's bytes hold the number at one end, whatever the byte order: helper numbers are small. */
function imageValue(bytes: Uint8Array): bigint {
  const digits = (list: readonly number[]) => list.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const [little, big] = [digits([...bytes].reverse()), digits([...bytes])];
  return little < big ? little : big;
}

function helperFromValue(value: bigint): number | undefined {
  return value > 0n && value < 0x8000_0000n ? Number(BigInt.asUintN(31, value)) : undefined;
}

function functionTypeOf(callee: TypedExpression): FunctionType {
  let type = canonical(callee.type);
  if (type.kind === 'pointer') type = canonical(type.pointee);
  return type.kind === 'function' ? type : bug('call of something that is no function');
}

/** The bytes of one register piece of a record, zero-extended. */
function loadPiece(lowering: Lowering, record: ValueId, align: number, piece: Piece): ValueId {
  const { builder, options } = lowering;
  let whole: ValueId | undefined;
  // Widest power-of-two steps that fit: a 12-byte record ends in a 4-byte piece.
  for (let done = 0; done < piece.size; ) {
    let bytes = 8;
    while (bytes > piece.size - done || bytes > align) bytes >>= 1;
    const type = integerType(bytes * 8) ?? bug('no integer of that width');
    const raw = builder.load(type, addressAt(lowering, record, piece.offset + done), { align: bytes });
    const wide = builder.resize(Type.i64, raw, false);
    const up = options.littleEndian ? done * 8 : (piece.size - done - bytes) * 8;
    const part = up === 0 ? wide : builder.shl(wide, builder.i64(up));
    whole = whole === undefined ? part : builder.or(whole, part);
    done += bytes;
  }
  return whole ?? builder.i64(0);
}

function passArgument(lowering: Lowering, argument: TypedExpression, registers: ValueId[]): void {
  const { builder } = lowering;
  const passing = passingOfArgument(argument.type);
  const value = lowering.value(argument);
  if (passing === undefined) {
    registers.push(unsupportedValue(lowering, argument.type, argument.span));
    return;
  }
  switch (passing.kind) {
    case 'none':
      return;
    case 'scalar':
      registers.push(
        passing.type === passing.valueType
          ? value
          : builder.resize(passing.type, value, isSignedInteger(argument.type)),
      );
      return;
    case 'pieces':
      if (isWide(argument.type)) {
        registers.push(...wideRegisters(lowering, value));
        return;
      }
      for (const piece of passing.pieces) {
        registers.push(loadPiece(lowering, value, alignOf(argument.type), piece));
      }
      return;
    case 'address': {
      const copy = temporaryObject(lowering, passing.size, alignOf(argument.type), 'argument');
      copyRecord(lowering, placeAt(copy, argument.type), value, argument.type);
      registers.push(copy);
      return;
    }
    default:
      passing satisfies never;
  }
}

/** Emits the call proper with its registers; the result is what the callee leaves in r0. */
function emitCall(
  lowering: Lowering,
  expression: CallExpression,
  type: Type,
  registers: readonly ValueId[],
): ValueId {
  const { builder } = lowering;
  const { callee } = expression;
  if (callee.kind === 'FunctionReference') {
    const flags = callee.symbol.isNoreturn ? InsFlag.noReturn : 0;
    return builder.call(lowering.symbols.symbolOf(callee.symbol), type, registers, flags);
  }
  const helper = helperNumber(callee);
  if (helper !== undefined) return builder.callHelper(helper, type, registers);
  return builder.callIndirect(lowering.value(callee), type, registers);
}

function packetLoad(lowering: Lowering, expression: CallExpression, bytes: number, name: string): ValueId {
  const { builder } = lowering;
  const [context, offset] = expression.args;
  if (context === undefined || offset === undefined) {
    lowering.report('packet-load-arguments', expression.span, [name]);
    return placeholder(lowering, Type.i64);
  }
  const pointer = lowering.value(context);
  const at = builder.resize(Type.i64, lowering.value(offset), isSignedInteger(offset.type));
  return builder.packetLoad(bytes, pointer, at);
}

/** The C value of a call from what came back in r0. */
function resultOf(
  lowering: Lowering,
  type: CType,
  passing: Passing,
  raw: ValueId,
  place: ValueId | undefined,
): ValueId {
  if (isWide(type) && place !== undefined) return loadWide(lowering, placeAt(place, type));
  if (passing.kind === 'scalar') return lowering.builder.resize(passing.valueType, raw, false);
  return place ?? lowering.builder.undef(Type.i64);
}

export function lowerCall(lowering: Lowering, expression: CallExpression): ValueId {
  const { builder } = lowering;
  const { callee } = expression;
  if (callee.kind === 'FunctionReference') {
    const bytes = packetLoads.get(callee.symbol.assemblerName);
    if (bytes !== undefined) return packetLoad(lowering, expression, bytes, callee.symbol.name);
  }
  const type = functionTypeOf(callee);
  const passing = passingOfResult(type.returns);
  if (passing === undefined) return unsupportedValue(lowering, type.returns, expression.span);
  const registers: ValueId[] = [];
  let place: ValueId | undefined;
  if (passing.kind === 'address') {
    place = temporaryObject(lowering, sizeOf(type.returns) ?? 0, alignOf(type.returns), 'result');
    registers.push(place);
  }
  for (const argument of expression.args) passArgument(lowering, argument, registers);
  builder.pos = expression.span.start;
  const resultType = passing.kind === 'scalar' ? passing.type : Type.void;
  const raw = emitCall(lowering, expression, resultType, registers);
  return resultOf(lowering, type.returns, passing, raw, place);
}
