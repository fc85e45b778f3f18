/**
 * What lives across compilations: the parser (costly to make), the spellings, the tokens of files by content, checked declarations
 * of their types. All of it is immutable once cached, so that the result of a compilation never depends on those before it.
 */

import { createParser, type ParserState } from '../parser/translation-unit.ts';
import { Preludes } from '../preprocessor/prelude.ts';
import { type ScanStore, TokenCache } from '../preprocessor/token-cache.ts';
import type { SemaOptions } from '../sema/context.ts';
import { KeptDeclarations } from '../sema/kept-declarations.ts';
import { Interner } from '../support/interner.ts';
import { KernelHeaders } from './kernel-header.ts';

export type { ScanStore };

export interface Session {
  readonly interner: Interner;
  readonly tokenCache: TokenCache;
  readonly kernelHeaders: KernelHeaders;
  /** Checked declarations of units with the same options. */
  declarations(options: SemaOptions): KeptDeclarations;
  /** Ends a compilation: what is kept lets go of it. */
  release(): void;
  /** What main files began with. */
  readonly preludes: Preludes;
  /** Made when the first source is parsed. */
  parser(): ParserState;
}

/** Sets of options at most that declarations are kept for; the one that was asked for longest ago goes. */
const maxOptionSets = 4;

class DeclarationsByOptions {
  private readonly kept = new Map<string, KeptDeclarations>();

  of(options: SemaOptions): KeptDeclarations {
    const key = JSON.stringify(options);
    const known = this.kept.get(key) ?? new KeptDeclarations();
    this.kept.delete(key);
    this.kept.set(key, known);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= maxOptionSets) break;
      this.kept.delete(oldest);
    }
    return known;
  }

  release(): void {
    for (const kept of this.kept.values()) kept.release();
  }
}

/** `scans` is where the host keeps what was found in long headers. */
export function createSession(scans?: ScanStore): Session {
  const interner = new Interner();
  const declarations = new DeclarationsByOptions();
  let parser: ParserState | undefined;
  return {
    interner,
    tokenCache: new TokenCache(interner, undefined, scans),
    kernelHeaders: new KernelHeaders(),
    declarations: (options) => declarations.of(options),
    release: () => declarations.release(),
    preludes: new Preludes(),
    parser: () => (parser ??= createParser()),
  };
}
