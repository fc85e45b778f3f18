/**
 * Templates of inline assembly -> text for the assembler: replaces `%0`, `%w1`, `%[name]`, `%l[label]`, `%=`, `%%` (GCC manual,
 * "Extended Asm", as clang implements it for BPF: modifier `w` asks for the 32-bit name of a register, `l` for a label).
 */

/** What an operand of a template is replaced by. */
export interface TemplateOperands {
  /**
   * Text for an operand, or undefined when there is no such operand. `reference` is its number or the name in brackets,
   * `modifier` the letter between `%` and the reference, or the empty string.
   */
  readonly operand: (reference: string, modifier: string) => string | undefined;
  /** The number that `%=` stands for: different in every copy of the statement. */
  readonly uniqueId: number;
}

/** A fault in a template, by its offset there. */
export interface TemplateError {
  readonly offset: number;
  readonly message: string;
}

const PLACEHOLDER = /%(?:([%=|{}])|([a-zA-Z]?)(?:(\d+)|\[([^\]\n]*)\])|)/g;

/** The text of a template with its operands put in; the first fault otherwise. */
export function expandTemplate(template: string, operands: TemplateOperands): string | TemplateError {
  let fault: TemplateError | undefined;
  const text = template.replace(
    PLACEHOLDER,
    (
      whole,
      special: string | undefined,
      modifier: string,
      number: string | undefined,
      name,
      offset: number,
    ) => {
      if (special === '=') return `${operands.uniqueId}`;
      if (special !== undefined) return special;
      const reference = number ?? (typeof name === 'string' ? name : undefined);
      const found = reference === undefined ? undefined : operands.operand(reference, modifier);
      if (found !== undefined) return found;
      const message = reference === undefined ? "'%' without an operand" : `no operand ${whole}`;
      fault ??= { offset, message };
      return '';
    },
  );
  return fault ?? text;
}
