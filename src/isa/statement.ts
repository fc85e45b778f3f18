/**
 * One assembly statement -> one instruction. The text is cut into tokens and compared with the templates of
 * `syntax.ts`; the template that gets furthest says what was expected when none matches. Serves whole listings
 * (through `assembler.ts`) and inline assembly, whose operands have been replaced by their text before.
 */

import { lazy } from '../support/lazy.ts';
import {
  type AsmToken,
  type AssemblyNames,
  isSign,
  lexStatement,
  parseExpression,
  parseNumber,
  type StatementError,
} from './asm-lexer.ts';
import { Instruction } from './instruction.ts';
import { syntaxOf } from './syntax.ts';
import { INSN_ROWS, type InsnRow } from './table.ts';

/** What an instruction needs from a symbol: its address, a call distance, or a jump distance to a label. */
export interface SymbolReference {
  readonly kind: 'address' | 'call' | 'jump';
  readonly name: string;
  readonly addend: bigint;
}

/** An instruction and the symbol it still has to be given, if any. */
export interface AssembledInstruction {
  readonly instruction: Instruction;
  readonly reference: SymbolReference | undefined;
}

const REGISTER = /^[rRwW](?:\d|10)$/;

/** The state of comparing one statement with one template. */
interface Match {
  index: number;
  dst: number | undefined;
  src: number | undefined;
  off: bigint | undefined;
  imm: bigint | undefined;
  reference: SymbolReference | undefined;
  /** A value was read but does not fit: what to say when no other template matches. */
  problem: StatementError | undefined;
  /** What was wanted where the comparison stopped. */
  expected: string;
}

function matchRegister(match: Match, tokens: readonly AsmToken[], placeholder: string): boolean {
  const token = tokens[match.index];
  const letter = placeholder.charAt(1);
  match.expected = letter === 'r' ? 'a 64-bit register (r0-r10)' : 'a 32-bit register (w0-w10)';
  if (token?.type !== 'word' || token.quoted || !REGISTER.test(token.text)) return false;
  if (token.text.charAt(0).toLowerCase() !== letter) return false;
  const register = Number(token.text.slice(1));
  const field = placeholder.charAt(2) === 'd' ? 'dst' : 'src';
  if (match[field] !== undefined && match[field] !== register) {
    match.expected = `${letter}${match[field]}, the register named before`;
    return false;
  }
  match[field] = register;
  match.index++;
  return true;
}

/** Checks a value against a range of bits; a value outside becomes the match's problem, not a mismatch. */
function fits(match: Match, value: bigint, offset: number, low: bigint, high: bigint, what: string): boolean {
  if (value < low || value > high) {
    match.problem ??= { offset, message: `${value} does not fit ${what}` };
  }
  return true;
}

const INT16: readonly [bigint, bigint] = [-0x8000n, 0x7fffn];
const ANY32: readonly [bigint, bigint] = [-0x8000_0000n, 0xffff_ffffn];
const ANY64: readonly [bigint, bigint] = [-(1n << 63n), (1n << 64n) - 1n];

/** A 64-bit number whose upper half only repeats the sign of the lower, as that: `0xffffffffffffff00` is -256. */
function signExtended(value: bigint): bigint {
  const signed = BigInt.asIntN(64, value);
  return value >= 1n << 63n && value < 1n << 64n && BigInt.asIntN(32, value) === signed ? signed : value;
}

/** A number for a field, without symbols. */
function matchNumber(
  match: Match,
  tokens: readonly AsmToken[],
  names: AssemblyNames,
  field: 'off' | 'imm',
  range: readonly [bigint, bigint],
): boolean {
  const offset = tokens[match.index]?.offset ?? 0;
  const sum = parseExpression(tokens, match.index, names);
  match.expected = 'a number';
  if (sum === undefined || sum.symbol !== undefined || sum.minus !== undefined) return false;
  const value = field === 'imm' ? signExtended(sum.value) : sum.value;
  match[field] = value;
  match.index = sum.next;
  return fits(match, value, offset, range[0], range[1], field === 'off' ? 'in 16 bits' : 'in 32 bits');
}

/** A displacement: nothing, or a sum that begins with a sign. */
function matchDisplacement(
  match: Match,
  tokens: readonly AsmToken[],
  names: AssemblyNames,
  field: 'off' | 'imm',
): boolean {
  if (isSign(tokens[match.index])) {
    return matchNumber(match, tokens, names, field, field === 'off' ? INT16 : ANY32);
  }
  match[field] = 0n;
  match.expected = "'+' or '-' and a displacement";
  return true;
}

/** A symbol, with an addend, that is not a register. */
function matchSymbol(
  match: Match,
  tokens: readonly AsmToken[],
  names: AssemblyNames,
  kind: SymbolReference['kind'],
): boolean {
  const token = tokens[match.index];
  match.expected = 'a symbol';
  if (token === undefined || (token.type === 'word' && !token.quoted && REGISTER.test(token.text)))
    return false;
  const sum = parseExpression(tokens, match.index, names);
  if (sum?.symbol === undefined || sum.minus !== undefined) return false;
  match.reference = { kind, name: sum.symbol, addend: sum.value };
  match.index = sum.next;
  return true;
}

function matchTarget(match: Match, tokens: readonly AsmToken[], row: InsnRow, names: AssemblyNames): boolean {
  const field = row.off === 'jump' ? 'off' : 'imm';
  const before = match.index;
  if (matchNumber(match, tokens, names, field, field === 'off' ? INT16 : ANY32)) return true;
  match.index = before;
  const found = matchSymbol(match, tokens, names, 'jump');
  match.expected = 'a label or a distance';
  return found;
}

function matchImmediate64(
  match: Match,
  tokens: readonly AsmToken[],
  row: InsnRow,
  names: AssemblyNames,
): boolean {
  const offset = tokens[match.index]?.offset ?? 0;
  const sum = parseExpression(tokens, match.index, names);
  if (sum !== undefined && sum.symbol === undefined && sum.minus === undefined) {
    match.imm = sum.value;
    match.index = sum.next;
    return fits(match, sum.value, offset, ANY64[0], ANY64[1], 'in 64 bits');
  }
  const found = row.fixedSrc === 0 && matchSymbol(match, tokens, names, 'address');
  match.expected = 'a number or a symbol';
  return found;
}

function matchHelper(match: Match, tokens: readonly AsmToken[], names: AssemblyNames): boolean {
  const token = tokens[match.index];
  const known = token?.type === 'word' && !token.quoted ? names.helper?.(token.text) : undefined;
  if (known === undefined) {
    const found = matchNumber(match, tokens, names, 'imm', ANY32);
    match.expected = "a helper's number, a symbol, 'pc' or 'kfunc'";
    return found;
  }
  match.imm = BigInt(known);
  match.index++;
  return true;
}

function matchKfunc(match: Match, tokens: readonly AsmToken[], names: AssemblyNames): boolean {
  if (!matchNumber(match, tokens, names, 'imm', ANY32)) return false;
  if (tokens[match.index]?.text !== ',') return true;
  match.index++;
  return matchNumber(match, tokens, names, 'off', INT16);
}

function matchPlaceholder(
  match: Match,
  placeholder: string,
  tokens: readonly AsmToken[],
  row: InsnRow,
  names: AssemblyNames,
): boolean {
  switch (placeholder) {
    case '%imm':
      return matchNumber(match, tokens, names, 'imm', ANY32);
    case '%imm64':
      return matchImmediate64(match, tokens, row, names);
    case '%off':
      return matchDisplacement(match, tokens, names, 'off');
    case '%index':
      return matchDisplacement(match, tokens, names, 'imm');
    case '%distance':
      return isSign(tokens[match.index]) && matchNumber(match, tokens, names, 'imm', ANY32);
    case '%target':
      return matchTarget(match, tokens, row, names);
    case '%helper':
      return matchHelper(match, tokens, names);
    case '%function':
      return matchSymbol(match, tokens, names, 'call');
    case '%kfunc':
      return matchKfunc(match, tokens, names);
    default:
      return matchRegister(match, tokens, placeholder);
  }
}

/** A literal token of a template: the same text, or the same number in any spelling. */
function matchLiteral(match: Match, literal: AsmToken, token: AsmToken | undefined): boolean {
  match.expected = `'${literal.text}'`;
  if (token === undefined || token.quoted) return false;
  const same =
    literal.type === 'number'
      ? token.type === 'number' && parseNumber(token.text) === parseNumber(literal.text)
      : token.text === literal.text ||
        (REGISTER.test(token.text) && token.text.toLowerCase() === literal.text);
  if (same) match.index++;
  return same;
}

interface Pattern {
  readonly row: InsnRow;
  readonly tokens: readonly AsmToken[];
}

function makePattern(row: InsnRow, template: string): Pattern {
  const tokens = lexStatement(template);
  return { row, tokens: 'message' in tokens ? [] : tokens };
}

/** The class of a token that selects the patterns worth trying: registers by width, the rest by text. */
function leadingClass(token: AsmToken): string {
  if (token.type === 'placeholder') return token.text.charAt(1);
  return REGISTER.test(token.text) ? token.text.charAt(0).toLowerCase() : token.text;
}

const patternsByClass = lazy((): ReadonlyMap<string, readonly Pattern[]> => {
  const patterns = new Map<string, Pattern[]>();
  for (const row of INSN_ROWS) {
    for (const template of syntaxOf(row)) {
      const pattern = makePattern(row, template);
      const first = pattern.tokens[0];
      if (first === undefined) continue;
      const key = leadingClass(first);
      const bucket = patterns.get(key);
      if (bucket === undefined) patterns.set(key, [pattern]);
      else bucket.push(pattern);
    }
  }
  return patterns;
});

/** True when the statement is a whole match; otherwise `match.index` and `match.expected` say how far it got. */
function matchPattern(
  match: Match,
  pattern: Pattern,
  tokens: readonly AsmToken[],
  names: AssemblyNames,
): boolean {
  for (const part of pattern.tokens) {
    const matched =
      part.type === 'placeholder'
        ? matchPlaceholder(match, part.text, tokens, pattern.row, names)
        : matchLiteral(match, part, tokens[match.index]);
    if (!matched) return false;
  }
  match.expected = 'the end of the statement';
  return match.index === tokens.length;
}

function makeInstruction(row: InsnRow, match: Match): Instruction {
  // A call by symbol holds the distance -1, an address 0, until a relocation or the label is known.
  const imm = match.imm ?? BigInt(match.reference?.kind === 'call' ? -1 : row.fixedImm);
  const high = row.slots === 2 ? Number(BigInt.asIntN(32, imm >> 32n)) : 0;
  return new Instruction(
    row.kind,
    match.dst ?? 0,
    match.src ?? row.fixedSrc,
    match.off === undefined ? row.fixedOff : Number(match.off),
    Number(BigInt.asIntN(32, imm)),
    high,
  );
}

/** Assembles the tokens of one instruction. */
export function matchInstruction(
  tokens: readonly AsmToken[],
  names: AssemblyNames = {},
): AssembledInstruction | StatementError {
  const first = tokens[0];
  if (first === undefined) return { offset: 0, message: 'expected an instruction' };
  let problem: StatementError | undefined;
  let furthest = 0;
  let expected = new Set<string>(['an instruction']);
  for (const pattern of patternsByClass().get(leadingClass(first)) ?? []) {
    const match: Match = {
      index: 0,
      dst: undefined,
      src: undefined,
      off: undefined,
      imm: undefined,
      reference: undefined,
      problem: undefined,
      expected: '',
    };
    if (matchPattern(match, pattern, tokens, names)) {
      if (match.problem === undefined) {
        return { instruction: makeInstruction(pattern.row, match), reference: match.reference };
      }
      problem ??= match.problem;
      continue;
    }
    if (match.index > furthest) {
      furthest = match.index;
      expected = new Set();
    }
    if (match.index === furthest) expected.add(match.expected);
  }
  return problem ?? expectedError(tokens, furthest, [...expected]);
}

const MAX_ALTERNATIVES = 6;

function expectedError(
  tokens: readonly AsmToken[],
  index: number,
  expected: readonly string[],
): StatementError {
  const last = tokens[tokens.length - 1];
  const token = tokens[index];
  const offset = token?.offset ?? (last === undefined ? 0 : last.offset + last.text.length);
  const found = token === undefined ? 'the end of the statement' : `'${token.text}'`;
  const shown = expected.slice(0, MAX_ALTERNATIVES).join(' or ');
  const more = expected.length > MAX_ALTERNATIVES ? ', among others' : '';
  return { offset, message: `expected ${shown}${more}, found ${found}` };
}

/**
 * Assembles one instruction from text without labels, comments and directives: the entry for inline assembly,
 * whose operands the caller has replaced (see `expandTemplate`).
 */
export function assembleInstruction(
  text: string,
  names: AssemblyNames = {},
): AssembledInstruction | StatementError {
  const tokens = lexStatement(text);
  return 'message' in tokens ? tokens : matchInstruction(tokens, names);
}
