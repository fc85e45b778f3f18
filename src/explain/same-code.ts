/**
 * Is a log about the code of an object? Somebody may hand over an object that was built anew since: its lines, parameters and
 * variables would then stand beside instructions that they do not belong to.
 *
 * Method: the log shows the first byte of each instruction that the verifier went through. Compared are those of the program itself,
 * since loaders may lay out other functions as they like, and up to what loaders do to code: relocations for another kernel change
 * the width of an access, and turn what that kernel does not have into a call that must not be reached (libbpf's relo_core.c).
 */

import type { ProgramLog } from './log.ts';
import type { ProgramFacts } from './object-facts.ts';

const call = 0x85;
/** Classes of loads and stores end with 4; above the three bits of the class lie two of the width. */
const firstOther = 4;
const classBits = 7;
const widthBits = 0x18;

function mayBecome(made: number, loaded: number): boolean {
  const isAccess = (made & classBits) < firstOther;
  return made === loaded || loaded === call || (isAccess && (made & ~widthBits) === (loaded & ~widthBits));
}

export function isLogOf({ path }: ProgramLog, facts: ProgramFacts): boolean {
  return path.every(({ insn, opcode }) => {
    const made = facts.opcodeAt(insn);
    return made === undefined || mayBecome(made, opcode);
  });
}
