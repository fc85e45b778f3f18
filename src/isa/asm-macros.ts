/**
 * Macros, repetitions and conditions of the GNU assembler, as LLVM has them: statements -> the statements that are assembled.
 *
 *   .rept, .rep, .irp, .irpc ... .endr       the body over and over, with `\name` replaced
 *   .macro name parameters ... .endm         defaults, `:req`, `:vararg`; `\@` counts expansions, `\()` ends a name; .exitm, .purgem
 *   .if, .ifdef, .ifb, .ifc ... .elseif .else .endif
 *
 * Works while the listing is read, so that conditions see the constants set above them. The depth of expansions and the number of
 * statements are bounded; an expanded statement keeps the place of the text it is made of.
 */

import { type AssemblyNames, lexStatement, parseExpression } from './asm-lexer.ts';
import type { Statement } from './asm-statements.ts';

/** What conditions ask about, and where faults go. */
export interface MacroContext {
  readonly names: AssemblyNames;
  readonly isDefined: (name: string) => boolean;
  readonly error: (statement: Statement, message: string) => void;
}

interface Parameter {
  readonly name: string;
  readonly fallback: string | undefined;
  readonly isRequired: boolean;
  readonly isVariadic: boolean;
}

interface Macro {
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
}

/** A `.if` that is open. */
interface Condition {
  readonly opening: Statement;
  /** Statements are kept. */
  active: boolean;
  /** Some branch was taken, or nothing here may be. */
  settled: boolean;
  hasElse: boolean;
}

/** Statements still to be read of the listing or of one expansion, with the conditions that were open before. */
interface Source {
  readonly statements: Iterator<Statement>;
  readonly conditions: number;
}

const MAX_DEPTH = 64;
const MAX_STATEMENTS = 1 << 17;

const REPETITION = /^\.(?:rept|rep|irp|irpc)$/;
/** What closes a body, by what opens one inside it. */
const CLOSINGS = {
  repetition: { opens: REPETITION, closes: /^\.endr$/, name: '.endr' },
  macro: { opens: /^\.macro$/, closes: /^\.(?:endm|endmacro)$/, name: '.endm' },
} as const;

/** The first word of a statement and what follows it. */
function splitWord(text: string): readonly [string, string] {
  const [, word = '', rest = ''] = /^\s*([.\w$]+)\s*(.*?)\s*$/s.exec(text) ?? [];
  return [word, rest];
}

const unquoted = (text: string): string => /^"(.*)"$/s.exec(text)?.[1] ?? text;

/** Arguments separated by commas, or by blanks where there is no comma between two of them; strings and parentheses stay whole. */
function splitArguments(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let argument = '';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|\s+|[\s\S]/g)) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (depth <= 0 && token === ',') {
      found.push(argument.trim());
      argument = '';
    } else if (depth <= 0 && /^\s/.test(token) && /[\w)"\\]\s*$/.test(argument)) argument += '\0';
    else argument += token;
  }
  found.push(argument.trim());
  // A blank ends an argument unless an operator stands on one of its sides.
  return found.flatMap((one) =>
    one
      .replace(/\0(?=[-+*/|&^%<>=!])/g, ' ')
      .split('\0')
      .map((part) => part.trim())
      .filter((part, i) => part !== '' || i === 0),
  );
}

function parseParameters(text: string): Parameter[] {
  return [
    ...text.matchAll(/([A-Za-z_.$][\w.$]*)(?::(req|vararg))?(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]*))?/g),
  ].map(([, name = '', kind, fallback]) => ({
    name,
    fallback: fallback === undefined ? undefined : unquoted(fallback),
    isRequired: kind === 'req',
    isVariadic: kind === 'vararg',
  }));
}

/** A body with the parameters' values put in. */
function substitute(
  body: readonly Statement[],
  values: ReadonlyMap<string, string>,
  count: number,
): readonly Statement[] {
  return body.map((statement) => {
    if (!statement.text.includes('\\')) return statement;
    const text = statement.text.replace(
      /\\(?:([A-Za-z_$][\w.$]*)|(@)|(\(\)))/g,
      (whole, name, isCount, isEnd) => {
        if (isCount !== undefined) return `${count}`;
        return isEnd === undefined ? (values.get(name) ?? whole) : '';
      },
    );
    return { ...statement, text };
  });
}

/** Compares a number with zero as `.if...` does. */
const COMPARISONS: ReadonlyMap<string, (value: bigint) => boolean> = new Map([
  ['.if', (value: bigint) => value !== 0n],
  ['.ifne', (value) => value !== 0n],
  ['.ifeq', (value) => value === 0n],
  ['.ifge', (value) => value >= 0n],
  ['.ifgt', (value) => value > 0n],
  ['.ifle', (value) => value <= 0n],
  ['.iflt', (value) => value < 0n],
]);

/** Conditions on texts. */
const TEXT_CONDITIONS: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['.ifb', (text: string) => text === ''],
  ['.ifnb', (text) => text !== ''],
  ['.ifc', (text) => areEqual(text)],
  ['.ifnc', (text) => !areEqual(text)],
  ['.ifeqs', (text) => areEqual(text)],
  ['.ifnes', (text) => !areEqual(text)],
]);

function areEqual(text: string): boolean {
  const [first = '', second = ''] = /^("(?:[^"\\]|\\.)*"|[^,]*),(.*)$/s.exec(text)?.slice(1) ?? [text, ''];
  return unquoted(first.trim()) === unquoted(second.trim());
}

class MacroExpander {
  private readonly context: MacroContext;
  private readonly macros = new Map<string, Macro>();
  private readonly conditions: Condition[] = [];
  private readonly sources: Source[] = [];
  private statements = 0;
  private expansions = 0;

  constructor(statements: Iterable<Statement>, context: MacroContext) {
    this.context = context;
    this.sources.push({ statements: statements[Symbol.iterator](), conditions: 0 });
  }

  *run(): Generator<Statement> {
    for (let statement = this.next(); statement !== undefined; statement = this.next()) {
      if (++this.statements > MAX_STATEMENTS) {
        this.context.error(statement, `macros expand to more than ${MAX_STATEMENTS} statements`);
        return;
      }
      // Labels stand before whatever the statement is.
      const labels =
        /^(?:\s*(?:[A-Za-z_.$][\w.$]*|\d+|"(?:[^"\\]|\\.)*")\s*:)*/.exec(statement.text)?.[0] ?? '';
      const [word, rest] = splitWord(statement.text.slice(labels.length));
      if (this.isConditional(statement, word, rest) || !this.isActive) continue;
      const isHandled = word.startsWith('.') || this.macros.has(word);
      if (!isHandled || !this.wouldExpand(word)) {
        yield statement;
        continue;
      }
      if (labels !== '') yield { ...statement, text: labels };
      this.expand(statement, word, rest);
    }
    for (const { opening } of this.conditions) this.context.error(opening, '.if without .endif');
  }

  private get isActive(): boolean {
    return this.conditions.at(-1)?.active !== false;
  }

  /** The next statement of the innermost expansion. */
  private next(): Statement | undefined {
    for (;;) {
      const source = this.sources.at(-1);
      const step = source?.statements.next();
      if (step === undefined) return undefined;
      if (step.done !== true) return step.value;
      this.sources.pop();
    }
  }

  private wouldExpand(word: string): boolean {
    return (
      this.macros.has(word) ||
      REPETITION.test(word) ||
      /^\.(?:macro|purgem|exitm|endr|endm|endmacro|err|error|warning|print)$/.test(word)
    );
  }

  private expand(statement: Statement, word: string, rest: string): void {
    const { error } = this.context;
    if (word === '.macro') this.define(statement, rest);
    else if (REPETITION.test(word)) this.repeat(statement, word, rest);
    else if (word === '.purgem') this.macros.delete(rest);
    else if (word === '.exitm') this.exitMacro(statement);
    else if (word === '.err') error(statement, '.err encountered');
    else if (word === '.error') error(statement, unquoted(rest));
    else if (/^\.end/.test(word)) error(statement, `${word} without a beginning`);
    else if (this.macros.has(word)) this.invoke(statement, word, rest);
  }

  private exitMacro(statement: Statement): void {
    const source = this.sources.at(-1);
    if (source === undefined || this.sources.length === 1) {
      this.context.error(statement, '.exitm outside of a macro');
      return;
    }
    this.sources.pop();
    this.conditions.length = Math.min(this.conditions.length, source.conditions);
  }

  /** The statements up to the directive that closes a body. */
  private body(opening: Statement, kind: keyof typeof CLOSINGS): Statement[] {
    const { opens, closes, name } = CLOSINGS[kind];
    const body: Statement[] = [];
    let depth = 1;
    for (let statement = this.next(); statement !== undefined; statement = this.next()) {
      const [word] = splitWord(statement.text);
      if (opens.test(word)) depth++;
      if (closes.test(word) && --depth === 0) return body;
      body.push(statement);
    }
    this.context.error(opening, `no ${name} closes this`);
    return [];
  }

  private push(statement: Statement, statements: Iterable<Statement>): void {
    if (this.sources.length > MAX_DEPTH) {
      this.context.error(statement, `macros are nested more than ${MAX_DEPTH} deep`);
      return;
    }
    this.sources.push({ statements: statements[Symbol.iterator](), conditions: this.conditions.length });
  }

  private define(statement: Statement, rest: string): void {
    const [name, parameters] = splitWord(rest);
    const body = this.body(statement, 'macro');
    if (name === '') this.context.error(statement, 'expected the name of a macro');
    else this.macros.set(name, { parameters: parseParameters(parameters.replace(/^,/, '')), body });
  }

  private invoke(statement: Statement, name: string, rest: string): void {
    const macro = this.macros.get(name);
    if (macro === undefined) return;
    const values = new Map<string, string>();
    const given = rest === '' ? [] : splitArguments(rest);
    let position = 0;
    for (const [index, argument] of given.entries()) {
      const [, key, named = ''] = /^([A-Za-z_.$][\w.$]*)\s*=(?!=)\s*(.*)$/s.exec(argument) ?? [];
      const byName = macro.parameters.find((one) => one.name === key);
      const parameter = byName ?? macro.parameters[position++];
      if (parameter === undefined || (byName === undefined && position <= index)) {
        const count = macro.parameters.length;
        const message =
          parameter === undefined
            ? `takes ${count} arguments`
            : 'is given values by place behind values by name';
        this.context.error(statement, `macro ${name} ${message}`);
        return;
      }
      const value = byName === undefined ? argument : named;
      if (parameter.isVariadic) {
        values.set(parameter.name, [value, ...given.slice(index + 1)].join(', '));
        break;
      }
      values.set(parameter.name, unquoted(value));
    }
    for (const { name: parameter, fallback, isRequired } of macro.parameters) {
      if ((values.get(parameter) ?? '') !== '') continue;
      if (isRequired) this.context.error(statement, `macro ${name} needs a value for ${parameter}`);
      values.set(parameter, fallback ?? '');
    }
    this.push(statement, substitute(macro.body, values, this.expansions++));
  }

  private repeat(statement: Statement, word: string, rest: string): void {
    const body = this.body(statement, 'repetition');
    if (word === '.irp' || word === '.irpc') {
      const [, name = '', list = ''] = /^([A-Za-z_.$][\w.$]*)\s*,?\s*(.*)$/s.exec(rest) ?? [];
      const items = word === '.irpc' ? [...list] : list === '' ? [] : splitArguments(list);
      if (name === '') this.context.error(statement, `expected a name and a list behind ${word}`);
      else
        this.push(
          statement,
          repeated(
            body,
            items.map((item) => new Map([[name, unquoted(item)]])),
            this.expansions++,
          ),
        );
      return;
    }
    const count = this.number(statement, rest);
    if (count === undefined) return;
    if (count < 0n) this.context.error(statement, `${count} repetitions`);
    // An empty body may be repeated as often as one likes.
    else if (body.length > 0) {
      const times = Number(count > BigInt(MAX_STATEMENTS) ? MAX_STATEMENTS + 1 : count);
      this.push(
        statement,
        repeated(
          body,
          Array.from({ length: times }, () => NOTHING),
          this.expansions++,
        ),
      );
    }
  }

  /** A number that is known here. */
  private number(statement: Statement, text: string): bigint | undefined {
    const tokens = lexStatement(text);
    const sum = 'message' in tokens ? undefined : parseExpression(tokens, 0, this.context.names);
    if (
      'message' in tokens ||
      sum === undefined ||
      sum.symbol !== undefined ||
      sum.minus !== undefined ||
      sum.next !== tokens.length
    ) {
      this.context.error(statement, `expected a number that is known here, found '${text}'`);
      return undefined;
    }
    return sum.value;
  }

  /** Carries out `.if` and its kin, also where statements are left out; false for anything else. */
  private isConditional(statement: Statement, word: string, rest: string): boolean {
    const { conditions } = this;
    if (/^\.if/.test(word)) {
      const isReached = this.isActive;
      const holds = isReached && this.holds(statement, word, rest);
      conditions.push({ opening: statement, active: holds, settled: holds || !isReached, hasElse: false });
      return true;
    }
    if (word !== '.elseif' && word !== '.else' && word !== '.endif') return false;
    const condition = conditions.at(-1);
    if (condition === undefined || (word !== '.endif' && condition.hasElse)) {
      this.context.error(statement, `${word} without .if`);
      return true;
    }
    if (word === '.endif') conditions.pop();
    else {
      condition.hasElse = word === '.else';
      condition.active = !condition.settled && (word === '.else' || this.holds(statement, '.if', rest));
      condition.settled ||= condition.active;
    }
    return true;
  }

  private holds(statement: Statement, word: string, rest: string): boolean {
    if (word === '.ifdef') return this.context.isDefined(rest);
    if (word === '.ifndef' || word === '.ifnotdef') return !this.context.isDefined(rest);
    const ofText = TEXT_CONDITIONS.get(word);
    if (ofText !== undefined) return ofText(rest);
    const compare = COMPARISONS.get(word);
    if (compare === undefined) {
      this.context.error(statement, `unknown directive ${word}`);
      return false;
    }
    const value = this.number(statement, rest);
    return value !== undefined && compare(value);
  }
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** A body once for each set of values. */
function* repeated(
  body: readonly Statement[],
  all: readonly ReadonlyMap<string, string>[],
  count: number,
): Generator<Statement> {
  for (const values of all) yield* substitute(body, values, count);
}

/** The statements that are left when macros, repetitions and conditions have been carried out. */
export function expandStatements(
  statements: Iterable<Statement>,
  context: MacroContext,
): Iterable<Statement> {
  return new MacroExpander(statements, context).run();
}
