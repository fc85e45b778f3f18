/**
 * Grammar of expressions (C11 6.5) with the GNU extensions.
 *
 * In: tokens. Out: Expression nodes. A chain of binary operators is one flat rule; `foldBinary` makes the tree by
 * operator precedence (E. W. Dijkstra's shunting yard), so that 100,000 operators need no stack and one operand costs one
 * rule instead of ten. Prefix and postfix operators are loops as well; nesting is left to brackets, `?:`, and
 * assignment, all counted.
 */

import type { IOrAlt, ParserMethod } from 'chevrotain';
import type { Pos } from '../diagnostics/source-manager.ts';
import { Tok } from '../lexer/tokens.ts';
import type {
  CompoundStatement,
  Designator,
  Expression,
  InitializerList,
  TypeName,
  UnaryOperator,
} from './ast.ts';
import { AttributeGrammar } from './grammar-attributes.ts';
import { nameOf } from './grammar-base.ts';
import { assignmentOperatorOf, foldBinary, prefixOperatorOf } from './operators.ts';
import {
  AssignmentOperatorToken,
  BinaryOperatorToken,
  isAssignmentOperator,
  isBinaryOperator,
  isPrefixOperator,
  kindSet,
  PrefixOperatorToken,
  type SourceToken,
  tokenSpan,
} from './vocabulary.ts';

const isPostfixStart = kindSet(['LeftBracket', 'LeftParen', 'Dot', 'Arrow', 'PlusPlus', 'MinusMinus']);
const isPrimaryStart = kindSet([
  'Identifier',
  'Number',
  'Character',
  'String',
  'FunctionName',
  'LeftParen',
  'Generic',
  'BuiltinOffsetof',
  'BuiltinVaArg',
  'BuiltinTypesCompatible',
  'BuiltinChooseExpr',
  'AmpersandAmpersand',
]);

/** A prefix that waits for its operand; `base` is an operand that came with it (`(T){...}`, `sizeof(T)`). */
interface Prefix {
  readonly start: Pos;
  readonly operator: UnaryOperator | 'sizeof' | '_Alignof' | 'cast' | 'none';
  readonly type: TypeName | undefined;
  readonly base: Expression | undefined;
}

export abstract class ExpressionGrammar extends AttributeGrammar {
  protected abstract readonly initializerList: ParserMethod<[], InitializerList>;
  protected abstract readonly designator: ParserMethod<[], Designator>;
  protected abstract readonly compoundStatement: ParserMethod<[], CompoundStatement>;

  // Every level of nesting costs stack for each rule on the way down, so the rules on that way are few: what is a
  // method and not a rule below is recorded as part of the rules that call it.

  /** 6.5.17 expression: assignment-expression {, assignment-expression} */
  protected expression = this.RULE('expression', (): Expression => this.commaChain(0));

  private commaChain(occurrence: number): Expression {
    const start = this.start();
    let left = this.subrule(occurrence, this.assignmentExpression);
    this.loop(
      occurrence,
      () => this.kind(1) === Tok.Comma,
      () => {
        this.take(occurrence, Tok.Comma);
        const right = this.subrule(occurrence + 1, this.assignmentExpression);
        left = { kind: 'Comma', span: this.spanFrom(start), left, right };
      },
    );
    return left;
  }

  /** 6.5.16 assignment-expression: conditional-expression [assignment-operator assignment-expression] */
  protected assignmentExpression = this.RULE('assignmentExpression', (): Expression => {
    const start = this.start();
    const target = this.conditional();
    return (
      this.maybe(2, isAssignmentOperator[this.kind(1)] === 1, (): Expression => {
        const token = this.takeAny(0, AssignmentOperatorToken);
        this.enter();
        const value = this.SUBRULE(this.assignmentExpression);
        this.leave();
        const operator = assignmentOperatorOf.get(token.kind) ?? '=';
        const span = this.spanFrom(start);
        return { kind: 'Assignment', span, operator, operatorSpan: tokenSpan(token), target, value };
      }) ?? target
    );
  });

  /** 6.5.15 conditional-expression, 6.6 constant-expression */
  protected conditionalExpression = this.RULE('conditionalExpression', (): Expression => this.conditional());

  /** binary-chain [? [expression] : conditional-expression]; the GNU form leaves the middle out. */
  private conditional(): Expression {
    const start = this.start();
    const condition = this.binaryChain();
    return (
      this.maybe(0, this.kind(1) === Tok.Question, (): Expression => {
        const question = this.take(0, Tok.Question);
        this.enter();
        const whenTrue = this.maybe(1, this.kind(1) !== Tok.Colon, () => this.SUBRULE(this.expression));
        if (!this.RECORDING_PHASE && this.kind(1) !== Tok.Colon) {
          this.reportMissingClosing(Tok.Colon, question);
        } else this.take(0, Tok.Colon);
        const whenFalse = this.SUBRULE(this.conditionalExpression);
        this.leave();
        return { kind: 'Conditional', span: this.spanFrom(start), condition, whenTrue, whenFalse };
      }) ?? condition
    );
  }

  /** 6.5.5-6.5.14, flat: cast-expression {binary-operator cast-expression} */
  private binaryChain(): Expression {
    const first = this.SUBRULE(this.castExpression);
    let operands: Expression[] | undefined;
    const operators: SourceToken[] = [];
    this.loop(
      0,
      () => isBinaryOperator[this.kind(1)] === 1,
      () => {
        operators.push(this.takeAny(0, BinaryOperatorToken));
        operands ??= [first];
        operands.push(this.SUBRULE1(this.castExpression));
      },
    );
    return operands === undefined || this.RECORDING_PHASE ? first : foldBinary(operands, operators);
  }

  /** 6.5.2-6.5.4, flat: {prefix} (primary | compound-literal | sizeof-type) {postfix} */
  protected castExpression = this.RULE('castExpression', (): Expression => {
    let prefixes: Prefix[] | undefined;
    let base: Expression | undefined;
    this.loop(
      0,
      () => base === undefined && this.startsPrefix(),
      () => {
        const prefix = this.SUBRULE(this.prefix);
        base = prefix.base;
        if (prefix.operator === 'none') return;
        prefixes ??= [];
        prefixes.push(prefix);
        this.enter();
      },
    );
    const start = base?.span?.start ?? this.start();
    let operand = base ?? this.primary();
    let postfixes = 0;
    this.loop(
      1,
      () => isPostfixStart[this.kind(1)] === 1,
      () => {
        this.enter();
        postfixes++;
        operand = this.SUBRULE(this.postfix, { ARGS: [start, operand] });
      },
    );
    this.leave(postfixes);
    if (prefixes === undefined || this.RECORDING_PHASE) return operand;
    this.leave(prefixes.length);
    return this.applyPrefixes(prefixes, operand);
  });

  private startsPrefix(): boolean {
    const kind = this.kind(1);
    if (isPrefixOperator[kind] === 1 || kind === Tok.Sizeof || kind === Tok.Alignof) return true;
    return kind === Tok.LeftParen && this.startsTypeName(2);
  }

  private applyPrefixes(prefixes: readonly Prefix[], innermost: Expression): Expression {
    let operand = innermost;
    for (let at = prefixes.length - 1; at >= 0; at--) {
      const prefix = prefixes[at];
      if (prefix === undefined) break;
      const { operator, type } = prefix;
      const span = this.spanFrom(prefix.start);
      if (operator === 'sizeof' || operator === '_Alignof') {
        operand = { kind: 'SizeofOrAlignof', span, operator, operand };
      } else if (type !== undefined) operand = { kind: 'Cast', span, type, operand };
      else if (operator !== 'cast' && operator !== 'none')
        operand = { kind: 'Unary', span, operator, operand };
    }
    return operand;
  }

  /** One prefix: unary-operator | sizeof | _Alignof, each with ( type-name ) where that follows | ( type-name ) */
  private prefix = this.RULE('prefix', (): Prefix => {
    const start = this.start();
    return this.branch<Prefix>(
      0,
      [
        {
          ALT: () => {
            const token = this.takeAny(0, PrefixOperatorToken);
            const operator = prefixOperatorOf.get(token.kind) ?? '+';
            return { start, operator, type: undefined, base: undefined };
          },
        },
        { ALT: () => this.SUBRULE(this.sizeofPrefix) },
        {
          ALT: () => {
            const type = this.SUBRULE(this.parenthesisedType);
            const base = this.SUBRULE(this.literalTail, { ARGS: [start, type] });
            return { start, operator: base === undefined ? 'cast' : 'none', type, base };
          },
        },
      ],
      () => {
        const kind = this.kind(1);
        return kind === Tok.LeftParen ? 2 : isPrefixOperator[kind] === 1 ? 0 : 1;
      },
    );
  });

  /** 6.5.3.4: sizeof or _Alignof, with ( type-name ) where one follows */
  private sizeofPrefix = this.RULE('sizeofPrefix', (): Prefix => {
    const start = this.start();
    const operator = this.OR<'sizeof' | '_Alignof'>([
      { ALT: () => this.takeAs(0, Tok.Sizeof, 'sizeof') },
      { ALT: () => this.takeAs(0, Tok.Alignof, '_Alignof') },
    ]);
    const isType = this.kind(1) === Tok.LeftParen && this.startsTypeName(2);
    return (
      this.maybe(0, isType, (): Prefix => {
        const typeStart = this.start();
        const type = this.SUBRULE(this.parenthesisedType);
        const literal = this.SUBRULE(this.literalTail, { ARGS: [typeStart, type] });
        if (literal !== undefined) return { start, operator, type: undefined, base: literal };
        const span = this.spanFrom(start);
        const base: Expression = { kind: 'SizeofOrAlignof', span, operator, operand: type };
        return { start, operator: 'none', type: undefined, base };
      }) ?? { start, operator, type: undefined, base: undefined }
    );
  });

  private parenthesisedType = this.RULE('parenthesisedType', (): TypeName => {
    const opening = this.require(0, Tok.LeftParen);
    const type = this.SUBRULE(this.typeName);
    this.requireClosing(0, Tok.RightParen, opening);
    return type;
  });

  /** 6.5.2.5: the initializer that makes ( type-name ) a compound literal */
  private literalTail = this.RULE('literalTail', (start: Pos, type: TypeName): Expression | undefined => {
    const initializer = this.OPTION(() => this.SUBRULE(this.initializerList));
    if (initializer === undefined) return undefined;
    return { kind: 'CompoundLiteral', span: this.spanFrom(start), type, initializer };
  });

  /** 6.5.2: [ expression ] | ( arguments ) | . identifier | -> identifier | ++ | -- */
  private postfix = this.RULE(
    'postfix',
    (start: Pos, base: Expression): Expression =>
      this.OR<Expression>([
        {
          ALT: () => {
            const opening = this.take(0, Tok.LeftBracket);
            const index = this.SUBRULE(this.expression);
            this.requireClosing(0, Tok.RightBracket, opening);
            return { kind: 'Subscript', span: this.spanFrom(start), base, index };
          },
        },
        {
          ALT: () => {
            const args = this.SUBRULE(this.callArguments);
            return { kind: 'Call', span: this.spanFrom(start), callee: base, args };
          },
        },
        {
          ALT: () => {
            const arrow = this.OR1([
              { ALT: () => this.takeAs(0, Tok.Dot, false) },
              { ALT: () => this.takeAs(0, Tok.Arrow, true) },
            ]);
            const member = nameOf(this.require(0, Tok.Identifier, 'identifier'));
            return { kind: 'Member', span: this.spanFrom(start), base, arrow, member };
          },
        },
        {
          ALT: () => {
            this.take(0, Tok.PlusPlus);
            return { kind: 'Unary', span: this.spanFrom(start), operator: 'post++', operand: base };
          },
        },
        {
          ALT: () => {
            this.take(0, Tok.MinusMinus);
            return { kind: 'Unary', span: this.spanFrom(start), operator: 'post--', operand: base };
          },
        },
      ]),
  );

  /** 6.5.2 argument-expression-list in its parentheses; builtins take type names too. */
  private callArguments = this.RULE('callArguments', (): (Expression | TypeName)[] => {
    const args: (Expression | TypeName)[] = [];
    const opening = this.take(0, Tok.LeftParen);
    this.maybe(0, this.kind(1) !== Tok.RightParen, () => {
      args.push(this.SUBRULE(this.argument));
      this.MANY(() => {
        this.take(0, Tok.Comma);
        args.push(this.SUBRULE1(this.argument));
      });
    });
    this.requireClosing(0, Tok.RightParen, opening);
    return args;
  });

  // The alternatives are made once: this is the hottest choice of the grammar, and none needs a local.
  private readonly primaryAlternatives: IOrAlt<Expression>[] = [
    {
      ALT: () => {
        const token = this.take(0, Tok.Identifier);
        return { kind: 'Identifier', span: tokenSpan(token), name: token.image };
      },
    },
    {
      ALT: () => {
        const token = this.take(0, Tok.Number);
        return { kind: 'NumberLiteral', span: tokenSpan(token), text: token.image };
      },
    },
    {
      ALT: () => {
        const token = this.take(0, Tok.Character);
        return { kind: 'CharacterLiteral', span: tokenSpan(token), text: token.image };
      },
    },
    { ALT: () => this.SUBRULE(this.stringLiteral) },
    { ALT: () => ({ kind: 'FunctionNameLiteral', span: tokenSpan(this.take(0, Tok.FunctionName)) }) },
    { ALT: () => this.parenthesised() },
    { ALT: () => this.SUBRULE(this.genericSelection) },
    { ALT: () => this.SUBRULE(this.offsetofExpression) },
    { ALT: () => this.SUBRULE(this.vaArgExpression) },
    { ALT: () => this.SUBRULE(this.typesCompatibleExpression) },
    { ALT: () => this.SUBRULE(this.chooseExpression) },
    {
      ALT: () => {
        const start = this.start();
        this.take(0, Tok.AmpersandAmpersand);
        const label = nameOf(this.require(1, Tok.Identifier, 'identifier'));
        return { kind: 'LabelAddress', span: this.spanFrom(start), label };
      },
    },
  ];

  /** 6.5.1 primary-expression, GNU builtins that are keywords, GNU &&label */
  private primary(): Expression {
    if (!this.RECORDING_PHASE && isPrimaryStart[this.kind(1)] !== 1) this.fail('expression');
    return this.OR(this.primaryAlternatives);
  }

  /** 6.5.1: ( expression ); GNU: ( compound-statement ) */
  private parenthesised(): Expression {
    const start = this.start();
    const opening = this.take(0, Tok.LeftParen);
    this.enter();
    const inner = this.branch<Expression | CompoundStatement>(
      1,
      [{ ALT: () => this.commaChain(2) }, { ALT: () => this.SUBRULE(this.compoundStatement) }],
      () => (this.kind(1) === Tok.LeftBrace ? 1 : 0),
    );
    this.leave();
    this.requireClosing(0, Tok.RightParen, opening);
    if (inner.kind !== 'CompoundStatement') return inner;
    return { kind: 'StatementExpression', span: this.spanFrom(start), body: inner };
  }

  /** 6.5.1.1: _Generic ( control , association {, association} ); a type as control is C2y and clang. */
  private genericSelection = this.RULE('genericSelection', (): Expression => {
    const start = this.start();
    this.take(0, Tok.Generic);
    const opening = this.require(0, Tok.LeftParen, "'(' after '_Generic'");
    this.enter();
    const control = this.SUBRULE(this.argument);
    const associations: { type: TypeName | undefined; value: Expression }[] = [];
    this.require(0, Tok.Comma);
    associations.push(this.SUBRULE(this.association));
    this.MANY(() => {
      this.take(1, Tok.Comma);
      associations.push(this.SUBRULE1(this.association));
    });
    this.leave();
    this.requireClosing(0, Tok.RightParen, opening);
    return { kind: 'GenericSelection', span: this.spanFrom(start), control, associations };
  });

  /** 6.5.1.1 generic-association: type-name : assignment-expression | default : assignment-expression */
  private association = this.RULE('association', () => {
    const type = this.branch<TypeName | undefined>(
      0,
      [{ ALT: () => this.takeAs(0, Tok.Default, undefined) }, { ALT: () => this.SUBRULE(this.typeName) }],
      () => (this.kind(1) === Tok.Default ? 0 : 1),
    );
    this.require(0, Tok.Colon);
    return { type, value: this.SUBRULE(this.assignmentExpression) };
  });

  /** __builtin_offsetof ( type-name , identifier {designator} ) */
  private offsetofExpression = this.RULE('offsetofExpression', (): Expression => {
    const start = this.start();
    const word = this.take(0, Tok.BuiltinOffsetof);
    const opening = this.require(0, Tok.LeftParen, `'(' after '${word.image}'`);
    const type = this.SUBRULE(this.typeName);
    this.require(0, Tok.Comma);
    const member = nameOf(this.require(0, Tok.Identifier, 'identifier'));
    const designators: Designator[] = [{ kind: 'MemberDesignator', span: member.span, member }];
    this.MANY(() => {
      designators.push(this.SUBRULE(this.designator));
    });
    this.requireClosing(0, Tok.RightParen, opening);
    return { kind: 'Offsetof', span: this.spanFrom(start), type, designators };
  });

  /** __builtin_va_arg ( assignment-expression , type-name ) */
  private vaArgExpression = this.RULE('vaArgExpression', (): Expression => {
    const start = this.start();
    const word = this.take(0, Tok.BuiltinVaArg);
    const opening = this.require(0, Tok.LeftParen, `'(' after '${word.image}'`);
    const list = this.SUBRULE(this.assignmentExpression);
    this.require(0, Tok.Comma);
    const type = this.SUBRULE(this.typeName);
    this.requireClosing(0, Tok.RightParen, opening);
    return { kind: 'VaArg', span: this.spanFrom(start), list, type };
  });

  /** __builtin_types_compatible_p ( type-name , type-name ) */
  private typesCompatibleExpression = this.RULE('typesCompatibleExpression', (): Expression => {
    const start = this.start();
    const word = this.take(0, Tok.BuiltinTypesCompatible);
    const opening = this.require(0, Tok.LeftParen, `'(' after '${word.image}'`);
    const left = this.SUBRULE(this.typeName);
    this.require(0, Tok.Comma);
    const right = this.SUBRULE1(this.typeName);
    this.requireClosing(0, Tok.RightParen, opening);
    return { kind: 'TypesCompatible', span: this.spanFrom(start), left, right };
  });

  /** __builtin_choose_expr ( condition , expression , expression ) */
  private chooseExpression = this.RULE('chooseExpression', (): Expression => {
    const start = this.start();
    const word = this.take(0, Tok.BuiltinChooseExpr);
    const opening = this.require(0, Tok.LeftParen, `'(' after '${word.image}'`);
    const condition = this.SUBRULE(this.assignmentExpression);
    this.require(0, Tok.Comma);
    const whenTrue = this.SUBRULE1(this.assignmentExpression);
    this.require(1, Tok.Comma);
    const whenFalse = this.SUBRULE2(this.assignmentExpression);
    this.requireClosing(0, Tok.RightParen, opening);
    return { kind: 'ChooseExpression', span: this.spanFrom(start), condition, whenTrue, whenFalse };
  });
}
