/**
 * Prints a syntax tree for `--dump=ast` and for tests.
 *
 * In: nodes. Out: one line a node, children indented below: kind, the fields that are no nodes, `line:column` of its
 * start. The text depends only on the source, and a field that has its usual value (false, empty, absent) is left out.
 *
 * Method: the tree is walked by its own shape (every node has `kind` and `span`), with a stack of its own,
 * because chains of operators may be deeper than the call stack.
 */

import type { SourceManager, Span } from '../diagnostics/source-manager.ts';

/** A line waiting to be printed, or a field of one. */
interface Work {
  readonly label: string;
  readonly value: object;
  readonly depth: number;
}

/** Fields that say where a node stands, not what it is. */
const placeFields: ReadonlySet<string> = new Set(['span', 'operatorSpan', 'endSpan', 'kind']);

/** The text of one node and all below it, with a line end. */
export function printTree(node: object, sources: SourceManager): string {
  const lines: string[] = [];
  const stack: Work[] = [{ label: '', value: node, depth: 0 }];
  for (let work = stack.pop(); work !== undefined; work = stack.pop()) {
    lines.push(lineOf(work, sources));
    stack.push(...childrenOf(work).reverse());
  }
  return `${lines.join('\n')}\n`;
}

function lineOf({ label, value, depth }: Work, sources: SourceManager): string {
  const parts: string[] = [];
  if (label !== '') parts.push(`${label}:`);
  const kind = property(value, 'kind');
  if (typeof kind === 'string') parts.push(kind);
  for (const [name, field] of Object.entries(value)) {
    if (placeFields.has(name)) continue;
    const text = scalarText(name, field);
    if (text !== undefined) parts.push(text);
  }
  const span = property(value, 'span');
  if (isSpan(span)) parts.push(placeOf(span, sources));
  return '  '.repeat(depth) + parts.join(' ');
}

/** The fields of a node that are nodes, or lists of them. */
function childrenOf({ value, depth }: Work): Work[] {
  const found: Work[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (placeFields.has(name) || scalarText(name, field) !== undefined) continue;
    const elements: readonly unknown[] = Array.isArray(field) ? field : [field];
    for (const element of elements) {
      if (typeof element === 'object' && element !== null && !isTokenRange(element)) {
        found.push({ label: name, value: element, depth: depth + 1 });
      }
    }
  }
  return found;
}

/** A field that fits on its node's line; '' and undefined leave it out or make it children. */
function scalarText(name: string, field: unknown): string | undefined {
  if (field === true) return name;
  if (typeof field === 'string') return name === 'operator' ? `'${field}'` : `${name}=${quoteText(field)}`;
  if (isName(field)) return `${name}=${field.text}`;
  if (!Array.isArray(field) || field.length === 0) return undefined;
  if (field.every((element) => typeof element === 'string')) return `${name}=${field.join(',')}`;
  if (field.every(isName)) return `${name}=${field.map((element) => element.text).join(',')}`;
  return undefined;
}

/** Spellings with white space in them get quotes, so that a line can be read back by eye. */
function quoteText(text: string): string {
  return /^[^\s"]+$/.test(text) ? text : JSON.stringify(text);
}

function placeOf(span: Span, sources: SourceManager): string {
  const { line, column } = sources.presumed(span.start);
  return `${line}:${column}`;
}

function property(value: object, name: string): unknown {
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function isSpan(value: unknown): value is Span {
  return typeof value === 'object' && value !== null && 'start' in value && 'end' in value;
}

/** A name is text with a place and nothing else. */
function isName(value: unknown): value is { readonly text: string } {
  if (typeof value !== 'object' || value === null || 'kind' in value) return false;
  return 'text' in value && typeof value.text === 'string' && 'span' in value;
}

function isTokenRange(value: object): boolean {
  return 'start' in value && 'end' in value && !('kind' in value);
}
