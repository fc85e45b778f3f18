/**
 * An object, its IR, its notes and the sources -> one HTML page with C, IR and code side by side (`--emit=html`).
 *
 * Rows that come from one line of C have its colour and light up together; a row of code or IR also links to its line, so
 * that the page can be read without scripts. The page loads nothing. Its sources may be hostile: all text is escaped, and the page's own
 * policy lets no other script run than the one whose hash it names.
 */

import type { FileEntry, SourceManager } from '../diagnostics/source-manager.ts';
import type { Ins } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { printFunction } from '../ir/printer.ts';
import type { ObjectFile } from '../object/elf.ts';
import {
  type Annotations,
  noteKey,
  type Origin,
  Origins,
  plainLine,
  type SourcePlace,
} from './annotations.ts';
import { CHighlighter, escapeHtml } from './c-highlight.ts';
import { script, scriptHash, style } from './html-style.ts';
import { commentedLines } from './source-listing.ts';

/** A line of printed IR. */
export interface IrLine {
  readonly func: string;
  readonly text: string;
  readonly ins: Ins | undefined;
}

export interface PageInput {
  readonly title: string;
  readonly object: ObjectFile;
  readonly notes: Annotations;
  readonly ir: readonly IrLine[];
  readonly programs: readonly PageProgram[];
  readonly sources: SourceManager;
}

export interface PageProgram {
  readonly name: string;
  readonly section: string;
  readonly instructions: number;
  readonly stack: number;
}

/** The IR of all functions as it is now. */
export function irLines(module: Module): readonly IrLine[] {
  return [...module.functions()].flatMap((func) => {
    const instructions = new Map<number, Ins>();
    const text = printFunction(module, func, { onInstruction: (line, ins) => instructions.set(line, ins) });
    return text
      .trimEnd()
      .split('\n')
      .map((line, number) => ({ func: func.name, text: line, ins: instructions.get(number) }));
  });
}

/** Lines around those with code that are shown of headers, and of sources too long to be shown whole. */
const contextLines = 3;
const wholeLines = 4000;
/** Characters of a line that are shown. */
const maxColumns = 2000;
const colors = 16;
/** Rows of code, and of IR, that a browser still moves through at ease. */
const maxRows = 20_000;

/** How many rows a function may have, so that all have at most `maxRows`: short ones are whole, of long ones the beginning is shown. */
export function rowLimit(sizes: readonly number[], total = maxRows): number {
  let left = total;
  let functions = sizes.length;
  for (const size of [...sizes].sort((a, b) => a - b)) {
    if (size * functions > left) return Math.floor(left / functions);
    left -= size;
    functions--;
  }
  return total;
}

/** Takes rows function by function, and says what is left out of a long one. */
class Rows {
  private readonly parts: string[] = [];
  private readonly limit: number;
  private readonly what: string;
  private shown = 0;
  private hidden = 0;

  constructor(sizes: ReadonlyMap<string, number>, what: string) {
    this.limit = rowLimit([...sizes.values()]);
    this.what = what;
  }

  /** The next function begins. */
  begin(heading: string): void {
    this.close();
    this.parts.push(heading);
    this.shown = 0;
  }

  add(html: () => string): void {
    if (this.shown++ < this.limit) this.parts.push(html());
    else this.hidden++;
  }

  private close(): void {
    if (this.hidden === 0) return;
    const text = `${this.hidden} more ${this.what} are not shown; -S --source writes all of the code`;
    this.parts.push(row([], '', `<i class="label">${text}</i>`));
    this.hidden = 0;
  }

  text(): string {
    this.close();
    return this.parts.join('');
  }
}

/** How many of the rows belong to each function. */
function countByFunction(functions: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const func of functions) counts.set(func, (counts.get(func) ?? 0) + 1);
  return counts;
}

/** Which lines of C have code, each with its key and colour in order of appearance. */
class LineKeys {
  readonly files: FileEntry[] = [];
  private readonly names = new Map<string, number>();
  private readonly lines: Set<number>[] = [];

  /** The main file comes first whatever code does. */
  constructor(main: FileEntry | undefined) {
    if (main !== undefined) this.fileNumber(main);
  }

  private fileNumber(file: FileEntry): number {
    const known = this.names.get(file.name);
    if (known !== undefined) return known;
    this.names.set(file.name, this.files.length);
    this.lines.push(new Set());
    return this.files.push(file) - 1;
  }

  key({ stored: { file, line } }: SourcePlace): string {
    const number = this.fileNumber(file);
    this.lines[number]?.add(line);
    return `${number}-${line}`;
  }

  /** The key of the line itself, then those of the calls that it came through, innermost first. */
  keys({ place, inlined }: Origin): readonly string[] {
    const calls = inlined.flatMap(({ call }) => (call === undefined ? [] : [this.key(call)])).reverse();
    return place === undefined ? calls : [this.key(place), ...calls];
  }

  linesOf(file: number): ReadonlySet<number> {
    return this.lines[file] ?? new Set();
  }
}

/** Neighbouring lines have colours far apart. */
function colorOf(key: string): string {
  const [file = 0, line = 0] = key.split('-').map(Number);
  return `h${(line + file * 5) % colors}`;
}

function attributes(keys: readonly string[]): string {
  const [first] = keys;
  return first === undefined ? 'class="r"' : `class="r ${colorOf(first)}" data-k="${keys.join(' ')}"`;
}

function row(keys: readonly string[], number: string, text: string, from = '', id = ''): string {
  const anchor = id === '' ? '' : ` id="${id}"`;
  const source = from === '' ? '' : `<span class="f">${from}</span>`;
  return `<div ${attributes(keys)}${anchor}><span class="n">${number}</span><span class="t">${text}</span>${source}</div>\n`;
}

/** Where a row comes from: the function that was inlined, and a link to the line. */
function originText(keys: readonly string[], { place, inlined }: Origin): string {
  if (place === undefined) return '';
  const innermost = inlined.at(-1);
  const path = inlined.map(
    ({ callee, call }) => `${callee} inlined at ${call?.file ?? '?'}:${call?.line ?? '?'}`,
  );
  const badge =
    innermost === undefined
      ? ''
      : `<b title="${escapeHtml(path.reverse().join(', '))}">${escapeHtml(innermost.callee)}</b>`;
  const key = keys[0] ?? '';
  // The main file need not be named.
  const name = key.startsWith('0-') ? '' : (place.file.split('/').at(-1) ?? '');
  const title = escapeHtml(`${place.file}:${place.line}`);
  return `${badge}<a href="#L${key}" title="${title}">${escapeHtml(name)}:${place.line}</a>`;
}

class Page {
  private readonly input: PageInput;
  private readonly origins: Origins;
  private readonly keys: LineKeys;

  constructor(input: PageInput) {
    this.input = input;
    this.origins = new Origins(input.sources);
    this.keys = new LineKeys(input.sources.mainFile);
  }

  write(): string {
    const { title } = this.input;
    // Code and IR first: they say which lines of C have any.
    const code = this.code();
    const ir = this.ir();
    const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src '${scriptHash}'`;
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(plainLine(title))}: C, IR and BPF code</title>
<style>${style}</style>
</head>
<body>
<header><h1>${escapeHtml(plainLine(title))}</h1>
<ul class="facts">${this.facts()}</ul>
<p class="help" hidden>Point at a line, click to hold it; <kbd>&uarr;</kbd> <kbd>&darr;</kbd> <kbd>&larr;</kbd> <kbd>&rarr;</kbd> move, <kbd>Esc</kbd> lets go</p></header>
<main>
${column('C', this.source())}${column('IR', ir)}${column('BPF', code)}</main>
<script>${script}</script>
</body>
</html>
`;
  }

  private facts(): string {
    return this.input.programs
      .map(({ name, section, instructions, stack }) => {
        const size = `${instructions} instructions${stack === 0 ? '' : `, ${stack} bytes of stack`}`;
        return `<li><b>${escapeHtml(plainLine(name))}</b> ${escapeHtml(plainLine(section))}, ${size}</li>`;
      })
      .join('');
  }

  private code(): string {
    const { object, notes } = this.input;
    const sizes = countByFunction([...notes.values()].map(({ func }) => func));
    const rows = new Rows(sizes, 'instructions');
    let lastFunc: string | undefined;
    let label = '';
    for (const { text, place } of commentedLines(object, notes)) {
      const isCode = place?.section.flags.execinstr === true;
      if (place === undefined || !isCode) {
        // Labels of jumps stand alone before an instruction, and below the head of the function that begins there.
        if (/^\.L\d+_\d+:$/.test(text)) label += row([], '', `<i class="label">${escapeHtml(text)}</i>`);
        continue;
      }
      const note = notes.get(noteKey(place.section.name, place.slot));
      if (note !== undefined && note.func !== lastFunc) rows.begin(this.heading(note.func));
      lastFunc = note?.func ?? lastFunc;
      const labels = label;
      label = '';
      rows.add(() => {
        const keys = note === undefined ? [] : this.keys.keys(note.origin);
        const from = note === undefined ? '' : originText(keys, note.origin);
        return labels + row(keys, String(place.slot), instructionHtml(text), from);
      });
    }
    return rows.text();
  }

  /** A function's name above its rows. */
  private heading(func: string): string {
    const program = this.input.programs.find(({ name }) => name === func);
    const section = program === undefined ? '' : `<small>${escapeHtml(plainLine(program.section))}</small>`;
    return `<h3>${escapeHtml(plainLine(func))}${section}</h3>\n`;
  }

  private ir(): string {
    const { ir } = this.input;
    const rows = new Rows(countByFunction(ir.map(({ func }) => func)), 'lines');
    let lastFunc: string | undefined;
    for (const { func, text, ins } of ir) {
      if (func !== lastFunc) rows.begin(`<h3>${escapeHtml(plainLine(func))}</h3>\n`);
      lastFunc = func;
      rows.add(() => {
        if (ins === undefined) return row([], '', irHtml(text));
        const origin = this.origins.of(ins.pos);
        const keys = this.keys.keys(origin);
        return row(keys, '', irHtml(text), originText(keys, origin));
      });
    }
    return rows.text();
  }

  private source(): string {
    return this.keys.files
      .map((file, number) => {
        const heading = `<h3>${escapeHtml(plainLine(file.name))}</h3>\n`;
        return heading + this.fileRows(file, number);
      })
      .join('');
  }

  private fileRows(file: FileEntry, number: number): string {
    const { sources } = this.input;
    const withCode = this.keys.linesOf(number);
    const count = sources.lineCount(file);
    const isWhole = number === 0 && count <= wholeLines;
    const shown = isWhole ? undefined : contextOf(withCode, count);
    const highlighter = new CHighlighter();
    const parts: string[] = [];
    let last = 0;
    for (let line = 1; line <= count; line++) {
      const painted = highlighter.line(plainLine(sources.lineText(file, line).slice(0, maxColumns)));
      if (shown?.has(line) === false) continue;
      if (line !== last + 1) parts.push('<div class="gap">&#8943;</div>\n');
      last = line;
      const key = `${number}-${line}`;
      parts.push(row(withCode.has(line) ? [key] : [], String(line), painted, '', `L${key}`));
    }
    return parts.join('');
  }
}

function contextOf(lines: ReadonlySet<number>, count: number): ReadonlySet<number> {
  const shown = new Set<number>();
  for (const line of lines) {
    const end = Math.min(count, line + contextLines);
    for (let at = Math.max(1, line - contextLines); at <= end; at++) shown.add(at);
  }
  return shown;
}

function column(name: string, rows: string): string {
  return `<section class="column" aria-label="${name}"><h2>${name}</h2><div class="rows">\n${rows}</div></section>\n`;
}

/** An instruction with its comment set off. */
function instructionHtml(text: string): string {
  const [code, comment] = splitComment(text);
  const shown = escapeHtml(plainLine(code));
  return comment === undefined ? shown : `${shown}  <i class="co">; ${escapeHtml(plainLine(comment))}</i>`;
}

function splitComment(text: string): readonly [string, string | undefined] {
  const at = text.indexOf('\t# ');
  const code = (at < 0 ? text : text.slice(0, at)).trim().replaceAll('\t', ' ');
  return [code, at < 0 ? undefined : text.slice(at + 3)];
}

function irHtml(text: string): string {
  const shown = plainLine(text);
  return /^b\d+/.test(shown) ? `<i class="label">${escapeHtml(shown)}</i>` : escapeHtml(shown);
}

/** The whole page. */
export function writePage(input: PageInput): string {
  return new Page(input).write();
}
