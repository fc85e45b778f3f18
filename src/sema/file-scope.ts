/**
 * File scope on demand: a name or tag is analysed when it is first looked up.
 *
 * In: the translation unit's index. Looking a name up analyses those external declarations that may declare
 * it and stand before the place of use (`current`); declarations behind it do not count. A tag gets its type
 * object when first mentioned; its members are analysed when somebody asks for its layout. An entry is
 * analysed once; while it is being analysed, what it has declared so far is in sight.
 *
 * Entries may need each other in chains as long as the file. Beyond {@link maxNestedEntries} the entries that
 * an entry needs are analysed first, in post-order with an explicit stack, so that the call stack stays
 * short.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { TranslationUnit } from '../parser/parser.ts';
import type { CompletionSource } from '../types/types.ts';
import type { OrdinaryEntity, TagEntity } from './context.ts';
import type { DeclarationRecord } from './declaration-record.ts';
import { neededNames } from './needed-names.ts';
import type { ScopedTag, ScopeStack } from './scope.ts';
import type { FunctionSymbol, ObjectSymbol } from './typed-tree.ts';

const maxNestedEntries = 60;

/** The place behind all entries: the whole unit is in sight. */
const endOfUnit = Number.POSITIVE_INFINITY;

interface FileEntity {
  entity: OrdinaryEntity;
  /** The entry that declared it first. */
  readonly entry: number;
}

type EntryState = 'fresh' | 'active' | 'done';

/** Completes one tag of file scope (see {@link CompletionSource}). */
class TagCompletion implements CompletionSource {
  private readonly fileScope: FileScope;
  private readonly type: TagEntity;
  private readonly tag: string;
  private candidates: readonly number[] | undefined = undefined;
  private nextCandidate = 0;
  /** The entry that defines the type, once it is analysed. */
  definedBy: number | undefined = undefined;

  constructor(fileScope: FileScope, type: TagEntity, tag: string) {
    this.fileScope = fileScope;
    this.type = type;
    this.tag = tag;
  }

  complete(): boolean {
    const isComplete = this.isComplete();
    this.fileScope.record?.noteContent(this.type, isComplete);
    return isComplete;
  }

  private isComplete(): boolean {
    const { current } = this.fileScope;
    while (this.definedBy === undefined) {
      this.candidates ??= this.fileScope.definingTag(this.tag);
      const candidate = this.candidates[this.nextCandidate];
      if (candidate === undefined || candidate > current) return false;
      if (this.fileScope.isActive(candidate)) return false;
      this.nextCandidate++;
      this.fileScope.ensure(candidate);
    }
    return this.definedBy <= current;
  }
}

interface FileTag extends ScopedTag {
  readonly completion: TagCompletion;
  /** The entry that had it declared; the first that mentions it may stand before. */
  readonly entry: number;
}

export class FileScope {
  /** Number of the entry being analysed: the place of use. */
  current = 0;
  /** What the entry being analysed asks and declares, where that may be kept. */
  record: DeclarationRecord | undefined = undefined;
  private readonly unit: TranslationUnit;
  private readonly scopes: ScopeStack;
  private readonly check: (entry: number) => void;
  private readonly states: EntryState[] = [];
  private readonly ordinary = new Map<string, FileEntity>();
  /** How many of a name's declarations have been asked for. */
  private readonly ensured = new Map<string, number>();
  private readonly tags = new Map<string, FileTag>();
  private readonly blockExterns = new Map<string, FunctionSymbol | ObjectSymbol>();
  private depth = 0;

  /** @param check Checks the declarations of an entry, which declare their names here. */
  constructor(unit: TranslationUnit, scopes: ScopeStack, check: (entry: number) => void) {
    this.unit = unit;
    this.scopes = scopes;
    this.check = check;
  }

  /** From now on the whole unit is in sight: types are still completed when somebody asks. */
  finish(): void {
    this.current = endOfUnit;
  }

  isActive(entry: number): boolean {
    return this.states[entry] === 'active';
  }

  /** Analyses an entry unless that has been done or is under way. */
  ensure(entry: number): void {
    if (this.states[entry] !== undefined) return;
    if (this.depth >= maxNestedEntries) this.ensureNeeded(entry);
    this.run(entry);
  }

  private run(entry: number): void {
    if (this.states[entry] !== undefined) return;
    this.states[entry] = 'active';
    this.depth++;
    this.at(entry, () => this.check(entry));
    this.depth--;
    this.states[entry] = 'done';
    this.unit.release(entry);
  }

  /** Runs `action` at file scope with the given entry as the place of use. */
  at(entry: number, action: () => void): void {
    const saved = this.current;
    this.current = entry;
    this.scopes.isolate(action);
    this.current = saved;
  }

  /** Analyses what `entry` needs, innermost first. */
  private ensureNeeded(entry: number): void {
    const visited = new Set<number>([entry]);
    const stack = [{ entry, needs: this.needsOf(entry), next: 0 }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const need = top.needs[top.next++];
      if (need === undefined) {
        stack.pop();
        if (top.entry !== entry) this.run(top.entry);
      } else if (!visited.has(need) && this.states[need] === undefined) {
        visited.add(need);
        stack.push({ entry: need, needs: this.needsOf(need), next: 0 });
      }
    }
  }

  private needsOf(entry: number): readonly number[] {
    const needs = new Set<number>();
    for (const declaration of this.unit.parse(entry)) {
      const names = neededNames(declaration);
      for (const name of names.ordinary)
        for (const i of this.unit.declaring(name)) if (i < entry) needs.add(i);
      for (const tag of names.tags) for (const i of this.unit.definingTag(tag)) if (i < entry) needs.add(i);
    }
    return [...needs];
  }

  /** Analyses all declarations of a name that stand before the place of use. */
  ensureDeclared(name: string): void {
    const entries = this.unit.declaring(name);
    // Thousands of declarations of one name each ask for those before.
    let next = this.ensured.get(name) ?? 0;
    for (let entry = entries[next]; entry !== undefined && entry <= this.current; entry = entries[++next])
      this.ensure(entry);
    if (next > (this.ensured.get(name) ?? 0)) this.ensured.set(name, next);
  }

  lookupOrdinary(name: string): OrdinaryEntity | undefined {
    this.ensureDeclared(name);
    const known = this.ordinary.get(name);
    const entity = known !== undefined && known.entry <= this.current ? known.entity : undefined;
    this.record?.noteName(name, false, entity);
    return entity;
  }

  /** What the name was declared as before, for another declaration of it. */
  previous(name: string): OrdinaryEntity | undefined {
    this.ensureDeclared(name);
    const entity = this.ordinary.get(name)?.entity;
    this.record?.noteName(name, true, entity);
    return entity;
  }

  declareOrdinary(name: string, entity: OrdinaryEntity): void {
    this.record?.noteDeclared(name, entity);
    const known = this.ordinary.get(name);
    if (known === undefined) this.ordinary.set(name, { entity, entry: this.current });
    else known.entity = entity;
  }

  /** The symbol with linkage that block-scope `extern` declarations gave a name before file scope did. */
  linked(name: string): FunctionSymbol | ObjectSymbol | undefined {
    this.record?.refuse();
    const known = this.ordinary.get(name)?.entity;
    return known?.kind === 'object' || known?.kind === 'function' ? known : this.blockExterns.get(name);
  }

  declareBlockExtern(name: string, symbol: FunctionSymbol | ObjectSymbol): void {
    this.record?.refuse();
    this.blockExterns.set(name, symbol);
  }

  /** All names of file scope, for spelling suggestions. */
  names(): Iterable<string> {
    return this.unit.names(this.current);
  }

  lookupTag(tag: string): ScopedTag | undefined {
    const known = this.tags.get(tag);
    if (known === undefined || known.entry <= this.current) return known;
    return (this.unit.firstMention(tag) ?? known.entry) <= this.current ? known : undefined;
  }

  /** Numbers of the entries that define a tag, ascending. */
  definingTag(tag: string): readonly number[] {
    return this.unit.definingTag(tag);
  }

  /** True when file scope declares the tag before the place of use, analysed or not. */
  mentionsTagBefore(tag: string): boolean {
    const first = this.unit.firstMention(tag);
    return first !== undefined && first < this.current;
  }

  /** Enters a type that was just made for a tag; its definition may stand in any later entry. */
  declareTag(tag: string, type: TagEntity, span: Span): void {
    const completion = new TagCompletion(this, type, tag);
    this.tags.set(tag, { type, span, completion, entry: this.current });
    type.completion = completion;
  }

  /** Notes that the entry being analysed has completed a type of file scope. */
  markDefined(tag: string, type: TagEntity): void {
    const known = this.tags.get(tag);
    if (known?.type === type) known.completion.definedBy ??= this.current;
  }
}
