/**
 * What lives across compilations: the parser (costly to make), the spellings, the tokens of files by content. All of it
 * is immutable once cached, so that the result of a compilation never depends on those before it.
 */

import { createParser, type ParserState } from '../parser/translation-unit.ts';
import { type ScanStore, TokenCache } from '../preprocessor/token-cache.ts';
import { Interner } from '../support/interner.ts';
import { KernelHeaders } from './kernel-header.ts';

export type { ScanStore };

export interface Session {
  readonly interner: Interner;
  readonly tokenCache: TokenCache;
  readonly kernelHeaders: KernelHeaders;
  /** Made when the first source is parsed. */
  parser(): ParserState;
}

/** `scans` is where the host keeps what was found in long headers. */
export function createSession(scans?: ScanStore): Session {
  const interner = new Interner();
  let parser: ParserState | undefined;
  return {
    interner,
    tokenCache: new TokenCache(interner, undefined, scans),
    kernelHeaders: new KernelHeaders(),
    parser: () => (parser ??= createParser()),
  };
}
