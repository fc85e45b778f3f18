/**
 * Grammar of external declarations (C11 6.9) and of declarations in blocks, and the finished parser.
 *
 * In: token objects of one external declaration (a function's up to its `{`) or of one function body. Out:
 * nodes; diagnostics in the sink of the context. One parser serves a whole session: `begin` resets all its state.
 */

import { noPos, type Pos } from '../diagnostics/source-manager.ts';
import { Tok } from '../lexer/tokens.ts';
import type {
  Attribute,
  BlockItem,
  CompoundStatement,
  Declaration,
  DeclarationSpecifiers,
  Declarator,
  ErrorDeclaration,
  ErrorStatement,
  ExternalDeclaration,
  FunctionDefinition,
  InitDeclarator,
  Initializer,
  TokenRange,
} from './ast.ts';
import { ParseAbort, type ParseContext } from './grammar-base.ts';
import { definesTag } from './grammar-specifiers.ts';
import { StatementGrammar } from './grammar-statements.ts';
import { type SourceToken, tokenSpan } from './vocabulary.ts';

export class CParser extends StatementGrammar {
  private bodyEnd = 0;

  constructor() {
    super();
    // All rules are defined. What Chevrotain's analysis of them would give is in first-sets.ts.
    this.selfAnalysisDone = true;
  }

  /**
   * Parses all external declarations of a range. A function's body is not parsed: the range ends at its `{`, and
   * `bodyEnd` is the number of the token after its `}`.
   */
  parseExternal(tokens: SourceToken[], bodyEnd: number, context: ParseContext): ExternalDeclaration[] {
    this.begin(tokens, context);
    this.bodyEnd = bodyEnd;
    const found: ExternalDeclaration[] = [];
    try {
      this.externalDeclarations(found);
    } catch (error) {
      this.endAborted(error);
      found.push(errorDeclaration(tokens));
    }
    return found;
  }

  /** Parses the body of a function whose declarator is given. */
  parseFunctionBody(tokens: SourceToken[], declarator: Declarator, context: ParseContext): CompoundStatement {
    this.begin(tokens, context);
    this.declareParameters(declarator);
    try {
      return this.block();
    } catch (error) {
      this.endAborted(error);
      const { span } = errorDeclaration(tokens);
      return {
        kind: 'CompoundStatement',
        span,
        items: [{ kind: 'ErrorStatement', span }],
        localLabels: [],
        endSpan: { start: span.end, end: span.end },
      };
    }
  }

  /**
   * Lets only faults of ours through. The stack of a host may be smaller than the nesting limit needs: that is the
   * same diagnostic.
   */
  private endAborted(error: unknown): void {
    if (error instanceof ParseAbort) return;
    if (!(error instanceof RangeError)) throw error;
    this.reportNesting();
  }

  /** Parses `attribute` alone, as it stands in a pragma. */
  parseAttributes(tokens: SourceToken[], context: ParseContext): readonly Attribute[] {
    this.begin(tokens, context);
    return this.recover(
      () => this.attributes(),
      () => [],
    );
  }

  /** 6.9 translation-unit (or a piece of it) */
  private externalDeclarations = this.RULE('externalDeclarations', (into: ExternalDeclaration[]): void => {
    this.dropClosingBraces();
    this.loop(
      0,
      () => this.kind(1) !== Tok.EndOfFile,
      () => {
        const declaration = this.recover<ExternalDeclaration | undefined>(
          () => this.SUBRULE(this.externalDeclaration),
          (start) => ({ kind: 'ErrorDeclaration', span: this.spanFrom(start) }),
        );
        if (declaration !== undefined && !this.RECORDING_PHASE) into.push(declaration);
        this.dropClosingBraces();
      },
    );
  });

  /** A `}` at file scope closes nothing. */
  private dropClosingBraces(): void {
    while (this.kind(1) === Tok.RightBrace) {
      this.report('extraneous-closing-brace', tokenSpan(this.peek(1)));
      this.SKIP_TOKEN();
    }
  }

  /** 6.9 external-declaration: function-definition | declaration | static-assert | asm | pragma | ; */
  private externalDeclaration = this.RULE('externalDeclaration', (): ExternalDeclaration | undefined =>
    this.branch<ExternalDeclaration | undefined>(
      0,
      [
        { ALT: () => this.SUBRULE(this.declarationOrFunction) },
        { ALT: () => this.SUBRULE(this.staticAssert) },
        { ALT: () => this.SUBRULE(this.fileScopeAsm) },
        { ALT: () => this.SUBRULE(this.pragma) },
        { ALT: () => this.takeAs(0, Tok.Semicolon, undefined) },
      ],
      () => {
        const kind = this.kind(1);
        if (kind === Tok.StaticAssert) return 1;
        if (kind === Tok.Asm) return 2;
        if (kind === Tok.Pragma) return 3;
        return kind === Tok.Semicolon ? 4 : 0;
      },
    ),
  );

  /** 6.9.1 function-definition, 6.7 declaration */
  private declarationOrFunction = this.RULE('declarationOrFunction', (): ExternalDeclaration => {
    const start = this.start();
    if (!this.RECORDING_PHASE && !this.startsExternal()) this.fail("identifier or '('");
    const specifiers = this.SUBRULE(this.declarationSpecifiers, { ARGS: [true] });
    const declarators: InitDeclarator[] = [];
    let definition: FunctionDefinition | undefined;
    this.maybe(0, !this.endsDeclaration(specifiers), () => {
      const declarator = this.SUBRULE(this.declarator, { ARGS: ['named'] });
      this.declareName(declarator.name, specifiers.storage === 'typedef');
      this.branch<void>(
        0,
        [
          {
            ALT: () => {
              definition = this.SUBRULE(this.functionRest, { ARGS: [start, specifiers, declarator] });
            },
          },
          { ALT: () => this.SUBRULE(this.initDeclarators, { ARGS: [specifiers, declarator, declarators] }) },
        ],
        () => (this.isFunctionDefinition(declarator) ? 0 : 1),
      );
    });
    if (definition !== undefined) return definition;
    const isTag = declarators.length === 0 && definesTag(specifiers.types?.at(-1));
    this.endDeclaration(isTag ? `after ${tagWord(specifiers)}` : 'after top level declarator');
    return { kind: 'Declaration', span: this.spanFrom(start), specifiers, declarators };
  });

  private startsExternal(): boolean {
    const kind = this.kind(1);
    if (kind === Tok.Identifier || kind === Tok.Star || kind === Tok.LeftParen || kind === Tok.Extension)
      return true;
    return this.startsDeclaration(1) || this.startsAttribute();
  }

  /** No declarator follows: `struct s { ... };`, also when its semicolon is missing. */
  private endsDeclaration(specifiers: DeclarationSpecifiers): boolean {
    const kind = this.kind(1);
    if (kind === Tok.Semicolon) return true;
    if (!definesTag(specifiers.types?.at(-1))) return false;
    return kind !== Tok.Identifier && kind !== Tok.Star && kind !== Tok.LeftParen;
  }

  private isFunctionDefinition(declarator: Declarator): boolean {
    const chunk = declarator.chunks[0];
    if (chunk?.kind !== 'FunctionChunk') return false;
    return this.kind(1) === Tok.LeftBrace || (chunk.identifiers.length > 0 && this.startsDeclaration(1));
  }

  /** 6.9.1: {declaration} compound-statement, whose tokens are left for later */
  private functionRest = this.RULE(
    'functionRest',
    (start: Pos, specifiers: DeclarationSpecifiers, declarator: Declarator): FunctionDefinition => {
      const parameterDeclarations: Declaration[] = [];
      this.loop(
        0,
        () => this.startsDeclaration(1),
        () => {
          const declaration = this.SUBRULE(this.plainDeclaration, { ARGS: [[]] });
          if (declaration.kind === 'Declaration') parameterDeclarations.push(declaration);
        },
      );
      const body = this.deferredBody();
      const span = this.spanFrom(start);
      return { kind: 'FunctionDefinition', span, specifiers, declarator, parameterDeclarations, body };
    },
  );

  /** Where the body's tokens are: the range ends at its brace, or (after a syntax error) goes on behind it. */
  private deferredBody(): TokenRange {
    const opening = this.peek(1);
    if (!this.RECORDING_PHASE && (opening.kind !== Tok.LeftBrace || this.kind(2) !== Tok.EndOfFile)) {
      if (opening.kind !== Tok.LeftBrace) this.fail('function body after function declarator');
      this.skipGroup();
      if (this.kind(0) !== Tok.RightBrace) this.fail("'}'");
      return { start: opening.index, end: this.peek(1).index };
    }
    this.take(0, Tok.LeftBrace);
    return { start: opening.index, end: this.bodyEnd };
  }

  /** 6.7 init-declarator-list after its first declarator */
  private initDeclarators = this.RULE(
    'initDeclarators',
    (specifiers: DeclarationSpecifiers, first: Declarator, into: InitDeclarator[]): void => {
      const add = (declarator: Declarator, initializer: Initializer | undefined) => {
        if (!this.RECORDING_PHASE) into.push({ declarator, initializer });
      };
      add(first, this.SUBRULE(this.initialization));
      this.MANY(() => {
        this.take(0, Tok.Comma);
        const declarator = this.SUBRULE(this.declarator, { ARGS: ['named'] });
        this.declareName(declarator.name, specifiers?.storage === 'typedef');
        add(declarator, this.SUBRULE1(this.initialization));
      });
    },
  );

  /** [= initializer] */
  private initialization = this.RULE('initialization', (): Initializer | undefined =>
    this.OPTION(() => {
      this.take(0, Tok.Equal);
      return this.SUBRULE(this.initializer);
    }),
  );

  /** 6.7 declaration in a block, a `for` or a K&R definition; a nested function is an error. */
  private plainDeclaration = this.RULE(
    'plainDeclaration',
    (attributes: readonly Attribute[]): Declaration | ErrorStatement => {
      const start = this.start();
      const own = this.SUBRULE(this.declarationSpecifiers, { ARGS: [true] });
      const specifiers = this.RECORDING_PHASE
        ? own
        : { ...own, attributes: [...attributes, ...own.attributes] };
      const declarators: InitDeclarator[] = [];
      let isNested = false;
      this.maybe(0, !this.endsDeclaration(specifiers), () => {
        const declarator = this.SUBRULE(this.declarator, { ARGS: ['named'] });
        this.declareName(declarator.name, specifiers.storage === 'typedef');
        isNested = this.kind(1) === Tok.LeftBrace && declarator.chunks[0]?.kind === 'FunctionChunk';
        this.maybe(1, !isNested, () =>
          this.SUBRULE(this.initDeclarators, { ARGS: [specifiers, declarator, declarators] }),
        );
      });
      if (isNested) {
        this.report('nested-function', tokenSpan(this.peek(1)));
        this.skipGroup();
        return { kind: 'ErrorStatement', span: this.spanFrom(start) };
      }
      const isTag = declarators.length === 0 && definesTag(specifiers.types?.at(-1));
      this.endDeclaration(isTag ? `after ${tagWord(specifiers)}` : 'at end of declaration');
      return { kind: 'Declaration', span: this.spanFrom(start), specifiers, declarators };
    },
  );

  /** 6.8.2: the declaration of a block item */
  protected blockDeclaration = this.RULE(
    'blockDeclaration',
    (attributes: readonly Attribute[]): BlockItem =>
      this.SUBRULE(this.plainDeclaration, { ARGS: [attributes] }),
  );
}

function tagWord(specifiers: DeclarationSpecifiers): string {
  const type = specifiers.types.at(-1);
  if (type?.kind !== 'RecordSpecifier') return 'enum';
  return type.isUnion ? 'union' : 'struct';
}

function errorDeclaration(tokens: readonly SourceToken[]): ErrorDeclaration {
  const start = tokens[0]?.pos ?? noPos;
  return { kind: 'ErrorDeclaration', span: { start, end: tokens.at(-1)?.pos ?? start } };
}
