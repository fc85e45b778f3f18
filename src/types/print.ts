/**
 * Types in C's own spelling (C11 6.7.7), laid out as clang's messages have them: `struct s *`, `int
 * (*)(char)`, `const char[4]`. {@link quoteType} adds what a typedef stands for: `'u32' (aka 'unsigned
 * int')`.
 */

import { unreachable } from '../support/bug.ts';
import type {
  AttributedType,
  CType,
  EnumType,
  FunctionType,
  Parameter,
  QualifiedType,
  RecordType,
} from './types.ts';

/** What stands in for the innards of types that are built up beyond reason (by chains of typedefs). */
const maxDepth = 100;
const elision = '...';

interface PrintMode {
  /** Typedefs are replaced by what they name. */
  readonly expandTypedefs: boolean;
}

function tagName(type: RecordType | EnumType): string {
  const keyword = type.kind === 'enum' ? 'enum' : type.isUnion ? 'union' : 'struct';
  return type.tag === undefined ? `${keyword} (unnamed)` : `${keyword} ${type.tag}`;
}

function qualifierWords(type: QualifiedType): string {
  const words: string[] = [];
  if (type.isConst) words.push('const');
  if (type.isVolatile) words.push('volatile');
  if (type.isRestrict) words.push('restrict');
  if (type.isAtomic) words.push('_Atomic');
  return words.join(' ');
}

function attributeWords(type: AttributedType): string {
  const words: string[] = [];
  if (type.addressSpace !== 0) words.push(`__attribute__((address_space(${type.addressSpace})))`);
  if (type.typeTag !== undefined) words.push(`__attribute__((btf_type_tag("${type.typeTag}")))`);
  return words.join(' ');
}

/**
 * Puts `words` before a type's name, or after the `*` when the type is a pointer (with what is declared,
 * `inner`).
 */
function decorated(
  decoratedType: CType,
  words: string,
  inner: string,
  mode: PrintMode,
  depth: number,
): string {
  let type = decoratedType;
  if (mode.expandTypedefs) while (type.kind === 'typedef') type = type.type;
  if (type.kind === 'pointer') {
    const name = inner === '' ? words : `${words} ${inner}`;
    return print(type, name, mode, depth + 1);
  }
  const body = print(type, inner, mode, depth + 1);
  return words === '' ? body : `${words} ${body}`;
}

function joined(base: string, inner: string): string {
  if (inner === '') return base;
  return inner.startsWith('[') ? `${base}${inner}` : `${base} ${inner}`;
}

function parameterList(type: FunctionType, mode: PrintMode, depth: number): string {
  if (!type.isPrototype) return '';
  const words = type.parameters.map((parameter: Parameter) => print(parameter.type, '', mode, depth + 1));
  if (type.isVariadic) words.push('...');
  return words.length === 0 ? 'void' : words.join(', ');
}

/** The base of a type with typedefs expanded, for the test whether a pointer needs parentheses. */
function shape(type: CType, mode: PrintMode): CType['kind'] {
  let at = type;
  while (
    at.kind === 'qualified' ||
    at.kind === 'attributed' ||
    (at.kind === 'typedef' && mode.expandTypedefs)
  ) {
    at = at.type;
  }
  return at.kind;
}

function print(type: CType, inner: string, mode: PrintMode, depth: number): string {
  if (depth > maxDepth) return joined(elision, inner);
  switch (type.kind) {
    case 'void':
      return joined('void', inner);
    case 'integer':
    case 'float':
      return joined(type.name, inner);
    case 'record':
    case 'enum':
      return joined(tagName(type), inner);
    case 'typedef':
      if (!mode.expandTypedefs) return joined(type.name, inner);
      return print(type.type, inner, mode, depth + 1);
    case 'qualified':
      return decorated(type.type, qualifierWords(type), inner, mode, depth);
    case 'attributed':
      return decorated(type.type, attributeWords(type), inner, mode, depth);
    case 'pointer': {
      const pointee = shape(type.pointee, mode);
      const star = `*${inner}`;
      const declared = pointee === 'array' || pointee === 'function' ? `(${star})` : star;
      return print(type.pointee, declared, mode, depth + 1);
    }
    case 'array':
      return print(type.element, `${inner}[${type.length ?? ''}]`, mode, depth + 1);
    case 'vector': {
      const element = print(type.element, '', mode, depth + 1);
      return joined(
        `__attribute__((__vector_size__(${type.length} * sizeof(${element})))) ${element}`,
        inner,
      );
    }
    case 'function':
      return print(type.returns, `${inner}(${parameterList(type, mode, depth)})`, mode, depth + 1);
    default:
      return unreachable(type, 'type');
  }
}

/** A type as C writes it in a cast or, with `name`, in a declaration. */
export function printType(type: CType, name = ''): string {
  return print(type, name, { expandTypedefs: false }, 0);
}

/** A type with its typedefs replaced by what they stand for. */
function printCanonicalType(type: CType): string {
  return print(type, '', { expandTypedefs: true }, 0);
}

/** A type in quotes for a message, with its meaning when a typedef hides it. */
export function quoteType(type: CType): string {
  const written = printType(type);
  const meaning = printCanonicalType(type);
  return written === meaning ? `'${written}'` : `'${written}' (aka '${meaning}')`;
}
