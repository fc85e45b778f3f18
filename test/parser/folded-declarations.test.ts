/** Declarations that the scanner folds: the same index, trees and tokens as without folding, and macros still seen. */

import { describe, expect, it } from 'vitest';
import { DiagnosticSink } from '../../src/diagnostics/diagnostic.ts';
import { SourceManager } from '../../src/diagnostics/source-manager.ts';
import { Tok } from '../../src/lexer/tokens.ts';
import { printTree } from '../../src/parser/print.ts';
import { createParser, createTranslationUnit } from '../../src/parser/translation-unit.ts';
import { preprocess } from '../../src/preprocessor/preprocess.ts';
import { memoryFileSystem } from '../../src/support/file-system.ts';
import { Interner } from '../../src/support/interner.ts';
import { defaultOptions } from '../preprocessor/helpers.ts';

const parser = createParser();

/** Makes a text long enough to be folded. */
const filler = Array.from(
  { length: 1200 },
  (_, n) => `struct filler${n} {\n\tint a;\n\tlong b[${n + 1}];\n};\n`,
).join('\n');

/** The text is a file of the user's; or a header of others, which folded declarations need not be looked at one by one in. */
function unitOf(text: string, folds: boolean, isHeader = false) {
  const sources = new SourceManager();
  const diagnostics = new DiagnosticSink();
  const interner = new Interner();
  const files = isHeader ? { 'a.c': '#include <a.h>\n', '/include/a.h': text } : { 'a.c': text };
  const fileSystem = memoryFileSystem(new Map(Object.entries(files)));
  const includePaths = { ...defaultOptions.includePaths, angled: ['/include'] };
  const preprocessed = preprocess(
    'a.c',
    { ...defaultOptions, folds, includePaths },
    { fileSystem, sources, interner, diagnostics },
  );
  const { tokens } = preprocessed;
  const isFolded = tokens.kinds.subarray(0, tokens.length).includes(Tok.Folded);
  const unit = createTranslationUnit(tokens, interner, sources, diagnostics, parser, preprocessed.folds);
  return { unit, tokens, sources, isFolded, diagnostics };
}

/** What a unit says of its entries, with their trees, those of the filler left out. */
function describeUnit(text: string, folds: boolean, isHeader = false): string[] {
  const { unit, sources, diagnostics } = unitOf(text, folds, isHeader);
  const lines = Array.from({ length: unit.size }, (_, number) => unit.entry(number)).flatMap((entry) => {
    if (entry === undefined) return ['no entry'];
    const { ordinaryNames, definedTags, mentionedTags, isTypedef, isNameless, mayEmit, pack, span } = entry;
    if (definedTags.some((tag) => tag.startsWith('filler'))) return [];
    const facts = JSON.stringify({
      ordinaryNames,
      definedTags,
      mentionedTags,
      isTypedef,
      isNameless,
      mayEmit,
      pack,
    });
    const trees = unit.parse(entry.index).map((tree) => printTree(tree, sources));
    return [facts, `${sources.location(span.start).line}`, ...trees];
  });
  return [...lines, ...diagnostics.diagnostics.map(({ message }) => message)];
}

const declarations = [
  'struct plain {\n\tint a;\n\tstruct other *b;\n};',
  'struct forward;',
  'enum { first, second = 7,\n\tthird = second + 1 };',
  'enum tagged { one = 1, two, };',
  'union u {\n\tstruct { enum inner { in1, in2 = -3 } e; };\n\tstruct deep { union { int x; struct { char c; } y; }; } z;\n};',
  'struct packed {\n\tchar a;\n\tint b __attribute__((aligned(8)));\n} __attribute__((packed));',
  'typedef unsigned long long number;',
  'typedef struct plain *pointer;',
  'typedef number array[4];',
  'typedef int (*callback)(struct plain *, void (*)(int), ...);',
  'typedef int function(int, char *);',
  'typedef struct { int a; } anonymous;',
  'typedef enum name_of_enum { e1, e2 } *enum_pointer;',
  'struct bits {\n\tunsigned a: 3;\n\tunsigned: 0;\n\tenum tagged t: 2;\n};',
];
/** What is left to the scanner, each for a reason of its own. */
const others = [
  'struct with_comment { int a; /* { */ };',
  'struct with_literal { char a[sizeof("}")]; };',
  'typedef int twice, again;',
  'struct before_tag { struct __attribute__((packed)) attributed { int a; } b; };',
  'enum with_type : unsigned char { w1 };',
  'struct with_asm { int a __asm__("b"); };',
  'struct variable { int a; } object;',
  'int prototype(struct only_here *p);',
  'static inline int body(void) {\n\tstruct local { int a; };\n\tenum { inside };\n\treturn inside;\n}',
];

describe('folded declarations', () => {
  const text = [...declarations, ...others, filler, '#pragma pack(2)', ...declarations.slice(0, 1)].join(
    '\n',
  );

  it('say of themselves what unfolded ones say', () => {
    expect(unitOf(text, true).isFolded).toBe(true);
    expect(unitOf(text, false).isFolded).toBe(false);
    expect(describeUnit(text, true)).toEqual(describeUnit(text, false));
    expect(describeUnit(text, true, true)).toEqual(describeUnit(text, false, true));
  });

  it('are runs in headers of others, and found by name', () => {
    const { unit } = unitOf(text, true, true);
    const plain = unitOf(text, false, true).unit;
    expect(unit.size).toBe(plain.size);
    expect(unit.entries.length).toBeLessThan(100);
    for (const name of ['plain', 'other', 'in2', 'callback', 'filler7', 'third', 'tagged', 'nowhere', 'b']) {
      expect([...unit.declaring(name)], name).toEqual([...plain.declaring(name)]);
      expect([...unit.definingTag(name)], name).toEqual([...plain.definingTag(name)]);
      expect(unit.firstMention(name), name).toBe(plain.firstMention(name));
    }
    expect([...unit.names(40)]).toEqual([...plain.names(40)]);
  });

  it('fold each shape that they should', () => {
    for (const declaration of declarations) {
      const { tokens } = unitOf(`${declaration}\n${filler}`, true);
      expect([tokens.kind(0), tokens.kind(1)], declaration).toEqual([Tok.Folded, Tok.Folded]);
    }
  });

  it('are expanded where a macro is named in them', () => {
    const macros = '#define number_of 3\n#define member int m\n#define __reserved__ 5\n';
    const uses =
      'struct a {\n\tint x[number_of];\n};\nstruct b { member; };\nstruct c {\n\tint r[__reserved__];\n};\nstruct d { int number_of_; };\n';
    const whole = `${macros}${filler}${uses}#define later 4\nstruct e {\n\tint y[later];\n};\n${filler}`;
    expect(describeUnit(whole, true)).toEqual(describeUnit(whole, false));
    expect(describeUnit(whole, true, true)).toEqual(describeUnit(whole, false, true));
    expect(describeUnit(whole, true).join('\n')).toContain('4');
    const many = Array.from({ length: 400 }, (_, n) => `#define many${n} ${n}\n`).join('');
    const named = `${many}${filler}struct a {\n\tint x[many77];\n};\n`;
    expect(describeUnit(named, true)).toEqual(describeUnit(named, false));
  });

  it('keep the errors of broken text', () => {
    const broken = [
      'struct a { int b; ',
      'struct a { int b; }',
      'struct a { int b };',
      'struct a { int b; } }; int c;',
      'typedef struct a { int b; ;',
      'typedef int int;',
      'typedef struct;',
      'int x = { 1;',
      'int f( {',
      'enum { , };',
      'enum { a b };',
    ];
    for (const start of broken) {
      const whole = `${start}\n${filler}\nint last;\n`;
      expect(describeUnit(whole, true), start).toEqual(describeUnit(whole, false));
      expect(describeUnit(whole, true, true), start).toEqual(describeUnit(whole, false, true));
    }
  });
});
