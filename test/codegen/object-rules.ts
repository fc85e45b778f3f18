/** The verifier's rules over an object: each function of its sections of code, as a loader finds them. */

import { checkVerifierRules } from '../../src/codegen/verifier-rules.ts';
import { decode } from '../../src/isa/decode.ts';
import type { Instruction } from '../../src/isa/instruction.ts';
import { slotPositions } from '../../src/isa/instruction.ts';
import { type ElfSymbol, RelocationType, type Section } from '../../src/object/elf.ts';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';

function functionFaults(section: Section, symbol: ElfSymbol, code: readonly Instruction[]): string[] {
  const start = Number(symbol.value);
  const positions = slotPositions(code);
  const addresses = new Set<number>();
  const patched = new Set(
    section.relocations
      .filter(({ type }) => type === RelocationType.R_BPF_64_64)
      .map(({ offset }) => (offset - start) / 8),
  );
  code.forEach((_, index) => {
    if (patched.has(positions[index] ?? -1)) addresses.add(index);
  });
  const isProgram = section.name !== '.text';
  const facts = { parameters: isProgram ? 1 : 5, hasContext: isProgram, returnsValue: isProgram, addresses };
  return checkVerifierRules(code, facts).map(({ index, text }) => `${symbol.name} ${index}: ${text}`);
}

/** What the code of an object breaks. */
export function objectRuleFaults(bytes: Uint8Array): readonly string[] {
  const object = readElf(bytes);
  if (isElfError(object)) return [object.message];
  return object.symbols.flatMap((symbol) => {
    const section = typeof symbol.section === 'number' ? object.sections[symbol.section] : undefined;
    if (symbol.type !== 'func' || section === undefined || !section.flags.execinstr) return [];
    const start = Number(symbol.value);
    const code = decode(section.data.subarray(start, start + Number(symbol.size)), object.littleEndian);
    return [...code.errors.map(String), ...functionFaults(section, symbol, code.instructions)];
  });
}
