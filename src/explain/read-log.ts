/**
 * Text of a verifier log -> programs with their paths and messages.
 *
 * In: what libbpf, bpftool, veristat, tc or cilium/ebpf print when a program is refused, from Linux 4.14 on: whole, cut, or
 * with other lines around it; one character per byte. The text is hostile: it may be megabytes of anything. Out: a `VerifierLog`.
 *
 * Invariants: one pass over the text; work and memory are linear in it, kept steps, lines and programs are bounded.
 *
 * Method: a table of line forms in order of how often they occur. What is no known form is a message of the verifier; a message
 * that is followed by further instructions was not the last word and is dropped. Where the verifier goes back to
 * a branch (`from A to B:`), the path is cut behind A, so that only the path to the refusal is left.
 */

import type { ProgramLog, SourceLine, Statistics, Step, VerifierLog } from './log.ts';

const maxLineLength = 4096;
const maxSteps = 50_000;
const maxPrograms = 1000;
const maxMessages = 40;
/** The kernel's own lines are no longer. */
const maxMessageLength = 1024;
const maxReportLines = 120;
const maxLoaderMessages = 500;

/** The kept part of a path. */
class Path {
  steps: Step[] = [];
  /** Index of the previous step of the same instruction, by index. */
  private previous: number[] = [];
  private readonly last = new Map<number, number>();

  push(step: Step): void {
    if (this.steps.length >= maxSteps) this.forget(maxSteps / 2);
    this.previous.push(this.last.get(step.insn) ?? -1);
    this.last.set(step.insn, this.steps.length);
    this.steps.push(step);
  }

  get end(): Step | undefined {
    return this.steps.at(-1);
  }

  /** Goes back to the last time that `insn` was executed; stays where it never was. */
  returnTo(insn: number): void {
    const index = this.last.get(insn) ?? -1;
    if (index < 0) return;
    while (this.steps.length > index + 1) {
      const step = this.steps.pop();
      const before = this.previous.pop() ?? -1;
      if (step === undefined) return;
      if (before < 0) this.last.delete(step.insn);
      else this.last.set(step.insn, before);
    }
  }

  private forget(count: number): void {
    this.steps = this.steps.slice(count);
    this.previous = this.previous.slice(count).map((index) => Math.max(-1, index - count));
    for (const [insn, index] of [...this.last]) {
      if (index < count) this.last.delete(insn);
      else this.last.set(insn, index - count);
    }
  }
}

/** A program whose log is being read. */
class ProgramReader {
  readonly path = new Path();
  name: string | undefined;
  error: string | undefined;
  refused = true;
  entryState = '';
  messages: string[] = [];
  readonly report: string[] = [];
  statistics: Statistics | undefined;
  frame = 0;
  source: SourceLine | undefined;
  inReport = false;

  constructor(name: string | undefined) {
    this.name = name;
  }

  get isEmpty(): boolean {
    return this.path.end === undefined && this.messages.length === 0 && this.statistics === undefined;
  }

  /** Instructions follow: what was said before was not the end. */
  goOn(): void {
    if (this.messages.length > 0) this.messages = [];
  }

  finish(): ProgramLog {
    return {
      name: this.name,
      path: this.path.steps,
      entryState: this.entryState,
      messages: this.messages,
      report: this.report,
      statistics: this.statistics,
      error: this.error,
      refused: this.refused,
    };
  }
}

/** `frame1: R1=...` -> depth and registers. */
function splitFrame(state: string): { readonly frame: number; readonly registers: string } {
  const [, depth, registers] = /^\s*(?:frame(\d{1,3}):\s*)?(.*)$/.exec(state) ?? [];
  return { frame: Number(depth ?? 0), registers: registers ?? '' };
}

interface LineForm {
  readonly pattern: RegExp;
  readonly read: (reader: LogReader, match: RegExpExecArray) => void;
}

/** Lines that say nothing about the refusal. */
const chatter =
  /^(?:func#\d+ @\d+|Func#\d+ \(|Validating |\d+: safe$|caller:?$|callee:?$|returning from callee:|propagating|last_idx|parent (?:didn't|already)|(?:regs|frame)=|mark_precise:|reg type unsupported|arg#\d+ reference type\(|btf_vmlinux is malformed|Live regs|live regs|verification time|stack depth|(?:cur|old) state:|(?:frame\d+: )?R\d+(?:_r?w?)?=|frame\d+: *$|=+$|-+$|Processing |File +Program|Skipping |\d+: [.\d]{10,} )/;

const forms: readonly LineForm[] = [
  {
    pattern: /^(\d{1,8}): \(([0-9a-f]{2})\) (.*)$/,
    read: (reader, [, insn, opcode, text]) => reader.instruction(Number(insn), opcode ?? '', text ?? ''),
  },
  {
    pattern: /^(\d{1,8}): ((?:frame\d+: ?)?(?:R\d+|fp-\d+)(?:_r?w?)?=.*)$/,
    read: (reader, [, , state]) => reader.state(state ?? ''),
  },
  {
    pattern: /^; ?(.*?)(?: @ ([^@]{1,500}):(\d{1,8}))?$/,
    read: (reader, [, text, file, line]) => reader.sourceLine(text ?? '', file, line),
  },
  {
    pattern: /^from (\d{1,8}) to (\d{1,8})(?: \(speculative execution\))?: ?(.*)$/,
    read: (reader, [, from, , state]) => reader.branch(Number(from), state ?? ''),
  },
  { pattern: chatter, read: () => {} },
  {
    pattern: /^(?:to caller at \d+:?|R\d+ )(?=$|frame\d+:)/,
    read: () => {},
  },
  {
    pattern: /^processed (\d{1,10}) insns?(?: \(limit (\d{1,10})\))?/,
    read: (reader, [, processed, limit]) => reader.statistics(Number(processed), Number(limit ?? 0)),
  },
  {
    pattern: /^(?:libbpf: )?prog(?:ram)? '([^']{1,300})':? ?-- BEGIN (?:PROG LOAD|DUMP) LOG ?--/,
    read: (reader, [, name]) => reader.begin(name),
  },
  { pattern: /-- BEGIN (?:PROG LOAD|DUMP) LOG ?--/, read: (reader) => reader.begin(undefined) },
  { pattern: /-- END (?:PROG LOAD|DUMP) LOG ?--/, read: (reader) => reader.close() },
  {
    pattern: /^PROCESSING [^,]*\/([^,/]{1,300}), .*?VERDICT: (\w+)/,
    read: (reader, [, name, verdict]) => reader.begin(name, verdict !== 'success'),
  },
  {
    pattern: /^(?:.*\b)?program (\S{1,300}): load program: ([^:]{1,200}): ?(.*)$/,
    read: (reader, [, name, error, rest]) => reader.chain(name, error ?? '', rest ?? ''),
  },
  {
    pattern: /^(?:.*\s)?load program: ([^:]{1,200}): ?(.*)$/,
    read: (reader, [, error, rest]) => reader.chain(undefined, error ?? '', rest ?? ''),
  },
  {
    pattern: /^Prog section '([^']{1,300})' rejected: ([^!]{1,200})/,
    read: (reader, [, name, error]) => reader.begin(name, true, error),
  },
  { pattern: /^Verifier analysis:|^- (?:Type|Attach Type|Instructions|License): /, read: () => {} },
  {
    pattern: /^libbpf: prog(?:ram)? '([^']{1,300})': BPF program load failed: (.*)$/,
    read: (reader, [, name, error]) => reader.failed(name ?? '', error ?? ''),
  },
  {
    pattern: /^(?:libbpf: |Error: |libbpf\.\w+: )(.*)$/,
    read: (reader, [, text]) => reader.loaderMessage(text ?? ''),
  },
  { pattern: /^Verification failed: .*/, read: (reader, [line]) => reader.startReport(line) },
];

class LogReader {
  private readonly programs: ProgramLog[] = [];
  private readonly loaderMessages: string[] = [];
  private readonly errors = new Map<string, string>();
  private current = new ProgramReader(undefined);

  begin(name: string | undefined, refused = true, error?: string): void {
    this.close();
    this.current = new ProgramReader(name);
    this.current.refused = refused;
    this.current.error = error;
  }

  /** The program is complete; what follows belongs to the loader or to the next one. */
  close(): void {
    const done = this.current;
    this.current = new ProgramReader(undefined);
    if (done.isEmpty || this.programs.length >= maxPrograms) return;
    if (done.name !== undefined) done.error ??= this.errors.get(done.name);
    this.programs.push(done.finish());
  }

  failed(name: string, error: string): void {
    if (this.errors.size < maxPrograms) this.errors.set(name, error);
  }

  /** Go's chain of errors: the log follows in lines of its own, or the end of it stands behind the last colon. */
  chain(name: string | undefined, error: string, rest: string): void {
    this.begin(name, true, error);
    if (rest === '') return;
    const text = rest.replace(/ \((?:truncated(?:, )?)?(?:\d+ line\(s\) omitted)?\)$/, '');
    const instruction = /^(\d{1,8}): \(([0-9a-f]{2})\) (.*?): (?=[A-Za-z])(.*)$/.exec(text);
    if (instruction !== null) {
      const [, insn, opcode, code, message] = instruction;
      this.instruction(Number(insn), opcode ?? '', code ?? '');
      this.message(message ?? '');
    } else this.message(text);
  }

  /** @param code The first byte, in hexadecimal digits. */
  instruction(insn: number, code: string, line: string): void {
    const { current } = this;
    current.goOn();
    const semicolon = line.indexOf(' ; ');
    const text = (semicolon < 0 ? line : line.slice(0, semicolon)).trim();
    const comment = semicolon < 0 ? '' : line.slice(semicolon + 3);
    const { frame, registers } = splitFrame(comment);
    // The comment behind `exit` or a call already shows the other frame.
    const opcode = Number.parseInt(code, 16);
    const step = { insn, opcode, text, frame: current.frame, source: current.source, state: registers };
    current.path.push(step);
    if (/^call (?:pc|unknown)?[+-]/.test(text)) current.frame++;
    else if (text === 'exit') current.frame = Math.max(0, current.frame - 1);
    else if (comment.startsWith('frame')) current.frame = frame;
  }

  state(text: string): void {
    const { current } = this;
    current.goOn();
    const { frame, registers } = splitFrame(text);
    current.frame = frame;
    const { end } = current.path;
    if (end === undefined) current.entryState = registers;
    else if (end.state === '') end.state = registers;
  }

  sourceLine(text: string, file: string | undefined, line: string | undefined): void {
    this.current.source = {
      text,
      file,
      line: line === undefined ? undefined : Number(line),
      column: undefined,
    };
  }

  branch(from: number, state: string): void {
    const { current } = this;
    current.goOn();
    current.path.returnTo(from);
    const { frame, registers } = splitFrame(state);
    current.frame = frame;
    if (current.path.end !== undefined && registers !== '') current.path.end.state = registers;
  }

  statistics(processed: number, limit: number): void {
    this.current.statistics = { processed, limit };
    this.current.inReport = false;
  }

  loaderMessage(text: string): void {
    if (this.loaderMessages.length < maxLoaderMessages) this.loaderMessages.push(text);
  }

  startReport(line: string): void {
    this.current.inReport = true;
    this.current.report.push(line);
  }

  message(text: string): void {
    if (text !== '' && this.current.messages.length < maxMessages)
      this.current.messages.push(text.slice(0, maxMessageLength));
  }

  line(raw: string): void {
    const line = raw.trim();
    if (this.current.inReport && !line.startsWith('processed ') && !line.includes('-- END ')) {
      if (this.current.report.length < maxReportLines) this.current.report.push(raw.trimEnd());
      return;
    }
    if (line === '') return;
    for (const { pattern, read } of forms) {
      const match = pattern.exec(line);
      if (match !== null) return read(this, match);
    }
    this.message(line);
  }

  finish(): VerifierLog {
    this.close();
    return { programs: this.programs, loaderMessages: this.loaderMessages };
  }
}

/** A message may lack its newline, and the statistics then stand in its line. */
const glued = /\Sprocessed \d+ insns /;

/** A log that a logger put into one string: line ends are written as two characters. */
const escapedLog = /\\n[\s\\t]*\d+: (?:\([0-9a-f]{2}\)|R\d)/;

/** A line of a structured logger: `level=warning msg="0: (bf) r6 = r1" subsys=loader`. */
const structured = / msg="((?:[^"\\]|\\.)*)"(?: [\w.]+=|$)/;

function unwrapped(line: string): string {
  if (!line.includes(' msg="')) return line;
  const [, inner] = structured.exec(line) ?? [];
  return inner === undefined ? line : inner.replaceAll('\\"', '"').replaceAll('\\t', '\t');
}

function readLine(reader: LogReader, outer: string): void {
  const line = unwrapped(outer);
  const at = line.includes('processed ') ? line.search(glued) : -1;
  if (at < 0) return reader.line(line);
  reader.line(line.slice(0, at + 1));
  reader.line(line.slice(at + 1));
}

/** Cuts a text at its line ends, written as they are or as `\n`. */
class LineCutter {
  private readonly text: string;
  /** The next escape at or behind the last place that was asked for; the text's length when there is none. */
  private escape = -1;

  constructor(text: string) {
    this.text = text;
  }

  /** The next written-out line end between two places, or `end`. */
  private nextEscape(from: number, end: number): number {
    if (this.escape < from) {
      const found = this.text.indexOf('\\n', from);
      this.escape = found < 0 ? this.text.length : found;
    }
    return Math.min(this.escape, end);
  }

  /** Gives the lines of one physical line; of a very long one only the beginnings. */
  *lines(start: number, end: number): Iterable<string> {
    const line = this.text.slice(start, Math.min(end, start + maxLineLength));
    if (end - start <= maxLineLength && !escapedLog.test(line)) {
      yield line;
      return;
    }
    for (let at = start; at < end; ) {
      const stop = this.nextEscape(at, end);
      yield this.text.slice(at, Math.min(stop, at + maxLineLength)).replaceAll('\\t', '\t');
      at = stop + 2;
    }
  }
}

/** Reads a log. Never fails: text that is no log has no programs, or one whose messages are no refusal. */
export function readLog(text: string): VerifierLog {
  const reader = new LogReader();
  const cutter = new LineCutter(text);
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    for (const line of cutter.lines(start, end)) readLine(reader, line);
    start = end + 1;
  }
  return reader.finish();
}
