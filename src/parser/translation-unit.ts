/**
 * A translation unit that is parsed piece by piece, on demand (see parser.ts for the interface).
 *
 * In: token columns. Out: entries from the declaration index at once; trees when they are asked for, each made once.
 *
 * Invariants: parsing an entry depends only on its tokens and on the typedef names of the entries before it, so
 * the order of requests changes no tree; diagnostics of an entry come with its first parse.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { SourceManager, Span } from '../diagnostics/source-manager.ts';
import { FoldedName } from '../lexer/folded-text.ts';
import { scan } from '../lexer/scanner.ts';
import { TokenColumns, type TokenHead } from '../lexer/token-columns.ts';
import { spellingsOf, Tok } from '../lexer/tokens.ts';
import { foldedSpan, foldedText, noFolds, type UnitFolds } from '../lexer/unit-folds.ts';

import type { Interner } from '../support/interner.ts';
import type { CompoundStatement, ExternalDeclaration, FunctionDefinition, TokenRange } from './ast.ts';
import {
  type DeclarationIndex,
  type EntryRecord,
  entriesInRun,
  firstInRun,
  indexDeclarations,
  type RunRecord,
} from './declaration-index.ts';
import { CParser } from './grammar.ts';
import type { ParseContext } from './grammar-base.ts';
import type { NameChains } from './name-chains.ts';
import type { IndexEntry, KeptPlace, PragmaAttribute, TranslationUnit } from './parser.ts';
import { readAttributePragma } from './pragma-state.ts';
import { tokenObjects } from './vocabulary.ts';

/** Typedef names that exist without a declaration. */
const predefinedTypedefs: ReadonlySet<string> = new Set(['__builtin_va_list', '__builtin_ms_va_list']);

const keywords = spellingsOf('keyword');

/** The parser's state; it is costly to make, so a session makes it once and passes it to every translation unit. */
export type ParserState = CParser;

export function createParser(): ParserState {
  return new CParser();
}

export function createTranslationUnit(
  tokens: TokenColumns,
  interner: Interner,
  sources: SourceManager,
  diagnostics: DiagnosticSink,
  parser: ParserState,
  folds: UnitFolds = noFolds(),
  heads: readonly TokenHead[] = [],
): TranslationUnit {
  return new IndexedUnit(tokens, interner, sources, diagnostics, parser, folds, heads);
}

function remembered<T>(answers: Map<string, T>, name: string, find: () => T): T {
  const known = answers.get(name);
  if (known !== undefined) return known;
  const answer = find();
  answers.set(name, answer);
  return answer;
}

const ordinaryKinds = [FoldedName.enumerator, FoldedName.typedef];
const definingKinds = [FoldedName.definedTag];

type EntryPlace = Pick<EntryRecord, 'start' | 'end' | 'bodyStart'>;

class IndexedUnit implements TranslationUnit {
  readonly entries: readonly IndexEntry[];
  readonly tokens: TokenColumns;
  readonly interner: Interner;
  readonly index: DeclarationIndex;
  private readonly diagnostics: DiagnosticSink;
  private readonly parser: CParser;
  private readonly folds: UnitFolds;
  /** Answers by name: common ones are asked for thousands of times. */
  private readonly declarations = new Map<string, readonly number[]>();
  private readonly mentions = new Map<string, number>();
  private readonly definitions = new Map<string, readonly number[]>();
  private readonly trees = new Map<number, readonly ExternalDeclaration[]>();
  private released = 0;
  private readonly functionBodies = new Map<FunctionDefinition, CompoundStatement>();
  private readonly entryOfDefinition = new Map<FunctionDefinition, number>();
  private readonly pragmaAttributes = new Map<number, readonly PragmaAttribute[]>();
  private readonly pragmasOfRuns = new Map<RunRecord, string>();
  private readonly questions = new Map<number, ReadonlyMap<string, boolean>>();
  private readonly heads: readonly TokenHead[];

  constructor(
    tokens: TokenColumns,
    interner: Interner,
    sources: SourceManager,
    diagnostics: DiagnosticSink,
    parser: CParser,
    folds: UnitFolds,
    heads: readonly TokenHead[],
  ) {
    this.folds = folds;
    this.heads = heads;
    this.tokens = tokens;
    this.interner = interner;
    this.diagnostics = diagnostics;
    this.parser = parser;
    this.index = indexDeclarations(tokens, interner, sources, folds);
    this.entries = this.index.records.map((record, at) => new Entry(this, record, at));
  }

  get parsed(): { readonly declarations: number; readonly bodies: number } {
    return { declarations: this.trees.size + this.released, bodies: this.functionBodies.size };
  }

  get size(): number {
    return this.index.size;
  }

  entry(number: number): IndexEntry | undefined {
    const record = this.recordAt(number);
    if (record >= 0) return this.entries[record];
    const row = this.runOf(number);
    return row && new FoldedEntry(this, row, number);
  }

  /** Which record has the number, or -1. */
  private recordAt(number: number): number {
    const { records } = this.index;
    let low = 0;
    let high = records.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((records[middle]?.number ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return records[low]?.number === number ? low : -1;
  }

  private runOf(number: number): RunRecord | undefined {
    return this.index.runs.find(
      (row) => number >= row.number && number < row.number + row.run.end - row.run.first,
    );
  }

  *names(last: number): Generator<string> {
    let next = 0;
    for (let number = 0; number < this.size && number <= last; number++) {
      if (this.entries[next]?.index === number) yield* this.entries[next++]?.ordinaryNames ?? [];
      else yield* this.entry(number)?.ordinaryNames ?? [];
    }
  }

  declaring(name: string): readonly number[] {
    return remembered(this.declarations, name, () => this.withRuns(name, this.index.ordinary, ordinaryKinds));
  }

  firstMention(tag: string): number | undefined {
    const first = remembered(this.mentions, tag, () => {
      const { index } = this;
      let inRun = -1;
      for (const row of index.runs) {
        inRun = firstInRun(row, tag, FoldedName.mentionedTag);
        if (inRun >= 0) break;
      }
      const others = [this.definingTag(tag)[0] ?? -1, index.mentionedTags.firstOf(this.interner.find(tag))];
      return Math.min(...[inRun, ...others].filter((at) => at >= 0));
    });
    return first === Number.POSITIVE_INFINITY ? undefined : first;
  }

  definingTag(tag: string): readonly number[] {
    return remembered(this.definitions, tag, () => this.withRuns(tag, this.index.definedTags, definingKinds));
  }

  /** The entries that note the name, and those in runs where it is one of `kinds`; ascending. */
  private withRuns(name: string, chains: NameChains, kinds: readonly number[]): readonly number[] {
    let found: readonly number[] = chains.entriesOf(this.interner.find(name));
    for (const row of this.index.runs) {
      for (const kind of kinds) {
        const more = entriesInRun(row, name, kind);
        if (more.length === 0) continue;
        found = found.length === 0 ? more : [...new Set([...found, ...more])].sort((a, b) => a - b);
      }
    }
    return found;
  }

  parse(index: number): readonly ExternalDeclaration[] {
    const known = this.trees.get(index);
    if (known !== undefined) return known;
    const place = this.placeOf(index);
    if (place === undefined) return [];
    const { start, end, bodyStart } = place;
    const range = { start, end: bodyStart < 0 ? end : bodyStart + 1 };
    const objects = tokenObjects(this.tokens, this.interner, range);
    const context = this.contextOf(index);
    const isKept = this.keptPlace(index) !== undefined;
    const found = this.parser.parseExternal(objects, end, isKept ? this.noting(context, index) : context);
    for (const node of found) if (node.kind === 'FunctionDefinition') this.entryOfDefinition.set(node, index);
    this.trees.set(index, found);
    return found;
  }

  release(index: number): void {
    const [tree, other] = this.trees.get(index) ?? [];
    if (tree?.kind !== 'Declaration' || other !== undefined) return;
    if (this.keptPlace(index) !== undefined || this.entry(index)?.isNameless !== false) return;
    this.trees.delete(index);
    this.released++;
  }

  parseBody(definition: FunctionDefinition): CompoundStatement {
    const known = this.functionBodies.get(definition);
    if (known !== undefined) return known;
    const objects = tokenObjects(this.tokens, this.interner, definition.body);
    const context = this.contextOf(this.entryOfDefinition.get(definition) ?? this.size);
    const body = this.parser.parseFunctionBody(objects, definition.declarator, context);
    this.functionBodies.set(definition, body);
    return body;
  }

  keptPlace(index: number): KeptPlace | undefined {
    const record = this.index.records[this.recordAt(index)];
    if (record !== undefined) return this.placeInHead(record);
    const row = this.runOf(index);
    if (row === undefined) return undefined;
    const { tokens: text, first, delta } = row.run;
    return { text, declaration: first + index - row.number, delta, pragmas: this.pragmasOf(row) };
  }

  /** A head's tokens have their positions, and the pragmas before them. */
  private placeInHead({ number, start, end, bodyStart }: EntryRecord): KeptPlace | undefined {
    // What ends without a semicolon ends because of what comes behind it.
    const last = this.tokens.kind(end - 1);
    if (bodyStart >= 0 || (last !== Tok.Semicolon && last !== Tok.Folded)) return undefined;
    const at = this.heads.findIndex((head) => end <= head.end);
    const text = this.heads[at]?.identity;
    if (text === undefined || start < (this.heads[at - 1]?.end ?? 0)) return undefined;
    return { text, declaration: number, delta: 0, pragmas: '' };
  }

  private pragmasOf(row: RunRecord): string {
    const known = this.pragmasOfRuns.get(row);
    if (known !== undefined) return known;
    const texts = row.attributePragmas.map((pragma) => this.interner.text(this.tokens.id(pragma)));
    const pragmas = JSON.stringify([row.pack, ...texts]);
    this.pragmasOfRuns.set(row, pragmas);
    return pragmas;
  }

  typedefQuestions(index: number): ReadonlyMap<string, boolean> {
    return this.questions.get(index) ?? new Map();
  }

  isTypedefName(name: string, index: number): boolean {
    return this.contextOf(index).isFileScopeTypedef(name);
  }

  /** The context, with its answers noted. */
  private noting(context: ParseContext, index: number): ParseContext {
    const asked = new Map<string, boolean>();
    this.questions.set(index, asked);
    const isFileScopeTypedef = (name: string): boolean => {
      const answer = context.isFileScopeTypedef(name);
      asked.set(name, answer);
      return answer;
    };
    return { ...context, isFileScopeTypedef };
  }

  /** Where the tokens of an entry stand with nothing folded. */
  private placeOf(number: number): EntryPlace | undefined {
    const record = this.index.records[this.recordAt(number)];
    if (record !== undefined) return this.unfolded(record);
    const row = this.runOf(number);
    if (row === undefined) return undefined;
    const { tokens } = this;
    const start = tokens.length;
    const declaration = row.run.first + number - row.number;
    this.folds.append(tokens, row.run, declaration);
    const end = tokens.length;
    tokens.push(Tok.EndOfFile, foldedSpan(row.run, declaration).end, this.interner.intern(''), 0);
    return { start, end, bodyStart: -1 };
  }

  /** Where the tokens of an entry stand with nothing folded: in their place, or at the end of the run. */
  private unfolded({ start, end, bodyStart }: EntryRecord): EntryPlace {
    const { tokens, folds } = this;
    const folded = tokens.kinds.subarray(start, end).indexOf(Tok.Folded);
    if (folded < 0) return { start, end, bodyStart };
    const head = folds.unfold(tokens, start, bodyStart < 0 ? end : bodyStart);
    const body = tokens.length;
    if (bodyStart >= 0) folds.unfold(tokens, bodyStart, end);
    const place = { start: head, end: tokens.length, bodyStart: bodyStart < 0 ? -1 : body };
    // What follows the range says where a message about its end belongs.
    tokens.pushFrom(tokens, end);
    return place;
  }

  /** Typedef names of file scope are those of the entries before this one. */
  private contextOf(entry: number): ParseContext {
    const { interner, index, diagnostics } = this;
    return {
      diagnostics,
      isFileScopeTypedef: (name) => {
        const first = index.typedefs.firstOf(interner.intern(name));
        return first < 0 ? predefinedTypedefs.has(name) : first < entry;
      },
    };
  }

  spanOf(range: TokenRange): Span {
    const last = Math.max(range.start, range.end - 1);
    const end = this.tokens.position(last) + this.interner.text(this.tokens.id(last)).length;
    return { start: this.tokens.position(range.start), end: end as Span['end'] };
  }

  /** The attributes of one pragma; read when first needed. */
  attributesOf(pragma: number, entry: number): readonly PragmaAttribute[] {
    const known = this.pragmaAttributes.get(pragma);
    if (known !== undefined) return known;
    const found = this.readAttributes(pragma, entry);
    this.pragmaAttributes.set(pragma, found);
    return found;
  }

  private readAttributes(pragma: number, entry: number): readonly PragmaAttribute[] {
    const text = this.interner.text(this.tokens.id(pragma));
    const parts = readAttributePragma(text);
    const span = this.spanOf({ start: pragma, end: pragma + 1 });
    if (parts === undefined) {
      this.diagnostics.report('attribute-pragma', span, ["expected 'push (attribute, apply_to = subjects)'"]);
      return [];
    }
    const source = text.slice(parts.attributeStart, parts.attributeEnd);
    const tokens = this.scanAt(source, pragma);
    const objects = tokenObjects(tokens, this.interner, { start: 0, end: tokens.length });
    const attributes = this.parser.parseAttributes(objects, this.contextOf(entry));
    return attributes.map((attribute) => ({ attribute, appliesTo: parts.appliesTo }));
  }

  /** Tokens of a piece of a pragma's text; all of them stand where the pragma does. */
  private scanAt(text: string, pragma: number): TokenColumns {
    const scanned = scan(text, this.interner, { trigraphs: false }).tokens;
    const position = this.tokens.position(pragma);
    const result = new TokenColumns(scanned.length);
    for (let at = 0; at < scanned.length; at++) {
      const kind = scanned.kind(at);
      if (kind === Tok.Newline || kind === Tok.EndOfFile) continue;
      const spelling = this.interner.text(scanned.id(at));
      const real = kind === Tok.Identifier ? (keywords.get(spelling) ?? kind) : kind;
      result.push(real, position, scanned.id(at), scanned.flag(at));
    }
    return result;
  }
}

/** A row of the index as sema sees it; lists are made when asked for. */
class Entry implements IndexEntry {
  readonly index: number;
  private readonly unit: IndexedUnit;
  private readonly record: EntryRecord;
  /** Which of the records it is. */
  private readonly at: number;

  constructor(unit: IndexedUnit, record: EntryRecord, at: number) {
    this.unit = unit;
    this.record = record;
    this.at = at;
    this.index = record.number;
  }

  get range(): TokenRange {
    return { start: this.record.start, end: this.record.end };
  }

  get span(): Span {
    return this.unit.spanOf(this.range);
  }

  get isNameless(): boolean {
    const before = this.unit.index.records[this.at - 1];
    const { ordinaryEnd, definedEnd, mentionedEnd } = this.record;
    return (
      ordinaryEnd === (before?.ordinaryEnd ?? 0) &&
      definedEnd === (before?.definedEnd ?? 0) &&
      mentionedEnd === (before?.mentionedEnd ?? 0)
    );
  }

  get isTypedef(): boolean {
    return this.record.isTypedef;
  }

  get isFunctionDefinition(): boolean {
    return this.record.bodyStart >= 0;
  }

  get mayEmit(): boolean {
    return this.record.mayEmit;
  }

  get isUserCode(): boolean {
    return this.record.isUserCode;
  }

  get pack(): number {
    return this.record.pack;
  }

  get ordinaryNames(): readonly string[] {
    return this.names(this.unit.index.ordinary, 'ordinaryEnd');
  }

  get definedTags(): readonly string[] {
    return this.names(this.unit.index.definedTags, 'definedEnd');
  }

  get mentionedTags(): readonly string[] {
    return this.names(this.unit.index.mentionedTags, 'mentionedEnd');
  }

  get pragmaAttributes(): readonly PragmaAttribute[] {
    return this.record.attributePragmas.flatMap((pragma) => this.unit.attributesOf(pragma, this.index));
  }

  private names(chains: NameChains, end: 'ordinaryEnd' | 'definedEnd' | 'mentionedEnd'): string[] {
    const start = this.unit.index.records[this.at - 1]?.[end] ?? 0;
    const ids = chains.ids.slice(start, this.record[end]);
    return [...new Set(ids)].map((id) => this.unit.interner.text(id));
  }
}

/** A declaration of a folded run. */
class FoldedEntry implements IndexEntry {
  readonly index: number;
  readonly isFunctionDefinition = false;
  readonly mayEmit = false;
  readonly isUserCode = false;
  readonly isNameless = false;
  readonly pack: number;
  private readonly unit: IndexedUnit;
  private readonly row: RunRecord;

  constructor(unit: IndexedUnit, row: RunRecord, index: number) {
    this.unit = unit;
    this.row = row;
    this.index = index;
    this.pack = row.pack;
  }

  get span(): Span {
    return foldedSpan(this.row.run, this.declaration);
  }

  get isTypedef(): boolean {
    return this.names((kind) => kind === FoldedName.typedef).length > 0;
  }

  get ordinaryNames(): readonly string[] {
    return this.names((kind) => kind === FoldedName.typedef || kind === FoldedName.enumerator);
  }

  get definedTags(): readonly string[] {
    return this.names((kind) => kind === FoldedName.definedTag);
  }

  get mentionedTags(): readonly string[] {
    return this.names((kind) => kind === FoldedName.mentionedTag);
  }

  get pragmaAttributes(): readonly PragmaAttribute[] {
    return this.row.attributePragmas.flatMap((pragma) => this.unit.attributesOf(pragma, this.index));
  }

  private get declaration(): number {
    return this.row.run.first + this.index - this.row.number;
  }

  private names(isWanted: (kind: number) => boolean): string[] {
    const found = new Set<string>();
    foldedText(this.row.run).eachName(this.declaration, (name, kind) => {
      if (isWanted(kind)) found.add(name);
    });
    return [...found];
  }
}
