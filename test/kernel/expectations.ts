/**
 * What the kernel's selftests expect of their programs, read off the BTF declaration tags that `bpf_misc.h` puts on them:
 * object -> expectations by program; log of the verifier -> which messages are missing. Follows what the selftests' own runner
 * (tools/testing/selftests/bpf/test_loader.c) does with the tags in privileged mode, from Linux 6.1 on: messages have to come in
 * order, each behind the end of the one before; `{{...}}` in a message is an extended POSIX regular expression; a message that must not
 * come is looked for between its neighbours.
 */

import type { BtfType } from '../../src/btf/format.ts';
import { readBtf } from '../../src/btf/reader.ts';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';

interface ExpectedMessage {
  readonly text: string;
  /** True for a message that must not come. */
  readonly absent: boolean;
}

export interface Expectation {
  readonly program: string;
  loads: boolean;
  readonly messages: ExpectedMessage[];
  /** The return value as written, where the program is to be run. */
  returns: string | undefined;
  logLevel: number;
  flagsSet: number;
  flagsCleared: number;
  /** Loaded with every other program, no test of its own. */
  isAuxiliary: boolean;
  readonly architectures: string[];
  /** Tags of expectations that are not looked at here. */
  readonly unchecked: string[];
  /** All tags as written, without the counter that makes them different. */
  readonly tags: string[];
}

/** Program flags by the names the tags use (include/uapi/linux/bpf.h). */
const FLAGS: ReadonlyMap<string, number> = new Map([
  ['BPF_F_STRICT_ALIGNMENT', 1 << 0],
  ['BPF_F_ANY_ALIGNMENT', 1 << 1],
  ['BPF_F_TEST_RND_HI32', 1 << 2],
  ['BPF_F_TEST_STATE_FREQ', 1 << 3],
  ['BPF_F_SLEEPABLE', 1 << 4],
  ['BPF_F_XDP_HAS_FRAGS', 1 << 5],
  ['BPF_F_TEST_REG_INVARIANTS', 1 << 7],
]);

function addFlag(expectation: Expectation, value: string): void {
  const isCleared = value.startsWith('!');
  const name = isCleared ? value.slice(1) : value;
  const flag = FLAGS.get(name) ?? Number(name);
  if (isCleared) {
    expectation.flagsSet &= ~flag;
    expectation.flagsCleared |= flag;
  } else {
    expectation.flagsSet |= flag;
    expectation.flagsCleared &= ~flag;
  }
}

/** What the tags say, by the name before their `=`. */
const TAGS: ReadonlyMap<string, (expectation: Expectation, value: string) => void> = new Map([
  ['test_expect_success', (expectation: Expectation) => void (expectation.loads = true)],
  ['test_expect_failure', (expectation: Expectation) => void (expectation.loads = false)],
  ['test_expect_msg', ({ messages }, text) => void messages.push({ text, absent: false })],
  ['test_expect_not_msg', ({ messages }, text) => void messages.push({ text, absent: true })],
  ['test_retval', (expectation, value) => void (expectation.returns = value)],
  ['test_log_level', (expectation, value) => void (expectation.logLevel = Number(value))],
  ['test_prog_flags', addFlag],
  ['test_auxiliary', (expectation) => void (expectation.isAuxiliary = true)],
  ['test_arch', ({ architectures }, value) => void architectures.push(value)],
  ['test_description', () => {}],
]);

/** `__COUNTER__` before the text of tags that may come more than once. */
const COUNTED = /^\d+=/;

function addTag(expectation: Expectation, tag: string): void {
  const separator = tag.indexOf('=');
  const name = separator < 0 ? tag : tag.slice(0, separator);
  if (name.endsWith('_unpriv') || name === 'test_caps_unpriv') return;
  const value = separator < 0 ? '' : tag.slice(separator + 1);
  const plain = /_(?:msg|xlated|jited|stderr|stdout)$/.test(name) ? value.replace(COUNTED, '') : value;
  expectation.tags.push(`${name}=${plain}`);
  const apply = TAGS.get(name);
  if (apply === undefined) expectation.unchecked.push(name);
  else apply(expectation, plain);
}

const PREFIX = 'comment:';

function readTypes(object: Uint8Array): readonly BtfType[] | string {
  const elf = readElf(object);
  if (isElfError(elf)) return elf.message;
  const section = elf.sections.find(({ name }) => name === '.BTF');
  if (section === undefined) return 'no BTF';
  const btf = readBtf(section.data);
  return btf.kind === 'ok' ? btf.types : btf.message;
}

/** The expectations of an object's programs, in the order of their functions in the BTF; a text where it cannot be read. */
export function expectationsOf(object: Uint8Array): ReadonlyMap<string, Expectation> | string {
  const types = readTypes(object);
  if (typeof types === 'string') return types;
  const found = new Map<string, Expectation>();
  for (const tag of types) {
    if (tag.kind !== 'DECL_TAG' || tag.component !== -1 || !tag.name.startsWith(`${PREFIX}test_`)) continue;
    const target = types[tag.type - 1];
    if (target?.kind !== 'FUNC') continue;
    const expectation = found.get(target.name) ?? {
      program: target.name,
      loads: true,
      messages: [],
      returns: undefined,
      logLevel: 0,
      flagsSet: 0,
      flagsCleared: 0,
      isAuxiliary: false,
      architectures: [],
      unchecked: [],
      tags: [],
    };
    found.set(target.name, expectation);
    addTag(expectation, tag.name.slice(PREFIX.length));
  }
  return found;
}

/** A return value matches any when it is said to be a pointer. */
export function returnsAs(expected: string, value: number): boolean {
  if (expected === 'POINTER_VALUE') return true;
  const named: Record<string, number> = { INT_MIN: -(2 ** 31), TEST_DATA_LEN: 64 };
  return ((named[expected] ?? Number(expected)) | 0) === (value | 0);
}

const escaped = (text: string): string => text.replace(/[.[\]\\()*+?{}|^$/]/g, '\\$&');

/** Classes of POSIX brackets, as JavaScript's brackets have them. */
const CLASSES: ReadonlyMap<string, string> = new Map([
  ['[:alnum:]', 'A-Za-z0-9'],
  ['[:alpha:]', 'A-Za-z'],
  ['[:digit:]', '0-9'],
  ['[:xdigit:]', '0-9A-Fa-f'],
  ['[:space:]', '\\s'],
]);

function fromPosix(expression: string): string {
  const plain = expression.replace(/\[:\w+:\]/g, (name) => CLASSES.get(name) ?? name);
  // As with REG_NEWLINE, a negated bracket stays on its line.
  return plain.replace(/\[\^/g, '[^\\n');
}

/**
 * Numbers in the verifier's texts that depend on the choice of registers and on the order of instructions and variables: names of
 * registers, stack offsets, positions of instructions, distances of jumps, ids, the offset of a variable in its section; and whether
 * r0 holds its constant already where a state is printed.
 */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [/\bR0=\d+ /g, '(?:R0=\\d+ )?'],
  [/\boff=\d+\b/g, 'off=\\d+'],
  [/\b([Rrw])\d+\b/g, '$1\\d+'],
  [/\bfp(?:\\?-\d+|0)/g, 'fp[-\\d]+'],
  [
    /\b(id|ref_obj_id|ref_id|idx|insn|insns|frame|processed|from|to|subseq_idx|parent|regs)([ =#])(?:0x)?[0-9a-f]+\b/g,
    '$1$2\\w+',
  ],
  [/\bpc([+-]|\\\+)\d+/g, 'pc[-+]\\d+'],
  [/^\d+: /g, '\\d+: '],
  [/\\\[-?\d+\\\]/g, '\\[-?\\d+\\]'],
];

function literal(text: string, ignoringPlaces: boolean): string {
  let pattern = escaped(text);
  if (ignoringPlaces) for (const [place, wildcard] of PLACES) pattern = pattern.replace(place, wildcard);
  return pattern;
}

function patternOf(text: string, ignoringPlaces: boolean): RegExp {
  const parts = text.split(/\{\{(.*?)\}\}/s);
  const source = parts.map((part, i) => (i % 2 === 0 ? literal(part, ignoringPlaces) : fromPosix(part)));
  return new RegExp(source.join(''), 'gm');
}

/** The first message that the log does not have, or has against what is expected; undefined when all is as expected. */
export function missingMessage(
  log: string,
  messages: readonly ExpectedMessage[],
  ignoringPlaces = false,
): string | undefined {
  let at = 0;
  let absent: string[] = [];
  const foundAbsent = (end: number): string | undefined => {
    const between = log.slice(at, end);
    return absent.find((text) => patternOf(text, ignoringPlaces).test(between));
  };
  for (const { text, absent: isAbsent } of messages) {
    if (isAbsent) {
      absent.push(text);
      continue;
    }
    const pattern = patternOf(text, ignoringPlaces);
    pattern.lastIndex = at;
    const match = pattern.exec(log);
    if (match === null) return `no '${text}'`;
    const unwanted = foundAbsent(match.index);
    if (unwanted !== undefined) return `unwanted '${unwanted}'`;
    absent = [];
    at = match.index + match[0].length;
  }
  const unwanted = foundAbsent(log.length);
  return unwanted === undefined ? undefined : `unwanted '${unwanted}'`;
}
