/**
 * Declarators: from the specifiers' type to the declared type (C11 6.7.6, 6.7.7).
 *
 * Chunks are applied from the last to the first, so no recursion is needed. Parameters of a function chunk
 * are declared in a prototype scope; the one that belongs to the declared name itself is handed out, because
 * a body continues it. Arrays of variable length are an error, once, with a way out.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import {
  type ArrayChunk,
  type Declarator,
  type FunctionChunk,
  maxNesting,
  type ParameterDeclaration,
} from '../parser/ast.ts';
import { quoteType } from '../types/print.ts';
import {
  alignOf,
  arrayOf,
  type CType,
  canonical,
  isInteger,
  type Parameter,
  pointerTo,
  sizeOf,
} from '../types/types.ts';
import { readAttributes } from './attributes.ts';
import type {
  DeclarationContext,
  DeclaratorPlace,
  DeclaredParameters,
  DeclaredType,
} from './declaration-context.ts';
import { errorType, isError, isErrorType } from './factories.ts';
import { Scope } from './scope.ts';
import { applyTypeAttributes, qualifyType } from './specifiers.ts';
import { isVoid, partType } from './type-queries.ts';
import { ObjectSymbol } from './typed-tree.ts';

/** Types stay below this many bytes, so that offsets in bits are exact numbers. */
const maxObjectSize = 2 ** 47;

function describeName(declarator: Declarator): string {
  return declarator.name === undefined ? 'array' : `'${declarator.name.text}'`;
}

/** Dimensions at most: as many as brackets may nest. */
const maxDimensions = maxNesting;

function dimensionsOf(type: CType): number {
  let count = 0;
  for (let at = canonical(type); at.kind === 'array' && count <= maxDimensions; at = canonical(at.element))
    count++;
  return count;
}

/** The number of elements; undefined for `[]` and after an error. */
function arrayLength(cx: DeclarationContext, chunk: ArrayChunk, declarator: Declarator): number | undefined {
  const { diagnostics } = cx.sema;
  if (chunk.isStar) {
    diagnostics.report('star-outside-prototype', chunk.span);
    return 1;
  }
  if (chunk.size === undefined) return undefined;
  const size = cx.sema.checkRvalue(chunk.size);
  if (isError(size)) return 1;
  if (!isInteger(size.type)) {
    diagnostics.report('array-size-not-integer', chunk.size.span, [quoteType(size.type)]);
    return 1;
  }
  const constant = cx.sema.evaluate(size);
  if (constant?.kind !== 'integer') {
    const code = cx.scopes.isFileScope ? 'variable-length-array-at-file-scope' : 'variable-length-array';
    diagnostics.report(code, chunk.size.span);
    return 1;
  }
  if (constant.value < 0n) {
    diagnostics.report('array-size-negative', chunk.size.span, [describeName(declarator)]);
    return 1;
  }
  if (constant.value > BigInt(maxObjectSize)) {
    diagnostics.report('array-too-large', chunk.size.span, [constant.value.toString()]);
    return 1;
  }
  return Number(constant.value);
}

function checkElement(
  cx: DeclarationContext,
  element: CType,
  chunk: ArrayChunk,
  declarator: Declarator,
): CType {
  const { diagnostics } = cx.sema;
  const at = canonical(element);
  if (at.kind === 'function') {
    diagnostics.report('array-of-functions', chunk.span, [describeName(declarator), quoteType(element)]);
    return errorType;
  }
  if (dimensionsOf(element) >= maxDimensions) {
    diagnostics.report('array-too-deep', chunk.span, [String(maxDimensions)]);
    return errorType;
  }
  if (sizeOf(element) === undefined) {
    diagnostics.report('array-element-incomplete', chunk.span, [quoteType(element)], {
      notes: cx.incompleteNotes(element),
    });
    return errorType;
  }
  const size = sizeOf(element) ?? 0;
  if (size % alignOf(element) !== 0) {
    diagnostics.report('array-element-misaligned', chunk.span, [quoteType(element)]);
  }
  return element;
}

function applyArray(
  cx: DeclarationContext,
  base: CType,
  chunk: ArrayChunk,
  declarator: Declarator,
  isParameter: boolean,
): CType {
  const element = checkElement(cx, base, chunk, declarator);
  if (isErrorType(element)) return errorType;
  if (isParameter) {
    // The array becomes a pointer (6.7.6.3 p7); its size is checked as an expression and means nothing.
    if (chunk.size !== undefined) cx.sema.checkUnevaluated(chunk.size);
    return qualifyType(pointerTo(element), chunk.qualifiers);
  }
  const length = arrayLength(cx, chunk, declarator);
  if (length !== undefined && length * (sizeOf(element) ?? 0) > maxObjectSize) {
    cx.sema.diagnostics.report('array-too-large', chunk.span, [String(length)]);
    return arrayOf(element, 1);
  }
  return arrayOf(element, length);
}

/**
 * A parameter's type after the adjustments of 6.7.6.3 p7-8, for array types that come in through typedefs
 * too.
 */
function adjustParameter(type: CType): CType {
  const at = canonical(type);
  if (at.kind === 'array') return pointerTo(partType(at.element, type));
  return at.kind === 'function' ? pointerTo(type) : type;
}

function declareParameter(
  cx: DeclarationContext,
  parameter: ParameterDeclaration,
  scope: Scope,
): { readonly parameter: Parameter; readonly symbol: ObjectSymbol } {
  const { sema } = cx;
  const specified = cx.analyzeSpecifiers(parameter.specifiers, 'parameter');
  const { storage } = parameter.specifiers;
  if (storage !== undefined && storage !== 'register') {
    sema.diagnostics.report('invalid-parameter-storage', parameter.specifiers.span);
  }
  const declared = cx.applyDeclarator(specified.type, parameter.declarator, 'parameter');
  let type = adjustParameter(declared.type);
  if (isVoid(type)) {
    sema.diagnostics.report('parameter-has-void-type', parameter.span);
    type = errorType;
  }
  const attributes = [...parameter.specifiers.attributes, ...parameter.declarator.attributes];
  const effects = readAttributes(sema, attributes, 'parameter');
  const name = declared.name?.text;
  const span = declared.name?.span ?? parameter.span;
  const symbol = new ObjectSymbol(
    name ?? '',
    type,
    span,
    'parameter',
    'none',
    Math.max(alignOf(type), effects.align),
  );
  symbol.declTags = effects.declTags;
  symbol.deprecated = effects.deprecated;
  symbol.isRegister = storage === 'register';
  if (name !== undefined) {
    const previous = scope.ordinary.get(name);
    if (previous !== undefined) {
      sema.diagnostics.report('parameter-redefined', span, [name], {
        notes: [{ span: previous.span, text: 'previous declaration is here' }],
      });
    }
    scope.ordinary.set(name, symbol);
  }
  return { parameter: { name, type, declTags: effects.declTags }, symbol };
}

/** `(void)` and nothing else: no parameters. */
function isVoidList(chunk: FunctionChunk): boolean {
  const [only] = chunk.parameters;
  if (chunk.parameters.length !== 1 || only === undefined || chunk.isVariadic) return false;
  const [type] = only.specifiers.types;
  const isPlain = only.declarator.name === undefined && only.declarator.chunks.length === 0;
  return (
    isPlain &&
    only.specifiers.types.length === 1 &&
    only.specifiers.qualifiers.length === 0 &&
    type?.kind === 'KeywordSpecifier' &&
    type.keyword === 'void'
  );
}

function checkReturnType(cx: DeclarationContext, returns: CType, span: Span): CType {
  const at = canonical(returns);
  if (at.kind === 'array' || at.kind === 'function') {
    const what = at.kind === 'array' ? 'array' : 'function';
    cx.sema.diagnostics.report('function-returns-array', span, [what, quoteType(returns)]);
    return errorType;
  }
  return returns;
}

function applyFunction(
  cx: DeclarationContext,
  base: CType,
  chunk: FunctionChunk,
): { readonly type: CType; readonly parameters: DeclaredParameters } {
  const returns = checkReturnType(cx, base, chunk.span);
  const scope = new Scope('prototype');
  const parameters: Parameter[] = [];
  const symbols: ObjectSymbol[] = [];
  cx.scopes.push(scope);
  for (const declaration of isVoidList(chunk) ? [] : chunk.parameters) {
    const declared = declareParameter(cx, declaration, scope);
    parameters.push(declared.parameter);
    symbols.push(declared.symbol);
  }
  cx.scopes.pop();
  const { isVariadic, isPrototype } = chunk;
  const type: CType = { kind: 'function', returns, parameters, isVariadic, isPrototype, isNoreturn: false };
  return { type, parameters: { symbols, scope } };
}

/** The type that a declarator gives its name. Attributes of the name that change a type are applied last. */
export function applyDeclarator(
  cx: DeclarationContext,
  base: CType,
  declarator: Declarator,
  place: DeclaratorPlace,
): DeclaredType {
  let type = base;
  let parameters: DeclaredParameters | undefined;
  for (let i = declarator.chunks.length - 1; i >= 0; i--) {
    const chunk = declarator.chunks[i];
    if (chunk === undefined) continue;
    switch (chunk.kind) {
      case 'PointerChunk':
        type = applyTypeAttributes(cx, pointerTo(type), chunk.attributes, chunk.qualifiers);
        break;
      case 'ArrayChunk':
        type = applyArray(cx, type, chunk, declarator, place === 'parameter' && i === 0);
        break;
      case 'FunctionChunk': {
        const applied = applyFunction(cx, type, chunk);
        type = applied.type;
        if (i === 0) parameters = applied.parameters;
        break;
      }
      default:
        return chunk satisfies never;
    }
  }
  type = applyTypeAttributes(cx, type, declarator.attributes);
  return { name: declarator.name, type, parameters };
}
