/**
 * Initialisation (C11 6.7.9): a walk over an initialiser that tells a sink what is stored where.
 *
 * In: an object's type and the initialiser as parsed. Out: stores in a {@link InitializerSink}, and the
 * length that an array of unknown size gets. Designators, GNU ranges, elided braces (p20), strings in
 * character arrays (p14), flexible array members, later stores overriding earlier ones (p19) and anonymous
 * members are handled here.
 *
 * Method: inside a braced list a path of frames stands for the current object; each frame is one aggregate
 * with the index of its next subobject. An item goes to the next subobject, going down through aggregates
 * until the value fits. Depth of types costs no call stack, depth of braces is limited by the parser.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type {
  Designator,
  Expression,
  Initializer,
  InitializerItem,
  InitializerList,
  StringLiteral,
} from '../parser/ast.ts';
import { compatibleUnqualifiedTypes } from '../types/compatibility.ts';
import { printType, quoteType } from '../types/print.ts';
import {
  type ArrayType,
  arrayOf,
  type CType,
  canonical,
  integerTypeOf,
  type Member,
  type RecordType,
  sizeOf,
  type VectorType,
} from '../types/types.ts';
import type { Sema } from './context.ts';
import { isError, makeFloat, makeInteger, makeString } from './factories.ts';
import type { InitializerSink } from './initializer-sinks.ts';
import { partType, unqualifiedType } from './type-queries.ts';
import type { TypedExpression } from './typed-tree.ts';

/** A subobject: where it lies and what it is. */
interface Place {
  readonly type: CType;
  /** Bytes from the whole object's start; for a bit-field, those of its record. */
  readonly offset: number;
  readonly bitField: Member | undefined;
}

/** An aggregate on the way to the current object, with the index of the subobject that comes next. */
interface Frame {
  readonly aggregate: ArrayType | VectorType | RecordType;
  readonly place: Place;
  next: number;
}

function memberPlace(frame: Frame, member: Member): Place {
  const type = partType(member.type, frame.place.type);
  const isBitField = member.bitWidth !== undefined;
  const offset = frame.place.offset + (isBitField ? 0 : member.bitOffset / 8);
  return { type, offset, bitField: isBitField ? member : undefined };
}

/** Can a member be initialised without being named? Unnamed bit-fields cannot (6.7.9 p9). */
function isInitializable(member: Member): boolean {
  return member.name !== undefined || member.bitWidth === undefined;
}

/** The next subobject of a frame, which moves on; undefined at its end. */
function takeNext(frame: Frame): Place | undefined {
  const { aggregate } = frame;
  if (aggregate.kind !== 'record') {
    if (aggregate.length !== undefined && frame.next >= aggregate.length) return undefined;
    return elementPlace(frame, aggregate, frame.next++);
  }
  const members = aggregate.layout?.members ?? [];
  for (; frame.next < members.length; frame.next++) {
    const member = members[frame.next];
    if (member === undefined || !isInitializable(member)) continue;
    // One member of a union is all that a list without designators reaches (6.7.9 p17).
    frame.next = aggregate.isUnion ? members.length : frame.next + 1;
    return memberPlace(frame, member);
  }
  return undefined;
}

function elementPlace(frame: Frame, aggregate: ArrayType | VectorType, index: number): Place {
  const size = sizeOf(aggregate.element) ?? 0;
  const type = partType(aggregate.element, frame.place.type);
  return { type, offset: frame.place.offset + index * size, bitField: undefined };
}

function aggregateOf(type: CType): Frame['aggregate'] | undefined {
  const at = canonical(type);
  return at.kind === 'array' || at.kind === 'record' || at.kind === 'vector' ? at : undefined;
}

/** The string literal that initialises an array, braced or not (6.7.9 p14). */
function stringOf(value: Initializer): StringLiteral | undefined {
  if (value.kind === 'StringLiteral') return value;
  if (value.kind !== 'InitializerList' || value.items.length !== 1) return undefined;
  const [item] = value.items;
  return item !== undefined && item.designators.length === 0 && item.value.kind === 'StringLiteral'
    ? item.value
    : undefined;
}

/**
 * Where a member of a record (or of its anonymous members) is found: the members to go through, outermost
 * first.
 */
export function findMember(record: RecordType, name: string): readonly Member[] | undefined {
  interface Step {
    readonly record: RecordType;
    readonly path: readonly Member[];
  }
  const pending: Step[] = [{ record, path: [] }];
  for (let step = pending.pop(); step !== undefined; step = pending.pop()) {
    for (const member of step.record.layout?.members ?? []) {
      if (member.name === name) return [...step.path, member];
      const inner = canonical(member.type);
      if (member.name === undefined && inner.kind === 'record') {
        pending.push({ record: inner, path: [...step.path, member] });
      }
    }
  }
  return undefined;
}

export class InitializerWalk {
  private readonly sema: Sema;
  private readonly sink: InitializerSink;
  /** For the union at a place: the member that is initialised. */
  private readonly activeMembers = new Map<RecordType, Map<number, Member>>();
  /** Elements that the outermost array of unknown length got. */
  private outerLength = 0;

  constructor(sema: Sema, sink: InitializerSink) {
    this.sema = sema;
    this.sink = sink;
  }

  /** Initialises a whole object; gives its type, with the length when that was unknown. */
  run(type: CType, initializer: Initializer): CType {
    const at = canonical(type);
    const place: Place = { type, offset: 0, bitField: undefined };
    if (at.kind === 'array') {
      const string = this.matchingString(at, initializer);
      if (string !== undefined) return this.storeString(place, at, string);
      if (initializer.kind !== 'InitializerList') {
        return this.arrayFromExpression(place, initializer);
      }
    }
    if (initializer.kind === 'InitializerList') {
      this.braced(place, initializer, true);
      return at.kind === 'array' && at.length === undefined ? withLength(type, at, this.outerLength) : type;
    }
    this.storeExpression(place, initializer);
    return type;
  }

  private report(...args: Parameters<Sema['diagnostics']['report']>): void {
    this.sema.diagnostics.report(...args);
  }

  // ---- Values ----

  /**
   * A record may be copied whole in static initialisers only from a compound literal, which is taken apart.
   */
  private literalList(type: CType, value: Expression): InitializerList | undefined {
    let at = value;
    while (at.kind === 'Unary' && at.operator === '__extension__') at = at.operand;
    if (at.kind !== 'CompoundLiteral') return undefined;
    return compatibleUnqualifiedTypes(this.sema.typeOfTypeName(at.type), type) ? at.initializer : undefined;
  }

  private arrayFromExpression(place: Place, value: Expression): CType {
    const { type } = place;
    const list = this.literalList(type, value);
    if (list !== undefined) return this.run(type, list);
    const checked = this.sema.checkExpression(value);
    const isString = checked.kind === 'StringReference';
    if (!isError(checked)) {
      this.report(isString ? 'array-needs-wide-string' : 'array-needs-list', value.span, [
        quoteType(checked.type),
      ]);
    }
    return canonical(type).kind === 'array' && sizeOf(type) === undefined ? completed(type, 1) : type;
  }

  private storeExpression(place: Place, value: Expression): void {
    const list = this.sink.isStatic ? this.literalList(place.type, value) : undefined;
    if (list === undefined) this.storeValue(place, this.sema.checkRvalue(value));
    else this.braced(place, list, false);
  }

  private storeValue(place: Place, value: TypedExpression): void {
    const type = unqualifiedType(place.type);
    const converted = this.sema.convertForAssignment(value, type, { kind: 'initialize' });
    this.sink.store({ offset: place.offset, bitField: place.bitField, type, value: converted });
  }

  /**
   * A string literal that may fill this array: of characters for plain and u8 strings, of their units for
   * others.
   */
  private matchingString(array: ArrayType, value: Initializer): StringLiteral | undefined {
    const string = stringOf(value);
    const element = integerTypeOf(array.element);
    if (string === undefined || element === undefined || canonical(array.element).kind === 'enum')
      return undefined;
    const { elementType, unitSize } = this.sema.stringBytes(string.parts);
    if (unitSize === 1) return element.rank === 1 ? string : undefined;
    return element.size === unitSize && integerTypeOf(elementType)?.rank === element.rank
      ? string
      : undefined;
  }

  private storeString(place: Place, array: ArrayType, literal: StringLiteral): CType {
    const { bytes, unitSize } = this.sema.stringBytes(literal.parts);
    const units = bytes.length / unitSize;
    const length = array.length ?? units;
    if (units - 1 > length) {
      this.report('string-too-long', literal.span, [String(units), String(length)]);
    }
    const kept = Math.min(units, length);
    if (kept > 0) {
      const constant = this.sema.stringConstant(bytes.slice(0, kept * unitSize), unitSize);
      const reference = makeString(constant, array.element, literal.span);
      const type = arrayOf(unqualifiedType(array.element), kept);
      this.sink.clear(place.offset, length * unitSize);
      this.sink.store({
        offset: place.offset,
        bitField: undefined,
        type,
        value: { ...reference, isLvalue: false },
      });
    }
    return array.length === undefined ? withLength(place.type, array, units) : place.type;
  }

  // ---- Lists ----

  /** `{ ... }` around the initialisers of one object. */
  private braced(place: Place, list: InitializerList, isOutermost: boolean): void {
    const aggregate = aggregateOf(place.type);
    if (aggregate === undefined) {
      this.bracedScalar(place, list);
      return;
    }
    if (!isOutermost && place.bitField === undefined) this.sink.clear(place.offset, sizeOf(place.type) ?? 0);
    const frame: Frame = { aggregate, place, next: 0 };
    let path: Frame[] = [frame];
    for (const item of list.items) {
      if (item.designators.length > 0) {
        const designated = this.designate(frame, item);
        if (designated === undefined) {
          this.checkOnly(item.value);
          continue;
        }
        path = designated.path;
        this.initializeAt(path, designated.place, item.value);
        if (designated.repeat !== undefined) this.repeatElement(designated.repeat, item.span);
      } else {
        const next = this.advance(path);
        if (next === undefined) {
          this.excess(item, place.type);
          return;
        }
        this.initializeAt(path, next, item.value);
      }
      if (isOutermost && aggregate.kind === 'array')
        this.outerLength = Math.max(this.outerLength, frame.next);
    }
  }

  private bracedScalar(place: Place, list: InitializerList): void {
    const [first, second] = list.items;
    if (first === undefined) {
      // `= {}` is zero (GNU, C23).
      const type = unqualifiedType(place.type);
      const isFloat = canonical(type).kind === 'float';
      this.storeValue(place, isFloat ? makeFloat(0, type, list.span) : makeInteger(0n, type, list.span));
      return;
    }
    if (first.designators.length > 0) {
      this.report('designator-in-scalar', first.span, [quoteType(place.type)]);
    }
    if (first.value.kind === 'InitializerList') {
      this.report('too-many-braces', first.value.span);
      this.bracedScalar(place, first.value);
    } else {
      this.storeExpression(place, first.value);
    }
    if (second !== undefined) this.excess(second, place.type);
  }

  /** Checks what is not stored, for its errors. */
  private checkOnly(value: Initializer): void {
    if (value.kind !== 'InitializerList') this.sema.checkUnevaluated(value);
  }

  private excess(item: InitializerItem, type: CType): void {
    const at = canonical(type);
    const what =
      at.kind === 'array' ? 'array' : at.kind === 'record' ? (at.isUnion ? 'union' : 'struct') : 'scalar';
    this.report('excess-elements', item.span, [what]);
    this.checkOnly(item.value);
  }

  /** The next subobject in a list without designators; frames that are full are left. */
  private advance(path: Frame[]): Place | undefined {
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const next = this.takeFrom(frame);
      if (next !== undefined) return next;
      path.pop();
    }
    return undefined;
  }

  private takeFrom(frame: Frame): Place | undefined {
    const before = frame.next;
    const place = takeNext(frame);
    if (place !== undefined && frame.aggregate.kind === 'record' && frame.aggregate.isUnion) {
      this.activate(frame, frame.aggregate.layout?.members.slice(before).find(isInitializable));
    }
    return place;
  }

  /** Notes which member of a union lives; another one's stores are forgotten. */
  private activate(frame: Frame, member: Member | undefined): void {
    const { aggregate, place } = frame;
    if (aggregate.kind !== 'record' || !aggregate.isUnion || member === undefined) return;
    let active = this.activeMembers.get(aggregate);
    if (active === undefined) this.activeMembers.set(aggregate, (active = new Map()));
    const before = active.get(place.offset);
    if (before !== undefined && before !== member) this.sink.clear(place.offset, aggregate.layout?.size ?? 0);
    active.set(place.offset, member);
  }

  /** Stores a value at a subobject, or further down where braces are left out. */
  private initializeAt(path: Frame[], start: Place, value: Initializer): void {
    const string = canonical(start.type).kind === 'array' ? stringOf(value) : undefined;
    if (value.kind === 'InitializerList' && string === undefined) {
      this.bracedPart(start, value);
      return;
    }
    let checked: TypedExpression | undefined;
    for (let place: Place | undefined = start; place !== undefined; ) {
      const aggregate = aggregateOf(place.type);
      if (aggregate === undefined) {
        if (value.kind === 'InitializerList') this.bracedScalar(place, value);
        else if (checked === undefined) this.storeExpression(place, value);
        else this.storeValue(place, checked);
        return;
      }
      if (aggregate.kind === 'array') {
        const literal = this.matchingString(aggregate, value);
        if (literal !== undefined) {
          this.checkFlexible(place, literal.span);
          this.storeString(place, aggregate, literal);
          return;
        }
      }
      if (value.kind === 'InitializerList') {
        this.bracedPart(place, value);
        return;
      }
      if (aggregate.kind !== 'array') {
        if (this.sink.isStatic && this.literalList(place.type, value) !== undefined) {
          this.storeExpression(place, value);
          return;
        }
        checked ??= this.sema.checkRvalue(value);
        if (isError(checked)) return;
        if (compatibleUnqualifiedTypes(checked.type, place.type)) {
          this.storeValue(place, checked);
          return;
        }
      }
      this.checkFlexible(place, value.span);
      const frame: Frame = { aggregate, place, next: 0 };
      path.push(frame);
      place = this.takeFrom(frame);
      if (place === undefined) {
        path.pop();
        this.report('initializer-for-empty-aggregate', value.span);
      }
    }
  }

  private bracedPart(place: Place, list: InitializerList): void {
    this.checkFlexible(place, list.span);
    this.braced(place, list, false);
  }

  /** A flexible array member may be initialised in static objects only (GNU). */
  private checkFlexible(place: Place, span: Span): void {
    const at = canonical(place.type);
    if (at.kind === 'array' && at.length === undefined && !this.sink.isStatic) {
      this.report('flexible-array-initialization', span);
    }
  }

  // ---- Designators (6.7.9 p6-7) ----

  private designate(
    base: Frame,
    item: InitializerItem,
  ): { readonly path: Frame[]; readonly place: Place; readonly repeat: RangeRepeat | undefined } | undefined {
    const path: Frame[] = [base];
    let place: Place | undefined;
    let repeat: RangeRepeat | undefined;
    for (const designator of item.designators) {
      if (place !== undefined) {
        const aggregate = aggregateOf(place.type);
        if (aggregate === undefined) {
          this.report('designator-in-scalar', designator.span, [quoteType(place.type)]);
          return undefined;
        }
        path.push({ aggregate, place, next: 0 });
      }
      const step = this.designateOne(path, designator);
      if (step === undefined) return undefined;
      place = step.place;
      repeat = step.repeat ?? repeat;
    }
    return place === undefined ? undefined : { path, place, repeat };
  }

  private designateOne(
    path: Frame[],
    designator: Designator,
  ): { readonly place: Place; readonly repeat: RangeRepeat | undefined } | undefined {
    const frame = path.at(-1);
    if (frame === undefined) return undefined;
    if (designator.kind === 'MemberDesignator') return this.designateMember(path, frame, designator);
    const { aggregate } = frame;
    if (aggregate.kind === 'record') {
      this.report('array-designator-in-record', designator.span, [quoteType(frame.place.type)]);
      return undefined;
    }
    const range = this.designatedRange(designator, aggregate.length);
    if (range === undefined) return undefined;
    const place = elementPlace(frame, aggregate, range.first);
    frame.next = range.last + 1;
    const size = sizeOf(aggregate.element) ?? 0;
    const count = range.last - range.first;
    return { place, repeat: count > 0 ? { offset: place.offset, size, count } : undefined };
  }

  private designatedRange(
    designator: Exclude<Designator, { kind: 'MemberDesignator' }>,
    length: number | undefined,
  ): { readonly first: number; readonly last: number } | undefined {
    const isRange = designator.kind === 'RangeDesignator';
    const low = isRange ? designator.first : designator.index;
    const high = isRange ? designator.last : designator.index;
    const first = this.sema.integerConstant(low, 'array designator')?.value;
    const last = isRange ? this.sema.integerConstant(high, 'array designator')?.value : first;
    if (first === undefined || last === undefined) return undefined;
    if (first < 0n) {
      this.report('array-designator-negative', low.span, [first.toString()]);
      return undefined;
    }
    if (last < first) {
      this.report('array-designator-range-empty', designator.span, [first.toString(), last.toString()]);
      return undefined;
    }
    const limit = BigInt(length ?? 2 ** 40);
    if (last >= limit) {
      this.report('array-designator-too-large', high.span, [last.toString(), limit.toString()]);
      return undefined;
    }
    return { first: Number(first), last: Number(last) };
  }

  private designateMember(
    path: Frame[],
    start: Frame,
    designator: Extract<Designator, { kind: 'MemberDesignator' }>,
  ): { readonly place: Place; readonly repeat: undefined } | undefined {
    const { text, span } = designator.member;
    if (start.aggregate.kind !== 'record') {
      this.report('member-designator-in-array', span, [quoteType(start.place.type)]);
      return undefined;
    }
    const found = findMember(start.aggregate, text);
    if (found === undefined) {
      this.report('designator-unknown-member', span, [text, printType(unqualifiedType(start.place.type))]);
      return undefined;
    }
    let frame = start;
    for (const member of found.slice(0, -1)) {
      const place = this.enterMember(frame, member);
      const aggregate = aggregateOf(place.type);
      if (aggregate === undefined) return undefined;
      frame = { aggregate, place, next: 0 };
      path.push(frame);
    }
    const last = found.at(-1);
    return last && { place: this.enterMember(frame, last), repeat: undefined };
  }

  private enterMember(frame: Frame, member: Member): Place {
    const members = frame.aggregate.kind === 'record' ? (frame.aggregate.layout?.members ?? []) : [];
    const isUnion = frame.aggregate.kind === 'record' && frame.aggregate.isUnion;
    frame.next = isUnion ? members.length : members.indexOf(member) + 1;
    this.activate(frame, member);
    return memberPlace(frame, member);
  }

  private repeatElement({ offset, size, count }: RangeRepeat, span: Span): void {
    if (!this.sink.repeat(offset, size, count)) this.report('initializer-too-large', span);
  }
}

/** `[first ... last]`: what was done to the element at `offset` is done to `count` more. */
interface RangeRepeat {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

function withLength(type: CType, array: ArrayType, length: number): CType {
  return type === array ? arrayOf(array.element, length) : completed(type, length);
}

/** The type with a length for its array; sugar above the array other than qualifiers gives way. */
function completed(type: CType, length: number): CType {
  if (type.kind === 'qualified') return { ...type, type: completed(type.type, length) };
  if (type.kind === 'attributed') return { ...type, type: completed(type.type, length) };
  const at = canonical(type);
  return at.kind === 'array' ? arrayOf(at.element, length) : type;
}
