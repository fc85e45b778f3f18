/**
 * The border of the front end's syntax stage: what sema may ask for. The implementation behind it can be
 * replaced without touching sema.
 *
 * A translation unit is an index of its external declarations (found by brace depth, names noted, nothing
 * parsed) and a way to parse one of them, or one function body, when it is first needed.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { Attribute, CompoundStatement, ExternalDeclaration, FunctionDefinition } from './ast.ts';

/** One external declaration as the index sees it (6.9). */
export interface IndexEntry {
  /** Position in the translation unit; entries are numbered in source order from 0. */
  readonly index: number;
  readonly span: Span;
  /** Ordinary names that it may declare: typedefs, objects, functions, enumerators. */
  readonly ordinaryNames: readonly string[];
  /** Struct, union and enum tags that it defines (with a body) or mentions. */
  readonly definedTags: readonly string[];
  readonly mentionedTags: readonly string[];
  /** It declares and mentions nothing: a pragma, an asm, a static assertion. */
  readonly isNameless: boolean;
  readonly isTypedef: boolean;
  /** It has a function body. */
  readonly isFunctionDefinition: boolean;
  /**
   * It may emit something although nothing refers to it: an object or function definition that is not `static`
   * or `inline`, or anything with a `section`, `used`, `retain` or `constructor` attribute. False only where its
   * tokens prove the contrary (`static`, `typedef`, a prototype, `extern` without initialiser, types only).
   */
  readonly mayEmit: boolean;
  /** Stands in the main file or in a header of the user's own: checked in full even when nothing needs it. */
  readonly isUserCode: boolean;
  /** Innermost `#pragma pack(n)` in force: the limit in bytes, 0 for none. */
  readonly pack: number;
  /** Attributes that `#pragma clang attribute push` applies here, with the kinds of declaration (`record`, `function`, ...). */
  readonly pragmaAttributes: readonly PragmaAttribute[];
}

export interface PragmaAttribute {
  readonly attribute: Attribute;
  readonly appliesTo: readonly string[];
}

/**
 * Where a declaration lies whose tokens nothing can have changed: in a text without macros, or in what main files have in common.
 * The same text and number are the same tokens in every unit of a session, but for their positions.
 */
export interface KeptPlace {
  /** Stands for the text by its identity. */
  readonly text: object;
  readonly declaration: number;
  /** What makes a position of an offset in the text. */
  readonly delta: number;
  /** What the pragmas in force say. */
  readonly pragmas: string;
}

export interface TranslationUnit {
  /** The declarations in order, but for folded ones outside the user's code: those are there for who asks for them. */
  readonly entries: readonly IndexEntry[];
  /** How many declarations there are, folded ones included. */
  readonly size: number;
  /** How many declarations and function bodies were parsed so far. */
  readonly parsed: { readonly declarations: number; readonly bodies: number };
  /** The declaration of a number. */
  entry(number: number): IndexEntry | undefined;
  /** The ordinary names that declarations up to the one numbered `last` declare. */
  names(last: number): Iterable<string>;
  /** Numbers of the entries that may declare this ordinary name, ascending. */
  declaring(name: string): readonly number[];
  /** Number of the first entry that defines or mentions this tag; undefined where none does. */
  firstMention(tag: string): number | undefined;
  /** Numbers of the entries that define the tag, ascending. */
  definingTag(tag: string): readonly number[];
  /** Parses entry `index` (once; later calls return the same tree). Function bodies stay unparsed. May give several declarations where recovery split it. */
  parse(index: number): readonly ExternalDeclaration[];
  /** The tree of a declaration was used and will not be asked for again, so that it need not be kept. */
  release(index: number): void;
  /** The place of a declaration that other units can have too; undefined for others. */
  keptPlace(index: number): KeptPlace | undefined;
  /** The names that the parser took for typedef names in such a declaration (true), or not (false). */
  typedefQuestions(index: number): ReadonlyMap<string, boolean>;
  /** Is the name a typedef name in front of the entry? */
  isTypedefName(name: string, index: number): boolean;
  /** Parses the body of a function definition. */
  parseBody(definition: FunctionDefinition): CompoundStatement;
}
