/**
 * An object and its notes -> assembly for people (`-S --source`): C lines above the instructions they became, calls that were
 * inlined, names of helpers and of what is read and written. All that is added is comments: assembled, the text is the same object.
 */

import { helperById } from '../isa/helpers.ts';
import type { ObjectFile } from '../object/elf.ts';
import { type ListingLine, listingLines } from '../object/listing.ts';
import { type Annotations, noteKey, type Origin, type SourcePlace } from './annotations.ts';

const placeText = (place: SourcePlace | undefined): string =>
  place === undefined ? '?' : `${place.file}:${place.line}`;

/** What changes from instruction to instruction: a line is told again when one of these differs. */
function originKey({ place, inlined }: Origin): string {
  return JSON.stringify([placeText(place), inlined.map(({ callee, call }) => [callee, placeText(call)])]);
}

/** The comments above an instruction; calls that the last one came through as well are not told again. */
function originLines(origin: Origin, last: Origin | undefined): readonly string[] {
  const lines: string[] = [];
  let isShared = true;
  for (const [depth, { callee, call }] of origin.inlined.entries()) {
    const before = last?.inlined[depth];
    isShared &&= before?.callee === callee && placeText(before.call) === placeText(call);
    if (isShared) continue;
    lines.push(`\t# ${'| '.repeat(depth)}${placeText(call)}: inlined ${callee}: ${call?.text.trim() ?? ''}`);
  }
  const { place } = origin;
  if (place !== undefined) {
    lines.push(`\t# ${'| '.repeat(origin.inlined.length)}${placeText(place)}: ${place.text.trim()}`);
  }
  return lines.map((line) => line.trimEnd());
}

/** The lines of a listing with names of helpers and of what is read and written. */
export function commentedLines(object: ObjectFile, notes: Annotations): readonly ListingLine[] {
  return listingLines(object, {
    helper: (number) => helperById(number)?.name,
    comment: (section, slot) => notes.get(noteKey(section.name, slot))?.comment,
  });
}

/** The whole object as assembly text with its C lines. */
export function writeSourceListing(object: ObjectFile, notes: Annotations): string {
  const lines: string[] = [];
  let last: Origin | undefined;
  let lastFunc: string | undefined;
  for (const { text, place } of commentedLines(object, notes)) {
    const note = place === undefined ? undefined : notes.get(noteKey(place.section.name, place.slot));
    if (note !== undefined) {
      if (note.func !== lastFunc) last = undefined;
      lastFunc = note.func;
      if (last === undefined || originKey(last) !== originKey(note.origin)) {
        lines.push(...originLines(note.origin, last));
        last = note.origin;
      }
    }
    lines.push(text);
  }
  return `${lines.join('\n')}\n`;
}
