/**
 * Inline assembly (GCC manual 6.47): constraints -> operands of one `asm` instruction.
 *
 * Register outputs are values of the instruction, stored to their lvalues after it; `+r` is an output and an input tied to
 * it; memory operands pass an address. The text stays as it is until the assembler of the back end sees it.
 */

import type { AsmConstraint, ValueId } from '../ir/func.ts';
import { Type } from '../ir/types.ts';
import { isKnownConstraint, isMemoryConstraint } from '../sema/asm-constraints.ts';
import type { AsmStatementNode, TypedAsmOperand } from '../sema/typed-tree.ts';
import { type Lowering, type Place, placeholder } from './lowering.ts';
import { loadPlace, storePlace } from './places.ts';
import { scalarType } from './value-types.ts';

interface Operands {
  readonly constraints: AsmConstraint[];
  readonly values: ValueId[];
  /** Register outputs: where each goes, in order. */
  readonly stores: { readonly place: Place; readonly operand: TypedAsmOperand; readonly type: Type }[];
  /** Inputs tied to read-write outputs; they come after all written ones. */
  readonly tied: { readonly constraint: AsmConstraint; readonly value: ValueId }[];
}

/** Modifiers (`=`, `+`, `&`, `%`) off a constraint. */
function plainConstraint(constraint: string): string {
  return constraint.replace(/[=+&%\s]/g, '');
}

/** Reports letters that BPF has no kind of operand for. */
function checkConstraint(lowering: Lowering, operand: TypedAsmOperand, plain: string, what: string): void {
  if (isKnownConstraint(plain)) return;
  lowering.report('asm-constraint', operand.value.span, [what, operand.constraint]);
}

/** `[name]` as the number of the output that it matches. */
function withNumber(plain: string, outputs: readonly TypedAsmOperand[]): string {
  const index = outputs.findIndex(({ name }) => name !== undefined && plain === `[${name}]`);
  return index < 0 ? plain : String(index);
}

function typeOfOperand(lowering: Lowering, operand: TypedAsmOperand): Type {
  const type = scalarType(operand.value.type);
  if (type !== undefined) return type;
  lowering.report('asm-operand-type', operand.value.span);
  return Type.i64;
}

function addOutput(lowering: Lowering, operand: TypedAsmOperand, index: number, operands: Operands): void {
  const plain = plainConstraint(operand.constraint);
  checkConstraint(lowering, operand, plain, 'output');
  const { name } = operand;
  const place = lowering.place(operand.value);
  if (isMemoryConstraint(plain)) {
    operands.constraints.push({ name, constraint: plain, isOutput: true, isMemory: true, type: Type.ptr });
    operands.values.push(place.pointer);
    return;
  }
  const type = typeOfOperand(lowering, operand);
  const constraint = operand.constraint.includes('&') ? `&${plain}` : plain;
  operands.constraints.push({ name, constraint, isOutput: true, isMemory: false, type });
  operands.stores.push({ place, operand, type });
  if (!operand.constraint.includes('+')) return;
  const value = loadPlace(lowering, place, operand.value.type, operand.value.span);
  operands.tied.push({
    constraint: { name: undefined, constraint: String(index), isOutput: false, isMemory: false, type },
    value,
  });
}

function addInput(
  lowering: Lowering,
  operand: TypedAsmOperand,
  outputs: readonly TypedAsmOperand[],
  operands: Operands,
): void {
  const plain = withNumber(plainConstraint(operand.constraint), outputs);
  checkConstraint(lowering, operand, plain, 'input');
  const { name } = operand;
  if (isMemoryConstraint(plain) && operand.value.isLvalue) {
    operands.constraints.push({ name, constraint: plain, isOutput: false, isMemory: true, type: Type.ptr });
    operands.values.push(lowering.place(operand.value).pointer);
    return;
  }
  const type = typeOfOperand(lowering, operand);
  operands.constraints.push({ name, constraint: plain, isOutput: false, isMemory: false, type });
  operands.values.push(
    scalarType(operand.value.type) === undefined
      ? placeholder(lowering, Type.i64)
      : lowering.value(operand.value),
  );
}

export function lowerAsm(lowering: Lowering, statement: AsmStatementNode): void {
  const { builder, func } = lowering;
  const operands: Operands = { constraints: [], values: [], stores: [], tied: [] };
  statement.outputs.forEach((operand, i) => {
    addOutput(lowering, operand, i, operands);
  });
  for (const operand of statement.inputs) addInput(lowering, operand, statement.outputs, operands);
  for (const { constraint, value } of operands.tied) {
    operands.constraints.push(constraint);
    operands.values.push(value);
  }
  const row = func.asms.length;
  func.asms.push({
    template: statement.template,
    places: statement.places,
    // Without outputs an asm is volatile by definition.
    isVolatile: statement.isVolatile || statement.outputs.length === 0,
    isExtended: statement.isExtended,
    constraints: operands.constraints,
    clobbers: statement.clobbers,
    labels: statement.labels.map((label) => label.name),
  });
  builder.pos = statement.span.start;
  if (statement.labels.length > 0) {
    if (operands.stores.length > 0) lowering.report('asm-goto-outputs', statement.span);
    const next = builder.addBlock().id;
    const targets = statement.labels.map((label) => lowering.labels.get(label) ?? next);
    builder.asmGoto(row, operands.values, [next, ...targets]);
    builder.setBlock(next);
    return;
  }
  const [first, ...others] = operands.stores;
  const asm = builder.asm(first?.type ?? Type.void, row, operands.values);
  const results = [asm, ...others.map((store, i) => builder.asmOutput(store.type, asm, i + 1))];
  operands.stores.forEach(({ place, operand }, i) => {
    const value = results[i];
    if (value !== undefined) storePlace(lowering, place, operand.value.type, value, operand.value.span);
  });
}
