/**
 * When two types are the same, compatible, or make a composite type (C11 6.2.7, 6.7.6).
 *
 * Records and enums compare by identity, everything else by structure; sugar is looked through. The
 * comparison keeps its own list of pairs, so that chains of typedefs of any depth are compared without
 * recursion.
 */

import { unreachable } from '../support/bug.ts';
import type { CanonicalType, CType, FunctionType, Parameter } from './types.ts';
import {
  addressSpaceOf,
  arrayOf,
  canonical,
  doubleType,
  integerTypeOf,
  pointerTo,
  type Qualifiers,
  qualifiersOf,
} from './types.ts';

type Relation = 'same' | 'compatible';

function sameQualifiers(a: Qualifiers, b: Qualifiers): boolean {
  return (
    a.isConst === b.isConst &&
    a.isVolatile === b.isVolatile &&
    a.isRestrict === b.isRestrict &&
    a.isAtomic === b.isAtomic
  );
}

/** Is `type` what the default argument promotions leave alone (6.7.6.3 p15)? */
function survivesPromotion(type: CType): boolean {
  const at = canonical(type);
  if (at.kind === 'float') return at === doubleType || at.size > doubleType.size;
  const integer = integerTypeOf(at);
  return integer === undefined || integer.rank >= 3;
}

class Comparison {
  private readonly relation: Relation;
  private readonly pending: [CType, CType][] = [];

  constructor(relation: Relation) {
    this.relation = relation;
  }

  run(a: CType, b: CType, ignoreTopQualifiers: boolean): boolean {
    if (!ignoreTopQualifiers && !this.qualifiersAgree(a, b)) return false;
    this.pending.push([a, b]);
    for (let pair = this.pending.pop(); pair !== undefined; pair = this.pending.pop()) {
      if (pair[0] !== pair[1] && !this.step(canonical(pair[0]), canonical(pair[1]))) return false;
    }
    return true;
  }

  private qualifiersAgree(a: CType, b: CType): boolean {
    return (
      a === b || (sameQualifiers(qualifiersOf(a), qualifiersOf(b)) && addressSpaceOf(a) === addressSpaceOf(b))
    );
  }

  /** Queues the inner types of a pair whose outer parts agree. */
  private descend(a: CType, b: CType): boolean {
    if (!this.qualifiersAgree(a, b)) return false;
    this.pending.push([a, b]);
    return true;
  }

  private step(a: CanonicalType, b: CanonicalType): boolean {
    if (a === b) return true;
    switch (a.kind) {
      case 'void':
        return b.kind === 'void';
      case 'integer':
        if (b.kind === 'enum') return this.relation === 'compatible' && b.underlying?.name === a.name;
        return b.kind === 'integer' && a.name === b.name;
      case 'float':
        return b.kind === 'float' && a.name === b.name;
      case 'pointer':
        return b.kind === 'pointer' && this.descend(a.pointee, b.pointee);
      case 'array':
        if (b.kind !== 'array' || !this.lengthsAgree(a.length, b.length)) return false;
        // An array's qualifiers are its elements' (6.7.3 p9): they were compared with the array.
        this.pending.push([a.element, b.element]);
        return true;
      case 'vector':
        return b.kind === 'vector' && a.length === b.length && this.descend(a.element, b.element);
      case 'function':
        return b.kind === 'function' && this.functions(a, b);
      case 'record':
        return false;
      case 'enum':
        return this.relation === 'compatible' && b.kind === 'integer' && a.underlying?.name === b.name;
      default:
        return unreachable(a, 'type');
    }
  }

  private lengthsAgree(a: number | undefined, b: number | undefined): boolean {
    return a === b || (this.relation === 'compatible' && (a === undefined || b === undefined));
  }

  private functions(a: FunctionType, b: FunctionType): boolean {
    this.pending.push([a.returns, b.returns]);
    if (a.isPrototype && b.isPrototype) {
      if (a.isVariadic !== b.isVariadic || a.parameters.length !== b.parameters.length) return false;
      // Qualifiers of the parameters themselves do not count (6.7.6.3 p15).
      a.parameters.forEach((parameter, i) => {
        const other = b.parameters[i];
        if (other !== undefined) this.pending.push([parameter.type, other.type]);
      });
      return true;
    }
    if (this.relation === 'same') return a.isPrototype === b.isPrototype;
    const prototype = a.isPrototype ? a : b;
    return (
      !prototype.isVariadic && prototype.parameters.every((parameter) => survivesPromotion(parameter.type))
    );
  }
}

/** The same type but for sugar: qualifiers count at every level. */
export function sameType(a: CType, b: CType): boolean {
  return a === b || new Comparison('same').run(a, b, false);
}

/** The same type when the qualifiers at the top are taken off. */
export function sameUnqualifiedType(a: CType, b: CType): boolean {
  return a === b || new Comparison('same').run(a, b, true);
}

/** Compatible types (6.2.7): as declarations of one thing may have. */
export function compatibleTypes(a: CType, b: CType): boolean {
  return a === b || new Comparison('compatible').run(a, b, false);
}

/** Compatible when the qualifiers at the top are taken off. */
export function compatibleUnqualifiedTypes(a: CType, b: CType): boolean {
  return a === b || new Comparison('compatible').run(a, b, true);
}

/** Deeper than this the first type stands for the composite type: only built-up typedef chains get there. */
const maxCompositeDepth = 200;

function compositeParameters(a: FunctionType, b: FunctionType, depth: number): readonly Parameter[] {
  return a.parameters.map((parameter, i) => {
    const other = b.parameters[i];
    if (other === undefined) return parameter;
    const type = composite(parameter.type, other.type, depth + 1);
    const name = parameter.name ?? other.name;
    return type === parameter.type && name === parameter.name ? parameter : { ...parameter, name, type };
  });
}

function compositeFunction(a: FunctionType, b: FunctionType, depth: number): FunctionType {
  const isNoreturn = a.isNoreturn || b.isNoreturn;
  if (!a.isPrototype) return b.isPrototype ? { ...b, isNoreturn } : { ...a, isNoreturn };
  const parameters = b.isPrototype ? compositeParameters(a, b, depth) : a.parameters;
  return { ...a, returns: composite(a.returns, b.returns, depth + 1), parameters, isNoreturn };
}

function composite(a: CType, b: CType, depth: number): CType {
  if (depth > maxCompositeDepth) return a;
  const left = canonical(a);
  const right = canonical(b);
  if (left === right || sameType(left, right)) return a;
  if (left.kind === 'array' && right.kind === 'array') {
    const element = composite(left.element, right.element, depth + 1);
    if (element === left.element && (left.length !== undefined || right.length === undefined)) return a;
    return arrayOf(element, left.length ?? right.length);
  }
  if (left.kind === 'pointer' && right.kind === 'pointer') {
    const pointee = composite(left.pointee, right.pointee, depth + 1);
    return pointee === left.pointee ? a : pointerTo(pointee);
  }
  if (left.kind === 'function' && right.kind === 'function') return compositeFunction(left, right, depth);
  return a;
}

/** The composite of two compatible types (6.2.7 p3); keeps the sugar of `a` where `b` adds nothing. */
export function compositeType(a: CType, b: CType): CType {
  return composite(a, b, 0);
}

/**
 * As {@link compositeType}, for two declarations of one function; parameter names come from `a` where it has
 * them.
 */
export function compositeFunctionType(a: FunctionType, b: FunctionType): FunctionType {
  return compositeFunction(a, b, 0);
}
