/**
 * C text -> HTML with classes for comments, strings, numbers, keywords and directives, line by line. For the eye only: the
 * lexer of the compiler is not asked, and any text will do. Everything is escaped.
 */

const keywords = new Set(
  (
    'auto break case char const continue default do double else enum extern float for goto if inline int long register restrict ' +
    'return short signed sizeof static struct switch typedef typeof union unsigned void volatile while _Bool _Static_assert ' +
    '__u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64 __be16 __be32 __be64 u8 u16 u32 u64 s8 s16 s32 s64 bool __always_inline SEC'
  ).split(' '),
);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (ch) => entities[ch] ?? ch);
}

function span(kind: string, text: string): string {
  return `<i class="${kind}">${escapeHtml(text)}</i>`;
}

/** One piece of a line: comment, string, directive, number, word, or a character. */
const piece =
  /\/\/.*|\/\*.*?(?:\*\/|$)|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|^\s*#\s*\w+|\b\d[\w.]*|[A-Za-z_]\w*|[^\w"'/#]+|./g;

function paint(text: string): string {
  if (text.startsWith('//') || text.startsWith('/*')) return span('co', text);
  if (text.startsWith('"') || text.startsWith("'")) return span('st', text);
  if (/^\s*#\s*\w+$/.test(text)) return span('di', text);
  if (/^\d/.test(text)) return span('nu', text);
  return keywords.has(text) ? span('kw', text) : escapeHtml(text);
}

/** Paints the lines of a file in order, as comments may span them. */
export class CHighlighter {
  private inComment = false;

  line(text: string): string {
    let painted = '';
    let rest = text;
    if (this.inComment) {
      const end = rest.indexOf('*/');
      if (end < 0) return span('co', rest);
      painted = span('co', rest.slice(0, end + 2));
      rest = rest.slice(end + 2);
      this.inComment = false;
    }
    for (const [part] of rest.matchAll(piece)) {
      painted += paint(part);
      this.inComment = part.startsWith('/*') && (part.length < 4 || !part.endsWith('*/'));
    }
    return painted;
  }
}
