/**
 * The loop hints of `#pragma unroll`, `#pragma nounroll`, `#pragma GCC unroll` and `#pragma clang loop`.
 */

import type { PragmaDirective } from '../parser/ast.ts';
import type { Checker } from './checker.ts';
import { checkNumber } from './literals.ts';
import type { LoopHint } from './typed-tree.ts';

const clangStates: Readonly<Record<string, LoopHint['unroll']>> = {
  enable: 'default',
  full: 'full',
  disable: 'disable',
};

/** A count as the pragma spells it: a number, or the name of an enumerator. */
function readCount(checker: Checker, text: string, pragma: PragmaDirective): number | undefined {
  let value: bigint | undefined;
  if (/^[0-9]/.test(text)) {
    const checked = checkNumber(checker, { kind: 'NumberLiteral', text, span: pragma.span });
    value = checker.constants.integer(checked);
  } else {
    const entity = checker.sema.lookupOrdinary(text, pragma.span);
    if (entity?.kind === 'enumerator') value = entity.value;
  }
  if (value !== undefined && value >= 1n && value <= 0x7fff_ffffn) return Number(value);
  checker.report('invalid-unroll-count', pragma.span, [text]);
  return undefined;
}

function argument(text: string): string {
  return text
    .trim()
    .replace(/^\((.*)\)$/s, '$1')
    .trim();
}

/** What a pragma says about the loop after it; undefined for one that is not about loops or says nothing we do. */
export function readLoopHint(checker: Checker, pragma: PragmaDirective): LoopHint | undefined {
  const { span } = pragma;
  const words = /^\s*(clang\s+loop|GCC\s+unroll|unroll|nounroll)\b(.*)$/s.exec(pragma.text);
  if (words === null) return undefined;
  const [, head = '', rest = ''] = words;
  if (head === 'nounroll') return { unroll: 'disable', span };
  if (!head.startsWith('clang')) {
    const text = argument(rest);
    if (text === '') return { unroll: 'full', span };
    const count = readCount(checker, text, pragma);
    if (count === undefined) return undefined;
    // A count of 1 means one copy of the body.
    return { unroll: count === 1 ? 'disable' : count, span };
  }
  let hint: LoopHint | undefined;
  for (const [, option = '', value = ''] of rest.matchAll(/(\w+)\s*\(\s*([^)]*?)\s*\)/g)) {
    if (option === 'unroll') {
      const unroll = clangStates[value];
      if (unroll === undefined) checker.report('invalid-loop-option', span, [value]);
      else hint = { unroll, span };
    } else if (option === 'unroll_count') {
      const count = readCount(checker, value, pragma);
      if (count !== undefined) hint = { unroll: count === 1 ? 'disable' : count, span };
    }
  }
  return hint;
}
