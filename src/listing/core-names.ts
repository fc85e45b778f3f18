/** CO-RE records -> what they say in C: `task_struct.real_parent.tgid`, `exists task_struct.pid`, `enum bpf_map_type`. */

import type { CoreRelocationInfo } from '../ir/func.ts';
import { CoreKind } from '../lower/core-access.ts';
import { printType } from '../types/print.ts';
import { type CType, canonical } from '../types/types.ts';

/** What is asked of a field, a type or an enumerator; nothing for a field's place. */
const questions: Readonly<Record<number, string>> = {
  [CoreKind.fieldByteOffset]: '',
  [CoreKind.fieldByteSize]: 'size of ',
  [CoreKind.fieldExists]: 'exists ',
  [CoreKind.fieldSigned]: 'signedness of ',
  [CoreKind.fieldLeftShift]: 'left shift of ',
  [CoreKind.fieldRightShift]: 'right shift of ',
  [CoreKind.typeIdLocal]: 'local id of ',
  [CoreKind.typeIdTarget]: 'id of ',
  [CoreKind.typeExists]: 'exists ',
  [CoreKind.typeSize]: 'size of ',
  [CoreKind.typeMatches]: 'matches ',
  [CoreKind.enumValueExists]: 'exists ',
  [CoreKind.enumValue]: 'value of ',
};

/** The words of an access string (`0:2:1`) below a type. */
function fieldPath(root: CType, access: string): string {
  const [first = 0, ...rest] = access.split(':').map(Number);
  let text = first === 0 ? '' : `[${first}]`;
  let at = canonical(root);
  for (const index of rest) {
    if (at.kind === 'record') {
      const member = at.layout?.members[index];
      if (member === undefined) return text;
      if (member.name !== undefined) text += `.${member.name}`;
      at = canonical(member.type);
    } else if (at.kind === 'array') {
      text += `[${index}]`;
      at = canonical(at.element);
    } else return text;
  }
  return text;
}

function subjectOf(type: CType, { kind, access }: CoreRelocationInfo): string {
  const at = canonical(type);
  const isEnumerator = kind === CoreKind.enumValue || kind === CoreKind.enumValueExists;
  if (isEnumerator && at.kind === 'enum') return at.constants?.[Number(access)]?.name ?? printType(type);
  const name = printType(type).replace(/^(struct|union) /, '');
  return kind <= CoreKind.fieldRightShift ? name + fieldPath(type, access) : printType(type);
}

/** The comment beside an instruction that the loader patches. */
export function coreName(info: CoreRelocationInfo, types: readonly CType[]): string {
  const type = types[info.typeKey];
  return type === undefined ? 'CO-RE' : `CO-RE ${questions[info.kind] ?? ''}${subjectOf(type, info)}`;
}
