/**
 * Rvalues -> SSA values (C11 6.5). All conversions are nodes of the typed tree; what remains is one instruction or a few
 * for each node. Left-leaning chains are walked with a loop.
 */

import { addIncoming } from '../ir/builder.ts';
import type { ValueId } from '../ir/func.ts';
import { InsFlag } from '../ir/func.ts';
import { Op, Predicate } from '../ir/ops.ts';
import { Type } from '../ir/types.ts';
import type {
  ArithmeticOperator,
  BinaryExpression,
  ComparisonOperator,
  CompoundAssignmentExpression,
  ConditionalExpression,
  ConvertExpression,
  LanesExpression,
  LogicalExpression,
  TypedExpression,
} from '../sema/typed-tree.ts';
import { bug, unreachable } from '../support/bug.ts';
import { addressSpaceOf, alignOf, type CType, canonical, sizeOf } from '../types/types.ts';
import { lowerBuiltin } from './builtins.ts';
import { lowerCall } from './calls.ts';
import {
  floatArithmetic,
  floatBits,
  floatComparison,
  floatConversion,
  isFloat,
  isFloatNonZero,
  negatedFloat,
} from './floats.ts';
import { addressAt, isNonZero, type Lowering, temporaryObject } from './lowering.ts';
import { lastOfChain, loadPlace, placeAt, scaledIndex, storePlace, unsupportedValue } from './places.ts';
import { isRecordLike, isSignedInteger, isVoid, scalarType } from './value-types.ts';
import {
  compareWide,
  invertedWide,
  isWide,
  isWideNonZero,
  lowPart,
  mergeWide,
  negatedWide,
  wideArithmetic,
  wideConstant,
  widen,
} from './wide.ts';

const arithmeticOps: Readonly<Record<ArithmeticOperator, readonly [unsigned: Op, signed: Op]>> = {
  '+': [Op.add, Op.add],
  '-': [Op.sub, Op.sub],
  '*': [Op.mul, Op.mul],
  '/': [Op.udiv, Op.sdiv],
  '%': [Op.urem, Op.srem],
  '<<': [Op.shl, Op.shl],
  '>>': [Op.lshr, Op.ashr],
  '&': [Op.and, Op.and],
  '|': [Op.or, Op.or],
  '^': [Op.xor, Op.xor],
};

const comparisons: Readonly<Record<ComparisonOperator, readonly [unsigned: Predicate, signed: Predicate]>> = {
  '==': [Predicate.eq, Predicate.eq],
  '!=': [Predicate.ne, Predicate.ne],
  '<': [Predicate.ult, Predicate.slt],
  '<=': [Predicate.ule, Predicate.sle],
  '>': [Predicate.ugt, Predicate.sgt],
  '>=': [Predicate.uge, Predicate.sge],
};

function isComparison(operator: BinaryExpression['operator']): operator is ComparisonOperator {
  return operator in comparisons;
}

/** The i1 of a comparison whose operands are values already. */
function compare(lowering: Lowering, expression: BinaryExpression, left: ValueId, right: ValueId): ValueId {
  if (isFloat(expression.left.type)) return floatComparison(lowering, expression, left, right);
  const operator = expression.operator as ComparisonOperator;
  const isSigned = isSignedInteger(expression.left.type);
  if (isWide(expression.left.type)) return compareWide(lowering, operator, [left, right], isSigned);
  return lowering.builder.icmp(comparisons[operator][isSigned ? 1 : 0], left, right);
}

/** The i1 of a comparison, without making an int of it; undefined for other expressions. */
export function comparisonBit(lowering: Lowering, expression: TypedExpression): ValueId | undefined {
  if (expression.kind !== 'Binary' || !isComparison(expression.operator)) return undefined;
  const left = lowering.value(expression.left);
  const right = lowering.value(expression.right);
  lowering.builder.pos = expression.span.start;
  return compare(lowering, expression, left, right);
}

/** The i1 "is not zero" of any scalar expression. */
export function truthBit(lowering: Lowering, expression: TypedExpression): ValueId {
  return comparisonBit(lowering, expression) ?? truthOf(lowering, expression, lowering.value(expression));
}

/** The i1 "is not zero" of an expression whose value is known. */
function truthOf(lowering: Lowering, expression: TypedExpression, value: ValueId): ValueId {
  if (isWide(expression.type)) return isWideNonZero(lowering, value);
  return isFloat(expression.type) ? isFloatNonZero(lowering, value) : isNonZero(lowering, value);
}

/** One binary node whose left operand is a value already. */
function binary(
  lowering: Lowering,
  expression: BinaryExpression,
  left: ValueId,
  evaluated: ValueId | undefined,
): ValueId {
  const { builder, func } = lowering;
  let right = evaluated ?? lowering.value(expression.right);
  builder.pos = expression.span.start;
  const { operator } = expression;
  if (isComparison(operator)) return builder.zext(Type.i32, compare(lowering, expression, left, right));
  if (isFloat(expression.type)) return floatArithmetic(lowering, expression, left, right);
  const isSigned = isSignedInteger(expression.type);
  if (isWide(expression.type)) return wideArithmetic(lowering, operator, [left, right], isSigned);
  const { type } = func.ins(left);
  if (operator === '<<' || operator === '>>') {
    right = builder.resize(type, lowPart(lowering, right), false);
  }
  const wraps = isSigned && (operator === '+' || operator === '-' || operator === '*');
  return builder.binary(
    arithmeticOps[operator][isSigned ? 1 : 0],
    left,
    right,
    wraps ? InsFlag.noSignedWrap : 0,
  );
}

/**
 * A left-leaning chain of binary operators and conversions between them, bottom up. The old value of what is assigned to by
 * `*p += f()` is read last: it need not be kept while the other operand is evaluated (C11 6.5.16p3 leaves the order open). That of
 * a local variable is mostly in a register as it is.
 */
function binaryChain(lowering: Lowering, expression: TypedExpression): ValueId {
  const chain: (BinaryExpression | ConvertExpression)[] = [];
  let at = expression;
  for (;;) {
    if (at.kind === 'Binary') {
      chain.push(at);
      at = at.left;
    } else if (at.kind === 'Convert' && at.conversion === 'integral') {
      chain.push(at);
      at = at.operand;
    } else {
      break;
    }
  }
  const first = chain.findLast((node) => node.kind === 'Binary');
  const isOld =
    at.kind === 'Convert' && at.operand.kind === 'Reused' && !isLocal(lowering, at.operand.source);
  const evaluated = isOld && first !== undefined ? lowering.value(first.right) : undefined;
  let value = lowering.value(at);
  for (let i = chain.length - 1; i >= 0; i--) {
    const node = chain[i];
    if (node?.kind === 'Binary')
      value = binary(lowering, node, value, node === first ? evaluated : undefined);
    else if (node !== undefined) value = integralConversion(lowering, node, value);
  }
  return value;
}

function isLocal(lowering: Lowering, target: TypedExpression): boolean {
  return target.kind === 'ObjectReference' && lowering.locals.has(target.symbol);
}

function integralConversion(lowering: Lowering, expression: ConvertExpression, value: ValueId): ValueId {
  const isSigned = isSignedInteger(expression.operand.type);
  if (isWide(expression.type)) {
    return isWide(expression.operand.type) ? value : widen(lowering, value, isSigned);
  }
  const to = scalarType(expression.type);
  if (to === undefined) return unsupportedValue(lowering, expression.type, expression.span);
  return lowering.builder.resize(to, lowPart(lowering, value), isSigned);
}

function readPlace(lowering: Lowering, expression: ConvertExpression): ValueId {
  const { operand } = expression;
  if (operand.kind === 'Reused') {
    const reused = lowering.reused.get(operand.source);
    if (reused?.value !== undefined) return reused.value;
    const value = loadPlace(lowering, lowering.place(operand), operand.type, expression.span);
    if (reused !== undefined) reused.value = value;
    return value;
  }
  const place = lowering.place(operand);
  lowering.builder.pos = expression.span.start;
  return loadPlace(lowering, place, operand.type, expression.span);
}

function pointeeSpace(type: CType): number {
  const at = canonical(type);
  return at.kind === 'pointer' ? addressSpaceOf(at.pointee) : 0;
}

function conversion(lowering: Lowering, expression: ConvertExpression): ValueId {
  const { builder } = lowering;
  const { operand } = expression;
  switch (expression.conversion) {
    case 'lvalue-to-rvalue':
      return readPlace(lowering, expression);
    case 'array-to-pointer':
    case 'function-to-pointer':
      return lowering.place(operand).pointer;
    case 'integral':
      return binaryChain(lowering, expression);
    case 'to-boolean':
      return builder.zext(Type.i8, truthBit(lowering, operand));
    case 'integer-to-pointer':
      return builder.inttoptr(
        builder.resize(Type.i64, lowPart(lowering, lowering.value(operand)), isSignedInteger(operand.type)),
      );
    case 'pointer-to-integer': {
      const integer = builder.ptrtoint(lowering.value(operand));
      if (isWide(expression.type)) return widen(lowering, integer, false);
      return builder.resize(scalarType(expression.type) ?? Type.i64, integer, false);
    }
    case 'address-space':
      return builder.addrspacecast(
        lowering.value(operand),
        pointeeSpace(expression.type),
        pointeeSpace(operand.type),
      );
    case 'to-void':
      if (operand.isLvalue) lowering.place(operand);
      else lowering.value(operand);
      return builder.undef(Type.i64);
    case 'pointer':
    case 'no-op':
      return operand.isLvalue ? lowering.place(operand).pointer : lowering.value(operand);
    case 'to-union': {
      const size = sizeOf(expression.type) ?? 0;
      const place = placeAt(temporaryObject(lowering, size, 8, 'union'), expression.type);
      storePlace(lowering, place, operand.type, lowering.value(operand), expression.span);
      return place.pointer;
    }
    case 'integer-to-float':
    case 'float':
    case 'float-to-integer':
      return floatConversion(lowering, expression);
    default:
      return unreachable(expression.conversion, 'conversion');
  }
}

/** `&&` and `||` as a value: control flow that ends in a phi of 0 and 1. */
function logical(lowering: Lowering, expression: LogicalExpression): ValueId {
  const { builder } = lowering;
  const [whenTrue, whenFalse, done] = [builder.addBlock(), builder.addBlock(), builder.addBlock()];
  lowering.condition(expression, whenTrue.id, whenFalse.id);
  for (const block of [whenTrue, whenFalse]) {
    builder.setBlock(block);
    builder.br(done.id);
  }
  builder.setBlock(done);
  const phi = builder.phi(Type.i32);
  addIncoming(phi, builder.i32(1), whenTrue.id);
  addIncoming(phi, builder.i32(0), whenFalse.id);
  return phi.id;
}

/** The `Reused` that `a ?: b` holds, under its conversions. */
function reusedIn(expression: TypedExpression): TypedExpression | undefined {
  let at = expression;
  while (at.kind === 'Convert') at = at.operand;
  return at.kind === 'Reused' ? at.source : undefined;
}

function conditional(lowering: Lowering, expression: ConditionalExpression): ValueId {
  const { builder, func } = lowering;
  const { condition, whenTrue, whenFalse } = expression;
  const [thenBlock, elseBlock, done] = [builder.addBlock(), builder.addBlock(), builder.addBlock()];
  const source = reusedIn(whenTrue);
  if (source === undefined) {
    lowering.condition(condition, thenBlock.id, elseBlock.id);
  } else {
    const value = lowering.value(source);
    lowering.reused.set(source, { place: undefined, value });
    const tested = source === condition ? value : lowering.value(condition);
    builder.condbr(
      truthOf(lowering, source === condition ? source : condition, tested),
      thenBlock.id,
      elseBlock.id,
    );
  }
  builder.setBlock(thenBlock);
  const first = lowering.value(whenTrue);
  const firstEnd = builder.block;
  builder.br(done.id);
  builder.setBlock(elseBlock);
  const second = lowering.value(whenFalse);
  const secondEnd = builder.block;
  builder.br(done.id);
  builder.setBlock(done);
  if (isVoid(expression.type)) return builder.undef(Type.i64);
  if (isWide(expression.type)) return mergeWide(lowering, [first, firstEnd], [second, secondEnd]);
  const phi = builder.phi(func.ins(first).type);
  addIncoming(phi, first, firstEnd);
  addIncoming(phi, second, secondEnd);
  return phi.id;
}

function compoundAssignment(lowering: Lowering, expression: CompoundAssignmentExpression): ValueId {
  const { target } = expression;
  const place = lowering.place(target);
  const reused: { place: typeof place; value: ValueId | undefined } = { place, value: undefined };
  lowering.reused.set(target, reused);
  if (expression.isPostfix) reused.value = loadPlace(lowering, place, target.type, expression.span);
  const value = lowering.value(expression.value);
  const old = reused.value;
  lowering.builder.pos = expression.span.start;
  const stored = storePlace(lowering, place, target.type, value, expression.span);
  lowering.reused.delete(target);
  return expression.isPostfix && old !== undefined ? old : stored;
}

function unary(lowering: Lowering, expression: Extract<TypedExpression, { kind: 'Unary' }>): ValueId {
  const { builder, func } = lowering;
  if (expression.operator === '!') {
    const { operand } = expression;
    const bit =
      isFloat(operand.type) || isWide(operand.type)
        ? truthBit(lowering, operand)
        : (comparisonBit(lowering, operand) ?? lowering.value(operand));
    const zero = builder.constant(func.ins(bit).type, 0n);
    return builder.zext(Type.i32, builder.icmp(Predicate.eq, bit, zero));
  }
  const operand = lowering.value(expression.operand);
  if (isWide(expression.type)) {
    return (expression.operator === '-' ? negatedWide : invertedWide)(lowering, operand);
  }
  const { type } = func.ins(operand);
  builder.pos = expression.span.start;
  if (isFloat(expression.type)) return negatedFloat(lowering, operand);
  if (expression.operator === '-') return builder.sub(builder.constant(type, 0n), operand);
  return builder.xor(operand, builder.constant(type, -1n));
}

function pointerDifference(
  lowering: Lowering,
  expression: Extract<TypedExpression, { kind: 'PointerDifference' }>,
): ValueId {
  const { builder } = lowering;
  const left = builder.ptrtoint(lowering.value(expression.left));
  const right = builder.ptrtoint(lowering.value(expression.right));
  const bytes = builder.sub(left, right);
  const { elementSize } = expression;
  if (elementSize <= 1) return bytes;
  // Exact division (6.5.6 p9): a shift where the size is a power of two.
  const isPowerOfTwo = (elementSize & (elementSize - 1)) === 0;
  return isPowerOfTwo
    ? builder.ashr(bytes, builder.i64(31 - Math.clz32(elementSize)))
    : builder.sdiv(bytes, builder.i64(elementSize));
}

function pointerArithmetic(
  lowering: Lowering,
  expression: Extract<TypedExpression, { kind: 'PointerArithmetic' }>,
): ValueId {
  const { builder, func } = lowering;
  const pointer = lowering.value(expression.pointer);
  const scaled = scaledIndex(lowering, expression.index, expression.elementSize);
  builder.pos = expression.span.start;
  if (expression.operator === '+') return builder.ptradd(pointer, scaled);
  const { op, imm } = func.ins(scaled);
  return builder.ptradd(pointer, op === Op.const ? builder.i64(-imm) : builder.sub(builder.i64(0), scaled));
}

function integerConstant(
  lowering: Lowering,
  expression: Extract<TypedExpression, { kind: 'IntegerConstant' }>,
): ValueId {
  if (isWide(expression.type)) return wideConstant(lowering, expression.value);
  const type = scalarType(expression.type);
  if (type === undefined) return unsupportedValue(lowering, expression.type, expression.span);
  return lowering.builder.constant(type, expression.value);
}

/** Vectors element by element; a chain's left operands are made first, with a loop. */
function lowerLanes(lowering: Lowering, expression: LanesExpression): ValueId {
  const chain: LanesExpression[] = [];
  let at: TypedExpression = expression;
  while (at.kind === 'Lanes') {
    chain.push(at);
    at = at.operands[0] ?? bug('lanes without operands');
  }
  let left: ValueId | undefined;
  for (let node = chain.pop(); node !== undefined; node = chain.pop()) left = lanesOf(lowering, node, left);
  return left ?? bug('lanes without a node');
}

function lanesOf(lowering: Lowering, node: LanesExpression, left: ValueId | undefined): ValueId {
  const { operands, lane, type, span } = node;
  const values = operands.map((operand, i) => (i === 0 && left) || lowering.value(operand));
  const size = sizeOf(type) ?? 0;
  const result = temporaryObject(lowering, size, alignOf(type), 'vector');
  const elementSize = sizeOf(lane.type) ?? 1;
  for (let offset = 0; offset < size; offset += elementSize) {
    operands.forEach((operand, i) => {
      const value = values[i] ?? bug('operand without a value');
      const vector = canonical(operand.type);
      const element =
        vector.kind === 'vector'
          ? loadPlace(
              lowering,
              placeAt(addressAt(lowering, value, offset), vector.element),
              vector.element,
              span,
            )
          : value;
      lowering.reused.set(operand, { place: undefined, value: element });
    });
    const place = placeAt(addressAt(lowering, result, offset), lane.type);
    storePlace(lowering, place, lane.type, lowering.value(lane), span);
  }
  for (const operand of operands) lowering.reused.delete(operand);
  return result;
}

/** The rvalue of any expression. Record lvalues give their address. */
export function lowerValue(lowering: Lowering, expression: TypedExpression): ValueId {
  const { builder } = lowering;
  builder.pos = expression.span.start;
  switch (expression.kind) {
    case 'IntegerConstant':
      return integerConstant(lowering, expression);
    case 'FloatConstant': {
      const type = scalarType(expression.type);
      if (type === undefined) return unsupportedValue(lowering, expression.type, expression.span);
      return builder.constant(type, floatBits(expression.value, type));
    }
    case 'StringReference':
    case 'ObjectReference':
    case 'FunctionReference':
    case 'CompoundLiteral':
    case 'Dereference':
      return lowering.place(expression).pointer;
    case 'Member':
    case 'Subscript':
      return isRecordLike(expression.type) || expression.isLvalue
        ? lowering.place(expression).pointer
        : loadPlace(lowering, lowering.place(expression), expression.type, expression.span);
    case 'AddressOf':
      return lowering.place(expression.operand).pointer;
    case 'Unary':
      return unary(lowering, expression);
    case 'Binary':
      return binaryChain(lowering, expression);
    case 'PointerArithmetic':
      return pointerArithmetic(lowering, expression);
    case 'PointerDifference':
      return pointerDifference(lowering, expression);
    case 'Logical':
      return logical(lowering, expression);
    case 'Conditional':
      return conditional(lowering, expression);
    case 'Reused':
      return lowering.reused.get(expression.source)?.value ?? lowering.value(expression.source);
    case 'Assignment': {
      const value = lowering.value(expression.value);
      const place = lowering.place(expression.target);
      builder.pos = expression.span.start;
      return storePlace(lowering, place, expression.target.type, value, expression.span);
    }
    case 'CompoundAssignment':
      return compoundAssignment(lowering, expression);
    case 'Comma':
      return lowering.value(lastOfChain(lowering, expression));
    case 'Call':
      return lowerCall(lowering, expression);
    case 'Builtin':
      return lowerBuiltin(lowering, expression);
    case 'StatementExpression':
      return lowering.statementExpression(expression) ?? builder.undef(Type.i64);
    case 'Lanes':
      return lowerLanes(lowering, expression);
    case 'LabelAddress':
      return builder.constant(Type.ptr, BigInt(expression.label.address));
    case 'Convert':
      return conversion(lowering, expression);
    default:
      return unreachable(expression, 'expression');
  }
}
