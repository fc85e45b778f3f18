/**
 * Functions: declarations, definitions with prototypes or K&R lists, and when an inline definition emits code
 * (C11 6.7.4, 6.7.6.3, 6.9.1; `gnu_inline` and gnu89 as gcc's manual has them).
 *
 * The body of a definition is checked at once in user code; in headers it waits until the function is
 * emitted.
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { DeclarationSpecifiers, Declarator, FunctionChunk, FunctionDefinition } from '../parser/ast.ts';
import { quoteType } from '../types/print.ts';
import {
  alignOf,
  type CType,
  canonical,
  type FunctionType,
  intType,
  pointerTo,
  sizeOf,
} from '../types/types.ts';
import type { AttributeEffects } from './attributes.ts';
import type { DeclarationContext, DeclaredParameters, DeclaredType } from './declaration-context.ts';
import { isErrorType } from './factories.ts';
import { declareLinkedFunction, functionTypeOf } from './redeclaration.ts';
import { applyToFunction, labelText, readDeclaredAttributes } from './symbol-attributes.ts';
import { isVoid, partType } from './type-queries.ts';
import { type FunctionSymbol, ObjectSymbol } from './typed-tree.ts';

interface FunctionForm {
  readonly specifiers: DeclarationSpecifiers;
  readonly declarator: Declarator;
  readonly span: Span;
}

/** 6.7.4 p7: may the definition be an inline one, which emits nothing by itself? */
function updateInlineForm(
  cx: DeclarationContext,
  symbol: FunctionSymbol,
  specifiers: DeclarationSpecifiers,
  effects: AttributeEffects,
  isDefinition: boolean,
): void {
  const record = cx.recordOf(symbol);
  const isGnu = effects.isGnuInline || cx.sema.options.standard === 'c89';
  if (isGnu) {
    if (isDefinition) symbol.isInlineDefinition = specifiers.isInline && specifiers.storage === 'extern';
    return;
  }
  if (!specifiers.isInline || specifiers.storage === 'extern') record.hasExternalForm = true;
  symbol.isInlineDefinition = symbol.linkage === 'external' && !record.hasExternalForm;
}

function declareWithForm(
  cx: DeclarationContext,
  form: FunctionForm,
  name: string,
  type: FunctionType,
  isDefinition: boolean,
): FunctionSymbol {
  const { specifiers, declarator, span } = form;
  const { storage } = specifiers;
  if (storage === 'auto' || storage === 'register') {
    cx.sema.diagnostics.report('illegal-function-storage', specifiers.span);
  } else if (storage === 'static' && !cx.scopes.isFileScope) {
    cx.sema.diagnostics.report('static-function-in-block', specifiers.span);
  }
  const symbol = declareLinkedFunction(cx, { name, span, type, storage, isDefinition }, type);
  const effects = readDeclaredAttributes(cx, specifiers.attributes, declarator, 'function');
  if (specifiers.isNoreturn) effects.isNoreturn = true;
  applyToFunction(cx, symbol, effects, specifiers.isInline);
  updateInlineForm(cx, symbol, specifiers, effects, isDefinition);
  if (declarator.asmLabel !== undefined) symbol.assemblerName = labelText(cx, declarator.asmLabel);
  return symbol;
}

/** A function declarator in a declaration. */
export function declareFunction(
  cx: DeclarationContext,
  specifiers: DeclarationSpecifiers,
  declarator: Declarator,
  declared: DeclaredType,
): void {
  const type = functionTypeOf(declared.type);
  if (declared.name === undefined || type === undefined) return;
  declareWithForm(cx, { specifiers, declarator, span: declared.name.span }, declared.name.text, type, false);
}

// ---- Definitions (6.9.1) ----

function promotedParameter(type: CType): CType {
  const at = canonical(type);
  if (at.kind === 'array') return pointerTo(partType(at.element, type));
  return at.kind === 'function' ? pointerTo(type) : type;
}

/** Declares the parameters of a K&R list with the types given below it; those without one are int. */
function declareOldParameters(
  cx: DeclarationContext,
  definition: FunctionDefinition,
  chunk: FunctionChunk,
  scope: DeclaredParameters['scope'],
): readonly ObjectSymbol[] {
  const types = new Map<string, CType>();
  cx.scopes.push(scope);
  for (const declaration of definition.parameterDeclarations) {
    const specified = cx.analyzeSpecifiers(declaration.specifiers, 'parameter');
    for (const { declarator } of declaration.declarators) {
      const declared = cx.applyDeclarator(specified.type, declarator, 'parameter');
      if (declared.name === undefined) continue;
      if (!chunk.identifiers.some(({ text }) => text === declared.name?.text)) {
        cx.sema.diagnostics.report('no-such-parameter', declared.name.span, [declared.name.text]);
      }
      types.set(declared.name.text, promotedParameter(declared.type));
    }
  }
  cx.scopes.pop();
  return chunk.identifiers.map(({ text, span }) => {
    const type = types.get(text) ?? intType;
    const symbol = new ObjectSymbol(text, type, span, 'parameter', 'none', alignOf(type));
    scope.ordinary.set(text, symbol);
    return symbol;
  });
}

function withOldParameters(type: FunctionType, symbols: readonly ObjectSymbol[]): FunctionType {
  const parameters = symbols.map((symbol) => ({ name: symbol.name, type: symbol.type, declTags: [] }));
  return { ...type, parameters };
}

function checkSignature(
  cx: DeclarationContext,
  type: FunctionType,
  parameters: DeclaredParameters,
  span: Span,
): void {
  const { diagnostics } = cx.sema;
  if (!isVoid(type.returns) && sizeOf(type.returns) === undefined) {
    diagnostics.report('incomplete-result-type', span, [quoteType(type.returns)], {
      notes: cx.incompleteNotes(type.returns),
    });
  }
  for (const symbol of parameters.symbols) {
    if (sizeOf(symbol.type) === undefined && !isErrorType(symbol.type)) {
      diagnostics.report('variable-incomplete', symbol.span, [quoteType(symbol.type)], {
        notes: cx.incompleteNotes(symbol.type),
      });
    }
  }
}

/** A function definition; a body in user code is checked before anything behind it is looked at. */
export function defineFunction(cx: DeclarationContext, definition: FunctionDefinition, entry: number): void {
  const { specifiers, declarator } = definition;
  const specified = cx.analyzeSpecifiers(specifiers, 'file');
  const declared = cx.applyDeclarator(specified.type, declarator, 'file');
  let type = functionTypeOf(declared.type);
  let { parameters } = declared;
  if (declared.name === undefined) return;
  if (type === undefined || parameters === undefined) {
    cx.sema.diagnostics.report('definition-of-no-function', declared.name.span, [declared.name.text]);
    return;
  }
  const chunk = declarator.chunks[0];
  if (chunk?.kind === 'FunctionChunk' && chunk.identifiers.length > 0) {
    const symbols = declareOldParameters(cx, definition, chunk, parameters.scope);
    parameters = { symbols, scope: parameters.scope };
    type = withOldParameters(type, symbols);
  }
  const { text: name, span } = declared.name;
  checkSignature(cx, type, parameters, span);
  const symbol = declareWithForm(cx, { specifiers, declarator, span }, name, type, true);
  const record = cx.recordOf(symbol);
  if (symbol.isDefined) return;
  symbol.isDefined = true;
  record.definitionSpan = span;
  record.entry = entry;
  record.body = { definition, parameters, entry };
  if (cx.checksBodies) cx.checkBody(record);
}
