/**
 * All rewrite rules of instruction combining. `test/passes/rules.test.ts` proves every row.
 */

import type { Rule } from './rule.ts';
import { type RuleTable, tableOf } from './rule-index.ts';
import { arithmeticRules } from './rules-arithmetic.ts';
import { compareRules } from './rules-compare.ts';

export const rules: readonly Rule[] = [...arithmeticRules, ...compareRules];

export const ruleTable: RuleTable = tableOf(rules);
