/**
 * All rewrite rules of instruction combining, by the operation that they begin with. `test/passes/rules.test.ts` proves every row.
 */

import type { Rule } from './rule.ts';
import { indexRules, type RuleIndex } from './rule-rewriter.ts';
import { arithmeticRules } from './rules-arithmetic.ts';
import { compareRules } from './rules-compare.ts';

export const rules: readonly Rule[] = [...arithmeticRules, ...compareRules];

export const ruleIndex: RuleIndex = indexRules(rules);
