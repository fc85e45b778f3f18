/**
 * The constraints of inline assembly that BPF has operands for (GCC manual 6.47.3): letters -> where the operand is.
 * Modifiers (`=`, `+`, `&`, `%`), numbers and `{register}` are no letters.
 */

interface AsmConstraintRow {
  readonly meaning: string;
  /** The operand is in memory: the expression stays an lvalue. */
  readonly isMemory?: boolean;
}

export const asmConstraints: Readonly<Record<string, AsmConstraintRow>> = {
  r: { meaning: 'a 64-bit register' },
  w: { meaning: 'a 32-bit register' },
  i: { meaning: 'a constant or an address' },
  n: { meaning: 'a constant' },
  s: { meaning: 'an address' },
  I: { meaning: 'a constant' },
  g: { meaning: 'a register, a constant or memory' },
  X: { meaning: 'anything' },
  m: { meaning: 'memory', isMemory: true },
  o: { meaning: 'memory', isMemory: true },
  V: { meaning: 'memory', isMemory: true },
  Q: { meaning: 'memory', isMemory: true },
  p: { meaning: 'a pointer in a register' },
};

const letters = Object.keys(asmConstraints).join('');
const memoryLetters = Object.keys(asmConstraints)
  .filter((letter) => asmConstraints[letter]?.isMemory === true)
  .join('');
const known = new RegExp(`^(?:[${letters}*,]|\\d+|\\{\\w+\\})+$`);
const memory = new RegExp(`^[${memoryLetters}*]+$`);

/** Whether BPF has operands of this kind; modifiers are off already. */
export function isKnownConstraint(plain: string): boolean {
  return known.test(plain);
}

/** Constraints that only take memory; modifiers are off already. */
export function isMemoryConstraint(plain: string): boolean {
  return memory.test(plain);
}
