/** Diagnostics in a terminal's colours. */

import colors from 'picocolors';
import type { RenderStyle } from '../diagnostics/render.ts';

export function colorStyle(): RenderStyle {
  const c = colors.createColors(true);
  const strong = (paint: (text: string) => string) => (text: string) => c.bold(paint(text));
  return {
    location: c.bold,
    severity: {
      note: strong(c.blackBright),
      warning: strong(c.magenta),
      error: strong(c.red),
      fatal: strong(c.red),
    },
    message: c.bold,
    caret: strong(c.green),
    fixIt: c.green,
  };
}
