/**
 * Inputs of asm statements that are constants. Besides what folds anywhere, the bytes of a compound literal read as an integer:
 * `*(long *)&(struct bpf_insn){ ... }` puts an instruction's encoding into the text of the kernel's verifier tests. (clang knows
 * such values only after optimisation.)
 */

import { integerTypeOf, sizeOf } from '../types/types.ts';
import type { Checker } from './checker.ts';
import { StaticImage } from './static-image.ts';
import type { CompoundLiteralExpression, TypedExpression } from './typed-tree.ts';

/** The compound literal whose bytes an expression reads from its start. */
function literalRead(value: TypedExpression): CompoundLiteralExpression | undefined {
  if (value.kind !== 'Convert' || value.conversion !== 'lvalue-to-rvalue') return undefined;
  if (value.operand.kind !== 'Dereference') return undefined;
  let pointer = value.operand.pointer;
  while (pointer.kind === 'Convert' && (pointer.conversion === 'pointer' || pointer.conversion === 'no-op')) {
    pointer = pointer.operand;
  }
  if (pointer.kind !== 'AddressOf') return undefined;
  return pointer.operand.kind === 'CompoundLiteral' ? pointer.operand : undefined;
}

/** The bytes of a literal whose members are integer constants. */
function bytesOf(checker: Checker, { initializer, type }: CompoundLiteralExpression): Uint8Array | undefined {
  const image = new StaticImage(checker.sema.options.littleEndian);
  for (const { offset, bitField, type: part, value } of initializer.entries) {
    const constant = checker.constants.integer(value);
    const size = sizeOf(part) ?? 0;
    const start = offset * 8 + (bitField?.bitOffset ?? 0);
    const width = bitField?.bitWidth ?? size * 8;
    if (constant === undefined || !image.reserve(Math.ceil((start + width) / 8))) return undefined;
    if (bitField === undefined) image.storeInteger(offset, size, constant);
    else image.storeBits(start, width, constant);
  }
  return image.finish(sizeOf(type) ?? 0).bytes;
}

/** The value of an operand that is known while compiling. */
export function constantOperand(checker: Checker, value: TypedExpression): bigint | undefined {
  const constant = checker.constants.integer(value);
  if (constant !== undefined) return constant;
  const literal = literalRead(value);
  const type = integerTypeOf(value.type);
  if (literal === undefined || type === undefined) return undefined;
  const bytes = bytesOf(checker, literal)?.slice(0, type.size);
  if (bytes === undefined || bytes.length < type.size) return undefined;
  if (!checker.sema.options.littleEndian) bytes.reverse();
  const bits = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return type.signed ? BigInt.asIntN(type.size * 8, bits) : bits;
}
