/** The text of an `@file` on the command line -> arguments. */

/** Splits the text of an `@file` as a shell would: white space, quotes, backslashes (GCC manual, "@file"). */
export function splitResponseFile(text: string): readonly string[] {
  const args: string[] = [];
  let current: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const ch = text[i] ?? '';
    if (ch === '\\' && i + 1 < text.length) current = (current ?? '') + (text[++i] ?? '');
    else if (quote !== '') {
      if (ch === quote) quote = '';
      else current = (current ?? '') + ch;
    } else if (ch === '"' || ch === "'") {
      quote = ch;
      current ??= '';
    } else if (/\s/.test(ch)) {
      if (current !== undefined) args.push(current);
      current = undefined;
    } else current = (current ?? '') + ch;
  }
  if (current !== undefined) args.push(current);
  return args;
}
