/**
 * GNU asm statements: operands are checked and converted; what the text means is the assembler's business.
 */

import type { AsmOperand, AsmStatement } from '../parser/ast.ts';
import { quoteType } from '../types/print.ts';
import { constantOperand } from './asm-constants.ts';
import { isMemoryConstraint } from './asm-constraints.ts';
import type { Checker } from './checker.ts';
import { decay } from './conversions.ts';
import { isError, makeInteger } from './factories.ts';
import { checkModifiable } from './lvalues.ts';
import { narrowText } from './string-literals.ts';
import { textPlaces } from './text-places.ts';
import { isRecord, isVoid } from './type-queries.ts';
import type { TypedAsmOperand, TypedExpression, TypedStatement } from './typed-tree.ts';

/** Constraints that only take memory: the operand stays an lvalue. */
function isMemoryOnly(constraint: string): boolean {
  return isMemoryConstraint(constraint.replace(/^[=+&]+/, ''));
}

/** A constraint for a variable that its declaration puts into a register (GCC manual, "Local Register Variables"): that register. */
function inItsRegister(constraint: string, value: TypedExpression): string {
  const register = value.kind === 'ObjectReference' ? value.symbol.register : undefined;
  return register === undefined ? constraint : constraint.replace(/[rwg]/, `{${register}}`);
}

function checkOutput(checker: Checker, operand: AsmOperand): TypedAsmOperand {
  const constraint = narrowText(checker, operand.constraint.parts);
  const value = checker.check(operand.value);
  if (!/^[=+]/.test(constraint))
    checker.report('asm-output-constraint', operand.constraint.span, [constraint]);
  if (!isError(value) && !value.isLvalue) checker.report('asm-output-lvalue', operand.value.span);
  else checkModifiable(checker, value, operand.value.span);
  return { name: operand.name?.text, constraint: inItsRegister(constraint, value), value };
}

function checkInput(checker: Checker, operand: AsmOperand, outputs: number): TypedAsmOperand {
  const constraint = narrowText(checker, operand.constraint.parts);
  const checked = checker.check(operand.value);
  const name = operand.name?.text;
  const matching = /^\d+$/.exec(constraint);
  if (/^[=+]/.test(constraint) || (matching !== null && Number(matching[0]) >= outputs)) {
    checker.report('asm-input-constraint', operand.constraint.span, [constraint]);
  }
  if (isError(checked)) return { name, constraint, value: checked };
  if (isMemoryOnly(constraint)) {
    if (!checked.isLvalue) checker.report('asm-input-lvalue', operand.value.span, [constraint]);
    return { name, constraint, value: checked };
  }
  const value = decay(checker, checked);
  if (isVoid(value.type) || isRecord(value.type)) {
    checker.report('asm-operand-value', operand.value.span, [quoteType(value.type)]);
    return { name, constraint, value };
  }
  const constant = constantOperand(checker, value);
  if (constant !== undefined)
    return { name, constraint, value: makeInteger(constant, value.type, value.span) };
  return { name, constraint: inItsRegister(constraint, checked), value };
}

export function checkAsm(checker: Checker, node: AsmStatement): TypedStatement {
  const outputs = node.outputs.map((operand) => checkOutput(checker, operand));
  const inputs = node.inputs.map((operand) => checkInput(checker, operand, outputs.length));
  const parts = node.template.parts.map((part) => ({ span: part.span, text: narrowText(checker, [part]) }));
  return {
    kind: 'Asm',
    span: node.span,
    template: parts.map(({ text }) => text).join(''),
    places: textPlaces(checker.sema.sources, parts),
    // Without outputs there is nothing that an optimiser could know it by (GCC manual, 6.47.2.1).
    isVolatile: node.isVolatile || node.outputs.length === 0 || node.isGoto,
    isExtended: node.isExtended,
    outputs,
    inputs,
    clobbers: node.clobbers.map((clobber) => narrowText(checker, clobber.parts)),
    labels: node.labels.flatMap((label) => checker.function?.useLabel(label) ?? []),
  };
}
