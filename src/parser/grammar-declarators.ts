/**
 * Grammar of declarators, parameters, type names and initializers (C11 6.7.6, 6.7.7, 6.7.9).
 *
 * In: tokens. Out: declarators without nesting: chunk 0 is what the name is first (see ast.ts). For
 * `P1 P2 ( inner ) S1 S2` that is the chunks of `inner`, then the suffixes S1 S2, then the pointers P2 P1.
 */

import { Tok } from '../lexer/tokens.ts';
import type {
  ArrayChunk,
  Attribute,
  Declarator,
  DeclaratorChunk,
  Designator,
  Expression,
  FunctionChunk,
  Initializer,
  InitializerItem,
  InitializerList,
  Name,
  ParameterDeclaration,
  PointerChunk,
  Qualifier,
  StringLiteral,
  TypeName,
} from './ast.ts';
import { nameOf } from './grammar-base.ts';
import { SpecifierGrammar } from './grammar-specifiers.ts';
import { type DeclaratorMode, qualifierFrom } from './specifier-words.ts';
import { isQualifier, QualifierToken } from './vocabulary.ts';

/** A declarator before its outermost pointers are known. */
interface DirectPart {
  readonly name: Name | undefined;
  readonly chunks: DeclaratorChunk[];
  readonly attributes: Attribute[];
}

export abstract class DeclaratorGrammar extends SpecifierGrammar {
  /** 6.7.6 declarator, 6.7.7 abstract-declarator: pointers direct-declarator [asm-label] attributes */
  protected declarator = this.RULE('declarator', (mode: DeclaratorMode): Declarator => {
    const start = this.start();
    const part = this.SUBRULE(this.innerDeclarator, { ARGS: [mode] });
    const before = this.SUBRULE(this.attributes);
    const asmLabel: StringLiteral | undefined = this.OPTION(() => this.SUBRULE(this.asmLabel));
    const after = this.SUBRULE1(this.attributes);
    if (this.RECORDING_PHASE) return part as unknown as Declarator;
    const attributes = [...part.attributes, ...before, ...after];
    return { span: this.spanFrom(start), name: part.name, chunks: part.chunks, attributes, asmLabel };
  });

  /** {pointer} (identifier | ( attributes declarator ) | nothing) {suffix} */
  private innerDeclarator = this.RULE('innerDeclarator', (mode: DeclaratorMode): DirectPart => {
    const pointers: PointerChunk[] = [];
    this.MANY(() => {
      pointers.push(this.SUBRULE(this.pointer));
      this.enter();
    });
    const part = this.branch<DirectPart>(
      0,
      [
        {
          ALT: () => {
            const name = nameOf(this.take(0, Tok.Identifier));
            const attributes: Attribute[] = [];
            return { name, chunks: [], attributes };
          },
        },
        { ALT: () => this.SUBRULE(this.groupedDeclarator, { ARGS: [mode] }) },
        { ALT: () => ({ name: undefined, chunks: [], attributes: [] }) },
      ],
      () => this.directKind(mode),
    );
    let suffixes = 0;
    this.loop(
      1,
      () =>
        this.kind(1) === Tok.LeftParen ||
        (this.kind(1) === Tok.LeftBracket && this.kind(2) !== Tok.LeftBracket),
      () => {
        suffixes++;
        this.enter();
        const suffix = this.OR1<DeclaratorChunk>([
          { ALT: () => this.SUBRULE(this.arraySuffix) },
          { ALT: () => this.SUBRULE(this.functionSuffix) },
        ]);
        if (!this.RECORDING_PHASE) part.chunks.push(suffix);
      },
    );
    this.leave(pointers.length + suffixes);
    if (!this.RECORDING_PHASE) part.chunks.push(...pointers.reverse());
    return part;
  });

  /** 0: a name; 1: a declarator in parentheses; 2: nothing. */
  private directKind(mode: DeclaratorMode): number {
    const kind = this.kind(1);
    if (kind === Tok.Identifier && mode !== 'abstract') return 0;
    if (kind === Tok.LeftParen && this.isGrouping(mode)) return 1;
    if (mode === 'named') this.fail("identifier or '('");
    return 2;
  }

  /** Is this parenthesis around a declarator? Otherwise it opens parameters of an abstract function declarator. */
  private isGrouping(mode: DeclaratorMode): boolean {
    if (mode === 'named') return true;
    const kind = this.kind(2);
    if (kind === Tok.Star || kind === Tok.LeftParen || kind === Tok.LeftBracket) return true;
    // 6.7.6.3 p11: a typedef name here is the type of a parameter.
    if (kind === Tok.Identifier) return mode === 'either' && !this.isTypedefName(this.peek(2));
    return kind === Tok.Attribute;
  }

  private groupedDeclarator = this.RULE('groupedDeclarator', (mode: DeclaratorMode): DirectPart => {
    const opening = this.take(0, Tok.LeftParen);
    this.enter();
    const attributes = this.SUBRULE(this.attributes);
    const part = this.SUBRULE(this.innerDeclarator, { ARGS: [mode] });
    const after = this.SUBRULE1(this.attributes);
    this.leave();
    this.requireClosing(0, Tok.RightParen, opening);
    if (!this.RECORDING_PHASE) part.attributes.push(...attributes, ...after);
    return part;
  });

  /** 6.7.6.1 pointer: * {type-qualifier | attribute} */
  private pointer = this.RULE('pointer', (): PointerChunk => {
    const start = this.start();
    const qualifiers: Qualifier[] = [];
    const attributes: Attribute[] = [];
    this.take(0, Tok.Star);
    this.loop(
      0,
      () => isQualifier[this.kind(1)] === 1 || this.kind(1) === Tok.Attribute,
      () =>
        this.OR<void>([
          {
            ALT: () => {
              qualifiers.push(qualifierFrom(this.takeAny(0, QualifierToken)));
            },
          },
          { ALT: () => this.SUBRULE(this.attributeGroup, { ARGS: [attributes] }) },
        ]),
    );
    return { kind: 'PointerChunk', span: this.spanFrom(start), qualifiers, attributes };
  });

  /** 6.7.6.2: [ {static | type-qualifier} [* | assignment-expression] ] */
  private arraySuffix = this.RULE('arraySuffix', (): ArrayChunk => {
    const start = this.start();
    const qualifiers: Qualifier[] = [];
    let isStatic = false;
    const opening = this.take(0, Tok.LeftBracket);
    this.MANY(() =>
      this.OR<void>([
        {
          ALT: () => {
            this.take(0, Tok.Static);
            isStatic = true;
          },
        },
        {
          ALT: () => {
            qualifiers.push(qualifierFrom(this.takeAny(0, QualifierToken)));
          },
        },
      ]),
    );
    const isStar = this.kind(1) === Tok.Star && this.kind(2) === Tok.RightBracket;
    const size = this.branch<Expression | undefined>(
      1,
      [
        { ALT: () => this.takeAs(0, Tok.Star, undefined) },
        { ALT: () => this.SUBRULE(this.assignmentExpression) },
        { ALT: () => undefined },
      ],
      () => (isStar ? 0 : this.kind(1) === Tok.RightBracket ? 2 : 1),
    );
    this.requireClosing(0, Tok.RightBracket, opening);
    return { kind: 'ArrayChunk', span: this.spanFrom(start), size, isStatic, isStar, qualifiers };
  });

  /** 6.7.6.3: ( parameter-type-list ) | ( [identifier-list] ) */
  private functionSuffix = this.RULE('functionSuffix', (): FunctionChunk => {
    const start = this.start();
    const opening = this.take(0, Tok.LeftParen);
    const parameters: ParameterDeclaration[] = [];
    const identifiers: Name[] = [];
    let isVariadic = false;
    // Another level beside the suffix's own, for the stack that parameters take.
    this.enter();
    this.pushScope();
    const form = this.parameterForm();
    this.branch<void>(
      0,
      [
        {
          ALT: () => {
            isVariadic = this.SUBRULE(this.parameterList, { ARGS: [parameters] });
          },
        },
        { ALT: () => this.SUBRULE(this.identifierList, { ARGS: [identifiers] }) },
        { ALT: () => undefined },
      ],
      () => form,
    );
    this.popScope();
    this.leave();
    this.requireClosing(0, Tok.RightParen, opening);
    const isPrototype = form === 0;
    return {
      kind: 'FunctionChunk',
      span: this.spanFrom(start),
      parameters,
      isVariadic,
      isPrototype,
      identifiers,
    };
  });

  /** 0: parameter declarations; 1: names only (K&R); 2: nothing. */
  private parameterForm(): number {
    const token = this.peek(1);
    if (token.kind === Tok.RightParen) return 2;
    const next = this.kind(2);
    const isName = token.kind === Tok.Identifier && (next === Tok.Comma || next === Tok.RightParen);
    return isName && !this.isTypedefName(token) ? 1 : 0;
  }

  /** 6.7.6.3 parameter-type-list; gives whether it ends with `...`. */
  private parameterList = this.RULE('parameterList', (into: ParameterDeclaration[]): boolean => {
    let isVariadic = false;
    const one = (occurrence: number) =>
      this.or(occurrence, [
        {
          ALT: () => {
            this.take(occurrence, Tok.Ellipsis);
            isVariadic = true;
          },
        },
        {
          ALT: () => {
            const parameter = this.subrule(occurrence, this.parameterDeclaration);
            if (!this.RECORDING_PHASE) into.push(parameter);
          },
        },
      ]);
    if (!this.RECORDING_PHASE && !this.startsParameter()) this.fail('parameter declarator');
    one(0);
    this.loop(
      0,
      () => this.kind(1) === Tok.Comma && !isVariadic,
      () => {
        this.take(2, Tok.Comma);
        if (!this.RECORDING_PHASE && !this.startsParameter()) this.fail('parameter declarator');
        one(1);
      },
    );
    return isVariadic;
  });

  private startsParameter(): boolean {
    const kind = this.kind(1);
    if (kind === Tok.Identifier || kind === Tok.Ellipsis || kind === Tok.Extension) return true;
    return this.startsDeclaration(1) || this.startsAttribute();
  }

  /** 6.7.6.3 parameter-declaration */
  private parameterDeclaration = this.RULE('parameterDeclaration', (): ParameterDeclaration => {
    const start = this.start();
    const specifiers = this.SUBRULE(this.declarationSpecifiers, { ARGS: [true] });
    const declarator = this.SUBRULE(this.declarator, { ARGS: ['either'] });
    this.declareName(declarator.name, false);
    return { kind: 'ParameterDeclaration', span: this.spanFrom(start), specifiers, declarator };
  });

  /** 6.9.1: the names of a K&R definition */
  private identifierList = this.RULE('identifierList', (into: Name[]): void => {
    const first = this.take(0, Tok.Identifier);
    if (!this.RECORDING_PHASE) into.push(nameOf(first));
    this.MANY(() => {
      this.take(0, Tok.Comma);
      const next = this.require(1, Tok.Identifier, 'identifier');
      if (!this.RECORDING_PHASE) into.push(nameOf(next));
    });
  });

  /** 6.7.7 type-name: specifier-qualifier-list abstract-declarator */
  protected typeName = this.RULE('typeName', (): TypeName => {
    const start = this.start();
    const specifiers = this.SUBRULE(this.declarationSpecifiers, { ARGS: [true] });
    const declarator = this.SUBRULE(this.declarator, { ARGS: ['abstract'] });
    return { kind: 'TypeName', span: this.spanFrom(start), specifiers, declarator };
  });

  /** 6.7.9 initializer: assignment-expression | initializer-list */
  protected initializer = this.RULE(
    'initializer',
    (): Initializer =>
      this.branch<Initializer>(
        0,
        [
          { ALT: () => this.SUBRULE(this.initializerList) },
          { ALT: () => this.SUBRULE(this.assignmentExpression) },
        ],
        () => (this.kind(1) === Tok.LeftBrace ? 0 : 1),
      ),
  );

  /** 6.7.9: { [item {, item} [,]] } */
  protected initializerList = this.RULE('initializerList', (): InitializerList => {
    const start = this.start();
    const items: InitializerItem[] = [];
    const opening = this.take(0, Tok.LeftBrace);
    this.enter();
    let isMore = true;
    this.loop(
      0,
      () => isMore && this.kind(1) !== Tok.RightBrace && this.kind(1) !== Tok.EndOfFile,
      () => {
        items.push(this.SUBRULE(this.initializerItem));
        isMore = this.maybe(0, this.kind(1) === Tok.Comma, () => this.take(0, Tok.Comma)) !== undefined;
      },
    );
    this.leave();
    this.requireClosing(0, Tok.RightBrace, opening);
    return { kind: 'InitializerList', span: this.spanFrom(start), items };
  });

  /** 6.7.9 [designation] initializer; GNU: `name: value` and `[index] value` */
  private initializerItem = this.RULE('initializerItem', (): InitializerItem => {
    const start = this.start();
    const designators: Designator[] = [];
    this.branch<void>(
      0,
      [
        {
          ALT: () => {
            const member = nameOf(this.take(0, Tok.Identifier));
            this.take(0, Tok.Colon);
            designators.push({ kind: 'MemberDesignator', span: member.span, member });
          },
        },
        {
          ALT: () => {
            this.AT_LEAST_ONE(() => {
              designators.push(this.SUBRULE(this.designator));
            });
            this.OPTION(() => this.take(0, Tok.Equal));
          },
        },
        { ALT: () => undefined },
      ],
      () => {
        const kind = this.kind(1);
        if (kind === Tok.Dot || kind === Tok.LeftBracket) return 1;
        return kind === Tok.Identifier && this.kind(2) === Tok.Colon ? 0 : 2;
      },
    );
    const value = this.SUBRULE(this.initializer);
    return { designators, value, span: this.spanFrom(start) };
  });

  /** 6.7.9 designator: . identifier | [ constant-expression ]; GNU: [ first ... last ] */
  protected designator = this.RULE('designator', (): Designator => {
    const start = this.start();
    return this.OR<Designator>([
      {
        ALT: () => {
          this.take(0, Tok.Dot);
          const member = nameOf(this.require(0, Tok.Identifier, "a field designator, such as '.field = 4'"));
          return { kind: 'MemberDesignator', span: this.spanFrom(start), member };
        },
      },
      {
        ALT: () => {
          const opening = this.take(0, Tok.LeftBracket);
          const first = this.SUBRULE(this.expression);
          const last = this.OPTION(() => {
            this.take(0, Tok.Ellipsis);
            return this.SUBRULE1(this.expression);
          });
          this.requireClosing(0, Tok.RightBracket, opening);
          const span = this.spanFrom(start);
          if (last === undefined) return { kind: 'IndexDesignator', span, index: first };
          return { kind: 'RangeDesignator', span, first, last };
        },
      },
    ]);
  });
}
