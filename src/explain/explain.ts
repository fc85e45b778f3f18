/**
 * A program's log and what is known about its object -> an explanation: the kind of refusal, the place in C, the register
 * with its variable and where that came from, the path, and the texts of the row with the names of this program.
 */

import { type Effect, effectOf, type Operand } from './instruction-text.ts';
import type { ProgramLog, SourceLine, Step } from './log.ts';
import { argumentName, nameIn, parametersInText, variableName } from './names.ts';
import type { MadeValue, ObjectFacts, ProgramFacts, StackVariable } from './object-facts.ts';
import { type PathLine, pathLines } from './path.ts';
import { type Circumstances, fill, type Refusal } from './refusal.ts';
import { releaseOf } from './releases.ts';
import { isLogOf } from './same-code.ts';
import { variableAt, withVariable } from './stack-slots.ts';
import { mapOf, typeOf } from './state.ts';
import { refusals } from './table.ts';
import { lastComparison, type Origin, stateBefore, type Trace, traceRegister } from './trace.ts';

/** A second place with what happens there. */
export interface PlaceNote {
  readonly source: SourceLine;
  readonly text: string;
}

/** The register that the verifier complains about. */
export interface FailedRegister {
  readonly number: number;
  readonly variable: string | undefined;
  /** As the verifier prints it. */
  readonly state: string | undefined;
}

export interface Explanation {
  readonly program: string | undefined;
  /** Undefined when the message is of no known kind. */
  readonly refusal: Refusal | undefined;
  /** The line of the log that says why. */
  readonly message: string;
  readonly title: string;
  readonly insn: number | undefined;
  readonly place: SourceLine | undefined;
  readonly register: FailedRegister | undefined;
  /** The variable on the stack that the refusal is about. */
  readonly slot: StackVariable | undefined;
  /** The log is about other code than the object's: only the log was believed. */
  readonly isOfOtherCode: boolean;
  readonly notes: readonly PlaceNote[];
  readonly path: readonly PathLine[];
  readonly why: string | undefined;
  readonly help: string | undefined;
  /** C to write instead, with the names of this program. */
  readonly code: string | undefined;
  readonly log: ProgramLog;
}

/** Steps that are searched for names, from the end. */
const maxNameSearch = 2000;

interface Found {
  readonly refusal: Refusal;
  readonly message: string;
  readonly groups: Readonly<Record<string, string>>;
}

/** Does the object tell of the line that the log does? */
function agrees(said: SourceLine, known: SourceLine | undefined): boolean {
  if (known === undefined) return false;
  return said.line === undefined ? known.text.trim() === said.text.trim() : said.line === known.line;
}

/** A program's log together with its part of the object. */
class Case {
  readonly log: ProgramLog;
  readonly facts: ProgramFacts | undefined;
  readonly object: ObjectFacts | undefined;
  readonly isOfOtherCode: boolean;
  /** Index of the instruction that was refused; -1 without a path. */
  readonly last: number;
  readonly effect: Effect;

  constructor(log: ProgramLog, object: ObjectFacts | undefined) {
    this.log = log;
    this.object = object;
    const facts = object?.program(log.name);
    this.isOfOtherCode = facts !== undefined && !isLogOf(log, facts);
    this.facts = this.isOfOtherCode ? undefined : facts;
    this.last = log.path.length - 1;
    this.effect = effectOf(log.path[this.last]?.text ?? '');
  }

  /**
   * The line of a step: the object's, which has the column, where it agrees with the log. The log may go on with an earlier step's
   * line where returns share an exit: then that step knows the column.
   */
  source(step: Step): SourceLine | undefined {
    const said = step.source;
    const known = this.facts?.lineAt(step.insn);
    if (known === undefined || said === undefined) return said ?? known;
    if (agrees(said, known)) return known;
    const { path } = this.log;
    const earlier = path
      .slice(0, path.indexOf(step) + 1)
      .findLast(({ source, insn }) => source === said && agrees(said, this.facts?.lineAt(insn)));
    return (earlier && this.facts?.lineAt(earlier.insn)) ?? said;
  }

  /** The register a refusal is about. */
  registerOf(refusal: Refusal, groups: Readonly<Record<string, string>>): number | undefined {
    if (groups['reg'] !== undefined) return Number(groups['reg']);
    if (groups['arg'] !== undefined) return Number(groups['arg']) + 1;
    const { effect } = this;
    switch (refusal.focus) {
      case 'base':
        return effect.kind === 'load' || effect.kind === 'store' || effect.kind === 'atomic'
          ? effect.base
          : undefined;
      case 'operand':
        if (effect.kind === 'call') return 1;
        if (effect.kind !== 'arithmetic') return undefined;
        return this.scalarOf(effect.destination, effect.operand);
      case 'result':
        return 0;
      case undefined:
        return undefined;
      default:
        return refusal.focus satisfies never;
    }
  }

  /** Of a pointer and a number that are added, the number. */
  private scalarOf(destination: number, operand: Operand): number {
    if (operand.kind !== 'register') return destination;
    const state = stateBefore(this.log, this.last, operand.register) ?? '';
    return typeOf(state) === 'scalar' ? operand.register : destination;
  }

  trace(register: number | undefined): Trace | undefined {
    return register === undefined || this.last < 0 ? undefined : traceRegister(this.log, this.last, register);
  }

  /** Names of the parameters of the function whose first step is at `entry`. */
  parameters(entry: number): readonly string[] {
    const step = this.log.path[entry];
    if (step === undefined) return [];
    const known = this.facts?.parametersAt(step.insn) ?? [];
    return known.length > 0 ? known : parametersInText(step.source?.text ?? '');
  }

  /** The variable that a traced value is in when the step at `index` uses it: what the compiler says, or what the lines suggest. */
  nameOf(trace: Trace, index = this.last): string | undefined {
    return this.knownName(trace, index) ?? this.guessedName(trace, index);
  }

  /** What the compiler calls the nearest value on the way. */
  private knownName(trace: Trace, index: number): string | undefined {
    const here = this.log.path[index];
    const text = here === undefined ? '' : (this.source(here)?.text ?? '');
    for (const [at, origin] of trace.origins.entries()) {
      // Nearer is the parameter of a function that was called.
      if (trace.parameters.some(({ behind }) => behind <= at)) return undefined;
      const made = this.madeBy(origin);
      const names = made === undefined ? [] : [...made.variables, made.expression ?? []].flat();
      const name = nameIn(text, names) ?? names[0];
      if (name !== undefined) return name;
    }
    return undefined;
  }

  /** What the compiler says about an instruction, if it is the one that the log shows. */
  private madeBy({ step, register, effect }: Origin): MadeValue | undefined {
    const made = this.facts?.knownAt(step.insn)?.makes;
    if (made === undefined || made.register !== (effect.kind === 'call' ? 0 : register)) return undefined;
    const isSameLine = step.source === undefined || this.source(step)?.column !== undefined;
    return isSameLine ? made : undefined;
  }

  /** What lies at an offset of the stack where the step at `index` is. */
  variableAt(index: number, offset: number): StackVariable | undefined {
    const step = this.log.path[index];
    const known = step === undefined ? undefined : this.facts?.knownAt(step.insn);
    if (step === undefined || known === undefined) return undefined;
    return variableAt(known.stack, offset, this.source(step)?.text ?? '');
  }

  /** A register's state behind the step at `index`, for people. */
  stateText(state: string, index: number): string {
    return withVariable(state, (offset) => this.variableAt(index, offset));
  }

  private guessedName(trace: Trace, index: number): string | undefined {
    const here = this.log.path[index];
    const place = here === undefined ? undefined : this.source(here);
    const origins = trace.origins.map((origin) => {
      const source = this.source(origin.step);
      // What the line of the use assigns is not what it used; the head of a loop is the exception.
      const isResult = sameLine(source, place) && !/^\s*for\b/.test(source?.text ?? '');
      return { ...origin, step: { ...origin.step, source: isResult ? undefined : source } };
    });
    return variableName({ ...trace, origins }, (entry) => this.parameters(entry));
  }

  /** Calls between the making of a value and the refusal. */
  callsSince(trace: Trace | undefined): readonly string[] {
    const made = trace?.origins.at(-1)?.index ?? 0;
    const names = new Set<string>();
    for (let at = made + 1; at < this.last; at++) {
      const effect = effectOf(this.log.path[at]?.text ?? '');
      if (effect.kind === 'call' && !effect.local) names.add(effect.name);
    }
    return [...names];
  }
}

function findRefusal(one: Case, messages: readonly string[]): Found | undefined {
  for (const refusal of refusals) {
    for (const pattern of refusal.patterns) {
      for (const message of messages) {
        const match = pattern.exec(message);
        if (match === null) continue;
        const groups: Record<string, string> = {};
        for (const [name, value] of Object.entries(match.groups ?? {})) {
          if (value !== undefined) groups[name] = value;
        }
        if (refusal.when === undefined || refusal.when(circumstances(one, refusal, groups))) {
          return { refusal, message, groups };
        }
      }
    }
  }
  return undefined;
}

function circumstances(one: Case, refusal: Refusal, groups: Readonly<Record<string, string>>): Circumstances {
  const trace = one.trace(one.registerOf(refusal, groups));
  return { groups, effect: one.effect, trace, callsBetween: one.callsSince(trace) };
}

/** The members and gaps of a key or value at a byte: `the padding behind 'protocol'`. */
function holeName(one: Case, map: string | undefined, at: number): string | undefined {
  if (map === undefined) return undefined;
  for (const part of ['key', 'value'] as const) {
    const members = one.object?.mapMembers(map, part) ?? [];
    const inside = members.find(({ offset, size }) => at >= offset && at < offset + size);
    if (inside !== undefined) return `member '${inside.name}'`;
    const before = members.findLast(({ offset, size }) => offset + size <= at);
    if (before !== undefined) return `the padding behind '${before.name}'`;
  }
  return undefined;
}

/** What is known about the program at hand, by the names that the texts of the table use. */
function factsOf(
  one: Case,
  found: Found,
  register: FailedRegister | undefined,
  slot: StackVariable | undefined,
): Readonly<Record<string, string>> {
  const { groups } = found;
  const facts: Record<string, string> = {};
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') facts[name] ??= value;
  };
  for (const [name, value] of Object.entries(groups)) set(name, value);
  // Of an address the variable is meant.
  set('var', slot?.name ?? register?.variable?.replace(/^&/, ''));
  if (register !== undefined) {
    set('Reg', `R${register.number}`);
    set('type', register.state === undefined ? undefined : typeOf(register.state));
  }
  const helper = one.effect.kind === 'call' && one.effect.name !== '' ? one.effect.name : undefined;
  set('helper', helper);
  set('kfunc', helper);
  if (helper !== undefined && register !== undefined) {
    set('argument', argumentName(helper, register.number));
  } else if (register !== undefined) set('argument', `argument ${register.number}`);
  const map =
    (register?.state === undefined ? undefined : mapOf(register.state)) ??
    mapOf((one.last < 0 ? undefined : stateBefore(one.log, one.last, 1)) ?? '');
  set('map', map);
  const [offset, size] = [Number(groups['off']), Number(groups['size'])];
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(size)) set('need', String(offset + size));
  if (slot !== undefined) set('room', String(slot.offset + slot.size - offset));
  else if (offset < 0) set('room', String(-offset));
  if (groups['at'] !== undefined) set('hole', holeName(one, map, Number(groups['at'])));
  set('allowed', groups['range'] === undefined ? '' : ` (allowed: ${groups['range']})`);
  facts['allowed'] ??= '';
  facts['calls_helper'] = helper === undefined ? '' : `, because it calls ${helper}()`;
  facts['range_text'] = '';
  const index = register === undefined ? undefined : indexName(one, register);
  set('index', index);
  for (const [name, value] of packetNames(one)) set(name, value);
  facts['expected'] = expectedText(groups['expected'] ?? 'something else');
  const acquired = stepOf(one, groups['acquired']);
  if (acquired !== undefined) {
    const name = acquiredName(one, acquired);
    const effect = effectOf(one.log.path[acquired]?.text ?? '');
    set('acquired_var', name);
    set('release', effect.kind === 'call' ? releaseOf(effect.name, name ?? 'object') : undefined);
  }
  return facts;
}

/** The variable that was added to the pointer in question. */
function indexName(one: Case, register: FailedRegister): string | undefined {
  const origin = one.trace(register.number)?.origins.find(({ added }) => added !== undefined);
  if (origin?.added === undefined) return undefined;
  const name = one.nameOf(traceRegister(one.log, origin.index, origin.added), origin.index);
  return name === register.variable ? undefined : name;
}

/** What this program calls its context and the end of the packet. */
function packetNames(one: Case): readonly (readonly [name: string, value: string | undefined])[] {
  const from = Math.max(0, one.last - maxNameSearch);
  for (let at = one.last; at >= from; at--) {
    const text = one.log.path[at]?.source?.text.slice(0, 200) ?? '';
    const [, end, context] = /(\w+) ?= ?[^;={]*\b(\w+)->data_end\b/.exec(text) ?? [];
    if (end !== undefined)
      return [
        ['end', end],
        ['ctx', context],
      ];
  }
  return [];
}

/** Kinds of values in words. */
const expectedWords: Readonly<Record<string, string>> = {
  fp: 'the address of a variable on the stack',
  ctx: 'the context',
  map_ptr: 'a map',
  map_value: 'a pointer to a map value',
  scalar: 'a number',
  func: 'a function of the program',
};

function expectedText(expected: string): string {
  if (expected.includes(',')) return 'the address of memory of the program';
  return expectedWords[expected.trim()] ?? expected;
}

/** The last visit of an instruction that a message names. */
function stepOf(one: Case, insn: string | undefined): number | undefined {
  if (insn === undefined) return undefined;
  const index = one.log.path.findLastIndex((step) => step.insn === Number(insn));
  return index < 0 ? undefined : index;
}

/** The variable that got the result of the call at `index`. */
function acquiredName(one: Case, index: number): string | undefined {
  const step = one.log.path[index];
  if (step === undefined) return undefined;
  const source = one.source(step);
  const origin = {
    index,
    step: { ...step, source },
    effect: effectOf(step.text),
    register: 0,
    added: undefined,
  };
  const name = variableName({ origins: [origin], parameters: [] }, () => []);
  if (name !== undefined) return name;
  // `bpf_iter_num_new(&it, ...)`: what was acquired is the variable whose address went in.
  return /&(\w+)[^&]*$/.exec(source?.text ?? '')?.[1];
}

function failedRegister(
  one: Case,
  number: number | undefined,
  trace: Trace | undefined,
): FailedRegister | undefined {
  if (number === undefined) return undefined;
  if (trace === undefined) return { number, variable: undefined, state: undefined };
  const variable = one.nameOf(trace) ?? addressedVariable(one, trace) ?? followedVariable(one, number);
  return { number, variable, state: currentState(one, number) };
}

/** Where a message about the stack, or the address in the register in question, says that a variable of this function lies. */
function slotOf(
  one: Case,
  { message, groups }: Found,
  register: FailedRegister | undefined,
): StackVariable | undefined {
  const said = message.includes(' stack ') ? groups['off'] : undefined;
  const address = said ?? /^fp(-\d{1,3})$/.exec(register?.state ?? '')?.[1];
  return address === undefined ? undefined : one.variableAt(one.last, Number(address));
}

/** What the register is now. A helper may have made it worthless since the log showed it; then the message says what it is. */
function currentState(one: Case, register: number): string | undefined {
  const state = stateBefore(one.log, one.last, register);
  const [said, type] = one.log.messages.join('\n').match(/invalid mem access '(\w+)'/) ?? [];
  return said !== undefined && state !== undefined && typeOf(state) !== typeOf(type ?? '') ? type : state;
}

/** For the address of a variable that is handed to a call: `f(&x)` on the call's own line. */
function addressedVariable(one: Case, trace: Trace): string | undefined {
  const step = one.log.path[one.last];
  if (one.effect.kind !== 'call' || step === undefined) return undefined;
  const isStack = trace.origins.some(
    ({ effect }) =>
      effect.kind === 'move' && effect.source.kind === 'register' && effect.source.register === 10,
  );
  const text = one.source(step)?.text ?? '';
  return isStack ? /.*[(,]\s*&(\w+)\s*[,)]/.exec(text.slice(0, 500))?.[1] : undefined;
}

/** For the base of an access whose line follows one pointer only: `entry->packets += 1`. */
function followedVariable(one: Case, register: number): string | undefined {
  const { effect } = one;
  const isAccess = effect.kind === 'load' || effect.kind === 'store' || effect.kind === 'atomic';
  const step = one.log.path[one.last];
  if (!isAccess || effect.base !== register || step === undefined) return undefined;
  const text = one.source(step)?.text.slice(0, 500) ?? '';
  const names = new Set([...text.matchAll(/([A-Za-z_]\w{0,80})(?:->|\[)/g)].map((match) => match[1]));
  const [name] = names;
  return names.size === 1 ? name : undefined;
}

function sameLine(a: SourceLine | undefined, b: SourceLine | undefined): boolean {
  return a !== undefined && b !== undefined && a.line === b.line && a.file === b.file && a.text === b.text;
}

/** The places that lead to the refusal. */
function notesOf(
  one: Case,
  found: Found | undefined,
  register: FailedRegister | undefined,
  trace: Trace | undefined,
  place: SourceLine | undefined,
): readonly PlaceNote[] {
  const notes: PlaceNote[] = [];
  const add = (index: number | undefined, text: string): void => {
    const step = index === undefined ? undefined : one.log.path[index];
    const source = step === undefined ? undefined : one.source(step);
    if (source === undefined || sameLine(source, place)) return;
    if (!notes.some((note) => sameLine(note.source, source))) notes.push({ source, text });
  };
  const what = register === undefined ? '' : (register.variable ?? `the value in R${register.number}`);
  const quoted = register?.variable === undefined ? what : `'${what}'`;
  const made = trace?.origins.at(-1);
  if (made !== undefined) {
    const { effect } = made;
    const first = one.nameOf({ origins: [made], parameters: [] });
    const source =
      first === undefined || first === register?.variable
        ? quoted
        : `'${first}', of which ${quoted} is made,`;
    const gave =
      effect.kind === 'call' && effect.name !== '' ? `is what ${effect.name}() gave` : 'gets its value here';
    add(made.index, `${source} ${gave}`);
  }
  const offset = trace?.origins.find(({ added }) => added !== undefined);
  const index = register === undefined ? undefined : indexName(one, register);
  if (offset?.added !== undefined && index !== undefined) {
    const origin = traceRegister(one.log, offset.index, offset.added).origins.at(-1);
    add(origin?.index, `'${index}', which is added to it, gets its value here`);
    add(lastComparison(one.log, offset.index, offset.added), `this is the last comparison of '${index}'`);
  }
  if (register !== undefined && index === undefined && one.last >= 0) {
    add(lastComparison(one.log, one.last, register.number), 'this is the last comparison of it');
  }
  add(stepOf(one, found?.groups['acquired']), 'it was acquired here');
  return notes;
}

function headline(
  refusal: Refusal | undefined,
  message: string,
  facts: Readonly<Record<string, string>>,
): string {
  if (refusal === undefined) return message === '' ? 'the verifier refused the program' : message;
  return fill(refusal.title, facts);
}

/** Where the refusal happened: an instruction that the message names, or the last one of the path. */
function placeOf(
  one: Case,
  found: Found | undefined,
): { readonly insn?: number; readonly source?: SourceLine } {
  const poisoned = one.log.messages.find((message) => /^\d+: <invalid CO-RE/.test(message));
  const named = found?.groups['insn'] ?? /^(\d+): </.exec(poisoned ?? '')?.[1];
  const step = one.log.path[stepOf(one, named) ?? (named === undefined ? one.last : -1)];
  if (step !== undefined) {
    const source = one.source(step);
    return { insn: step.insn, ...(source === undefined ? {} : { source }) };
  }
  if (named === undefined) return {};
  const source = one.facts?.lineAt(Number(named));
  return { insn: Number(named), ...(source === undefined ? {} : { source }) };
}

/** Code that is to be written wants variables: what was read once is not compared by reading it again. */
function factsForCode(facts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const variables = new Set(['var', 'index', 'acquired_var']);
  return Object.fromEntries(
    Object.entries(facts).filter(([name, value]) => !variables.has(name) || /^\w+$/.test(value)),
  );
}

/** Explains one program's log. */
export function explainProgram(log: ProgramLog, object: ObjectFacts | undefined): Explanation {
  const one = new Case(log, object);
  const found = findRefusal(one, log.messages);
  const number = found === undefined ? undefined : one.registerOf(found.refusal, found.groups);
  const trace = one.trace(number);
  const register = failedRegister(one, number, trace);
  const { insn, source: place } = placeOf(one, found);
  const slot = found === undefined ? undefined : slotOf(one, found, register);
  const facts = found === undefined ? {} : factsOf(one, found, register, slot);
  const refusal = found?.refusal;
  const message = found?.message ?? log.messages.at(-1) ?? '';
  return {
    program: log.name,
    refusal,
    message,
    title: headline(refusal, message, facts),
    insn,
    place,
    register,
    slot,
    isOfOtherCode: one.isOfOtherCode,
    notes: notesOf(one, found, register, trace, place),
    path: pathLines(log, trace, one),
    why: refusal === undefined ? undefined : fill(refusal.why, facts),
    help: refusal === undefined ? undefined : fill(refusal.help, facts),
    code: refusal === undefined ? undefined : fill(refusal.accepted, factsForCode(facts)),
    log,
  };
}

/** Explains a complaint of the loader itself; undefined when it is of no known kind. */
export function explainLoaderMessages(messages: readonly string[]): Explanation | undefined {
  const log: ProgramLog = {
    name: undefined,
    path: [],
    entryState: '',
    messages,
    report: [],
    statistics: undefined,
    error: undefined,
    refused: true,
  };
  const explanation = explainProgram(log, undefined);
  return explanation.refusal === undefined ? undefined : explanation;
}
