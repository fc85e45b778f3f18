/**
 * Who refers to whom: the graph from which sema decides what is emitted.
 *
 * While a function's body or a global's initialiser is checked, references made by it are edges from it.
 * References from anywhere else (array sizes, enumerators) lead to nothing that must exist at run time.
 */

import type { TypedSymbol } from './typed-tree.ts';

export class ReferenceGraph {
  private readonly edges = new Map<TypedSymbol, Set<TypedSymbol>>();
  private referrer: TypedSymbol | undefined = undefined;

  /** Runs `action`; what it refers to is referred to by `symbol`. */
  from<T>(symbol: TypedSymbol | undefined, action: () => T): T {
    const saved = this.referrer;
    this.referrer = symbol;
    try {
      return action();
    } finally {
      this.referrer = saved;
    }
  }

  note(target: TypedSymbol): void {
    if (this.referrer === undefined) return;
    const known = this.edges.get(this.referrer);
    if (known === undefined) this.edges.set(this.referrer, new Set([target]));
    else known.add(target);
  }

  /** What `symbol` refers to, in order of first mention. */
  targets(symbol: TypedSymbol): Iterable<TypedSymbol> {
    return this.edges.get(symbol) ?? [];
  }
}
