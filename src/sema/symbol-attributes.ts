/** What attributes say about a symbol, transferred to it; several declarations of one symbol add up. */

import type { Attribute, Declarator, StringLiteral } from '../parser/ast.ts';
import { latin1 } from '../support/file-system.ts';
import { type AttributeEffects, type AttributeTarget, readAttributes } from './attributes.ts';
import type { DeclarationContext } from './declaration-context.ts';
import type { FunctionSymbol, InlineKind, ObjectSymbol, TypedSymbol } from './typed-tree.ts';

/** Attributes that `#pragma clang attribute push` adds to declarations of these kinds. */
function pushedAttributes(cx: DeclarationContext, target: AttributeTarget): readonly Attribute[] {
  const rules = target === 'function' ? ['function'] : target === 'variable' ? ['variable'] : [];
  return cx.pragmas.attributes
    .filter(({ appliesTo }) => appliesTo.some((rule) => rules.some((wanted) => rule.startsWith(wanted))))
    .map(({ attribute }) => attribute);
}

export function readDeclaredAttributes(
  cx: DeclarationContext,
  specifierAttributes: readonly Attribute[],
  declarator: Declarator,
  target: AttributeTarget,
): AttributeEffects {
  const attributes = [...specifierAttributes, ...declarator.attributes, ...pushedAttributes(cx, target)];
  return readAttributes(cx.sema, attributes, target);
}

function applyCommon(cx: DeclarationContext, symbol: TypedSymbol, effects: AttributeEffects): void {
  const { section, declTags } = effects;
  if (section !== undefined) {
    if (symbol.section !== undefined && symbol.section !== section) {
      cx.sema.diagnostics.report('section-mismatch', symbol.span, [symbol.name, section, symbol.section]);
    }
    symbol.section = section;
  }
  symbol.isUsed ||= effects.isUsed;
  symbol.isWeak ||= effects.isWeak;
  if (effects.visibility !== undefined) symbol.visibility = effects.visibility;
  else if (symbol.visibility === 'default' && symbol.linkage === 'external')
    symbol.visibility = cx.visibility;
  if (effects.alias !== undefined) symbol.aliasOf = { name: effects.alias, target: undefined };
  symbol.deprecated ??= effects.deprecated;
  const added = declTags.filter((tag) => !symbol.declTags.includes(tag));
  if (added.length > 0) symbol.declTags = [...symbol.declTags, ...added];
}

export function applyToObject(cx: DeclarationContext, symbol: ObjectSymbol, effects: AttributeEffects): void {
  applyCommon(cx, symbol, effects);
  symbol.align = Math.max(symbol.align, effects.align);
}

const inlineStrength: Readonly<Record<InlineKind, number>> = { none: 0, hint: 1, never: 2, always: 3 };

export function applyToFunction(
  cx: DeclarationContext,
  symbol: FunctionSymbol,
  effects: AttributeEffects,
  isInline: boolean,
): void {
  applyCommon(cx, symbol, effects);
  const wanted: InlineKind = effects.inline ?? (isInline ? 'hint' : 'none');
  if (inlineStrength[wanted] > inlineStrength[symbol.inline]) symbol.inline = wanted;
  symbol.isNaked ||= effects.isNaked;
  symbol.isPure ||= effects.isPure;
  symbol.isConst ||= effects.isConst;
  symbol.isFastcall ||= effects.isFastcall;
  symbol.callMessage ??= effects.callMessage;
  if (effects.isNoreturn && !symbol.isNoreturn) {
    symbol.isNoreturn = true;
    symbol.type = { ...symbol.type, isNoreturn: true };
  }
}

/** The text of an `asm("name")` label. */
export function labelText(cx: DeclarationContext, label: StringLiteral): string {
  const { bytes, unitSize } = cx.sema.stringBytes(label.parts);
  return latin1(bytes.subarray(0, bytes.length - unitSize));
}
