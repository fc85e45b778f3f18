/**
 * External and block declarations, taken apart and handed to functions, objects and typedefs (C11 6.7, 6.9).
 */

import type { Declaration, ExternalDeclaration, InitDeclarator, StaticAssert } from '../parser/ast.ts';
import { latin1 } from '../support/file-system.ts';
import { sameType } from '../types/compatibility.ts';
import { quoteType } from '../types/print.ts';
import { canonical, type TypedefType } from '../types/types.ts';
import type { DeclarationContext, DeclaredType, SpecifiedType } from './declaration-context.ts';
import { isErrorType } from './factories.ts';
import { declareFunction, defineFunction } from './functions.ts';
import { declareGlobal, declareLocal } from './objects.ts';
import { checkKind, enterName, previousInScope, reportWithPrevious } from './redeclaration.ts';
import { readDeclaredAttributes } from './symbol-attributes.ts';
import { isFunction } from './type-queries.ts';
import type { TypedStatement } from './typed-tree.ts';
import { declareVariableLength } from './variable-length.ts';

/** `typedef` (6.7.8); the same type may be named twice. */
function declareTypedef(
  cx: DeclarationContext,
  declaration: Declaration,
  item: InitDeclarator,
  specified: SpecifiedType,
  declared: DeclaredType,
): void {
  if (declared.name === undefined) return;
  const { text: name, span } = declared.name;
  if (item.initializer !== undefined) cx.sema.diagnostics.report('typedef-initialized', span);
  const effects = readDeclaredAttributes(cx, declaration.specifiers.attributes, item.declarator, 'typedef');
  const { declTags } = effects;
  const type: TypedefType = {
    kind: 'typedef',
    name,
    type: declared.type,
    align: Math.max(effects.align, specified.align),
    declTags,
  };
  const named = canonical(declared.type);
  if (effects.transparentUnion && named.kind === 'record' && named.isUnion) {
    // The union may be another declaration's.
    cx.fileScope.record?.refuse();
    named.transparentUnion = true;
  }
  if (!checkKind(cx, name, span, 'typedef')) return;
  const previous = previousInScope(cx, name);
  if (previous?.kind !== 'typedef') {
    enterName(cx, name, { kind: 'typedef', name, type, span });
  } else if (!sameType(previous.type, type) && !isErrorType(type) && !isErrorType(previous.type)) {
    reportWithPrevious(
      cx,
      'typedef-redefinition',
      span,
      [quoteType(declared.type), quoteType(underlying(previous.type))],
      {
        span: previous.span,
        isDefinition: true,
      },
    );
  }
}

function underlying(type: DeclaredType['type']): DeclaredType['type'] {
  return type.kind === 'typedef' ? type.type : type;
}

/** A declaration without declarators must declare a tag or enumerators (6.7 p2). */
function checkDeclaresSomething(cx: DeclarationContext, declaration: Declaration): void {
  const declares = declaration.specifiers.types.some(
    (type) => (type.kind === 'RecordSpecifier' && type.tag !== undefined) || type.kind === 'EnumSpecifier',
  );
  if (!declares) cx.sema.diagnostics.report('declares-nothing', declaration.span);
}

function declareAll(cx: DeclarationContext, declaration: Declaration): readonly TypedStatement[] {
  const { specifiers, declarators } = declaration;
  const place = cx.scopes.isFileScope ? 'file' : 'block';
  const specified = cx.analyzeSpecifiers(specifiers, place, declarators.length === 0);
  if (declarators.length === 0) checkDeclaresSomething(cx, declaration);
  const statements: TypedStatement[] = [];
  for (const item of declarators) {
    const isAutomatic = place === 'block' && !/^(?:typedef|extern|static)$/.test(specifiers.storage ?? '');
    const mayVary = isAutomatic && item.initializer === undefined;
    const variable = mayVary ? declareVariableLength(cx, specified, item.declarator) : undefined;
    if (variable !== undefined) {
      statements.push(...variable);
      continue;
    }
    const declared = cx.applyDeclarator(specified.type, item.declarator, place);
    const { declarator, initializer } = item;
    const form = { specifiers, specified, declarator, declared, initializer };
    if (specifiers.storage === 'typedef') {
      declareTypedef(cx, declaration, item, specified, declared);
    } else if (isFunction(declared.type)) {
      if (initializer !== undefined) cx.sema.diagnostics.report('function-initialized', declarator.span);
      declareFunction(cx, specifiers, declarator, declared);
    } else if (place === 'file') {
      declareGlobal(cx, form);
    } else {
      const statement = declareLocal(cx, form);
      if (statement !== undefined) statements.push(statement);
    }
  }
  return statements;
}

/** A declaration in a block: its automatic objects as statements, in order. */
export function declareInBlock(cx: DeclarationContext, declaration: Declaration): readonly TypedStatement[] {
  return declareAll(cx, declaration);
}

/** `_Static_assert` (6.7.10). */
export function checkStaticAssert(cx: DeclarationContext, assertion: StaticAssert): void {
  const constant = cx.sema.integerConstant(assertion.condition, 'static assertion expression');
  if (constant === undefined || constant.value !== 0n) return;
  let text = '';
  if (assertion.message !== undefined) {
    const { bytes, unitSize } = cx.sema.stringBytes(assertion.message.parts);
    text = `: ${latin1(bytes.subarray(0, bytes.length - unitSize))}`;
  }
  cx.sema.diagnostics.report('static-assertion-failed', assertion.condition.span, [text]);
}

/** One external declaration of entry `entry`. Pragmas and file-scope assembly are collected by `unit.ts`. */
export function analyzeExternal(
  cx: DeclarationContext,
  declaration: ExternalDeclaration,
  entry: number,
): void {
  switch (declaration.kind) {
    case 'Declaration':
      declareAll(cx, declaration);
      return;
    case 'FunctionDefinition':
      defineFunction(cx, declaration, entry);
      return;
    case 'StaticAssert':
      checkStaticAssert(cx, declaration);
      return;
    case 'FileScopeAsm':
    case 'PragmaDirective':
    case 'ErrorDeclaration':
      return;
    default:
      declaration satisfies never;
  }
}
