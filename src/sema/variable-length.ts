/**
 * Arrays of variable length (C11 6.7.6.2 p5) in hosted programs: `T a[n]` in a block is a constant pointer to memory that the
 * library gives, and a hidden object holds the size, which `sizeof a` reads. Only the outermost bound may vary; what
 * would need the array's own type (`&a`) is refused where it is met.
 */

import type { Declarator } from '../parser/ast.ts';
import { alignOf, isInteger, pointerTo, sizeOf, unsignedLongType, voidType } from '../types/types.ts';
import type { DeclarationContext, SpecifiedType } from './declaration-context.ts';
import {
  isError,
  isErrorType,
  makeBinary,
  makeBuiltin,
  makeConvert,
  makeInteger,
  makeObjectReference,
} from './factories.ts';
import { checkNoLinkageClash, enterName } from './redeclaration.ts';
import { unqualifiedType, withQualifiers } from './type-queries.ts';
import { type LocalDeclaration, ObjectSymbol, type TypedExpression } from './typed-tree.ts';

function localOf(symbol: ObjectSymbol, value: TypedExpression): LocalDeclaration {
  const entries = [{ offset: 0, bitField: undefined, type: unqualifiedType(symbol.type), value }];
  return { kind: 'Local', span: symbol.span, symbol, initializer: { zeroFill: false, entries } };
}

/** The size of an array of variable length, as `sizeof` gives it. */
export function readSize(size: ObjectSymbol, span: ObjectSymbol['span']): TypedExpression {
  return makeConvert('lvalue-to-rvalue', makeObjectReference(size, span), unsignedLongType);
}

/** The locals that stand for such an array; undefined for every other declarator. */
export function declareVariableLength(
  cx: DeclarationContext,
  specified: SpecifiedType,
  declarator: Declarator,
): readonly LocalDeclaration[] | undefined {
  const [outermost, ...rest] = declarator.chunks;
  const { name } = declarator;
  if (!cx.sema.options.hostedMachine || name === undefined) return undefined;
  if (outermost?.kind !== 'ArrayChunk' || outermost.size === undefined) return undefined;
  if (outermost.size.kind === 'NumberLiteral') return undefined;
  const bound = cx.sema.checkRvalue(outermost.size);
  if (isError(bound) || !isInteger(bound.type) || cx.sema.evaluate(bound) !== undefined) return undefined;
  const element = cx.applyDeclarator(specified.type, { ...declarator, chunks: rest }, 'block').type;
  const elementSize = sizeOf(element);
  if (isErrorType(element) || elementSize === undefined) return undefined;
  const { span } = name;
  const count = cx.sema.convertForAssignment(bound, unsignedLongType, { kind: 'initialize' });
  const step = makeInteger(BigInt(elementSize), unsignedLongType, span);
  const size = new ObjectSymbol('', unsignedLongType, span, 'local', 'none', alignOf(unsignedLongType));
  const pointer = pointerTo(element);
  const isConst = { isConst: true, isVolatile: false, isRestrict: false, isAtomic: false };
  const array = new ObjectSymbol(
    name.text,
    withQualifiers(pointer, isConst),
    span,
    'local',
    'none',
    alignOf(pointer),
  );
  array.variableSize = size;
  if (checkNoLinkageClash(cx, name.text, span)) enterName(cx, name.text, array);
  const memory = makeBuiltin('alloca', [readSize(size, span)], pointerTo(voidType), span);
  return [
    localOf(size, makeBinary('*', count, step, unsignedLongType, span)),
    localOf(array, makeConvert('pointer', memory, pointer)),
  ];
}
