/**
 * Where the characters of a string literal stand in the source: for messages about the text inside (assembly). Escapes and line splices
 * make a literal's text shorter than its spelling, so places are kept as runs that correspond one to one.
 */

import { offsetPos, type Pos, type SourceManager, type Span } from '../diagnostics/source-manager.ts';

/** Characters of the text from `offset` on that stand one behind the other from `pos` on, up to the next run. */
export interface TextPlace {
  readonly offset: number;
  readonly pos: Pos;
}

/** One unit of a literal's spelling: a line splice (which stands for nothing), an escape, or a character. */
const UNIT = /\\\r?\n|\\(?:[0-7]{1,3}|x[0-9a-fA-F]+|[\s\S])|[\s\S]/y;

/** The runs of one literal whose text begins at `offset`; `length` units long. */
function placesOfPart(sources: SourceManager, span: Span, offset: number, length: number): TextPlace[] {
  const start = sources.spelling(span.start);
  const file = sources.entry(start);
  const quote = file.kind === 'file' ? file.text.indexOf('"', start - file.base) : -1;
  if (file.kind !== 'file' || quote < 0 || quote > start - file.base + 2)
    return [{ offset, pos: span.start }];
  const skipped = quote + 1 - (start - file.base);
  const places: TextPlace[] = [{ offset, pos: offsetPos(span.start, skipped) }];
  UNIT.lastIndex = quote + 1;
  for (let unit = 0; unit < length; ) {
    const [spelling = ''] = UNIT.exec(file.text) ?? [];
    if (spelling === '' || spelling === '"') break;
    const isSplice = spelling.length > 1 && spelling.endsWith('\n');
    if (!isSplice) unit++;
    if (spelling.length === 1) continue;
    places.push({ offset: offset + unit, pos: offsetPos(span.start, UNIT.lastIndex - (start - file.base)) });
  }
  return places;
}

/** The runs of a string made of adjacent literals, each with its text. */
export function textPlaces(
  sources: SourceManager,
  parts: readonly { readonly span: Span; readonly text: string }[],
): TextPlace[] {
  const places: TextPlace[] = [];
  let offset = 0;
  for (const { span, text } of parts) {
    places.push(...placesOfPart(sources, span, offset, text.length));
    offset += text.length;
  }
  return places;
}
