/**
 * Grammar of declaration specifiers: storage classes, type specifiers with struct, union and enum bodies, qualifiers
 * (C11 6.7.1-6.7.5, C23 `enum : type`, GNU and clang extensions).
 *
 * In: tokens. Out: DeclarationSpecifiers. Which combinations of type keywords make a type is sema's to say; here
 * only what cannot be represented is reported. A typedef name is taken while no other type specifier was seen (6.7.8).
 */

import type { ParserMethod } from 'chevrotain';
import { Tok } from '../lexer/tokens.ts';
import type {
  Attribute,
  DeclarationSpecifiers,
  Declarator,
  Enumerator,
  EnumSpecifier,
  Expression,
  MemberDeclaration,
  MemberDeclarator,
  PragmaDirective,
  RecordSpecifier,
  StaticAssert,
  StringLiteral,
  TypeName,
  TypeSpecifier,
} from './ast.ts';
import { nameOf } from './grammar-base.ts';
import { ExpressionGrammar } from './grammar-expressions.ts';
import { type DeclaratorMode, qualifierFrom, storageOf, typeKeywordOf } from './specifier-words.ts';
import {
  FunctionSpecifierToken,
  isQualifier,
  isStorageClass,
  isTypeKeyword,
  isTypeSpecifierStart,
  kindSet,
  QualifierToken,
  type SourceToken,
  StorageClassToken,
  TypeKeywordToken,
  tokenSpan,
} from './vocabulary.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
type SpecifierBuilder = Writable<Omit<DeclarationSpecifiers, 'span'>>;

/** What may follow an identifier that is the name of a declarator: then a type is missing before it, not wrong. */
const followsDeclaratorName = kindSet([
  'LeftBracket',
  'LeftParen',
  'RightParen',
  'RightBrace',
  'Comma',
  'Semicolon',
  'Equal',
  'Colon',
  'Asm',
  'Attribute',
  'LeftBrace',
  'EndOfFile',
]);

/** The alternatives of one specifier, in the order of the rule's list. */
const Part = {
  storage: 0,
  qualifier: 1,
  functionSpecifier: 2,
  alignas: 3,
  keyword: 4,
  record: 5,
  enum: 6,
  typeof: 7,
  atomic: 8,
  attributes: 9,
  typedef: 10,
  none: -1,
} as const;

export abstract class SpecifierGrammar extends ExpressionGrammar {
  protected abstract readonly declarator: ParserMethod<[mode: DeclaratorMode], Declarator>;
  protected abstract readonly pragma: ParserMethod<[], PragmaDirective>;

  /** 6.7 declaration-specifiers. With `needsType`, a name of no type counts as one. */
  protected declarationSpecifiers = this.RULE(
    'declarationSpecifiers',
    (needsType: boolean): DeclarationSpecifiers => {
      const start = this.start();
      const into: SpecifierBuilder = {
        storage: undefined,
        isThreadLocal: false,
        isInline: false,
        isNoreturn: false,
        qualifiers: [],
        types: [],
        alignments: [],
        attributes: [],
      };
      this.loop(
        0,
        () => this.nextPart(into) !== Part.none || this.takesUnknownType(into, needsType),
        () => this.specifier(into),
      );
      return { span: this.spanFrom(start), ...into };
    },
  );

  /** Which specifier comes next. */
  private nextPart(into: SpecifierBuilder): number {
    const token = this.peek(1);
    const kind = token.kind;
    if (kind === Tok.Identifier)
      return into.types.length === 0 && this.isTypedefName(token) ? Part.typedef : Part.none;
    if (isTypeSpecifierStart[kind] === 1) {
      // After `struct s { ... }` another type means that a semicolon is missing.
      if (definesTag(into.types.at(-1))) return Part.none;
      if (isTypeKeyword[kind] === 1) return Part.keyword;
      return kind === Tok.Enum
        ? Part.enum
        : kind === Tok.Typeof || kind === Tok.TypeofUnqual
          ? Part.typeof
          : Part.record;
    }
    if (kind === Tok.Atomic && this.kind(2) === Tok.LeftParen) return Part.atomic;
    if (isQualifier[kind] === 1) return Part.qualifier;
    if (isStorageClass[kind] === 1) return Part.storage;
    if (kind === Tok.Alignas) return Part.alignas;
    if (this.startsAttribute()) return Part.attributes;
    if (kind === Tok.Inline || kind === Tok.Noreturn || kind === Tok.ThreadLocal || kind === Tok.Extension) {
      return Part.functionSpecifier;
    }
    return Part.none;
  }

  private specifier(into: SpecifierBuilder): void {
    this.branch<void>(
      0,
      [
        { ALT: () => this.addStorage(into, this.takeAny(0, StorageClassToken)) },
        {
          ALT: () => {
            into.qualifiers.push(qualifierFrom(this.takeAny(0, QualifierToken)));
          },
        },
        { ALT: () => addFunctionSpecifier(into, this.takeAny(0, FunctionSpecifierToken)) },
        {
          ALT: () => {
            into.alignments.push(this.SUBRULE(this.alignmentSpecifier));
          },
        },
        {
          ALT: () => {
            into.types.push(keywordSpecifier(this.takeAny(0, TypeKeywordToken)));
          },
        },
        {
          ALT: () => {
            into.types.push(this.SUBRULE(this.recordSpecifier));
          },
        },
        {
          ALT: () => {
            into.types.push(this.SUBRULE(this.enumSpecifier));
          },
        },
        {
          ALT: () => {
            into.types.push(this.SUBRULE(this.typeofSpecifier));
          },
        },
        {
          ALT: () => {
            into.types.push(this.SUBRULE(this.atomicSpecifier));
          },
        },
        { ALT: () => this.SUBRULE(this.attributeGroup, { ARGS: [into.attributes] }) },
        {
          ALT: () => {
            const token = this.take(0, Tok.Identifier);
            into.types.push({ kind: 'TypedefSpecifier', span: tokenSpan(token), name: token.image });
          },
        },
      ],
      () => this.nextPart(into),
    );
  }

  private addStorage(into: SpecifierBuilder, token: SourceToken): void {
    const storage = storageOf.get(token.kind);
    if (into.storage !== undefined && into.storage !== storage) {
      this.report('combined-storage', tokenSpan(token), [into.storage]);
    }
    into.storage ??= storage;
  }

  /**
   * An identifier where only a type can stand is an unknown type name: it is reported and counts as `int`. True when
   * more specifiers follow it.
   */
  private takesUnknownType(into: SpecifierBuilder, needsType: boolean): boolean {
    const token = this.peek(1);
    if (!needsType || into.types.length > 0 || token.kind !== Tok.Identifier) return false;
    if (followsDeclaratorName[this.kind(2)] === 1) return false;
    this.report('unknown-type-name', tokenSpan(token), [token.image]);
    this.SKIP_TOKEN();
    into.types.push({ kind: 'KeywordSpecifier', span: tokenSpan(token), keyword: 'int' });
    return this.nextPart(into) !== Part.none;
  }

  /** 6.7.5: _Alignas ( type-name | constant-expression ) */
  private alignmentSpecifier = this.RULE('alignmentSpecifier', (): Expression | TypeName => {
    this.take(0, Tok.Alignas);
    const opening = this.require(0, Tok.LeftParen, "'(' after '_Alignas'");
    const operand = this.SUBRULE(this.typeOrExpression);
    this.requireClosing(0, Tok.RightParen, opening);
    return operand;
  });

  private typeOrExpression = this.RULE('typeOrExpression', (): Expression | TypeName =>
    this.branch<Expression | TypeName>(
      0,
      [{ ALT: () => this.SUBRULE(this.typeName) }, { ALT: () => this.SUBRULE(this.expression) }],
      () => (this.startsTypeName(1) ? 0 : 1),
    ),
  );

  /** GNU and C23 6.7.2.5: (typeof | typeof_unqual) ( type-name | expression ) */
  private typeofSpecifier = this.RULE('typeofSpecifier', (): TypeSpecifier => {
    const start = this.start();
    const word = this.peek(1);
    const unqualified = this.OR([
      { ALT: () => this.takeAs(0, Tok.Typeof, false) },
      { ALT: () => this.takeAs(0, Tok.TypeofUnqual, true) },
    ]);
    const opening = this.require(0, Tok.LeftParen, `'(' after '${word.image}'`);
    this.enter();
    const operand = this.SUBRULE(this.typeOrExpression);
    this.leave();
    this.requireClosing(0, Tok.RightParen, opening);
    return { kind: 'TypeofSpecifier', span: this.spanFrom(start), operand, unqualified };
  });

  /** 6.7.2.4: _Atomic ( type-name ) */
  private atomicSpecifier = this.RULE('atomicSpecifier', (): TypeSpecifier => {
    const start = this.start();
    this.take(0, Tok.Atomic);
    const opening = this.take(0, Tok.LeftParen);
    this.enter();
    const type = this.SUBRULE(this.typeName);
    this.leave();
    this.requireClosing(0, Tok.RightParen, opening);
    return { kind: 'AtomicSpecifier', span: this.spanFrom(start), type };
  });

  /** 6.7.2.1: (struct | union) attributes (identifier | [identifier] { {member} } attributes) */
  private recordSpecifier = this.RULE('recordSpecifier', (): RecordSpecifier => {
    const start = this.start();
    const isUnion = this.OR([
      { ALT: () => this.takeAs(0, Tok.Struct, false) },
      { ALT: () => this.takeAs(0, Tok.Union, true) },
    ]);
    const attributes = this.ownAttributes(this.SUBRULE(this.attributes));
    const tag = this.OPTION(() => nameOf(this.take(0, Tok.Identifier)));
    const members = this.OPTION1(() => this.SUBRULE(this.memberList, { ARGS: [attributes] }));
    if (!this.RECORDING_PHASE && tag === undefined && members === undefined) {
      this.fail("identifier or '{'");
    }
    return { kind: 'RecordSpecifier', span: this.spanFrom(start), isUnion, tag, members, attributes };
  });

  /** The attributes before a tag, in a list that those after the body can join. */
  private ownAttributes(attributes: readonly Attribute[]): Attribute[] {
    return this.RECORDING_PHASE ? [] : [...attributes];
  }

  /** 6.7.2.1 struct-declaration-list in its braces, with the attributes after them. */
  private memberList = this.RULE('memberList', (attributes: Attribute[]) => {
    const members: (MemberDeclaration | StaticAssert | PragmaDirective)[] = [];
    const opening = this.take(0, Tok.LeftBrace);
    // Two levels: a struct in a struct takes twice the stack of other nesting.
    this.enter(2);
    this.loop(
      0,
      () => this.kind(1) !== Tok.RightBrace && this.kind(1) !== Tok.EndOfFile,
      () =>
        this.recover(
          () => {
            const member = this.SUBRULE(this.member);
            if (member !== undefined) members.push(member);
          },
          () => undefined,
        ),
    );
    this.leave(2);
    this.requireClosing(0, Tok.RightBrace, opening);
    const after = this.SUBRULE(this.attributes);
    if (!this.RECORDING_PHASE) attributes.push(...after);
    return members;
  });

  /** 6.7.2.1 struct-declaration | static-assert | pragma | ; */
  private member = this.RULE('member', () =>
    this.branch<MemberDeclaration | StaticAssert | PragmaDirective | undefined>(
      0,
      [
        { ALT: () => this.SUBRULE(this.memberDeclaration) },
        { ALT: () => this.SUBRULE(this.staticAssert) },
        { ALT: () => this.SUBRULE(this.pragma) },
        { ALT: () => this.takeAs(0, Tok.Semicolon, undefined) },
      ],
      () => {
        const kind = this.kind(1);
        return kind === Tok.StaticAssert ? 1 : kind === Tok.Pragma ? 2 : kind === Tok.Semicolon ? 3 : 0;
      },
    ),
  );

  /** specifier-qualifier-list [member-declarator {, member-declarator}] ; */
  private memberDeclaration = this.RULE('memberDeclaration', (): MemberDeclaration => {
    const start = this.start();
    if (!this.RECORDING_PHASE && this.kind(1) !== Tok.Identifier && !this.startsSpecifiers()) {
      this.fail("member name or ';' after declaration specifiers");
    }
    const specifiers = this.SUBRULE(this.declarationSpecifiers, { ARGS: [true] });
    const declarators: MemberDeclarator[] = [];
    this.maybe(0, this.startsDeclarator(), () => {
      declarators.push(this.SUBRULE(this.memberDeclarator));
      this.MANY(() => {
        this.take(0, Tok.Comma);
        declarators.push(this.SUBRULE1(this.memberDeclarator));
      });
    });
    this.endDeclaration('at end of declaration list');
    return { kind: 'MemberDeclaration', span: this.spanFrom(start), specifiers, declarators };
  });

  private startsSpecifiers(): boolean {
    return this.startsDeclaration(1) || this.startsAttribute() || this.kind(1) === Tok.Extension;
  }

  private startsDeclarator(): boolean {
    const kind = this.kind(1);
    return kind === Tok.Identifier || kind === Tok.Star || kind === Tok.LeftParen || kind === Tok.Colon;
  }

  /** 6.7.2.1 struct-declarator: declarator [: width] attributes | : width attributes */
  private memberDeclarator = this.RULE('memberDeclarator', (): MemberDeclarator => {
    const start = this.start();
    const declarator = this.maybe(0, this.kind(1) !== Tok.Colon, () =>
      this.SUBRULE(this.declarator, { ARGS: ['named'] }),
    );
    const bitWidth = this.OPTION1(() => {
      this.take(0, Tok.Colon);
      return this.SUBRULE(this.conditionalExpression);
    });
    const attributes = this.SUBRULE(this.attributes);
    return { declarator, bitWidth, attributes, span: this.spanFrom(start) };
  });

  /** 6.7.2.2, C23 6.7.2.2: enum attributes [identifier] [: type] [{ enumerators [,] } attributes] */
  private enumSpecifier = this.RULE('enumSpecifier', (): EnumSpecifier => {
    const start = this.start();
    this.take(0, Tok.Enum);
    const attributes = this.ownAttributes(this.SUBRULE(this.attributes));
    const tag = this.OPTION(() => nameOf(this.take(0, Tok.Identifier)));
    // `enum e : 3` in a struct is a bit-field.
    const underlying = this.maybe(1, this.kind(1) === Tok.Colon && this.startsTypeName(2), () => {
      this.take(0, Tok.Colon);
      return this.SUBRULE(this.enumType);
    });
    const enumerators = this.OPTION2(() => this.SUBRULE(this.enumeratorList, { ARGS: [attributes] }));
    if (!this.RECORDING_PHASE && tag === undefined && enumerators === undefined)
      this.fail("identifier or '{'");
    return { kind: 'EnumSpecifier', span: this.spanFrom(start), tag, enumerators, underlying, attributes };
  });

  /** The type of `enum : type` has no declarator, so that `enum e : int { ... }` is no question. */
  private enumType = this.RULE('enumType', (): TypeName => {
    const start = this.start();
    const specifiers = this.SUBRULE(this.declarationSpecifiers, { ARGS: [true] });
    const span = this.spanFrom(start);
    const declarator: Declarator = {
      span: { start: span.end, end: span.end },
      name: undefined,
      chunks: [],
      attributes: [],
      asmLabel: undefined,
    };
    return { kind: 'TypeName', span, specifiers, declarator };
  });

  private enumeratorList = this.RULE('enumeratorList', (attributes: Attribute[]): Enumerator[] => {
    const found: Enumerator[] = [];
    const opening = this.take(0, Tok.LeftBrace);
    this.loop(
      0,
      () => this.kind(1) === Tok.Identifier,
      () => {
        found.push(this.SUBRULE(this.enumerator));
        this.maybe(0, this.isAfterEnumerator(), () => this.take(0, Tok.Comma));
      },
    );
    if (!this.RECORDING_PHASE && this.kind(1) !== Tok.RightBrace && this.kind(1) !== Tok.EndOfFile) {
      this.fail('identifier');
    }
    this.requireClosing(0, Tok.RightBrace, opening);
    const after = this.SUBRULE(this.attributes);
    if (!this.RECORDING_PHASE) attributes.push(...after);
    return found;
  });

  /** Is there a comma? When an enumerator follows instead, the comma is missing. */
  private isAfterEnumerator(): boolean {
    if (!this.RECORDING_PHASE && this.kind(1) === Tok.Identifier)
      this.report('missing-comma', this.afterPrevious());
    return this.kind(1) === Tok.Comma;
  }

  /** 6.7.2.2: enumeration-constant attributes [= constant-expression] */
  private enumerator = this.RULE('enumerator', (): Enumerator => {
    const name = nameOf(this.take(0, Tok.Identifier));
    const attributes = this.SUBRULE(this.attributes);
    const value = this.OPTION(() => {
      this.take(0, Tok.Equal);
      return this.SUBRULE(this.conditionalExpression);
    });
    this.declareName(name, false);
    return { name, value, attributes };
  });

  /** 6.7.10: _Static_assert ( constant-expression [, string-literal] ) ; */
  protected staticAssert = this.RULE('staticAssert', (): StaticAssert => {
    const start = this.start();
    const word = this.take(0, Tok.StaticAssert);
    const opening = this.require(0, Tok.LeftParen, `'(' after '${word.image}'`);
    const condition = this.SUBRULE(this.conditionalExpression);
    const message: StringLiteral | undefined = this.OPTION(() => {
      this.take(0, Tok.Comma);
      return this.SUBRULE(this.stringLiteral);
    });
    this.requireClosing(0, Tok.RightParen, opening);
    this.requireSemicolon(0, `after '${word.image}'`);
    return { kind: 'StaticAssert', span: this.spanFrom(start), condition, message };
  });
}

/** Does this type specifier end with the body of a struct, union or enum? */
export function definesTag(type: TypeSpecifier | undefined): boolean {
  if (type?.kind === 'RecordSpecifier') return type.members !== undefined;
  return type?.kind === 'EnumSpecifier' && type.enumerators !== undefined;
}

function keywordSpecifier(token: SourceToken): TypeSpecifier {
  return {
    kind: 'KeywordSpecifier',
    span: tokenSpan(token),
    keyword: typeKeywordOf.get(token.kind) ?? 'int',
  };
}

function addFunctionSpecifier(into: SpecifierBuilder, token: SourceToken): void {
  if (token.kind === Tok.Inline) into.isInline = true;
  else if (token.kind === Tok.Noreturn) into.isNoreturn = true;
  else if (token.kind === Tok.ThreadLocal) into.isThreadLocal = true;
}
