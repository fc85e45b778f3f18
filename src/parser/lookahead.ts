/**
 * One token of lookahead for Chevrotain, from FIRST sets (Aho, Lam, Sethi, Ullman, "Compilers", 4.4.2).
 *
 * In: the recorded grammar. Out: for each choice a function that looks the next token up in a table. Chevrotain's own
 * strategy enumerates token paths of every choice through all rules below it when the parser is made, which
 * takes longer than everything else in that; here a rule's set is made once, and a table when it is first used.
 *
 * Invariant: without FOLLOW sets, an option or repetition is entered whenever its first token fits. The grammar
 * is written for that; where it is not enough the rules decide themselves (`branch`, `maybe`, `loop`).
 */

import {
  Alternation,
  type ILookaheadStrategy,
  type IProduction,
  type IToken,
  LLkLookaheadStrategy,
  NonTerminal,
  Option,
  Repetition,
  RepetitionMandatory,
  RepetitionMandatoryWithSeparator,
  RepetitionWithSeparator,
  type Rule,
  Terminal,
  type TokenType,
} from 'chevrotain';
import { bug } from '../support/bug.ts';

interface First {
  /** Indices of token types, categories resolved. */
  readonly tokens: ReadonlySet<number>;
  readonly isNullable: boolean;
}

interface Lookable {
  LA(distance: number): IToken;
}

const noFirst: First = { tokens: new Set(), isNullable: false };

export class FirstSetStrategy implements ILookaheadStrategy {
  private readonly firstOfRule = new Map<Rule, First>();
  private readonly validator = new LLkLookaheadStrategy({ maxLookahead: 1 });

  validate: ILookaheadStrategy['validate'] = (options) => this.validator.validate(options);

  buildLookaheadForAlternation: ILookaheadStrategy['buildLookaheadForAlternation'] = (options) => {
    if (options.hasPredicates) bug('a gate in the grammar; use branch()');
    const tableOf = () => {
      const choice = find(
        options.rule.definition,
        (each) => each instanceof Alternation,
        options.prodOccurrence,
      );
      const table = new Map<number, number>();
      definitionOf(choice).forEach((alternative, number) => {
        for (const token of this.firstOf([alternative]).tokens)
          if (!table.has(token)) table.set(token, number);
      });
      return table;
    };
    let table: ReadonlyMap<number, number> | undefined;
    return function (this: Lookable) {
      table ??= tableOf();
      return table.get(this.LA(1).tokenTypeIdx);
    };
  };

  buildLookaheadForOptional: ILookaheadStrategy['buildLookaheadForOptional'] = (options) => {
    const type = optionalTypes[options.prodType];
    const tableOf = () => {
      const production = find(
        options.rule.definition,
        (each) => each instanceof type,
        options.prodOccurrence,
      );
      return this.firstOf(definitionOf(production)).tokens;
    };
    let table: ReadonlySet<number> | undefined;
    return function (this: Lookable) {
      table ??= tableOf();
      return table.has(this.LA(1).tokenTypeIdx);
    };
  };

  /** FIRST of a sequence. */
  private firstOf(sequence: readonly IProduction[]): First {
    const tokens = new Set<number>();
    for (const production of sequence) {
      const first = this.firstOfOne(production);
      for (const token of first.tokens) tokens.add(token);
      if (!first.isNullable) return { tokens, isNullable: false };
    }
    return { tokens, isNullable: true };
  }

  private firstOfOne(production: IProduction): First {
    if (production instanceof Terminal)
      return { tokens: typesOf(production.terminalType), isNullable: false };
    if (production instanceof NonTerminal) return this.firstOfNamed(production.referencedRule);
    if (production instanceof Alternation) {
      const all = definitionOf(production).map((alternative) => this.firstOf([alternative]));
      const tokens = new Set(all.flatMap((each) => [...each.tokens]));
      return { tokens, isNullable: all.some((each) => each.isNullable) };
    }
    const inner = this.firstOf(definitionOf(production));
    const isOptional = production instanceof Option || production instanceof Repetition;
    return isOptional || production instanceof RepetitionWithSeparator
      ? { ...inner, isNullable: true }
      : inner;
  }

  private firstOfNamed(rule: Rule): First {
    const known = this.firstOfRule.get(rule);
    if (known !== undefined) return known;
    // Left recursion would meet this again; the grammar has none.
    this.firstOfRule.set(rule, noFirst);
    const first = this.firstOf(rule.definition);
    this.firstOfRule.set(rule, first);
    return first;
  }
}

const optionalTypes = {
  Option,
  Repetition,
  RepetitionMandatory,
  RepetitionMandatoryWithSeparator,
  RepetitionWithSeparator,
} as const;

/** The token type, or all members of a category. */
function typesOf(type: TokenType): ReadonlySet<number> {
  return new Set([type.tokenTypeIdx ?? 0, ...(type.categoryMatches ?? [])]);
}

function definitionOf(production: IProduction): readonly IProduction[] {
  if (production instanceof Terminal || production instanceof NonTerminal) return [];
  return 'definition' in production && Array.isArray(production.definition) ? production.definition : [];
}

/** The production with this occurrence number below `sequence`. */
function find(
  sequence: readonly IProduction[],
  isType: (production: IProduction) => boolean,
  occurrence: number,
): IProduction {
  const waiting = [...sequence];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (isType(each) && 'idx' in each && each.idx === occurrence) return each;
    waiting.push(...definitionOf(each));
  }
  return bug('a production that was not recorded');
}
