/**
 * The state that pragmas at file scope set for the declarations after them: `#pragma pack` (a stack of limits)
 * and `#pragma clang attribute push/pop` (a stack of groups of attributes).
 *
 * In: the text of Pragma tokens in source order. Out: the limit and the active attribute pragmas at each point.
 * A malformed or unknown pragma changes nothing; the token stays in the stream for who wants to warn.
 */

interface AttributeGroup {
  readonly space: string;
  /** Token numbers of the pragmas that added an attribute. */
  readonly pragmas: readonly number[];
}

/** The place of an attribute inside the text of a pragma, and what it applies to. */
export interface AttributePragma {
  readonly attributeStart: number;
  readonly attributeEnd: number;
  readonly appliesTo: readonly string[];
}

const attributePragma = /^clang\s+attribute\b\s*(?:(\w+)\s*\.\s*)?(push|pop)?\s*(\(.*\))?\s*$/s;

export class PragmaState {
  /** The innermost limit in bytes, 0 for none. */
  pack = 0;
  /** Token numbers of the attribute pragmas in force, outermost first; a new array after each change. */
  attributePragmas: readonly number[] = [];
  private readonly packStack: { readonly label: string; readonly value: number }[] = [];
  private readonly groups: AttributeGroup[] = [];

  /** Takes notice of the pragma that is token number `token`. */
  apply(text: string, token: number): void {
    if (text.startsWith('pack')) this.applyPack(text.slice(4));
    else if (text.startsWith('clang')) this.applyAttribute(text, token);
  }

  /** pack([n]) | pack(push [, label] [, n]) | pack(pop [, label] [, n]) */
  private applyPack(text: string): void {
    const match = /^\s*\(([^()]*)\)/.exec(text);
    if (match === null) return;
    const parts = (match[1] ?? '').split(',').map((part) => part.trim());
    const [first = '', ...rest] = parts;
    const label = rest.find((part) => /^[A-Za-z_]/.test(part)) ?? '';
    const number = [first, ...rest].find((part) => /^\d/.test(part));
    if (first === 'push') this.packStack.push({ label, value: this.pack });
    else if (first === 'pop') this.popPack(label);
    else if (number === undefined && first !== '') return;
    else this.pack = 0;
    const value = Number(number);
    if (number !== undefined && [0, 1, 2, 4, 8, 16].includes(value)) this.pack = value;
  }

  private popPack(label: string): void {
    const at =
      label === '' ? this.packStack.length - 1 : this.packStack.findLastIndex((row) => row.label === label);
    if (at < 0) return;
    this.pack = this.packStack[at]?.value ?? 0;
    this.packStack.length = at;
  }

  private applyAttribute(text: string, token: number): void {
    const match = attributePragma.exec(text);
    if (match === null) return;
    const [, space = '', word, argument] = match;
    const own = argument === undefined ? [] : [token];
    if (word === 'push') this.groups.push({ space, pragmas: own });
    else if (word === 'pop') {
      const at = this.groups.findLastIndex((group) => group.space === space);
      if (at >= 0) this.groups.splice(at, 1);
    } else {
      const at = this.groups.findLastIndex((group) => group.space === space);
      const group = this.groups[at];
      if (group !== undefined) this.groups[at] = { space, pragmas: [...group.pragmas, ...own] };
    }
    this.attributePragmas = this.groups.flatMap((group) => group.pragmas);
  }
}

/**
 * Finds attribute and subjects in the text of an attribute pragma:
 * `clang attribute push (__attribute__((...)), apply_to = record)` or `apply_to = any(record, function)`.
 */
export function readAttributePragma(text: string): AttributePragma | undefined {
  const subjects = /,\s*apply_to\s*=\s*(?:any\s*\((.*)\)|([^,]*?))\s*\)\s*$/s.exec(text);
  const opening = text.indexOf('(');
  if (subjects === null || opening < 0 || subjects.index <= opening) return undefined;
  const list = subjects[1] ?? subjects[2] ?? '';
  const appliesTo = splitSubjects(list);
  if (appliesTo.length === 0) return undefined;
  return { attributeStart: opening + 1, attributeEnd: subjects.index, appliesTo };
}

/** Subjects are separated by commas outside parentheses; white space in them means nothing. */
function splitSubjects(list: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let current = '';
  for (const character of list) {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth === 0) {
      found.push(current);
      current = '';
    } else if (!/\s/.test(character)) current += character;
  }
  return [...found, current].filter((subject) => subject !== '');
}
