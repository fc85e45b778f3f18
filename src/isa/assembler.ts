/**
 * Assembly listings -> sections of instructions and data with symbols and references, for whole files (`clang -S`
 * output, hand-written `.s`) and for inline assembly of several lines. All faults are collected with their line; nothing
 * throws. Jumps within a section are resolved, calls and addresses are left to the object writer.
 */

import { runDirective } from './asm-directives.ts';
import { type AssemblyNames, lexStatement, unescapeString } from './asm-lexer.ts';
import { type Assembly, Listing, type Place } from './asm-listing.ts';
import { expandStatements } from './asm-macros.ts';
import { type Statement, splitStatements } from './asm-statements.ts';
import { matchInstruction } from './statement.ts';

export type { Assembly, AssemblySection, SectionReference } from './asm-listing.ts';

export interface AssembleOptions extends AssemblyNames {
  /** Byte order of data and of instructions written as numbers; little-endian unless given. */
  readonly littleEndian?: boolean;
  /** Labels that lie elsewhere: jumps to them are left to the caller ({@link Assembly.outwardJumps}). */
  readonly outwardLabels?: readonly string[];
}

/** `name:`, `1:` or `"name":` at the start of a statement. */
const LABEL = /\s*(?:([A-Za-z_.$][\w.$]*|\d+)|"((?:[^"\\]|\\.)*)")\s*:/y;

/** Takes the labels off the start of a statement; returns where the rest begins. */
function defineLabels(listing: Listing, { text }: Statement, place: Place): number {
  let at = 0;
  for (;;) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (match === null) return at;
    listing.defineLabel(match[1] ?? unescapeString(match[2] ?? ''), place);
    at = LABEL.lastIndex;
  }
}

/** Where the text of a statement begins. */
const placeOf = ({ text, offset, line }: Statement): Place => ({
  offset: offset + Math.max(0, text.search(/\S/)),
  line,
});

function assembleStatement(listing: Listing, statement: Statement, names: AssemblyNames): void {
  const begin = defineLabels(listing, statement, placeOf(statement));
  const rest = statement.text.slice(begin);
  const first = rest.search(/\S/);
  if (first < 0) return;
  const place: Place = { offset: statement.offset + begin + first, line: statement.line };
  if (rest.charAt(first) === '.') {
    runDirective(listing, rest.slice(first), place);
    return;
  }
  const tokens = lexStatement(rest);
  const result = 'message' in tokens ? tokens : matchInstruction(tokens, names);
  if ('message' in result) {
    listing.error({ offset: statement.offset + begin + result.offset, line: place.line }, result.message);
  } else listing.addInstruction(result, place);
}

/** Assembles a listing. */
export function assemble(text: string, options: AssembleOptions = {}): Assembly {
  const listing = new Listing(options.littleEndian ?? true, options.outwardLabels);
  const names: AssemblyNames = {
    helper: (name) => options.helper?.(name),
    constant: (name) => listing.constants.get(name) ?? options.constant?.(name),
  };
  let line = 1;
  const statements = expandStatements(splitStatements(text), {
    names,
    isDefined: (name) => listing.constants.has(name) || listing.hasLabel(name),
    error: (statement, message) => listing.error(placeOf(statement), message),
  });
  for (const statement of statements) {
    line = statement.line;
    assembleStatement(listing, statement, names);
    if (listing.isHopeless) break;
  }
  return listing.finish({ offset: text.length, line });
}
