/**
 * Declarations of types that were checked in an earlier unit of the session, by the text they stand in.
 *
 * In: what checking a declaration asked of its surroundings and what it declared (see `declaration-keeper.ts`). Out: the same, for
 * a unit in which the same text stands.
 *
 * Method: checking a declaration is a function of its tokens, of the options, and of the answers to what it asks: what a name
 * means, which type a tag is, whether that type is complete and how. So a kept result is good wherever the same questions
 * get the same answers (Mitchell and others call it a verifying trace: Build Systems à la Carte, ICFP 2018). A tag that a kept
 * text speaks of is one object in all units, so that types which point to each other can be kept apart; what the
 * object contains is set by each unit anew, from what was kept or by checking the definition.
 *
 * Invariants: kept declarations hold no positions, only offsets in their text. Between units no kept object leads to
 * a unit. Anything may be dropped at any time: what is missing is checked again.
 */

import type { KeptPlace } from '../parser/parser.ts';
import {
  type CType,
  type EnumConstant,
  type EnumContent,
  EnumType,
  type IntegerType,
  type RecordContent,
  type RecordLayout,
  RecordType,
} from '../types/types.ts';
import type { TagEntity } from './context.ts';

export type TagKind = 'struct' | 'union' | 'enum';

/** A range in the kept text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** What a name means, as far as the declaration of a type can depend on it. */
export type NameMeaning =
  | { readonly kind: 'typedef'; readonly type: CType }
  | { readonly kind: 'enumerator'; readonly value: bigint; readonly type: CType }
  | { readonly kind: 'nothing' };

/** What a declaration asked, with the answer it got. */
export type Question =
  /** What a name means: at the place of use, or (`isPrevious`) to a declaration of the same name. */
  | {
      readonly kind: 'name';
      readonly name: string;
      readonly isPrevious: boolean;
      readonly meaning: NameMeaning;
    }
  /** To the parser: is it a typedef name? */
  | { readonly kind: 'typedef-name'; readonly name: string; readonly isTypedef: boolean }
  /** Which type of file scope a tag is; `mayDeclare`: it is declared where it is not known. */
  | {
      readonly kind: 'tag';
      readonly tagKind: TagKind;
      readonly tag: string;
      readonly range: TextRange;
      readonly mayDeclare: boolean;
      readonly type: TagEntity;
    }
  /** How a type was completed; undefined: not yet. */
  | { readonly kind: 'layout'; readonly type: RecordType; readonly layout: RecordLayout | undefined }
  | {
      readonly kind: 'constants';
      readonly type: EnumType;
      readonly constants: readonly EnumConstant[] | undefined;
      readonly underlying: IntegerType | undefined;
    };

/** A type that a declaration completed. */
export type KeptDefinition =
  | {
      readonly kind: 'record';
      readonly type: RecordType;
      readonly range: TextRange;
      readonly content: RecordContent;
    }
  | {
      readonly kind: 'enum';
      readonly type: EnumType;
      readonly range: TextRange;
      readonly content: EnumContent;
    };

export interface KeptDeclaration {
  readonly questions: readonly Question[];
  readonly definitions: readonly KeptDefinition[];
  readonly names: readonly {
    readonly name: string;
    readonly range: TextRange;
    readonly meaning: Exclude<NameMeaning, { kind: 'nothing' }>;
  }[];
}

/** Tags at most before all is dropped: more than the kernel has. */
const maxTags = 100_000;

/** What is kept of units with the same options. */
export class KeptDeclarations {
  private readonly tags = new Map<string, { readonly type: TagEntity; unit: number }>();
  private texts = new WeakMap<object, Map<string, (KeptDeclaration | undefined)[]>>();
  /** The types that the unit under way has taken. */
  private taken: TagEntity[] = [];
  private unit = 0;

  /** A unit begins. */
  begin(): void {
    this.release();
    this.unit++;
    if (this.tags.size <= maxTags) return;
    this.tags.clear();
    this.texts = new WeakMap();
  }

  /** The unit is done with: types lose what it made of them. */
  release(): void {
    for (const type of this.taken) type.forget();
    this.taken = [];
  }

  /** The type of a tag of file scope that is declared now; each unit gets it once, and others of the same name are new ones. */
  declare(kind: TagKind, tag: string): TagEntity {
    const key = `${kind} ${tag}`;
    const known = this.tags.get(key);
    if (known?.unit === this.unit) return makeTagType(kind, tag);
    const type = known?.type ?? makeTagType(kind, tag);
    if (known === undefined) this.tags.set(key, { type, unit: this.unit });
    else known.unit = this.unit;
    this.taken.push(type);
    return type;
  }

  find({ text, pragmas, declaration }: KeptPlace): KeptDeclaration | undefined {
    return this.texts.get(text)?.get(pragmas)?.[declaration];
  }

  keep({ text, pragmas, declaration }: KeptPlace, kept: KeptDeclaration): void {
    let byPragmas = this.texts.get(text);
    if (byPragmas === undefined) this.texts.set(text, (byPragmas = new Map()));
    let list = byPragmas.get(pragmas);
    if (list === undefined) byPragmas.set(pragmas, (list = []));
    list[declaration] = kept;
  }
}

export function makeTagType(kind: TagKind, tag: string | undefined): TagEntity {
  return kind === 'enum' ? new EnumType(tag) : new RecordType(kind === 'union', tag);
}
