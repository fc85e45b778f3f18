/**
 * Scopes of identifiers below file scope (C11 6.2.1, 6.2.3): blocks, prototypes and function parameters.
 *
 * A scope maps ordinary names and tags apart. File scope is not one of these: it is filled on demand by
 * `file-scope.ts`. While a file-scope declaration is analysed on demand from inside a function, the
 * function's scopes are set aside ({@link ScopeStack.isolate}).
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { OrdinaryEntity, TagEntity } from './context.ts';

type ScopeKind = 'block' | 'prototype';

export interface ScopedTag {
  readonly type: TagEntity;
  readonly span: Span;
}

export class Scope {
  readonly kind: ScopeKind;
  readonly ordinary = new Map<string, OrdinaryEntity>();
  readonly tags = new Map<string, ScopedTag>();

  constructor(kind: ScopeKind) {
    this.kind = kind;
  }
}

export class ScopeStack {
  private scopes: Scope[] = [];

  /** The innermost scope; undefined at file scope. */
  get innermost(): Scope | undefined {
    return this.scopes.at(-1);
  }

  get isFileScope(): boolean {
    return this.scopes.length === 0;
  }

  push(scope: Scope): void {
    this.scopes.push(scope);
  }

  pop(): void {
    this.scopes.pop();
  }

  lookupOrdinary(name: string): OrdinaryEntity | undefined {
    return this.find((scope) => scope.ordinary.get(name));
  }

  lookupTag(tag: string): ScopedTag | undefined {
    return this.find((scope) => scope.tags.get(tag));
  }

  private find<T>(get: (scope: Scope) => T | undefined): T | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const scope = this.scopes[i];
      const found = scope === undefined ? undefined : get(scope);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** All ordinary names in sight, for spelling suggestions. */
  *names(): Generator<string> {
    for (const scope of this.scopes) yield* scope.ordinary.keys();
  }

  /** Runs `action` at file scope, whatever scopes are open. */
  isolate<T>(action: () => T): T {
    const saved = this.scopes;
    this.scopes = [];
    try {
      return action();
    } finally {
      this.scopes = saved;
    }
  }
}
