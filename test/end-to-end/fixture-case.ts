/**
 * Golden files: a C source that says in comments how it is compiled and what comes out. The vocabulary is fixed; a line that
 * looks like a directive but is none, and a case that expects nothing, are errors.
 *
 * The first lines of a file:
 *   // test: KIND               what is looked at: a stage of `--dump` (typed, ir, asm, btf, a pass), `elf` (the object as
 *                               text, test/end-to-end/describe-object.ts) or `diagnostics`
 *   // flags: -O2 -mcpu=v3      the command line
 *   // breaks rules: REASON   why the code breaks the verifier's rules (its assembly does); else it must keep them
 *   // fails: REASON            only in files whose name begins with `_`: what is wrong today; such a case must fail
 *
 * Anywhere on lines of their own:
 *   // want: TEXT               a line of the output holds TEXT, below the line of the `want` before; blanks count as one
 *   // want no: TEXT            no line of the output holds TEXT
 *   //| LINE                    the whole output, at the end of the file
 *
 * At the end of a line, the diagnostics that it gets; every one must be there, whatever the kind:
 *   // error: TEXT              `error`, `warning`, `note` or `fatal`; TEXT is the whole message, with ` [-Wname]`
 *   // error 12: TEXT           at column 12
 *   // error @-2: TEXT          two lines above this comment (@+1: below)
 *   // error in NAME:12: TEXT   at line 12 of another file
 *
 * `UPDATE_FIXTURES=1` rewrites whole outputs and, in cases of kind `diagnostics`, the diagnostics; with CI set it is refused.
 */

export type Severity = 'fatal' | 'error' | 'warning' | 'note';

/** A diagnostic or note: the line of the case, or the place in another file. */
export interface Message {
  readonly severity: Severity;
  readonly line: number;
  readonly column: number | undefined;
  readonly place: string | undefined;
  readonly text: string;
}

export interface FixtureCase {
  readonly kind: string;
  readonly flags: readonly string[];
  readonly fails: string | undefined;
  readonly breaksRules: string | undefined;
  readonly wants: readonly { readonly text: string; readonly line: number }[];
  readonly wantsNot: readonly string[];
  /** The whole output, when the case has it. */
  readonly whole: readonly string[] | undefined;
  readonly messages: readonly Message[];
  readonly faults: readonly string[];
}

const messagePattern = /\/\/ (fatal|error|warning|note)(?: @([+-]\d+))?(?: (\d+))?(?: in (\S+:\d+))?: /;
const directivePattern = /^\/\/ ?(test|flags|fails|breaks rules|want|want no):(?: (.*))?$/;
/** What somebody wrote who meant one of the above. */
const suspicious = /\/\/ ?(?:test|flags?|fails?|wants?|want no|fatal|errors?|warnings?|notes?)\b[^:/]*:/i;

export function readCase(source: string): FixtureCase {
  const faults: string[] = [];
  const single = new Map<string, string>();
  const wants: { text: string; line: number }[] = [];
  const wantsNot: string[] = [];
  const whole: string[] = [];
  const messages: Message[] = [];
  source.split('\n').forEach((text, index) => {
    const line = index + 1;
    if (text.startsWith('//|')) {
      whole.push(text.slice(4));
      return;
    }
    const directive = directivePattern.exec(text);
    if (directive !== null) {
      const [, name = '', value = ''] = directive;
      if (value === '') faults.push(`line ${line}: '${name}' says nothing`);
      if (name === 'want') wants.push({ text: value, line });
      else if (name === 'want no') wantsNot.push(value);
      else if (single.has(name)) faults.push(`line ${line}: second '${name}'`);
      else single.set(name, value);
      return;
    }
    const found = readMessages(text, line);
    if (found.length === 0 && suspicious.test(text)) faults.push(`line ${line}: unknown directive: ${text}`);
    messages.push(...found);
  });
  const kind = single.get('test') ?? '';
  if (kind === '') faults.push("no '// test:' line");
  const expects = wants.length + wantsNot.length + whole.length + messages.length;
  if (expects === 0) faults.push('the case expects nothing');
  return {
    kind,
    flags: (single.get('flags') ?? '').split(/\s+/).filter((flag) => flag !== ''),
    fails: single.get('fails'),
    breaksRules: single.get('breaks rules'),
    wants,
    wantsNot,
    whole: whole.length > 0 ? whole : undefined,
    messages,
    faults,
  };
}

function readMessages(text: string, line: number): Message[] {
  const messages: Message[] = [];
  let rest = text;
  for (let match = messagePattern.exec(rest); match !== null; match = messagePattern.exec(rest)) {
    rest = rest.slice(match.index + match[0].length);
    const end = messagePattern.exec(rest)?.index ?? rest.length;
    messages.push({
      severity: match[1] as Severity,
      line: match[4] === undefined ? line + Number(match[2] ?? 0) : 0,
      column: match[3] === undefined ? undefined : Number(match[3]),
      place: match[4],
      text: rest.slice(0, end).trim(),
    });
  }
  return messages;
}

function messageKey({ severity, line, column, place, text }: Message, withColumn: boolean): string {
  const at = place ?? (withColumn && column !== undefined ? `${line}:${column}` : `${line}`);
  return `${at}: ${severity}: ${text}`;
}

/** Compares messages as sets; those that state a column must match there. Gives what differs. */
export function compareMessages(wanted: readonly Message[], given: readonly Message[]): string[] {
  const left = [...given];
  const differences: string[] = [];
  for (const want of wanted) {
    const withColumn = want.column !== undefined;
    const key = messageKey(want, withColumn);
    const at = left.findIndex((message) => messageKey(message, withColumn) === key);
    if (at < 0) differences.push(`missing: ${key}`);
    else left.splice(at, 1);
  }
  return [...differences, ...left.map((message) => `unexpected: ${messageKey(message, true)}`)];
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Code keeps the verifier's rules unless the case says that it does not. */
export function compareRules(fixture: FixtureCase, ruleFaults: readonly string[]): readonly string[] {
  if (fixture.breaksRules === undefined) return ruleFaults;
  return ruleFaults.length > 0 ? [] : ["the code keeps the verifier's rules: take '// breaks rules:' away"];
}

/** Compares an output with what a case wants of it. Gives what differs. */
export function compareOutput(fixture: FixtureCase, output: string): string[] {
  const lines = output.trimEnd().split('\n');
  const squeezed = lines.map(squeeze);
  const differences: string[] = [];
  let from = 0;
  for (const { text, line } of fixture.wants) {
    const at = squeezed.findIndex((candidate, i) => i >= from && candidate.includes(squeeze(text)));
    if (at < 0) differences.push(`line ${line}: not found${from === 0 ? '' : ' in the rest'}: ${text}`);
    else from = at + 1;
  }
  for (const text of fixture.wantsNot) {
    const found = squeezed.find((line) => line.includes(squeeze(text)));
    if (found !== undefined) differences.push(`must not be there: ${text} (in: ${found})`);
  }
  if (fixture.whole !== undefined) {
    const wanted = fixture.whole;
    const at = lines.findIndex((line, i) => line.trimEnd() !== (wanted[i] ?? '').trimEnd());
    if (at >= 0)
      differences.push(`line ${at + 1} of the output: ${lines[at]}\n  wanted: ${wanted[at] ?? '(end)'}`);
    else if (wanted.length > lines.length) differences.push(`the output ends after ${lines.length} lines`);
  }
  return differences;
}

/** The source with its expectations made true: whole output and, in cases about them, diagnostics. */
export function updatedSource(
  source: string,
  fixture: FixtureCase,
  output: string,
  given: readonly Message[],
): string {
  let lines = source.trimEnd().split('\n');
  if (fixture.kind === 'diagnostics' && compareMessages(fixture.messages, given).length > 0) {
    lines = lines.map((line) => line.replace(new RegExp(`\\s*${messagePattern.source}.*$`), ''));
    for (const { severity, line, column, place, text } of given) {
      const index = place === undefined ? Math.min(line, lines.length) - 1 : lines.length - 1;
      const shift = place !== undefined || line - 1 === index ? '' : ` @+${line - 1 - index}`;
      const where = place === undefined ? ` ${column}` : ` in ${place}`;
      lines[index] = `${lines[index]} // ${severity}${shift}${where}: ${text}`;
    }
  }
  if (fixture.whole !== undefined && compareOutput(fixture, output).length > 0) {
    lines = lines.filter((line) => !line.startsWith('//|'));
    lines.push(
      ...output
        .trimEnd()
        .split('\n')
        .map((line) => `//| ${line}`.trimEnd()),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Whether expectations are to be rewritten; never under CI. */
export function updatesFixtures(): boolean {
  if (process.env['UPDATE_FIXTURES'] !== '1') return false;
  if (process.env['CI'] !== undefined) throw new Error('UPDATE_FIXTURES is refused under CI');
  return true;
}
