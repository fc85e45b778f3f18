/** Scanned files as bytes: read back they are the same, whatever else is no scanned file; units compile alike from both. */

import { describe, expect, it } from 'vitest';
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import { SourceManager } from '../../src/diagnostics/source-manager.ts';
import { FoldedName } from '../../src/lexer/folded-text.ts';
import { Tok } from '../../src/lexer/tokens.ts';
import { preprocess } from '../../src/preprocessor/preprocess.ts';
import { decodeScan, encodeScan } from '../../src/preprocessor/scanned-file.ts';
import { type ScanStore, scanFile, TokenCache } from '../../src/preprocessor/token-cache.ts';
import { memoryFileSystem } from '../../src/support/file-system.ts';
import { Interner } from '../../src/support/interner.ts';
import { defaultOptions } from './helpers.ts';

const body = Array.from(
  { length: 1500 },
  (_, n) => `struct s${n} {\n\tint member${n};\n\tstruct t${n % 7} *p;\n};\nenum { e${n} = ${n} };\n`,
).join('');
const header = `#ifndef GUARD\n#define GUARD 1\n#define ONE 1\n/* "comment" */\n${body}typedef int last;\nextern int f(int a, ...);\n#endif\n`;

class MemoryStore implements ScanStore {
  readonly kept = new Map<string, Uint8Array>();
  read(text: string): Uint8Array | undefined {
    return this.kept.get(text);
  }
  write(text: string, bytes: Uint8Array): void {
    this.kept.set(text, bytes);
  }
}

/** Spellings instead of ids, which differ between sessions. */
function describeScan(text: string, bytes?: Uint8Array) {
  const interner = new Interner();
  interner.intern('something else first');
  const file = bytes === undefined ? scanFile(text, interner, false) : decodeScan(bytes, text, interner);
  if (file === undefined) return undefined;
  const { tokens, directives, folded, guard, nullCharacter, unterminatedComment } = file;
  const rows = Array.from({ length: tokens.length }, (_, at) => {
    const kind = tokens.kind(at);
    const what = kind === Tok.Folded ? tokens.id(at) : interner.text(tokens.id(at));
    return `${kind} ${tokens.position(at)} ${tokens.flag(at)} ${what}`;
  });
  const found: string[] = [];
  for (const name of ['s5', 't3', 'e1499', 'last', 'member2', 'no'])
    for (const kind of Object.values(FoldedName)) {
      const declarations = folded.names.declarationsOf(name, kind);
      for (const at of declarations) found.push(`${name} ${at} ${kind}`);
      found.push(`${name} ${folded.names.firstOf(name, kind, declarations[0] ?? 0)}`);
    }
  const texts = ['s5', 'member2', 'p'].map((name) => folded.mayMention(name));
  const numDirectives = Array.from(directives);
  return {
    rows,
    numDirectives,
    found,
    texts,
    guard: interner.text(guard),
    nullCharacter,
    unterminatedComment,
  };
}

function encoded(text: string): Uint8Array {
  const interner = new Interner();
  return encodeScan(text, scanFile(text, interner, false), interner);
}

describe('scanned files', () => {
  it('are the same when they are read back', () => {
    for (const text of [header, header.slice(0, -2), `${header}/* open`, `\0${header}`, body]) {
      expect(describeScan(text, encoded(text))).toEqual(describeScan(text));
    }
  });

  it('lie at any place in a buffer', () => {
    const bytes = encoded(header);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(describeScan(header, shifted.subarray(3))).toEqual(describeScan(header));
  });

  it('are not read from other bytes, nor for other texts', () => {
    const bytes = encoded(header);
    expect(describeScan(`${header} `, bytes)).toBeUndefined();
    for (const length of [0, 3, 51, 52, bytes.length - 1]) {
      expect(describeScan(header, bytes.subarray(0, length)), `${length}`).toBeUndefined();
    }
    expect(describeScan(header, Uint8Array.of(...bytes.subarray(0, 100), 1))).toBeUndefined();
    for (let word = 0; word < 13; word++) {
      const broken = bytes.slice();
      new DataView(broken.buffer).setInt32(word * 4, -5, true);
      // Only places that stand for "nowhere" may be anything.
      if (word < 10) expect(describeScan(header, broken), `${word}`).toBeUndefined();
    }
  });

  it('give the same unit', () => {
    const main = '#include <h.h>\n#include <h.h>\nstruct s3 x = { ONE };\nint member7 = e9;\n';
    const files = new Map([
      ['a.c', `#define member77 other\n${main}`],
      ['/i/h.h', header],
    ]);
    const options = { ...defaultOptions, folds: true };
    const paths = { ...options.includePaths, angled: ['/i'] };
    const unit = (store: ScanStore) => {
      const interner = new Interner();
      const cache = new TokenCache(interner, undefined, store);
      const { tokens } = preprocess(
        'a.c',
        { ...options, includePaths: paths },
        {
          fileSystem: memoryFileSystem(files),
          sources: new SourceManager(),
          interner,
          diagnostics: new DiagnosticSink(),
          cache,
        },
      );
      cache.keep();
      return Array.from({ length: tokens.length }, (_, at) => {
        const text = tokens.kind(at) === Tok.Folded ? tokens.id(at) : interner.text(tokens.id(at));
        return `${tokens.kind(at)} ${tokens.position(at)} ${text}`;
      });
    };
    const store = new MemoryStore();
    const scanned = unit(store);
    expect([...store.kept.keys()]).toEqual([header]);
    expect(unit(store)).toEqual(scanned);
    expect(scanned.some((row) => row.endsWith(' other'))).toBe(true);
  });
});
