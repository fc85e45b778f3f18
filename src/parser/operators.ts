/**
 * Operators: which token is which operator, how tightly binary ones bind, and the tree of a chain of them.
 *
 * In: operand nodes and operator tokens as they stand in the source. Out: one node.
 * Method: the shunting yard (E. W. Dijkstra, 1961), without recursion and in linear time.
 */

import { Tok, type TokenKind, tokenRow } from '../lexer/tokens.ts';
import type { AssignmentOperator, BinaryOperator, Expression, UnaryOperator } from './ast.ts';
import { type SourceToken, tokenSpan } from './vocabulary.ts';

/** Binary operators from loosest to tightest (6.5.5-6.5.14). */
const precedenceRows: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const operatorOf: ReadonlyMap<TokenKind, { readonly operator: BinaryOperator; readonly level: number }> =
  new Map(
    precedenceRows.flatMap((row, level) =>
      row.map((operator) => [kindSpelled(operator), { operator, level }] as const),
    ),
  );

function kindSpelled(text: string): TokenKind {
  for (let kind = 0; ; kind++) if (tokenRow(kind).spellings[0] === text) return kind;
}

export const prefixOperatorOf: ReadonlyMap<TokenKind, UnaryOperator> = new Map([
  [Tok.Ampersand, '&'],
  [Tok.Star, '*'],
  [Tok.Plus, '+'],
  [Tok.Minus, '-'],
  [Tok.Tilde, '~'],
  [Tok.Exclaim, '!'],
  [Tok.PlusPlus, '++'],
  [Tok.MinusMinus, '--'],
  [Tok.Extension, '__extension__'],
  [Tok.Real, '__real__'],
  [Tok.Imag, '__imag__'],
]);

export const assignmentOperatorOf: ReadonlyMap<TokenKind, AssignmentOperator> = new Map(
  (['=', '*=', '/=', '%=', '+=', '-=', '<<=', '>>=', '&=', '^=', '|='] as const).map((operator) => [
    kindSpelled(operator),
    operator,
  ]),
);

/** The tree of `operands[0] operators[0] operands[1] ...`; all binary operators associate to the left. */
export function foldBinary(operands: readonly Expression[], operators: readonly SourceToken[]): Expression {
  const values: Expression[] = operands.slice(0, 1);
  const waiting: SourceToken[] = [];
  const levelOf = (token: SourceToken | undefined) =>
    token === undefined ? -1 : (operatorOf.get(token.kind)?.level ?? -1);
  const reduce = () => {
    const right = values.pop();
    const left = values.pop();
    const token = waiting.pop();
    if (right === undefined || left === undefined || token === undefined) return;
    const operator = operatorOf.get(token.kind)?.operator ?? '+';
    const span = { start: left.span.start, end: right.span.end };
    values.push({ kind: 'Binary', span, operator, operatorSpan: tokenSpan(token), left, right });
  };
  operators.forEach((token, at) => {
    while (waiting.length > 0 && levelOf(waiting.at(-1)) >= levelOf(token)) reduce();
    waiting.push(token);
    const operand = operands[at + 1];
    if (operand !== undefined) values.push(operand);
  });
  while (waiting.length > 0) reduce();
  return values[0] ?? { kind: 'ErrorExpression', span: tokenSpan(operators[0] as SourceToken) };
}
