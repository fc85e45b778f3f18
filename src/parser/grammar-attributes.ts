/**
 * Grammar of attributes (GNU `__attribute__((...))`, C23 `[[...]]`) and of `asm`.
 *
 * In: tokens. Out: Attribute and asm nodes. Of C23 attributes only those of the namespaces gnu and clang are
 * kept, under their plain names; what attributes mean is sema's.
 */

import type { ParserMethod } from 'chevrotain';
import { Tok } from '../lexer/tokens.ts';
import type {
  AsmOperand,
  AsmStatement,
  Attribute,
  Expression,
  FileScopeAsm,
  Name,
  StringLiteral,
  TypeName,
} from './ast.ts';
import { GrammarBase, nameOf } from './grammar-base.ts';
import { WordToken } from './vocabulary.ts';

const keptNamespaces: ReadonlySet<string> = new Set(['gnu', 'clang', '__gnu__', '_Clang']);

/** `__packed__` is `packed`. */
export function plainAttributeName(text: string): string {
  return text.length > 4 && text.startsWith('__') && text.endsWith('__') ? text.slice(2, -2) : text;
}

const noAttributes: readonly Attribute[] = Object.freeze([]);

interface AsmSections {
  readonly outputs: AsmOperand[];
  readonly inputs: AsmOperand[];
  readonly clobbers: StringLiteral[];
  readonly labels: Name[];
}

export abstract class AttributeGrammar extends GrammarBase {
  protected abstract readonly expression: ParserMethod<[], Expression>;
  protected abstract readonly assignmentExpression: ParserMethod<[], Expression>;
  protected abstract readonly typeName: ParserMethod<[], TypeName>;

  /** Do attributes of either spelling come next? */
  protected startsAttribute(): boolean {
    const kind = this.kind(1);
    return kind === Tok.Attribute || (kind === Tok.LeftBracket && this.kind(2) === Tok.LeftBracket);
  }

  /** attributes: {gnu-attributes | c23-attributes} */
  protected attributes = this.RULE('attributes', (): readonly Attribute[] => {
    if (!this.RECORDING_PHASE && !this.startsAttribute()) return noAttributes;
    const found: Attribute[] = [];
    this.loop(
      0,
      () => this.startsAttribute(),
      () => this.SUBRULE(this.attributeGroup, { ARGS: [found] }),
    );
    return found;
  });

  /** gnu-attributes | c23-attributes */
  protected attributeGroup = this.RULE('attributeGroup', (into: Attribute[]): void =>
    this.branch(
      0,
      [
        { ALT: () => this.SUBRULE(this.gnuAttributes, { ARGS: [into] }) },
        { ALT: () => this.SUBRULE(this.bracketAttributes, { ARGS: [into] }) },
      ],
      () => (this.kind(1) === Tok.Attribute ? 0 : 1),
    ),
  );

  /** One group of attributes at least. */
  protected someAttributes = this.RULE('someAttributes', (): readonly Attribute[] => {
    const found: Attribute[] = [];
    this.SUBRULE(this.attributeGroup, { ARGS: [found] });
    const more = this.SUBRULE(this.attributes);
    return this.RECORDING_PHASE || more.length === 0 ? found : [...found, ...more];
  });

  /** gnu-attributes: __attribute__ (( [attribute] {, [attribute]} )) */
  private gnuAttributes = this.RULE('gnuAttributes', (into: Attribute[]): void => {
    this.take(0, Tok.Attribute);
    const outer = this.require(0, Tok.LeftParen, "'(' after 'attribute'");
    const inner = this.require(1, Tok.LeftParen, "'(' after '('");
    this.attributeList(into, 0, this.attribute);
    this.requireClosing(0, Tok.RightParen, inner);
    this.requireClosing(1, Tok.RightParen, outer);
  });

  /** C23 6.7.12.1: [[ [attribute] {, [attribute]} ]] */
  private bracketAttributes = this.RULE('bracketAttributes', (into: Attribute[]): void => {
    const outer = this.take(0, Tok.LeftBracket);
    const inner = this.take(1, Tok.LeftBracket);
    this.attributeList(into, 0, this.scopedAttribute);
    this.requireClosing(0, Tok.RightBracket, inner);
    this.requireClosing(1, Tok.RightBracket, outer);
  });

  private attributeList(
    into: Attribute[],
    occurrence: number,
    rule: ParserMethod<[], Attribute | undefined>,
  ): void {
    const one = () => {
      const attribute = this.subrule(occurrence, rule);
      if (attribute !== undefined && !this.RECORDING_PHASE) into.push(attribute);
    };
    this.option(occurrence, one);
    this.many(occurrence, () => {
      this.take(occurrence + 4, Tok.Comma);
      this.option(occurrence + 1, () => {
        const attribute = this.subrule(occurrence + 1, rule);
        if (attribute !== undefined && !this.RECORDING_PHASE) into.push(attribute);
      });
    });
  }

  /** attribute: word [ ( arguments ) ] */
  protected attribute = this.RULE('attribute', (): Attribute => {
    const start = this.start();
    const word = this.takeAny(0, WordToken);
    const args = this.SUBRULE(this.attributeArguments);
    return { name: plainAttributeName(word.image), span: this.spanFrom(start), args };
  });

  /** attribute-token: word | word :: word; undefined when its namespace is not ours. */
  private scopedAttribute = this.RULE('scopedAttribute', (): Attribute | undefined => {
    const start = this.start();
    let word = this.takeAny(0, WordToken);
    let isKept = false;
    this.OPTION(() => {
      this.take(0, Tok.ColonColon);
      isKept = keptNamespaces.has(word.image);
      if (!this.RECORDING_PHASE && this.peek(1).tokenType.CATEGORIES?.includes(WordToken) !== true) {
        this.fail('identifier');
      }
      word = this.takeAny(1, WordToken);
    });
    const args = this.SUBRULE(this.attributeArguments);
    // `[[fallthrough]]` and the like mean the same without a namespace; other standard ones mean nothing here.
    if (!isKept && word.image !== 'fallthrough') return undefined;
    return { name: plainAttributeName(word.image), span: this.spanFrom(start), args };
  });

  /** [ ( [type-name | assignment-expression] {, ...} ) ] */
  private attributeArguments = this.RULE('attributeArguments', (): (Expression | TypeName)[] => {
    const args: (Expression | TypeName)[] = [];
    this.OPTION(() => {
      const opening = this.take(0, Tok.LeftParen);
      this.maybe(1, this.kind(1) !== Tok.RightParen, () => {
        args.push(this.SUBRULE(this.argument));
        this.MANY(() => {
          this.take(0, Tok.Comma);
          args.push(this.SUBRULE1(this.argument));
        });
      });
      this.requireClosing(0, Tok.RightParen, opening);
    });
    return args;
  });

  /** An argument of a call or an attribute: type-name | assignment-expression. */
  protected argument = this.RULE('argument', (): Expression | TypeName =>
    this.branch<Expression | TypeName>(
      0,
      [{ ALT: () => this.SUBRULE(this.typeName) }, { ALT: () => this.SUBRULE(this.assignmentExpression) }],
      () => (this.startsTypeName(1) ? 0 : 1),
    ),
  );

  /** 6.4.5: adjacent string literals. */
  protected stringLiteral = this.RULE('stringLiteral', (): StringLiteral => {
    const start = this.start();
    const parts: Name[] = [];
    if (!this.RECORDING_PHASE && this.kind(1) !== Tok.String) this.fail('string literal');
    this.AT_LEAST_ONE(() => {
      parts.push(nameOf(this.take(0, Tok.String)));
    });
    return { kind: 'StringLiteral', span: this.spanFrom(start), parts };
  });

  /** asm-label: asm ( string-literal ) */
  protected asmLabel = this.RULE('asmLabel', (): StringLiteral => {
    this.take(0, Tok.Asm);
    const opening = this.require(0, Tok.LeftParen, "'(' after 'asm'");
    const text = this.SUBRULE(this.stringLiteral);
    this.requireClosing(0, Tok.RightParen, opening);
    return text;
  });

  /** file-scope-asm: asm [qualifiers] ( string-literal ) ; */
  protected fileScopeAsm = this.RULE('fileScopeAsm', (): FileScopeAsm => {
    const start = this.start();
    const text = this.SUBRULE(this.asmLabel);
    this.requireSemicolon(0, 'after top-level asm block');
    return { kind: 'FileScopeAsm', span: this.spanFrom(start), text };
  });

  /** GNU asm-statement: asm {volatile | inline | goto} ( template [: outputs [: inputs [: clobbers [: labels]]]] ) ; */
  protected asmStatement = this.RULE('asmStatement', (): AsmStatement => {
    const start = this.start();
    this.take(0, Tok.Asm);
    let isVolatile = false;
    let isGoto = false;
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            this.take(0, Tok.Volatile);
            isVolatile = true;
          },
        },
        {
          ALT: () => {
            this.take(0, Tok.Goto);
            isGoto = true;
          },
        },
        {
          ALT: () => {
            this.take(0, Tok.Inline);
          },
        },
      ]),
    );
    const opening = this.require(0, Tok.LeftParen, "'(' after 'asm'");
    const template = this.SUBRULE(this.stringLiteral);
    const sections: AsmSections = { outputs: [], inputs: [], clobbers: [], labels: [] };
    let number = 0;
    // `::` is one token where C23 attributes are taken, two colons in the syntax of asm.
    this.MANY1(() => {
      this.OR1([
        {
          ALT: () => {
            this.take(0, Tok.Colon);
            number++;
          },
        },
        {
          ALT: () => {
            this.take(0, Tok.ColonColon);
            number += 2;
          },
        },
      ]);
      this.SUBRULE(this.asmSection, { ARGS: [number, sections] });
    });
    this.requireClosing(0, Tok.RightParen, opening);
    this.requireSemicolon(0, 'after asm statement');
    const isExtended = number > 0;
    return {
      kind: 'AsmStatement',
      span: this.spanFrom(start),
      isVolatile,
      isGoto,
      template,
      ...sections,
      isExtended,
    };
  });

  /** The entries after the `number`th colon: operands, clobbers or labels, separated by commas. */
  private asmSection = this.RULE('asmSection', (number: number, into: AsmSections): void => {
    const entry = (occurrence: number) =>
      this.branch<void>(
        occurrence,
        [
          {
            ALT: () => {
              into.outputs.push(this.subrule(occurrence, this.asmOperand));
            },
          },
          {
            ALT: () => {
              into.inputs.push(this.subrule(occurrence + 2, this.asmOperand));
            },
          },
          {
            ALT: () => {
              into.clobbers.push(this.subrule(occurrence, this.stringLiteral));
            },
          },
          {
            ALT: () => {
              into.labels.push(nameOf(this.require(occurrence, Tok.Identifier, 'identifier')));
            },
          },
        ],
        () => Math.min(number, 4) - 1,
      );
    const isEmpty =
      this.kind(1) === Tok.Colon || this.kind(1) === Tok.ColonColon || this.kind(1) === Tok.RightParen;
    if (this.RECORDING_PHASE) into = { outputs: [], inputs: [], clobbers: [], labels: [] };
    this.maybe(0, !isEmpty, () => {
      entry(0);
      this.MANY(() => {
        this.take(0, Tok.Comma);
        entry(1);
      });
    });
  });

  /** asm-operand: [ [ identifier ] ] string-literal ( expression ) */
  private asmOperand = this.RULE('asmOperand', (): AsmOperand => {
    let name: Name | undefined;
    this.OPTION(() => {
      const bracket = this.take(0, Tok.LeftBracket);
      name = nameOf(this.require(0, Tok.Identifier, 'identifier'));
      this.requireClosing(0, Tok.RightBracket, bracket);
    });
    const constraint = this.SUBRULE(this.stringLiteral);
    const opening = this.require(0, Tok.LeftParen, "'(' after 'asm operand'");
    const value = this.SUBRULE(this.expression);
    this.requireClosing(0, Tok.RightParen, opening);
    return { name, constraint, value };
  });
}
