/**
 * Objects: variables at file scope, tentative definitions, block-scope locals, statics and externs
 * (C11 6.2.2, 6.2.4, 6.7, 6.9.2).
 */

import type { Span } from '../diagnostics/source-manager.ts';
import type { DeclarationSpecifiers, Declarator, Expression, Initializer } from '../parser/ast.ts';
import { quoteType } from '../types/print.ts';
import { alignOf, type CType, sizeOf } from '../types/types.ts';
import type { AttributeEffects } from './attributes.ts';
import { cleanupCall } from './cleanup.ts';
import type { DeclarationContext, DeclaredType, SpecifiedType, SymbolRecord } from './declaration-context.ts';
import { errorType, isError, isErrorType } from './factories.ts';
import { checkNoLinkageClash, declareLinkedObject, enterName } from './redeclaration.ts';
import { applyToObject, labelText, readDeclaredAttributes } from './symbol-attributes.ts';
import { isVoid, unqualifiedType, withQualifiers } from './type-queries.ts';
import { type LocalDeclaration, ObjectSymbol, type TypedStatement } from './typed-tree.ts';

/** One declarator of a declaration with all that belongs to it. */
interface ObjectForm {
  readonly specifiers: DeclarationSpecifiers;
  readonly specified: SpecifiedType;
  readonly declarator: Declarator;
  readonly declared: DeclaredType;
  readonly initializer: Initializer | undefined;
}

function reportIncomplete(cx: DeclarationContext, type: CType, span: Span): void {
  if (!isErrorType(type))
    cx.sema.diagnostics.report('variable-incomplete', span, [quoteType(type)], {
      notes: cx.incompleteNotes(type),
    });
}

function applyForm(
  cx: DeclarationContext,
  symbol: ObjectSymbol,
  form: ObjectForm,
  effects: AttributeEffects,
): void {
  applyToObject(cx, symbol, effects);
  symbol.align = Math.max(symbol.align, form.specified.align);
  if (form.specifiers.isThreadLocal) {
    symbol.isThreadLocal = true;
    cx.sema.diagnostics.report('thread-local', form.specifiers.span);
  }
}

/** Analyses a static object's initialiser; references in it are the object's. */
function initializeStatic(
  cx: DeclarationContext,
  symbol: ObjectSymbol,
  initializer: Initializer,
  span: Span,
): void {
  if (isErrorType(symbol.type)) return;
  if (sizeOf(symbol.type) === undefined && !isUnknownArray(symbol.type)) {
    // Nothing in the initializer can be right.
    reportIncomplete(cx, symbol.type, span);
    symbol.type = errorType;
    return;
  }
  const result = cx.references.from(symbol, () => cx.initializeStatic(symbol.type, initializer, span));
  symbol.type = result.type;
  symbol.initializer = result.image;
  if (sizeOf(symbol.type) === undefined) reportIncomplete(cx, symbol.type, span);
}

function define(cx: DeclarationContext, symbol: ObjectSymbol, span: Span): SymbolRecord {
  const record = cx.recordOf(symbol);
  symbol.isDefined = true;
  record.definitionSpan = span;
  record.isTentative = false;
  record.entry = cx.fileScope.current;
  return record;
}

/** GNU `__auto_type`: the type is the initialiser's. */
function autoType(
  cx: DeclarationContext,
  form: ObjectForm,
  value: Expression | undefined,
  span: Span,
): CType {
  if (value === undefined) {
    cx.sema.diagnostics.report('auto-type-needs-initializer', span, [form.declared.name?.text ?? '']);
    return errorType;
  }
  const type = unqualifiedType(cx.sema.checkUnevaluated(value).type);
  const { qualifiers } = form.specifiers;
  return withQualifiers(type, {
    isConst: qualifiers.includes('const'),
    isVolatile: qualifiers.includes('volatile'),
    isRestrict: false,
    isAtomic: false,
  });
}

function expressionOf(initializer: Initializer | undefined): Expression | undefined {
  return initializer?.kind === 'InitializerList' ? undefined : initializer;
}

/** A variable at file scope, or `extern` in a block. */
export function declareGlobal(cx: DeclarationContext, form: ObjectForm): void {
  const { specifiers, declarator, declared, initializer } = form;
  if (declared.name === undefined) return;
  const { text: name, span } = declared.name;
  const { storage } = specifiers;
  // GNU: `register long sp asm("rsp")` names a register of the host; kernel headers declare it, BPF code never uses it.
  const isGlobalRegister = storage === 'register' && declarator.asmLabel !== undefined;
  if ((storage === 'auto' && !form.specified.isAuto) || (storage === 'register' && !isGlobalRegister)) {
    cx.sema.diagnostics.report('illegal-file-scope-storage', specifiers.span);
  }
  const type = form.specified.isAuto ? autoType(cx, form, expressionOf(initializer), span) : declared.type;
  const isDefinition = initializer !== undefined;
  const effects = readDeclaredAttributes(cx, specifiers.attributes, declarator, 'variable');
  const symbol = declareLinkedObject(cx, { name, span, type, storage, isDefinition });
  applyForm(cx, symbol, form, effects);
  if (declarator.asmLabel !== undefined) symbol.assemblerName = labelText(cx, declarator.asmLabel);
  if (initializer !== undefined) {
    if (!cx.scopes.isFileScope) cx.sema.diagnostics.report('block-extern-initialized', span);
    else if (storage === 'extern') cx.sema.diagnostics.report('extern-initialized', span);
    define(cx, symbol, span);
    initializeStatic(cx, symbol, initializer, span);
  } else if (storage !== 'extern' && symbol.aliasOf === undefined && !isGlobalRegister && !symbol.isDefined) {
    define(cx, symbol, span).isTentative = true;
    checkTentative(cx, symbol, span);
  }
}

/** 6.9.2 p3; whatever has external linkage may still be completed. */
function checkTentative(cx: DeclarationContext, symbol: ObjectSymbol, span: Span): void {
  const { type, linkage } = symbol;
  if (isVoid(type)) {
    reportIncomplete(cx, type, span);
    symbol.type = errorType;
  } else if (linkage === 'internal' && sizeOf(type) === undefined && !isUnknownArray(type)) {
    reportIncomplete(cx, type, span);
  }
}

function isUnknownArray(type: CType): boolean {
  let at = type;
  while (at.kind === 'qualified' || at.kind === 'typedef' || at.kind === 'attributed') at = at.type;
  return at.kind === 'array' && at.length === undefined;
}

// ---- Block scope ----

function declareStaticLocal(cx: DeclarationContext, form: ObjectForm, name: string, span: Span): void {
  const { specifiers, declarator, declared, initializer } = form;
  const type = form.specified.isAuto ? autoType(cx, form, expressionOf(initializer), span) : declared.type;
  const symbol = new ObjectSymbol(name, type, span, 'global', 'internal', alignOf(type));
  symbol.assemblerName = `${cx.currentFunction?.assemblerName ?? ''}.${name}`;
  applyForm(cx, symbol, form, readDeclaredAttributes(cx, specifiers.attributes, declarator, 'variable'));
  define(cx, symbol, span);
  if (checkNoLinkageClash(cx, name, span)) enterName(cx, name, symbol);
  if (initializer !== undefined) initializeStatic(cx, symbol, initializer, span);
  else if (sizeOf(type) === undefined) reportIncomplete(cx, type, span);
}

function declareAutoTyped(cx: DeclarationContext, form: ObjectForm, symbol: ObjectSymbol): LocalDeclaration {
  const value = expressionOf(form.initializer);
  const span = symbol.span;
  if (value === undefined) {
    symbol.type = autoType(cx, form, undefined, span);
    return { kind: 'Local', span, symbol, initializer: undefined };
  }
  // The initialiser is checked once, before the name is in scope.
  const checked = cx.sema.checkRvalue(value);
  const { qualifiers } = form.specifiers;
  const bare = isError(checked) ? errorType : unqualifiedType(checked.type);
  symbol.type = withQualifiers(bare, {
    isConst: qualifiers.includes('const'),
    isVolatile: qualifiers.includes('volatile'),
    isRestrict: false,
    isAtomic: false,
  });
  symbol.align = Math.max(symbol.align, alignOf(symbol.type));
  const converted = cx.sema.convertForAssignment(checked, bare, { kind: 'initialize' });
  const entries = [{ offset: 0, bitField: undefined, type: bare, value: converted }];
  return { kind: 'Local', span, symbol, initializer: { zeroFill: false, entries } };
}

function initializeAutomatic(
  cx: DeclarationContext,
  form: ObjectForm,
  symbol: ObjectSymbol,
  effects: AttributeEffects,
): LocalDeclaration {
  const { declarator, initializer } = form;
  const { name, span } = symbol;
  applyForm(cx, symbol, form, effects);
  symbol.isRegister = form.specifiers.storage === 'register';
  if (declarator.asmLabel !== undefined) {
    symbol.register = labelText(cx, declarator.asmLabel);
    if (!/^[rw](?:\d|10)$/.test(symbol.register)) {
      cx.sema.diagnostics.report('unknown-register', declarator.asmLabel.span, [symbol.register]);
    }
  }
  const isNew = checkNoLinkageClash(cx, name, span);
  if (form.specified.isAuto) {
    const local = declareAutoTyped(cx, form, symbol);
    if (isNew) enterName(cx, name, symbol);
    return local;
  }
  if (isNew) enterName(cx, name, symbol);
  if (initializer === undefined || isErrorType(symbol.type)) {
    if (sizeOf(symbol.type) === undefined) reportIncomplete(cx, symbol.type, span);
    return { kind: 'Local', span, symbol, initializer: undefined };
  }
  if (sizeOf(symbol.type) === undefined && !isUnknownArray(symbol.type)) {
    reportIncomplete(cx, symbol.type, span);
    return { kind: 'Local', span, symbol, initializer: undefined };
  }
  const result = cx.initializeLocal(symbol.type, initializer);
  symbol.type = result.type;
  return { kind: 'Local', span, symbol, initializer: result.initializer };
}

/** A local with what its declaration says; its type is complete after the initialiser, and so is what `cleanup` calls. */
function declareAutomatic(
  cx: DeclarationContext,
  form: ObjectForm,
  name: string,
  span: Span,
): LocalDeclaration {
  const { specifiers, declarator, declared } = form;
  const symbol = new ObjectSymbol(name, declared.type, span, 'local', 'none', alignOf(declared.type));
  const effects = readDeclaredAttributes(cx, specifiers.attributes, declarator, 'local');
  const local = initializeAutomatic(cx, form, symbol, effects);
  if (effects.cleanup !== undefined) symbol.cleanup = cleanupCall(cx, symbol, effects.cleanup);
  return local;
}

/** An object declared in a block; `undefined` for statics and externs, which run no code. */
export function declareLocal(cx: DeclarationContext, form: ObjectForm): TypedStatement | undefined {
  const { name } = form.declared;
  if (name === undefined) return undefined;
  switch (form.specifiers.storage) {
    case 'extern':
      declareGlobal(cx, form);
      return undefined;
    case 'static':
      declareStaticLocal(cx, form, name.text, name.span);
      return undefined;
    default:
      return declareAutomatic(cx, form, name.text, name.span);
  }
}
