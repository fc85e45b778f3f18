/**
 * Member access, subscripts and offsetof (C11 6.5.2.1, 6.5.2.3, 7.19).
 *
 * A member of an anonymous record is reached by a chain of `Member` nodes, one a level (6.7.2.1 p13).
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { Designator, Member as MemberNode, Name, Offsetof, Subscript } from '../parser/ast.ts';
import { quoteType } from '../types/print.ts';
import {
  type CType,
  canonical,
  isInteger,
  type Member,
  type RecordType,
  sizeOf,
  unsignedLongType,
} from '../types/types.ts';
import type { Checker } from './checker.ts';
import { convertTo, decay, promote } from './conversions.ts';
import {
  isError,
  isErrorType,
  makeBinary,
  makeDereference,
  makeError,
  makeInteger,
  makeMember,
  makeSubscript,
} from './factories.ts';
import { editDistance } from './suggestions.ts';
import { isFunction, isVoid, partType, pointeeOf } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';
import { addressOfElements } from './vectors.ts';

interface MemberStep {
  readonly record: RecordType;
  readonly member: Member;
  readonly index: number;
}

/** The way to a named member, through anonymous records; undefined where there is none. */
export function findMember(record: RecordType, name: string): readonly MemberStep[] | undefined {
  const members = record.layout?.members ?? [];
  for (const [index, member] of members.entries()) {
    if (member.name === name) return [{ record, member, index }];
  }
  for (const [index, member] of members.entries()) {
    if (member.name !== undefined || member.bitWidth !== undefined) continue;
    const inner = canonical(member.type);
    const rest = inner.kind === 'record' ? findMember(inner, name) : undefined;
    if (rest !== undefined) return [{ record, member, index }, ...rest];
  }
  return undefined;
}

/** All names that {@link findMember} finds. */
function memberNames(record: RecordType): string[] {
  return (record.layout?.members ?? []).flatMap((member) => {
    if (member.name !== undefined) return [member.name];
    const inner = canonical(member.type);
    return inner.kind === 'record' ? memberNames(inner) : [];
  });
}

function closestMember(record: RecordType, name: string): string | undefined {
  // Short names are close to everything.
  const limit = name.length < 3 ? 0 : Math.max(1, Math.floor(name.length / 5));
  let best: string | undefined;
  let distance = limit + 1;
  for (const candidate of memberNames(record)) {
    const own = editDistance(name, candidate, limit);
    if (own < distance) {
      distance = own;
      best = candidate;
    }
  }
  return best;
}

/** Looks a member up and reports where it is missing. */
function requireMember(checker: Checker, record: RecordType, name: Name): readonly MemberStep[] | undefined {
  const found = findMember(record, name.text);
  if (found !== undefined) return found;
  const type = quoteType(record);
  const suggestion = closestMember(record, name.text);
  if (suggestion === undefined) checker.report('no-member', name.span, [name.text, type]);
  else {
    checker.report('no-member-suggest', name.span, [name.text, type, suggestion], {
      fixIts: [{ span: name.span, text: suggestion }],
    });
  }
  return undefined;
}

/** The base as a record expression, with `.` and `->` taken for each other after a diagnostic. */
function recordBase(checker: Checker, node: MemberNode): TypedExpression {
  const checked = checker.check(node.base);
  if (isError(checked)) return checked;
  if (!node.arrow) {
    if (canonical(checked.type).kind === 'record') return checked;
    const pointee = pointeeOf(decay(checker, checked).type);
    if (pointee === undefined || canonical(pointee).kind !== 'record') {
      return checker.fail('member-of-non-record', node.member.span, [quoteType(checked.type)]);
    }
    checker.report('member-of-pointer', node.member.span, [quoteType(checked.type)]);
    return makeDereference(decay(checker, checked), node.base.span);
  }
  const pointer = decay(checker, checked);
  if (isError(pointer)) return pointer;
  const pointee = pointeeOf(pointer.type);
  if (pointee === undefined) {
    if (canonical(checked.type).kind !== 'record') {
      return checker.fail('arrow-on-non-pointer', node.member.span, [quoteType(checked.type)]);
    }
    checker.report('arrow-on-record', node.member.span, [quoteType(checked.type)]);
    return checked;
  }
  if (canonical(pointee).kind !== 'record') {
    return checker.fail('member-of-non-record', node.member.span, [quoteType(pointee)]);
  }
  return makeDereference(pointer, node.base.span);
}

export function checkMember(checker: Checker, node: MemberNode): TypedExpression {
  const base = recordBase(checker, node);
  if (isError(base)) return makeError(node.span);
  const record = canonical(base.type);
  if (record.kind !== 'record') return makeError(node.span);
  if (record.layout === undefined) {
    return checker.fail('incomplete-record', node.member.span, [quoteType(base.type)]);
  }
  const steps = requireMember(checker, record, node.member);
  if (steps === undefined) return makeError(node.span);
  return steps.reduce((whole, step) => {
    const type = partType(step.member.type, whole.type);
    return makeMember(whole, step.record, step.index, step.member, type, node.span);
  }, base);
}

export function checkSubscript(checker: Checker, node: Subscript): TypedExpression {
  const written = checker.check(node.base);
  const left = addressOfElements(written) ?? decay(checker, written);
  const right = checker.rvalue(node.index);
  if (isError(left) || isError(right)) return makeError(node.span);
  const isReversed = pointeeOf(left.type) === undefined;
  const base = isReversed ? right : left;
  const index = isReversed ? left : right;
  const pointee = pointeeOf(base.type);
  if (pointee === undefined) return checker.fail('subscript-of-non-pointer', node.span);
  if (!isInteger(index.type)) return checker.fail('subscript-not-integer', node.index.span);
  if (isFunction(pointee)) return checker.fail('subscript-of-function', node.span, [quoteType(pointee)]);
  if (isVoid(pointee)) return checker.fail('subscript-of-incomplete', node.span, [quoteType(pointee)]);
  if (sizeOf(pointee) === undefined)
    return checker.fail('subscript-of-incomplete', node.span, [quoteType(pointee)]);
  return makeSubscript(base, promote(checker, index), pointee, node.span);
}

// ---- offsetof ----

/** One designator of offsetof: what it adds to the offset and the type it leads to. */
interface OffsetStep {
  readonly offset: TypedExpression;
  readonly type: CType;
}

function offsetOfMember(checker: Checker, type: CType, name: Name, span: Span): OffsetStep | undefined {
  const record = canonical(type);
  if (record.kind !== 'record') {
    checker.report('offsetof-non-record', span, [quoteType(type)]);
    return undefined;
  }
  const steps = requireMember(checker, record, name);
  const last = steps?.at(-1);
  if (steps === undefined || last === undefined) return undefined;
  if (last.member.bitWidth !== undefined) {
    checker.report('offsetof-bitfield', span, [name.text]);
    return undefined;
  }
  const bits = steps.reduce((sum, step) => sum + step.member.bitOffset, 0);
  return { offset: makeInteger(BigInt(bits >> 3), unsignedLongType, span), type: last.member.type };
}

function offsetOfElement(checker: Checker, type: CType, designator: Designator): OffsetStep | undefined {
  const array = canonical(type);
  if (designator.kind !== 'IndexDesignator' || array.kind !== 'array') {
    checker.report('offsetof-non-array', designator.span, [quoteType(type)]);
    return undefined;
  }
  const index = checker.rvalue(designator.index);
  const size = sizeOf(array.element);
  if (isError(index) || size === undefined) return undefined;
  if (!isInteger(index.type)) {
    checker.report('subscript-not-integer', designator.span);
    return undefined;
  }
  const scale = makeInteger(BigInt(size), unsignedLongType, designator.span);
  const position = convertTo(checker, index, unsignedLongType);
  return { offset: makeBinary('*', position, scale, unsignedLongType, designator.span), type: array.element };
}

export function checkOffsetof(checker: Checker, node: Offsetof): TypedExpression {
  let type = checker.sema.typeOfTypeName(node.type);
  if (isErrorType(type)) return makeError(node.span);
  if (canonical(type).kind === 'record' && sizeOf(type) === undefined) {
    return checker.fail('offsetof-incomplete', node.span, [quoteType(type)]);
  }
  let total: TypedExpression = makeInteger(0n, unsignedLongType, node.span);
  for (const designator of node.designators) {
    const step =
      designator.kind === 'MemberDesignator'
        ? offsetOfMember(checker, type, designator.member, designator.span)
        : offsetOfElement(checker, type, designator);
    if (step === undefined) return makeError(node.span);
    total = makeBinary('+', total, step.offset, unsignedLongType, node.span);
    type = step.type;
  }
  const value = checker.constants.integer(total);
  return value === undefined ? total : makeInteger(value, unsignedLongType, node.span);
}
