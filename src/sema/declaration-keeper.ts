/**
 * Checks the external declarations of a unit, or takes them from those kept of earlier units where they would come out the same
 * (see `kept-declarations.ts`).
 *
 * In: an entry and the way to analyse it. Out: what it declares stands at file scope; what can be kept is kept.
 *
 * Invariants: taking a declaration asks what checking it would ask, in the same order, so the same other declarations are looked
 * at and the same tags declared. Whatever is reported or asked beyond {@link Question} keeps a declaration from being kept.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { Pos, Span } from '../diagnostics/source-manager.ts';
import type { KeptPlace, TranslationUnit } from '../parser/parser.ts';
import { asId } from '../support/ids.ts';
import type { CType } from '../types/types.ts';
import type { OrdinaryEntity, TagEntity } from './context.ts';
import { DeclarationRecord } from './declaration-record.ts';
import type { FileScope } from './file-scope.ts';
import type { KeptDeclarations, NameMeaning, Question, TagKind, TextRange } from './kept-declarations.ts';

function means(entity: OrdinaryEntity | undefined, meaning: NameMeaning): boolean {
  switch (meaning.kind) {
    case 'nothing':
      return entity === undefined;
    case 'typedef':
      return entity?.kind === 'typedef' && isSameSugar(entity.type, meaning.type);
    case 'enumerator':
      return entity?.kind === 'enumerator' && entity.value === meaning.value && entity.type === meaning.type;
    default:
      return meaning satisfies never;
  }
}

/** The same type, or typedefs of one name, each of its own object, for the same type: nobody tells them from each other. */
function isSameSugar(one: CType, other: CType): boolean {
  let [a, b] = [one, other];
  while (a !== b) {
    if (a.kind !== 'typedef' || b.kind !== 'typedef' || a.name !== b.name || a.align !== b.align)
      return false;
    if (a.declTags.length > 0 || b.declTags.length > 0) return false;
    [a, b] = [a.type, b.type];
  }
  return true;
}

/** What the keeper needs of those who know the tags of file scope. */
export interface FileTags {
  /** The type of a tag at file scope; undefined where it is not known and may not be declared. */
  typeAtFileScope(kind: TagKind, tag: string, span: Span, mayDeclare: boolean): TagEntity | undefined;
  /** Notes that a type was completed at `span`. */
  markDefined(type: TagEntity, span: Span): void;
}

interface KeeperInput {
  readonly kept: KeptDeclarations;
  /** False: what is kept is taken, but nothing more is kept. */
  readonly keepsMore: boolean;
  readonly unit: TranslationUnit;
  readonly fileScope: FileScope;
  readonly tags: FileTags;
  readonly diagnostics: DiagnosticSink;
}

export class DeclarationKeeper {
  private readonly kept: KeptDeclarations;
  private readonly keepsMore: boolean;
  private readonly unit: TranslationUnit;
  private readonly fileScope: FileScope;
  private readonly tags: FileTags;
  private readonly diagnostics: DiagnosticSink;

  constructor({ kept, keepsMore, unit, fileScope, tags, diagnostics }: KeeperInput) {
    this.kept = kept;
    this.keepsMore = keepsMore;
    this.unit = unit;
    this.fileScope = fileScope;
    this.tags = tags;
    this.diagnostics = diagnostics;
  }

  /** Takes what was kept of an entry, or analyses it. */
  check(entry: number, analyze: () => void): void {
    const place = this.unit.keptPlace(entry);
    const { record } = this.fileScope;
    this.fileScope.record = undefined;
    if (place === undefined || !this.take(entry, place)) {
      if (place === undefined || !this.keepsMore) analyze();
      else this.analyzeAndKeep(entry, place, analyze);
    }
    this.fileScope.record = record;
  }

  private analyzeAndKeep(entry: number, place: KeptPlace, analyze: () => void): void {
    const record = new DeclarationRecord(place.delta);
    const { reports } = this.diagnostics;
    this.fileScope.record = record;
    analyze();
    if (this.diagnostics.reports !== reports) return;
    const result = record.finish(this.unit.typedefQuestions(entry));
    if (result !== undefined) this.kept.keep(place, result);
  }

  private take(entry: number, place: KeptPlace): boolean {
    const known = this.kept.find(place);
    if (known === undefined) return false;
    const span = ({ start, end }: TextRange): Span => ({
      start: asId<Pos>(start + place.delta),
      end: asId<Pos>(end + place.delta),
    });
    for (const question of known.questions) if (!this.isAnswered(entry, question, span)) return false;
    for (const definition of known.definitions) {
      if (definition.kind === 'record') definition.type.content = definition.content;
      else definition.type.content = definition.content;
      this.tags.markDefined(definition.type, span(definition.range));
    }
    for (const { name, range, meaning } of known.names) {
      this.fileScope.declareOrdinary(name, { ...meaning, name, span: span(range) });
    }
    return true;
  }

  /** Does the question get the same answer here? */
  private isAnswered(entry: number, question: Question, span: (range: TextRange) => Span): boolean {
    const { fileScope } = this;
    switch (question.kind) {
      case 'name': {
        const { name, isPrevious, meaning } = question;
        const entity = isPrevious ? fileScope.previous(name) : fileScope.lookupOrdinary(name);
        return means(entity, meaning);
      }
      case 'typedef-name':
        return this.unit.isTypedefName(question.name, entry) === question.isTypedef;
      case 'tag': {
        const { tagKind, tag, range, mayDeclare, type } = question;
        return this.tags.typeAtFileScope(tagKind, tag, span(range), mayDeclare) === type;
      }
      case 'layout':
        return question.type.layout === question.layout;
      case 'constants': {
        const { constants, underlying } = question.type;
        return constants === question.constants && underlying === question.underlying;
      }
      default:
        return question satisfies never;
    }
  }
}
