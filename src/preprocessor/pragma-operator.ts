/** `_Pragma ( string-literal )` (C11 6.10.9), recognised in the stream of fully expanded tokens. */

import type { Pos } from '../diagnostics/source-manager.ts';
import { Tok, type TokenKind } from '../lexer/tokens.ts';
import type { Interner } from '../support/interner.ts';

export interface PragmaHost {
  pragmaOperator(text: string, position: Pos): void;
}

type Stage = 'none' | 'paren' | 'string' | 'close';

export class PragmaOperator {
  private stage: Stage = 'none';
  private position: Pos | undefined;
  private literal = '';
  private readonly interner: Interner;
  private readonly host: PragmaHost;
  private readonly nameId: number;
  private readonly reportSyntax: (position: Pos) => void;

  constructor(interner: Interner, host: PragmaHost, reportSyntax: (position: Pos) => void) {
    this.interner = interner;
    this.host = host;
    this.nameId = interner.intern('_Pragma');
    this.reportSyntax = reportSyntax;
  }

  /** In the middle of an operator: every token must pass through {@link take}. */
  get isActive(): boolean {
    return this.stage !== 'none';
  }

  /** Takes a token that belongs to an operator; false for all others. */
  take(kind: TokenKind, position: Pos, id: number): boolean {
    switch (this.stage) {
      case 'none':
        if (kind !== Tok.Identifier || id !== this.nameId) return false;
        this.stage = 'paren';
        this.position = position;
        return true;
      case 'paren':
        return this.advance(kind === Tok.LeftParen, 'string');
      case 'string':
        this.literal = this.interner.text(id);
        return this.advance(kind === Tok.String, 'close');
      case 'close':
        if (!this.advance(kind === Tok.RightParen, 'none')) return false;
        if (this.position !== undefined) this.host.pragmaOperator(destringize(this.literal), this.position);
        return true;
    }
  }

  private advance(isExpected: boolean, next: Stage): boolean {
    this.stage = isExpected ? next : 'none';
    if (!isExpected && this.position !== undefined) this.reportSyntax(this.position);
    return isExpected;
  }
}

/** The text that a string literal was made of (6.10.9 p1). */
function destringize(literal: string): string {
  return literal.slice(literal.indexOf('"') + 1, -1).replace(/\\(["\\])/g, '$1');
}
