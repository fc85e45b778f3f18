/**
 * Grammar of statements and blocks (C11 6.8) with the GNU extensions.
 *
 * In: tokens. Out: Statement nodes; the broken ones are ErrorStatements. `else if` chains and labels in a row are
 * loops: a label in a block that is followed by another label, a declaration or the end of the block has an empty
 * body and the rest follows it in the block, which means the same.
 */

import type { ParserMethod } from 'chevrotain';
import type { Pos } from '../diagnostics/source-manager.ts';
import { Tok, type TokenKind } from '../lexer/tokens.ts';
import type {
  Attribute,
  BlockItem,
  CompoundStatement,
  Declaration,
  EmptyStatement,
  Expression,
  ForStatement,
  IfStatement,
  Name,
  PragmaDirective,
  Statement,
  StaticAssert,
} from './ast.ts';
import { nameOf } from './grammar-base.ts';
import { DeclaratorGrammar } from './grammar-declarators.ts';
import { type SourceToken, tokenSpan } from './vocabulary.ts';

/** Numbers of the alternatives of `statement`. */
const statementAlternative: ReadonlyMap<TokenKind, number> = new Map([
  [Tok.LeftBrace, 0],
  [Tok.If, 1],
  [Tok.For, 2],
  [Tok.While, 3],
  [Tok.Do, 4],
  [Tok.Switch, 5],
  [Tok.Return, 6],
  [Tok.Break, 7],
  [Tok.Continue, 8],
  [Tok.Goto, 9],
  [Tok.Case, 10],
  [Tok.Default, 11],
  [Tok.Asm, 12],
  [Tok.Pragma, 13],
  [Tok.Semicolon, 14],
]);
const labelAlternative = 15;
const attributedAlternative = 16;
const expressionAlternative = 17;

export abstract class StatementGrammar extends DeclaratorGrammar {
  protected abstract readonly blockDeclaration: ParserMethod<[attributes: readonly Attribute[]], BlockItem>;

  /** 6.8.2 compound-statement */
  protected compoundStatement = this.RULE('compoundStatement', (): CompoundStatement => {
    this.pushScope();
    const block = this.SUBRULE(this.block);
    this.popScope();
    return block;
  });

  /** 6.8.2: { {label-declaration} {block-item} }, in the scope of the caller */
  protected block = this.RULE('block', (): CompoundStatement => {
    const start = this.start();
    const opening = this.require(0, Tok.LeftBrace);
    const items: BlockItem[] = [];
    const localLabels: Name[] = [];
    this.enter();
    this.MANY(() => this.SUBRULE(this.labelDeclaration, { ARGS: [localLabels] }));
    this.loop(
      1,
      () => this.kind(1) !== Tok.RightBrace && this.kind(1) !== Tok.EndOfFile,
      () => {
        items.push(
          this.recover<BlockItem>(
            () => this.SUBRULE(this.blockItem),
            (from) => ({ kind: 'ErrorStatement', span: this.spanFrom(from) }),
          ),
        );
      },
    );
    this.leave();
    const closing = this.peek(1);
    if (!this.RECORDING_PHASE && closing.kind !== Tok.RightBrace)
      this.reportMissingClosing(Tok.RightBrace, opening);
    else this.take(0, Tok.RightBrace);
    return {
      kind: 'CompoundStatement',
      span: this.spanFrom(start),
      items,
      localLabels,
      endSpan: tokenSpan(closing),
    };
  });

  /** GNU: __label__ identifier {, identifier} ; */
  private labelDeclaration = this.RULE('labelDeclaration', (into: Name[]): void => {
    const one = (token: SourceToken) => {
      if (!this.RECORDING_PHASE) into.push(nameOf(token));
    };
    this.take(0, Tok.Label);
    one(this.require(0, Tok.Identifier, 'identifier'));
    this.MANY(() => {
      this.take(0, Tok.Comma);
      one(this.require(1, Tok.Identifier, 'identifier'));
    });
    this.requireSemicolon(0, 'after label declaration');
  });

  /** 6.8.2 block-item: declaration | static-assert | statement */
  private blockItem = this.RULE(
    'blockItem',
    (): BlockItem =>
      this.branch<BlockItem>(
        0,
        [
          { ALT: () => this.SUBRULE(this.blockDeclaration, { ARGS: [[]] }) },
          { ALT: () => this.SUBRULE(this.staticAssert) as StaticAssert },
          { ALT: () => this.SUBRULE(this.attributedItem) },
          { ALT: () => this.SUBRULE(this.statement, { ARGS: [true] }) },
        ],
        () => {
          if (this.kind(1) === Tok.StaticAssert) return 1;
          if (this.startsAttribute()) return 2;
          return this.isBlockDeclaration() ? 0 : 3;
        },
      ),
  );

  /** A declaration begins here: not a label that has a typedef's name, nor `__extension__` before an expression. */
  private isBlockDeclaration(): boolean {
    let distance = 1;
    while (this.kind(distance) === Tok.Extension) distance++;
    if (!this.startsDeclaration(distance)) return this.startsWithUnknownType();
    return this.kind(distance) !== Tok.Identifier || this.kind(distance + 1) !== Tok.Colon;
  }

  /** Two identifiers on one line are no expression: the first is meant for a type. */
  private startsWithUnknownType(): boolean {
    const next = this.peek(2);
    return this.kind(1) === Tok.Identifier && next.kind === Tok.Identifier && !next.startsLine;
  }

  /** Attributes, then: a declaration | ; | a statement (which ignores them) */
  private attributedItem = this.RULE('attributedItem', (): BlockItem => {
    const start = this.start();
    const attributes = this.SUBRULE(this.someAttributes);
    return this.branch<BlockItem>(
      0,
      [
        { ALT: () => this.SUBRULE(this.blockDeclaration, { ARGS: [attributes] }) },
        { ALT: () => this.SUBRULE(this.emptyStatement, { ARGS: [start, attributes] }) },
        { ALT: () => this.SUBRULE(this.statement, { ARGS: [true] }) },
      ],
      () => (this.isBlockDeclaration() ? 0 : this.kind(1) === Tok.Semicolon ? 1 : 2),
    );
  });

  private emptyStatement = this.RULE(
    'emptyStatement',
    (start: Pos, attributes: readonly Attribute[]): EmptyStatement => {
      this.take(0, Tok.Semicolon);
      return { kind: 'EmptyStatement', span: this.spanFrom(start), attributes };
    },
  );

  /** 6.8 statement; `inBlock` says that it stands directly in a block. */
  protected statement = this.RULE('statement', (inBlock: boolean): Statement => {
    this.enter();
    const result = this.branch<Statement>(
      0,
      [
        { ALT: () => this.SUBRULE(this.compoundStatement) },
        { ALT: () => this.SUBRULE(this.ifStatement) },
        { ALT: () => this.SUBRULE(this.forStatement) },
        { ALT: () => this.SUBRULE(this.whileStatement) },
        { ALT: () => this.SUBRULE(this.doStatement) },
        { ALT: () => this.SUBRULE(this.switchStatement) },
        { ALT: () => this.SUBRULE(this.returnStatement) },
        { ALT: () => this.SUBRULE(this.breakStatement) },
        { ALT: () => this.SUBRULE(this.continueStatement) },
        { ALT: () => this.SUBRULE(this.gotoStatement) },
        { ALT: () => this.SUBRULE(this.caseStatement, { ARGS: [inBlock] }) },
        { ALT: () => this.SUBRULE(this.defaultStatement, { ARGS: [inBlock] }) },
        { ALT: () => this.SUBRULE(this.asmStatement) },
        { ALT: () => this.SUBRULE(this.pragmaStatement, { ARGS: [inBlock] }) },
        { ALT: () => this.SUBRULE(this.emptyStatement, { ARGS: [this.start(), []] }) },
        { ALT: () => this.SUBRULE(this.labeledStatement, { ARGS: [inBlock] }) },
        { ALT: () => this.SUBRULE(this.attributedStatement, { ARGS: [inBlock] }) },
        { ALT: () => this.SUBRULE(this.expressionStatement) },
      ],
      () => this.statementKind(),
    );
    this.leave();
    return result;
  });

  private statementKind(): number {
    const kind = this.kind(1);
    if (kind === Tok.Identifier) return this.kind(2) === Tok.Colon ? labelAlternative : expressionAlternative;
    if (this.startsAttribute()) return attributedAlternative;
    return statementAlternative.get(kind) ?? expressionAlternative;
  }

  /** Attributes before a statement that is not directly in a block. */
  private attributedStatement = this.RULE('attributedStatement', (inBlock: boolean): Statement => {
    const start = this.start();
    const attributes = this.SUBRULE(this.someAttributes);
    return this.branch<Statement>(
      0,
      [
        { ALT: () => this.SUBRULE(this.emptyStatement, { ARGS: [start, attributes] }) },
        { ALT: () => this.SUBRULE(this.statement, { ARGS: [inBlock] }) },
      ],
      () => (this.kind(1) === Tok.Semicolon ? 0 : 1),
    );
  });

  /** 6.8.3: expression ; */
  private expressionStatement = this.RULE('expressionStatement', (): Statement => {
    const start = this.start();
    const expression = this.SUBRULE(this.expression);
    this.requireSemicolon(0, 'after expression');
    return { kind: 'ExpressionStatement', span: this.spanFrom(start), expression };
  });

  /** The statement after a label; empty when the block simply goes on (see the head of this file). */
  private labelBody = this.RULE('labelBody', (inBlock: boolean): Statement => {
    const start = this.spanFrom(this.start()).end;
    return this.branch<Statement>(
      0,
      [
        { ALT: () => this.SUBRULE(this.statement, { ARGS: [inBlock] }) },
        { ALT: (): Statement => ({ kind: 'EmptyStatement', span: { start, end: start }, attributes: [] }) },
      ],
      () => (this.endsLabel(inBlock) ? 1 : 0),
    );
  });

  private endsLabel(inBlock: boolean): boolean {
    const kind = this.kind(1);
    if (kind === Tok.RightBrace || kind === Tok.EndOfFile) return true;
    if (!inBlock) return false;
    if (kind === Tok.Case || kind === Tok.Default || kind === Tok.StaticAssert) return true;
    return (
      (kind === Tok.Identifier && this.kind(2) === Tok.Colon) ||
      this.startsAttribute() ||
      this.isBlockDeclaration()
    );
  }

  /** 6.8.1: identifier : attributes statement */
  private labeledStatement = this.RULE('labeledStatement', (inBlock: boolean): Statement => {
    const start = this.start();
    const label = nameOf(this.take(0, Tok.Identifier));
    this.take(0, Tok.Colon);
    // GNU: attributes right after the colon belong to the label, unless a declaration follows them.
    const attributes =
      this.maybe(0, this.kind(1) === Tok.Attribute, () => this.SUBRULE(this.attributes)) ?? [];
    const body = this.SUBRULE(this.labelBody, { ARGS: [inBlock] });
    return { kind: 'LabeledStatement', span: this.spanFrom(start), label, attributes, body };
  });

  /** 6.8.1, GNU ranges: case constant-expression [... constant-expression] : statement */
  private caseStatement = this.RULE('caseStatement', (inBlock: boolean): Statement => {
    const start = this.start();
    this.take(0, Tok.Case);
    const value = this.SUBRULE(this.conditionalExpression);
    const last = this.OPTION(() => {
      this.take(0, Tok.Ellipsis);
      return this.SUBRULE1(this.conditionalExpression);
    });
    this.labelColon("'case'");
    const body = this.SUBRULE(this.labelBody, { ARGS: [inBlock] });
    return { kind: 'CaseStatement', span: this.spanFrom(start), value, last, body };
  });

  /** 6.8.1: default : statement */
  private defaultStatement = this.RULE('defaultStatement', (inBlock: boolean): Statement => {
    const start = this.start();
    this.take(0, Tok.Default);
    this.labelColon("'default'");
    const body = this.SUBRULE(this.labelBody, { ARGS: [inBlock] });
    return { kind: 'DefaultStatement', span: this.spanFrom(start), body };
  });

  /** The colon of a label; without it parsing goes on as if it were there. */
  private labelColon(after: string): void {
    if (!this.RECORDING_PHASE && this.kind(1) !== Tok.Colon) {
      this.report('expected-token', this.afterPrevious(), [`':' after ${after}`]);
    } else this.take(0, Tok.Colon);
  }

  /** ( expression ) after the keyword of a statement */
  private controlling = this.RULE('controlling', (word: string): Expression => {
    const opening = this.require(0, Tok.LeftParen, `'(' after '${word}'`);
    const expression = this.SUBRULE(this.expression);
    this.requireClosing(0, Tok.RightParen, opening);
    return expression;
  });

  /** 6.8.4.1: if ( expression ) statement {else if ( expression ) statement} [else statement], without recursion */
  private ifStatement = this.RULE('ifStatement', (): Statement => {
    const arms: { readonly start: Pos; readonly condition: Expression; readonly body: Statement }[] = [];
    const arm = (occurrence: number, start: Pos) => {
      this.take(occurrence, Tok.If);
      const condition = this.subrule(occurrence, this.controlling, { ARGS: ['if'] });
      arms.push({ start, condition, body: this.subrule(occurrence, this.statement, { ARGS: [false] }) });
    };
    arm(0, this.start());
    this.loop(
      0,
      () => this.kind(1) === Tok.Else && this.kind(2) === Tok.If,
      () => {
        this.take(0, Tok.Else);
        arm(1, this.start());
      },
    );
    let otherwise = this.maybe(0, this.kind(1) === Tok.Else, () => {
      this.take(1, Tok.Else);
      return this.SUBRULE2(this.statement, { ARGS: [false] });
    });
    let result: IfStatement | undefined;
    for (const { start, condition, body } of arms.reverse()) {
      const span = this.spanFrom(start);
      // biome-ignore lint/suspicious/noThenProperty: a node is never awaited
      result = { kind: 'IfStatement', span, condition, then: body, otherwise };
      otherwise = result;
    }
    return result ?? { kind: 'ErrorStatement', span: this.spanFrom(this.start()) };
  });

  /** 6.8.4.2: switch ( expression ) statement */
  private switchStatement = this.RULE('switchStatement', (): Statement => {
    const start = this.start();
    this.take(0, Tok.Switch);
    const value = this.SUBRULE(this.controlling, { ARGS: ['switch'] });
    const body = this.SUBRULE(this.statement, { ARGS: [false] });
    return { kind: 'SwitchStatement', span: this.spanFrom(start), value, body };
  });

  /** 6.8.5.1: while ( expression ) statement */
  private whileStatement = this.RULE('whileStatement', (): Statement => {
    const start = this.start();
    this.take(0, Tok.While);
    const condition = this.SUBRULE(this.controlling, { ARGS: ['while'] });
    const body = this.SUBRULE(this.statement, { ARGS: [false] });
    return { kind: 'WhileStatement', span: this.spanFrom(start), condition, body };
  });

  /** 6.8.5.2: do statement while ( expression ) ; */
  private doStatement = this.RULE('doStatement', (): Statement => {
    const start = this.start();
    this.take(0, Tok.Do);
    const body = this.SUBRULE(this.statement, { ARGS: [false] });
    this.require(0, Tok.While, "'while' in do/while loop");
    const condition = this.SUBRULE(this.controlling, { ARGS: ['while'] });
    this.requireSemicolon(0, 'after do/while statement');
    return { kind: 'DoStatement', span: this.spanFrom(start), body, condition };
  });

  /** 6.8.5.3: for ( (declaration | [expression] ;) [expression] ; [expression] ) statement */
  private forStatement = this.RULE('forStatement', (): Statement => {
    const start = this.start();
    this.take(0, Tok.For);
    const opening = this.require(0, Tok.LeftParen, "'(' after 'for'");
    this.pushScope();
    const init = this.SUBRULE(this.forInit);
    const condition = this.maybe(0, this.kind(1) !== Tok.Semicolon, () => this.SUBRULE(this.expression));
    this.requireForSemicolon(0);
    const step = this.maybe(1, this.kind(1) !== Tok.RightParen, () => this.SUBRULE1(this.expression));
    this.requireClosing(0, Tok.RightParen, opening);
    const body = this.SUBRULE(this.statement, { ARGS: [false] });
    this.popScope();
    return { kind: 'ForStatement', span: this.spanFrom(start), init, condition, step, body };
  });

  private forInit = this.RULE('forInit', (): ForStatement['init'] =>
    this.branch<ForStatement['init']>(
      0,
      [
        { ALT: () => this.SUBRULE(this.blockDeclaration, { ARGS: [[]] }) as Declaration },
        {
          ALT: () => {
            const init = this.SUBRULE(this.expression);
            this.requireForSemicolon(0);
            return init;
          },
        },
        { ALT: () => this.takeAs(1, Tok.Semicolon, undefined) },
      ],
      () => (this.kind(1) === Tok.Semicolon ? 2 : this.isBlockDeclaration() ? 0 : 1),
    ),
  );

  private requireForSemicolon(occurrence: number): void {
    this.require(occurrence, Tok.Semicolon, "';' in 'for' statement specifier");
  }

  /** 6.8.6.4: return [expression] ; */
  private returnStatement = this.RULE('returnStatement', (): Statement => {
    const start = this.start();
    this.take(0, Tok.Return);
    const value = this.maybe(0, this.kind(1) !== Tok.Semicolon, () => this.SUBRULE(this.expression));
    this.requireSemicolon(0, 'after return statement');
    return { kind: 'ReturnStatement', span: this.spanFrom(start), value };
  });

  /** 6.8.6.3 */
  private breakStatement = this.RULE('breakStatement', (): Statement => {
    const start = this.start();
    this.take(0, Tok.Break);
    this.requireSemicolon(0, 'after break statement');
    return { kind: 'BreakStatement', span: this.spanFrom(start) };
  });

  /** 6.8.6.2 */
  private continueStatement = this.RULE('continueStatement', (): Statement => {
    const start = this.start();
    this.take(0, Tok.Continue);
    this.requireSemicolon(0, 'after continue statement');
    return { kind: 'ContinueStatement', span: this.spanFrom(start) };
  });

  /** 6.8.6.1: goto identifier ; GNU: goto * expression ; */
  private gotoStatement = this.RULE('gotoStatement', (): Statement => {
    const start = this.start();
    this.take(0, Tok.Goto);
    const target = this.branch<Name | Expression>(
      0,
      [
        {
          ALT: () => {
            this.take(0, Tok.Star);
            return this.SUBRULE(this.expression);
          },
        },
        { ALT: () => nameOf(this.require(0, Tok.Identifier, 'identifier')) },
      ],
      () => (this.kind(1) === Tok.Star ? 0 : 1),
    );
    this.requireSemicolon(0, 'after goto statement');
    const span = this.spanFrom(start);
    if (!this.RECORDING_PHASE && 'kind' in target) return { kind: 'IndirectGotoStatement', span, target };
    return { kind: 'GotoStatement', span, label: target as Name };
  });

  /** A pragma where a statement can stand. As the body of another statement it makes a block with the one after it. */
  private pragmaStatement = this.RULE('pragmaStatement', (inBlock: boolean): Statement => {
    const start = this.start();
    const pragma = this.SUBRULE(this.pragma);
    const body = this.maybe(0, !inBlock, () => this.SUBRULE(this.statement, { ARGS: [false] }));
    if (body === undefined) return pragma;
    const span = this.spanFrom(start);
    const endSpan = { start: span.end, end: span.end };
    return { kind: 'CompoundStatement', span, items: [pragma, body], localLabels: [], endSpan };
  });

  /** A pragma line in a place where it is kept. */
  protected pragma = this.RULE('pragma', (): PragmaDirective => {
    const token = this.take(0, Tok.Pragma);
    return { kind: 'PragmaDirective', span: tokenSpan(token), text: token.image };
  });
}
