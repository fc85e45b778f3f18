/**
 * The FIRST sets of the grammar, as Chevrotain's recording mode sees it: what makes and checks first-sets.ts.
 *
 * In: the grammar's rules, run in recording mode and checked by Chevrotain's own validation. Out: for each choice the names
 * of the tokens that may begin each of its alternatives (Aho, Lam, Sethi, Ullman, "Compilers", 4.4.2). No compilation
 * needs this.
 */

import {
  Alternation,
  type IProduction,
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
import type { FirstSets } from './first-sets.ts';
import { CParser } from './grammar.ts';
import { choiceName } from './lookahead.ts';
import { tokenTypes } from './vocabulary.ts';

interface First {
  readonly tokens: ReadonlySet<TokenType>;
  readonly isNullable: boolean;
}

const noFirst: First = { tokens: new Set(), isNullable: false };

class RecordedParser extends CParser {
  constructor() {
    super();
    this.performSelfAnalysis();
  }
}

class RecordedGrammar {
  private readonly firstOfRule = new Map<Rule, First>();
  private readonly sets = new Map<string, readonly string[]>();

  run(): FirstSets {
    for (const { name, definition } of Object.values(new RecordedParser().getGAstProductions())) {
      this.takeChoices(name, definition);
    }
    return Object.fromEntries([...this.sets].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private takeChoices(rule: string, sequence: readonly IProduction[]): void {
    for (const production of sequence) {
      const inner = definitionOf(production);
      const kind = choiceKindOf(production);
      if (kind !== undefined && 'idx' in production) {
        const alternatives = production instanceof Alternation ? inner.map((each) => [each]) : [inner];
        const names = alternatives.map((each) => namesOf(this.firstOf(each).tokens));
        this.sets.set(choiceName(rule, kind, Number(production.idx)), names);
      }
      this.takeChoices(rule, inner);
    }
  }

  /** FIRST of a sequence. */
  private firstOf(sequence: readonly IProduction[]): First {
    const tokens = new Set<TokenType>();
    for (const production of sequence) {
      const first = this.firstOfOne(production);
      for (const token of first.tokens) tokens.add(token);
      if (!first.isNullable) return { tokens, isNullable: false };
    }
    return { tokens, isNullable: true };
  }

  private firstOfOne(production: IProduction): First {
    if (production instanceof Terminal)
      return { tokens: membersOf(production.terminalType), isNullable: false };
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

/** Records the grammar, which throws where it is not valid. */
export function recordedFirstSets(): FirstSets {
  return new RecordedGrammar().run();
}

function choiceKindOf(production: IProduction): Parameters<typeof choiceName>[1] | undefined {
  if (production instanceof Alternation) return 'or';
  if (production instanceof Option) return 'option';
  if (production instanceof Repetition) return 'many';
  if (production instanceof RepetitionMandatory) return 'atLeastOne';
  if (production instanceof RepetitionWithSeparator) return 'manySeparated';
  return production instanceof RepetitionMandatoryWithSeparator ? 'atLeastOneSeparated' : undefined;
}

/** The token type, or all members of a category. */
function membersOf(type: TokenType): ReadonlySet<TokenType> {
  const members = new Set(type.categoryMatches);
  return new Set(tokenTypes.filter((each) => each === type || members.has(each.tokenTypeIdx ?? -1)));
}

function namesOf(types: ReadonlySet<TokenType>): string {
  return tokenTypes
    .filter((type) => types.has(type))
    .map((type) => type.name)
    .join(' ');
}

function definitionOf(production: IProduction): readonly IProduction[] {
  if (production instanceof Terminal || production instanceof NonTerminal) return [];
  return 'definition' in production && Array.isArray(production.definition) ? production.definition : [];
}
