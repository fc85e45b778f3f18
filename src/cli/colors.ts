/** Diagnostics in a terminal's colours: the few codes of ECMA-48 (8.3.117) that they need. */

import type { RenderStyle } from '../diagnostics/render.ts';

const painter =
  (on: number, off: number) =>
  (text: string): string =>
    `\x1b[${on}m${text}\x1b[${off}m`;

const bold = painter(1, 22);
const color = (code: number) => painter(code, 39);

export function colorStyle(): RenderStyle {
  const strong = (code: number) => (text: string) => bold(color(code)(text));
  const [red, green, magenta, gray] = [31, 32, 35, 90];
  return {
    location: bold,
    severity: { note: strong(gray), warning: strong(magenta), error: strong(red), fatal: strong(red) },
    message: bold,
    caret: strong(green),
    fixIt: color(green),
  };
}
