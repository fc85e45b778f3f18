/** Source text without preprocessing -> what the parser takes: token columns, interner, source manager. */

import { type FileOrigin, noPos, SourceManager } from '../../src/diagnostics/source-manager.ts';
import { scan } from '../../src/lexer/scanner.ts';
import { TokenColumns, TokenFlag } from '../../src/lexer/token-columns.ts';
import { spellingsOf, Tok } from '../../src/lexer/tokens.ts';
import { Interner } from '../../src/support/interner.ts';

const keywords = spellingsOf('keyword');

export interface Tokenised {
  readonly tokens: TokenColumns;
  readonly interner: Interner;
  readonly sources: SourceManager;
}

/** Keywords get their kinds and `#pragma` lines become Pragma tokens; nothing is expanded. */
export function tokensOf(text: string, origin: FileOrigin = 'user'): Tokenised {
  const interner = new Interner();
  const sources = new SourceManager();
  const file = sources.addFile('test.c', text, noPos, origin);
  const { tokens: raw, directives } = scan(text, interner, { trigraphs: false });
  const tokens = new TokenColumns(raw.length);
  const hashes = new Set(directives);
  for (let at = 0; at < raw.length; at++) {
    const kind = raw.kind(at);
    const position = file.base + raw.position(at);
    if (hashes.has(at)) {
      const hash = raw.position(at);
      const end = text.indexOf('\n', hash);
      const line = text.slice(hash + 1, end < 0 ? text.length : end).trim();
      while (at + 1 < raw.length && (raw.flag(at + 1) & TokenFlag.startOfLine) === 0) at++;
      if (line.startsWith('pragma'))
        tokens.push(Tok.Pragma, position, interner.intern(line.slice(6).trim()), 1);
    } else if (kind === Tok.Identifier) {
      const keyword = keywords.get(interner.text(raw.id(at))) ?? kind;
      tokens.push(keyword, position, raw.id(at), raw.flag(at));
    } else if (kind !== Tok.Newline) tokens.push(kind, position, raw.id(at), raw.flag(at));
  }
  return { tokens, interner, sources };
}
