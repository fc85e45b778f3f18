/**
 * Explanations -> text in the form of the compiler's diagnostics: the place with a caret, notes for the places before it, the path, why
 * the rule exists and what to write; and as data for other programs.
 */

import type { Diagnostic, Note } from '../diagnostics/diagnostic.ts';
import { plainStyle, type RenderStyle, renderDiagnostics } from '../diagnostics/render.ts';
import { noPos, noSpan, offsetPos, SourceManager, type Span } from '../diagnostics/source-manager.ts';
import { displayText } from '../support/utf8.ts';
import type { Explanation } from './explain.ts';
import type { SourceLine } from './log.ts';
import type { ObjectFacts } from './object-facts.ts';
import type { PathLine } from './path.ts';

/** Files of more lines are not put together for showing. */
const maxLine = 200_000;
const textWidth = 100;

/** The lines that are known of each file, as files of a source manager. */
class KnownSources {
  readonly manager = new SourceManager();
  private readonly lines = new Map<string, string[]>();
  private readonly starts = new Map<string, readonly number[]>();
  private readonly bases = new Map<string, number>();

  add({ file, line, text }: Pick<SourceLine, 'file' | 'line' | 'text'>, isWhole: boolean): void {
    if (file === undefined || line === undefined || line < 1 || line > maxLine) return;
    const lines = this.lines.get(file) ?? [];
    this.lines.set(file, lines);
    if (isWhole) lines[line - 1] = text;
    else lines[line - 1] ??= text;
  }

  close(): void {
    for (const [name, sparse] of this.lines) {
      const lines = Array.from(sparse, (line) => (line ?? '').replace(/[\r\n]/g, ' '));
      const starts: number[] = [];
      let at = 0;
      for (const line of lines) {
        starts.push(at);
        at += line.length + 1;
      }
      this.starts.set(name, starts);
      this.bases.set(name, this.manager.addFile(name, lines.join('\n'), noPos, 'user').base);
    }
  }

  span(source: SourceLine): Span {
    const { file = '', line = 0, column } = source;
    const start = this.starts.get(file)?.[line - 1];
    const base = this.bases.get(file);
    if (start === undefined || base === undefined) return noSpan;
    const text = this.lines.get(file)?.[line - 1] ?? '';
    const from = column === undefined || column < 1 ? (/\S/.exec(text)?.index ?? 0) : column - 1;
    if (from > text.length) return noSpan;
    const rest = text.slice(from);
    const length = column === undefined ? rest.trimEnd().length : (/^\w+/.exec(rest)?.[0].length ?? 1);
    const first = offsetPos(noPos, base + start + from);
    return { start: first, end: offsetPos(first, Math.max(1, length)) };
  }
}

/** Text broken at spaces. */
function wrap(text: string, indent: string, firstWidth: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const room = textWidth - (lines.length === 0 ? firstWidth : indent.length);
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${indent}`);
}

function indented(code: string): string {
  return code
    .split('\n')
    .map((line) => `        ${line}\n`)
    .join('');
}

function pathText(path: readonly PathLine[], style: RenderStyle): string {
  if (path.length < 2) return '';
  const shown = path.map(({ source, frame, times, remark }) => {
    const number = source.line === undefined ? '     ' : String(source.line).padStart(5);
    const text = `${'  '.repeat(Math.min(frame, 8))}${source.text.trim()}`.slice(0, 120);
    const count = times > 1 ? ` (${times} times)` : '';
    const left = `${number} | ${displayText(text)}${count}`;
    return remark === undefined ? left : `${left.padEnd(68)}  ${style.caret(remark)}`;
  });
  return `path to it:\n${shown.map((line) => `${line}\n`).join('')}`;
}

/** A message about a place that has text but no file and line. */
function placeless(source: SourceLine | undefined): string {
  return source === undefined || source.text === '' ? '' : `      | ${displayText(source.text.trim())}\n`;
}

function headlineOf({ title, message, refusal, program }: Explanation): string {
  const who = program === undefined ? '' : `program '${program}': `;
  const what = title === message || message === '' ? title : `${title}: ${message}`;
  return `${who}${what}${refusal === undefined ? '' : ` [${refusal.id}]`}`;
}

function registerText({ register }: Explanation): string {
  if (register === undefined) return '';
  const holds = register.variable === undefined ? '' : ` holds '${register.variable}'`;
  const state = register.state === undefined ? '' : `${holds === '' ? ' is' : ','} ${register.state}`;
  return holds + state === '' ? '' : `R${register.number}${holds}${state}`;
}

function slotText({ slot }: Explanation): string {
  return slot === undefined
    ? ''
    : `'${slot.name}' is ${slot.size} bytes of the stack from fp${slot.offset} on`;
}

const otherCode = 'the log is of other code than the object: what is said here comes from the log alone';

function renderOne(explanation: Explanation, sources: KnownSources, style: RenderStyle): string {
  const { place, notes, path, why, help, code, log, refusal } = explanation;
  const span = place === undefined ? noSpan : sources.span(place);
  const remarks = [
    registerText(explanation),
    slotText(explanation),
    explanation.isOfOtherCode ? otherCode : '',
  ];
  const placed: Note[] = notes.map((note) => ({ span: sources.span(note.source), text: note.text }));
  const diagnostic: Diagnostic = {
    code: 'verifier-refusal',
    severity: 'error',
    span,
    message: headlineOf(explanation),
    notes: span.start === noPos ? [] : placed,
    fixIts: [],
  };
  const parts = [renderDiagnostics([diagnostic], sources.manager, { style })];
  if (span.start === noPos) parts.push(placeless(place));
  for (const remark of remarks) if (remark !== '') parts.push(`${style.severity.note('note: ')}${remark}\n`);
  parts.push(pathText(path, style));
  if (why !== undefined) parts.push(`${style.message('why:')} ${wrap(why, '     ', 5)}\n`);
  if (help !== undefined) parts.push(`${style.message('help:')} ${wrap(help, '      ', 6)}\n`);
  if (code !== undefined) parts.push(indented(code));
  if (refusal === undefined) {
    for (const line of log.messages) parts.push(`${style.severity.note('note: ')}the log says: ${line}\n`);
  }
  if (log.report.length > 0) {
    parts.push(
      'the kernel itself says:\n',
      ...log.report.map((line) => `  ${displayText(line)}`.trimEnd().concat('\n')),
    );
  }
  return parts.join('');
}

export interface ExplainRenderOptions {
  readonly style?: RenderStyle;
  readonly object?: ObjectFacts;
}

/** Explanations as text for people. */
export function renderExplanations(
  explanations: readonly Explanation[],
  { style = plainStyle, object }: ExplainRenderOptions = {},
): string {
  const sources = new KnownSources();
  for (const line of object?.lines ?? []) sources.add(line, true);
  for (const { place, notes } of explanations) {
    for (const source of [place, ...notes.map((note) => note.source)]) {
      if (source !== undefined) sources.add(source, false);
    }
  }
  sources.close();
  return explanations.map((one) => renderOne(one, sources, style)).join('\n');
}

/** Explanations as data. */
export function explanationData(explanations: readonly Explanation[]): unknown {
  return explanations.map((one) => ({
    program: one.program,
    kind: one.refusal?.id,
    title: one.title,
    message: one.message,
    messages: one.log.messages,
    instruction: one.insn,
    place: one.place,
    register: one.register,
    slot: one.slot,
    otherCode: one.isOfOtherCode,
    notes: one.notes,
    path: one.path,
    why: one.why,
    help: one.help,
    code: one.code,
    error: one.log.error,
    statistics: one.log.statistics,
  }));
}
