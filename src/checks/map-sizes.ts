/**
 * Maps, keys and values that are handed to a helper: whether the object is a map to a loader, which knows maps by their section, and
 * whether the others have the sizes that its definition gives them.
 *
 * Only whole objects count (`&key`, an array): a pointer may lead into the middle of something larger. One that is too
 * small makes the helper read what lies beside it; one that is too large is said with `-Wall`.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { MapFacts } from '../ir/target-facts.ts';
import { argumentMeaning, type Helper } from '../isa/helpers.ts';
import type { CallExpression, ObjectSymbol } from '../sema/typed-tree.ts';
import { sizeOf } from '../types/types.ts';
import { counted, pointedObject } from './helper-calls.ts';

export type MapLookup = (symbol: ObjectSymbol) => MapFacts | undefined;

function isNoMap({ section, isDefined, linkage }: ObjectSymbol): boolean {
  return (isDefined || linkage === 'none') && !/^\.?maps/.test(section ?? '');
}

export function checkMapSizes(
  call: CallExpression,
  helper: Helper,
  mapOf: MapLookup,
  diagnostics: DiagnosticSink,
): void {
  const mapArgument = call.args[helper.parameters.findIndex(({ kind }) => kind === 'map')];
  const mapSymbol = mapArgument === undefined ? undefined : pointedObject(mapArgument);
  if (mapArgument !== undefined && mapSymbol !== undefined && isNoMap(mapSymbol)) {
    const notes = [{ span: mapSymbol.span, text: `write SEC(".maps") behind its name` }];
    diagnostics.report('map-section', mapArgument.span, [mapSymbol.name, helper.name], { notes });
  }
  const map = mapSymbol === undefined ? undefined : mapOf(mapSymbol);
  if (mapSymbol === undefined || map === undefined) return;
  helper.parameters.forEach((parameter, index) => {
    const { size, access } = argumentMeaning(parameter);
    const argument = call.args[index];
    const needed = size === 'map-key' ? map.keySize : size === 'map-value' ? map.valueSize : undefined;
    if (argument === undefined || needed === undefined || needed === 0 || access !== 'read') return;
    const object = pointedObject(argument);
    const has = object === undefined ? undefined : sizeOf(object.type);
    if (object === undefined || has === undefined || has === needed || object.isWeak) return;
    const code = has < needed ? 'map-access-size' : 'map-access-size-larger';
    const name = /^\w+$/.test(object.name) ? `'${object.name}'` : 'the object';
    const what = size === 'map-key' ? 'keys' : 'values';
    diagnostics.report(
      code,
      argument.span,
      [name, counted(has, 'byte'), what, mapSymbol.name, counted(needed, 'byte'), helper.name],
      { notes: [{ span: mapSymbol.span, text: `'${mapSymbol.name}' is defined here` }] },
    );
  });
}
