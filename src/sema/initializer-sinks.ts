/**
 * Where the walk over an initialiser puts what it finds: into the image of a static object, or into the list
 * of stores of a local one.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import { type CType, isScalar, sizeOf } from '../types/types.ts';
import type { Sema } from './context.ts';
import { isError } from './factories.ts';
import { StaticImage } from './static-image.ts';
import type { InitializerEntry, LocalInitializer, StaticInitializer } from './typed-tree.ts';

export interface InitializerSink {
  /** Static initialisers take constants only. */
  readonly isStatic: boolean;
  store(entry: InitializerEntry): void;
  /** Forgets what was stored in a range of bytes. */
  clear(offset: number, size: number): void;
  /**
   * Does the same to `count` more elements of `size` bytes as was done to the one at `offset`. False: too
   * many.
   */
  repeat(offset: number, size: number, count: number): boolean;
}

/** The first bit that an entry stores, and how many it stores. */
function placeOf(entry: InitializerEntry): { readonly start: number; readonly width: number } {
  const { offset, bitField, type } = entry;
  const start = offset * 8 + (bitField?.bitOffset ?? 0);
  return { start, width: bitField?.bitWidth ?? (sizeOf(type) ?? 0) * 8 };
}

function startsIn(entry: InitializerEntry, offset: number, size: number): boolean {
  const { start } = placeOf(entry);
  return start >= offset * 8 && start < (offset + size) * 8;
}

export class StaticSink implements InitializerSink {
  readonly isStatic = true;
  private readonly sema: Sema;
  private readonly image: StaticImage;
  private isTooLarge = false;

  constructor(sema: Sema) {
    this.sema = sema;
    this.image = new StaticImage(sema.options.littleEndian);
  }

  private complainAboutSize(span: Span): void {
    if (!this.isTooLarge) this.sema.diagnostics.report('initializer-too-large', span);
    this.isTooLarge = true;
  }

  store(entry: InitializerEntry): void {
    const { value, offset, type, bitField } = entry;
    const size = sizeOf(type) ?? 0;
    const { start, width } = placeOf(entry);
    if (isError(value)) return;
    if (!this.image.reserve(Math.ceil((start + width) / 8))) {
      this.complainAboutSize(value.span);
      return;
    }
    if (value.kind === 'StringReference') {
      this.image.clear(offset, size);
      this.image.storeBytes(offset, value.constant.bytes);
      return;
    }
    const constant = this.sema.evaluate(value);
    const isPlace = bitField === undefined && isScalar(type);
    if (constant?.kind === 'integer' && bitField !== undefined) {
      this.image.storeBits(start, width, constant.value);
    } else if (constant?.kind === 'integer' && isPlace) {
      this.image.storeInteger(offset, size, constant.value);
    } else if (constant?.kind === 'float' && isPlace) {
      this.image.storeFloat(offset, size, constant.value);
    } else if (constant?.kind === 'address' && isPlace && size === 8) {
      this.image.storeAddress(offset, constant);
    } else {
      this.sema.diagnostics.report('initializer-not-constant', value.span);
    }
  }

  clear(offset: number, size: number): void {
    this.image.clear(offset, size);
  }

  repeat(offset: number, size: number, count: number): boolean {
    if (!this.image.reserve(offset + size * (count + 1))) return false;
    this.image.repeat(offset, size, count);
    return true;
  }

  /** Undefined for an all-zero object that is too large to write out. */
  finish(type: CType, span: Span): StaticInitializer | undefined {
    const size = sizeOf(type) ?? 0;
    if (this.isTooLarge) return undefined;
    if (!this.image.reserve(size)) {
      if (this.image.size > 0) this.complainAboutSize(span);
      return undefined;
    }
    // A flexible array member's elements make the object larger than its type.
    return this.image.finish(size);
  }
}

/**
 * A local initialiser with more stores than this is refused: a program has a million instructions at most.
 */
const maxEntries = 1 << 18;

export class LocalSink implements InitializerSink {
  readonly isStatic = false;
  private entries: InitializerEntry[] = [];
  /** Entry numbers by first bit, to replace what is stored twice. */
  private readonly byPlace = new Map<number, number>();
  /** End of the highest byte stored so far: no overlap beyond it. */
  private end = 0;

  store(entry: InitializerEntry): void {
    const { start, width } = placeOf(entry);
    const before = this.byPlace.get(start);
    const replaced = before === undefined ? undefined : this.entries[before];
    if (before !== undefined && replaced !== undefined && placeOf(replaced).width === width) {
      this.entries[before] = entry;
      return;
    }
    this.byPlace.set(start, this.entries.length);
    this.entries.push(entry);
    this.end = Math.max(this.end, (start + width) / 8);
  }

  clear(offset: number, size: number): void {
    if (offset >= this.end) return;
    const kept = this.entries.filter((entry) => !startsIn(entry, offset, size));
    if (kept.length === this.entries.length) return;
    this.entries = kept;
    this.byPlace.clear();
    kept.forEach((entry, i) => {
      this.byPlace.set(placeOf(entry).start, i);
    });
  }

  repeat(offset: number, size: number, count: number): boolean {
    const pattern = this.entries.filter((entry) => startsIn(entry, offset, size));
    if (pattern.length * count > maxEntries) return false;
    this.clear(offset + size, count * size);
    for (let i = 1; i <= count; i++) {
      for (const entry of pattern) this.store({ ...entry, offset: entry.offset + i * size });
    }
    return true;
  }

  finish(type: CType): LocalInitializer {
    let bits = 0;
    for (const entry of this.entries) bits += placeOf(entry).width;
    return { zeroFill: bits < (sizeOf(type) ?? 0) * 8, entries: this.entries };
  }
}
