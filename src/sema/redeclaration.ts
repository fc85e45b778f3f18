/**
 * Several declarations of one thing (C11 6.2.2, 6.2.7, 6.7 p3-4, 6.9): which linkage a declaration gives,
 * whether it agrees with those before it, and the one symbol that all of them share.
 */

import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { Span } from '../diagnostics/source-manager.ts';
import type { StorageClass } from '../parser/ast.ts';
import { compatibleTypes, compositeFunctionType, compositeType } from '../types/compatibility.ts';
import { quoteType } from '../types/print.ts';
import { alignOf, type CType, canonical, type FunctionType } from '../types/types.ts';
import type { OrdinaryEntity } from './context.ts';
import type { DeclarationContext } from './declaration-context.ts';
import { isErrorType } from './factories.ts';
import { FunctionSymbol, type Linkage, ObjectSymbol, type TypedSymbol } from './typed-tree.ts';

/** What a declaration with linkage says. */
interface LinkedDeclaration {
  readonly name: string;
  readonly span: Span;
  readonly type: CType;
  readonly storage: StorageClass | undefined;
  readonly isDefinition: boolean;
}

export function reportWithPrevious(
  cx: DeclarationContext,
  code: DiagnosticCode,
  span: Span,
  args: readonly string[],
  previous: { readonly span: Span; readonly isDefinition: boolean },
): void {
  const text = `previous ${previous.isDefinition ? 'definition' : 'declaration'} is here`;
  cx.sema.diagnostics.report(code, span, args, { notes: [{ span: previous.span, text }] });
}

/** What the scope that is open says about a name. */
export function previousInScope(cx: DeclarationContext, name: string): OrdinaryEntity | undefined {
  const scope = cx.scopes.innermost;
  if (scope !== undefined) return scope.ordinary.get(name);
  return cx.fileScope.previous(name);
}

/** Enters a name into the scope that is open. */
export function enterName(cx: DeclarationContext, name: string, entity: OrdinaryEntity): void {
  const scope = cx.scopes.innermost;
  if (scope === undefined) cx.fileScope.declareOrdinary(name, entity);
  else scope.ordinary.set(name, entity);
}

/** Reports a name that the open scope knows as something else; true when the declaration may go on. */
export function checkKind(
  cx: DeclarationContext,
  name: string,
  span: Span,
  kind: OrdinaryEntity['kind'],
): boolean {
  const previous = previousInScope(cx, name);
  if (previous === undefined || previous.kind === kind) return true;
  reportWithPrevious(cx, 'redefinition-as-different-kind', span, [name], {
    span: previous.span,
    isDefinition: true,
  });
  return false;
}

/** Reports a second declaration without linkage in one scope (6.7 p3). */
export function checkNoLinkageClash(cx: DeclarationContext, name: string, span: Span): boolean {
  const previous = previousInScope(cx, name);
  if (previous === undefined) return true;
  const code = previous.kind === 'object' ? 'redefinition' : 'redefinition-as-different-kind';
  reportWithPrevious(cx, code, span, [name], { span: previous.span, isDefinition: true });
  return false;
}

/** 6.2.2 p3-5. */
function linkageOf(storage: StorageClass | undefined, previous: TypedSymbol | undefined): Linkage {
  if (storage === 'static') return 'internal';
  return previous?.linkage === 'internal' ? 'internal' : 'external';
}

/** Checks 6.2.2 p7; `extern` takes over what went before, and so does any function declaration (p5). */
function checkLinkage(cx: DeclarationContext, declaration: LinkedDeclaration, previous: TypedSymbol): void {
  const { storage, name, span } = declaration;
  const spans = { span: previous.span, isDefinition: previous.isDefined };
  if (storage === 'static' && previous.linkage === 'external') {
    reportWithPrevious(cx, 'static-follows-non-static', span, [name], spans);
  } else if (
    storage !== 'static' &&
    storage !== 'extern' &&
    previous.linkage === 'internal' &&
    previous.kind === 'object'
  ) {
    reportWithPrevious(cx, 'non-static-follows-static', span, [name], spans);
  }
}

function checkRedefinition(
  cx: DeclarationContext,
  declaration: LinkedDeclaration,
  previous: TypedSymbol,
): void {
  const record = cx.recordOf(previous);
  if (!declaration.isDefinition || !previous.isDefined || record.isTentative) return;
  const span = record.definitionSpan ?? previous.span;
  reportWithPrevious(cx, 'redefinition', declaration.span, [declaration.name], { span, isDefinition: true });
}

function mergeObject(cx: DeclarationContext, symbol: ObjectSymbol, declaration: LinkedDeclaration): void {
  const { type, name, span } = declaration;
  if (compatibleTypes(symbol.type, type)) {
    symbol.type = compositeType(symbol.type, type);
    symbol.align = Math.max(symbol.align, alignOf(symbol.type));
  } else if (!isErrorType(type) && !isErrorType(symbol.type)) {
    const args = [name, quoteType(type), quoteType(symbol.type)];
    reportWithPrevious(cx, 'redefinition-different-type', span, args, {
      span: symbol.span,
      isDefinition: symbol.isDefined,
    });
  }
}

function isInHeader(cx: DeclarationContext, span: Span): boolean {
  return cx.sema.sources.location(span.start).file.origin !== 'user';
}

/**
 * A function of the kernel (`__ksym`) that a header declares and the program declares otherwise, with a record of its own or `void *`
 * for a type it does not need. The kernel's header cannot know, and the verifier goes by the kernel's own prototype: the program's counts.
 */
function isOtherPrototype(
  cx: DeclarationContext,
  symbol: FunctionSymbol,
  declaration: LinkedDeclaration,
): boolean {
  if (symbol.section !== '.ksyms' || declaration.isDefinition) return false;
  return isInHeader(cx, symbol.span) !== isInHeader(cx, declaration.span);
}

function mergeFunction(
  cx: DeclarationContext,
  symbol: FunctionSymbol,
  declaration: LinkedDeclaration,
  type: FunctionType,
): void {
  if (compatibleTypes(symbol.type, type)) {
    // A definition's own parameter names are the ones to keep.
    symbol.type = symbol.isDefined
      ? compositeFunctionType(symbol.type, type)
      : compositeFunctionType(type, symbol.type);
    return;
  }
  if (isOtherPrototype(cx, symbol, declaration)) {
    if (!isInHeader(cx, declaration.span)) symbol.type = type;
    return;
  }
  reportWithPrevious(cx, 'conflicting-types', declaration.span, [declaration.name], {
    span: symbol.span,
    isDefinition: symbol.isDefined,
  });
  if (declaration.isDefinition) symbol.type = type;
}

/** The linked symbol that file scope or an outer block knows under this name. */
function previousLinked(cx: DeclarationContext, name: string): TypedSymbol | undefined {
  if (!cx.scopes.isFileScope) {
    const inner = cx.scopes.lookupOrdinary(name);
    if ((inner?.kind === 'object' && inner.linkage !== 'none') || inner?.kind === 'function') return inner;
    cx.fileScope.ensureDeclared(name);
  }
  return cx.fileScope.linked(name);
}

function registerNew(cx: DeclarationContext, symbol: TypedSymbol): void {
  cx.recordOf(symbol);
  if (!cx.scopes.isFileScope) cx.fileScope.declareBlockExtern(symbol.name, symbol);
}

/** The symbol of an object with linkage, made or merged; it is entered into the open scope. */
export function declareLinkedObject(cx: DeclarationContext, declaration: LinkedDeclaration): ObjectSymbol {
  const { name, span, type, storage } = declaration;
  const isClean = checkKind(cx, name, span, 'object');
  const previous = isClean ? previousLinked(cx, name) : undefined;
  if (previous?.kind === 'object') {
    checkLinkage(cx, declaration, previous);
    checkRedefinition(cx, declaration, previous);
    mergeObject(cx, previous, declaration);
    enterName(cx, name, previous);
    return previous;
  }
  const symbol = new ObjectSymbol(name, type, span, 'global', linkageOf(storage, undefined), alignOf(type));
  registerNew(cx, symbol);
  if (isClean) enterName(cx, name, symbol);
  return symbol;
}

/** The symbol of a function, made or merged; it is entered into the open scope. */
export function declareLinkedFunction(
  cx: DeclarationContext,
  declaration: LinkedDeclaration,
  type: FunctionType,
): FunctionSymbol {
  const { name, span, storage } = declaration;
  const isClean = checkKind(cx, name, span, 'function');
  const previous = isClean ? previousLinked(cx, name) : undefined;
  if (previous?.kind === 'function') {
    checkLinkage(cx, declaration, previous);
    checkRedefinition(cx, declaration, previous);
    mergeFunction(cx, previous, declaration, type);
    enterName(cx, name, previous);
    return previous;
  }
  const symbol = new FunctionSymbol(name, type, span, linkageOf(storage, undefined));
  registerNew(cx, symbol);
  if (isClean) enterName(cx, name, symbol);
  return symbol;
}

/** The type of a function declarator without its sugar. */
export function functionTypeOf(type: CType): FunctionType | undefined {
  const at = canonical(type);
  return at.kind === 'function' ? at : undefined;
}
