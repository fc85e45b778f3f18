/**
 * What a declaration asks and declares while it is checked, written down so that it can be kept.
 *
 * In: calls of those who answer at file scope. Out: a {@link KeptDeclaration}, where nothing happened that one cannot stand for.
 * Invariants: a question is noted once, with its first answer; what the declaration learns from itself is no question.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { OrdinaryEntity, TagEntity } from './context.ts';
import type {
  KeptDeclaration,
  KeptDefinition,
  NameMeaning,
  Question,
  TagKind,
  TextRange,
} from './kept-declarations.ts';

export class DeclarationRecord {
  /** False once something happened that cannot be kept. */
  private isKeepable = true;
  private readonly delta: number;
  private readonly questions: Question[] = [];
  private readonly asked = new Set<string>();
  private readonly askedTypes = new Set<TagEntity>();
  private readonly declared = new Map<string, OrdinaryEntity>();
  private readonly defined = new Map<TagEntity, Span>();

  constructor(delta: number) {
    this.delta = delta;
  }

  private range({ start, end }: Span): TextRange {
    return { start: start - this.delta, end: end - this.delta };
  }

  noteName(name: string, isPrevious: boolean, entity: OrdinaryEntity | undefined): void {
    if (this.declared.has(name)) return;
    const key = isPrevious ? `=${name}` : name;
    if (this.asked.has(key)) return;
    this.asked.add(key);
    const meaning = meaningOf(entity);
    if (meaning === undefined) this.isKeepable = false;
    else this.questions.push({ kind: 'name', name, isPrevious, meaning });
  }

  noteTag(tagKind: TagKind, tag: string, span: Span, mayDeclare: boolean, type: TagEntity): void {
    const key = `#${tag}`;
    if (this.asked.has(key)) return;
    this.asked.add(key);
    this.questions.push({ kind: 'tag', tagKind, tag, range: this.range(span), mayDeclare, type });
  }

  /** A type of file scope was asked how it is completed. */
  noteContent(type: TagEntity, isComplete: boolean): void {
    if (this.defined.has(type) || this.askedTypes.has(type)) return;
    this.askedTypes.add(type);
    if (type.kind === 'record') {
      const layout = isComplete ? type.content.layout : undefined;
      this.questions.push({ kind: 'layout', type, layout });
    } else {
      const { constants, underlying } = isComplete ? type.content : incomplete;
      this.questions.push({ kind: 'constants', type, constants, underlying });
    }
  }

  /** Something happened that no question or definition stands for. */
  refuse(): void {
    this.isKeepable = false;
  }

  noteDeclared(name: string, entity: OrdinaryEntity): void {
    this.declared.set(name, entity);
  }

  noteDefined(type: TagEntity, span: Span): void {
    this.defined.set(type, span);
  }

  /** What can be kept of it, with what the parser asked before. */
  finish(typedefQuestions: ReadonlyMap<string, boolean>): KeptDeclaration | undefined {
    const names: KeptDeclaration['names'][number][] = [];
    for (const [name, entity] of this.declared) {
      const meaning = meaningOf(entity);
      if (meaning === undefined || meaning.kind === 'nothing') return undefined;
      names.push({ name, range: this.range(entity.span), meaning });
    }
    const definitions = [...this.defined].map(([type, span]): KeptDefinition => {
      const range = this.range(span);
      return type.kind === 'record'
        ? { kind: 'record', type, range, content: type.content }
        : { kind: 'enum', type, range, content: type.content };
    });
    const ofParser: Question[] = [];
    for (const [name, isTypedef] of typedefQuestions) {
      // Who asks what a name means learns this, too.
      if (!this.asked.has(name)) ofParser.push({ kind: 'typedef-name', name, isTypedef });
    }
    return this.isKeepable ? { questions: [...ofParser, ...this.questions], definitions, names } : undefined;
  }
}

const incomplete = { constants: undefined, underlying: undefined };

/** Undefined where the meaning is more than a declaration of types can be kept with. */
function meaningOf(entity: OrdinaryEntity | undefined): NameMeaning | undefined {
  switch (entity?.kind) {
    case undefined:
      return { kind: 'nothing' };
    case 'typedef':
      return { kind: 'typedef', type: entity.type };
    case 'enumerator':
      return { kind: 'enumerator', value: entity.value, type: entity.type };
    default:
      return undefined;
  }
}
