/**
 * BTF as text, in the form of `bpftool btf dump ... format raw`, so that the two can be compared line by line.
 */

import { unreachable } from '../support/bug.ts';
import { type BtfType, IntEncoding } from './format.ts';

function quoted(name: string): string {
  return `'${name === '' ? '(anon)' : name}'`;
}

function encodingName(encoding: number): string {
  if (encoding & IntEncoding.signed) return 'SIGNED';
  if (encoding & IntEncoding.char) return 'CHAR';
  return encoding & IntEncoding.bool ? 'BOOL' : '(none)';
}

function bodyLines(type: BtfType): readonly [string, readonly string[]] {
  switch (type.kind) {
    case 'INT':
      return [
        `${quoted(type.name)} size=${type.size} bits_offset=${type.bitOffset} nr_bits=${type.bits} encoding=${encodingName(type.encoding)}`,
        [],
      ];
    case 'PTR':
    case 'VOLATILE':
    case 'CONST':
    case 'RESTRICT':
      return [`${quoted('')} type_id=${type.type}`, []];
    case 'TYPEDEF':
    case 'TYPE_TAG':
      return [`${quoted(type.name)} type_id=${type.type}`, []];
    case 'ARRAY':
      return [
        `${quoted('')} type_id=${type.type} index_type_id=${type.indexType} nr_elems=${type.length}`,
        [],
      ];
    case 'STRUCT':
    case 'UNION':
      return [
        `${quoted(type.name)} size=${type.size} vlen=${type.members.length}`,
        type.members.map((member) => {
          const width = member.bitWidth === 0 ? '' : ` bitfield_size=${member.bitWidth}`;
          return `${quoted(member.name)} type_id=${member.type} bits_offset=${member.bitOffset}${width}`;
        }),
      ];
    case 'ENUM':
    case 'ENUM64': {
      const encoding = type.signed ? 'SIGNED' : 'UNSIGNED';
      const suffix = type.kind === 'ENUM64' ? 'LL' : '';
      return [
        `${quoted(type.name)} encoding=${encoding} size=${type.size} vlen=${type.values.length}`,
        type.values.map(
          ({ name, value }) => `${quoted(name)} val=${value}${type.signed || suffix === '' ? suffix : 'ULL'}`,
        ),
      ];
    }
    case 'FWD':
      return [`${quoted(type.name)} fwd_kind=${type.isUnion ? 'union' : 'struct'}`, []];
    case 'FUNC':
      return [`${quoted(type.name)} type_id=${type.type} linkage=${type.linkage}`, []];
    case 'FUNC_PROTO':
      return [
        `${quoted('')} ret_type_id=${type.type} vlen=${type.parameters.length}`,
        type.parameters.map((parameter) => `${quoted(parameter.name)} type_id=${parameter.type}`),
      ];
    case 'VAR':
      return [`${quoted(type.name)} type_id=${type.type}, linkage=${type.linkage}`, []];
    case 'DATASEC':
      return [
        `${quoted(type.name)} size=${type.size} vlen=${type.variables.length}`,
        type.variables.map(({ type: id, offset, size }) => `type_id=${id} offset=${offset} size=${size}`),
      ];
    case 'FLOAT':
      return [`${quoted(type.name)} size=${type.size}`, []];
    case 'DECL_TAG':
      return [`${quoted(type.name)} type_id=${type.type} component_idx=${type.component}`, []];
    default:
      return unreachable(type, 'BTF type');
  }
}

/** A type of this id, a line for it and one for each of its elements. */
export function printBtfType(type: BtfType, id: number): string {
  const [head, body] = bodyLines(type);
  return [`[${id}] ${type.kind} ${head}`, ...body.map((line) => `\t${line}`), ''].join('\n');
}

export function printBtf(types: readonly BtfType[]): string {
  return types.map((type, i) => printBtfType(type, i + 1)).join('');
}

/** For assembly: the kind as clang's comments say it (build systems look for `BTF_KIND_VAR` to see whether a compiler makes CO-RE objects). */
export function kindComment(type: BtfType, id: number): string {
  const name = 'name' in type && /^[\w.]+$/.test(type.name) ? ` ${type.name}` : '';
  return `BTF_KIND_${type.kind}(id = ${id})${name}`;
}
