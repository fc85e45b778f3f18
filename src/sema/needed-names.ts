/**
 * The names that a declaration cannot be analysed without: typedef names, constants in expressions, and the
 * tags of types it holds by value. Used where chains of declarations are too long for the call stack; names
 * too many cost only time.
 */

import type { ExternalDeclaration } from '../parser/ast.ts';

interface NeededNames {
  readonly ordinary: ReadonlySet<string>;
  readonly tags: ReadonlySet<string>;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function property(node: object, name: string): unknown {
  return Reflect.get(node, name);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * True when all declarators of a declaration are pointers, so that a tag in its specifiers may stay
 * incomplete.
 */
function declaresOnlyPointers(node: object): boolean {
  const declarators = list(property(node, 'declarators'));
  return (
    declarators.length > 0 &&
    declarators.every((item) => {
      const declarator = isObject(item) ? property(item, 'declarator') : undefined;
      const chunks = isObject(declarator) ? list(property(declarator, 'chunks')) : [];
      return chunks.some((chunk) => isObject(chunk) && property(chunk, 'kind') === 'PointerChunk');
    })
  );
}

/** Walks plain syntax nodes of any shape with a list of its own: depth costs no call stack. */
export function neededNames(declaration: ExternalDeclaration): NeededNames {
  const ordinary = new Set<string>();
  const tags = new Set<string>();
  const pending: object[] = [declaration];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const kind = property(node, 'kind');
    if (kind === 'TypedefSpecifier' || kind === 'Identifier') {
      const name = text(property(node, 'name'));
      if (name !== undefined) ordinary.add(name);
    }
    if (kind === 'RecordSpecifier' || kind === 'EnumSpecifier') {
      const tag = property(node, 'tag');
      const name = isObject(tag) ? text(property(tag, 'text')) : undefined;
      if (name !== undefined) tags.add(name);
    }
    const onlyPointers = declaresOnlyPointers(node);
    for (const [name, value] of Object.entries(node)) {
      if (!isObject(value) || name === 'span') continue;
      if (onlyPointers && name === 'specifiers' && !definesType(value)) {
        for (const specifier of list(property(value, 'types'))) {
          if (isObject(specifier) && property(specifier, 'kind') === 'TypedefSpecifier')
            pending.push(specifier);
        }
      } else {
        pending.push(value);
      }
    }
  }
  return { ordinary, tags };
}

function definesType(specifiers: object): boolean {
  return list(property(specifiers, 'types')).some(
    (specifier) =>
      isObject(specifier) &&
      (property(specifier, 'members') !== undefined || property(specifier, 'enumerators') !== undefined),
  );
}
