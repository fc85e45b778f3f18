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

/** A template with its operands put in. */
export interface ExpandedTemplate {
  readonly text: string;
  /** The offset in the template that an offset in the text comes from: within an operand's text, the operand's place. */
  readonly originOf: (offset: number) => number;
}

const PLACEHOLDER = /%(?:([%=|{}])|([a-zA-Z]?)(?:(\d+)|\[([^\]\n]*)\])|)/g;

/** The text of a template with its operands put in; the first fault otherwise. */
export function expandTemplate(
  template: string,
  operands: TemplateOperands,
): ExpandedTemplate | TemplateError {
  let text = '';
  /** Where operands begin and end in the text, with the place that follows in the template. */
  const pieces: { readonly at: number; readonly origin: number; readonly isOperand: boolean }[] = [];
  let done = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const [whole, special, modifier = '', number, name] = match;
    const reference = number ?? name;
    const found =
      special === '='
        ? `${operands.uniqueId}`
        : (special ?? (reference === undefined ? undefined : operands.operand(reference, modifier)));
    if (found === undefined) {
      const message = reference === undefined ? "'%' without an operand" : `no operand ${whole}`;
      return { offset: match.index, message };
    }
    text += template.slice(done, match.index);
    pieces.push({ at: text.length, origin: match.index, isOperand: true });
    text += found;
    done = match.index + whole.length;
    pieces.push({ at: text.length, origin: done, isOperand: false });
  }
  text += template.slice(done);
  const originOf = (offset: number): number => {
    const piece = pieces.findLast(({ at }) => at <= offset);
    if (piece === undefined) return offset;
    return piece.isOperand ? piece.origin : piece.origin + offset - piece.at;
  };
  return { text, originOf };
}
