/** The verifier's rules over an object: each function of its sections of code, as a loader finds them. */

import { readBtf } from '../../src/btf/reader.ts';
import { type CodeFacts, checkVerifierRules } from '../../src/codegen/verifier-rules.ts';
import { decode } from '../../src/isa/decode.ts';
import type { Instruction } from '../../src/isa/instruction.ts';
import { slotPositions } from '../../src/isa/instruction.ts';
import { type ElfSymbol, type ObjectFile, RelocationType, type Section } from '../../src/object/elf.ts';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';

type Signature = Pick<CodeFacts, 'parameters' | 'hasContext' | 'returnsValue'>;

/** What BTF says of each function: how many arguments, and whether there is a result. */
function prototypes(
  object: ObjectFile,
): Map<string, { readonly parameters: number; readonly returns: boolean }> {
  const section = object.sections.find(({ name }) => name === '.BTF');
  const btf = section === undefined ? undefined : readBtf(section.data);
  const found = new Map<string, { parameters: number; returns: boolean }>();
  if (btf?.kind !== 'ok') return found;
  for (const type of btf.types) {
    const prototype = type.kind === 'FUNC' ? btf.types[type.type - 1] : undefined;
    if (type.kind !== 'FUNC' || prototype?.kind !== 'FUNC_PROTO') continue;
    found.set(type.name, { parameters: prototype.parameters.length, returns: prototype.type !== 0 });
  }
  return found;
}

function signatureOf(object: ObjectFile, section: Section, name: string): Signature {
  const prototype = prototypes(object).get(name);
  // Functions that are called, or stand in for one that is, take what they take.
  if (section.name === '.text' || section.name.includes('freplace') || (prototype?.parameters ?? 1) > 1) {
    return { parameters: 5, hasContext: false, returnsValue: false };
  }
  return { parameters: 1, hasContext: true, returnsValue: prototype?.returns ?? true };
}

function functionFaults(
  object: ObjectFile,
  section: Section,
  symbol: ElfSymbol,
  code: readonly Instruction[],
): string[] {
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
  const facts = { ...signatureOf(object, section, symbol.name), addresses };
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
    return [
      ...code.errors.map((error) => `${symbol.name}: ${JSON.stringify(error)}`),
      ...functionFaults(object, section, symbol, code.instructions),
    ];
  });
}
