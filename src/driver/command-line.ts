/**
 * clang's command line -> an invocation. One table of flags, a row each: its spelling, how its value is written, what it
 * does. `--help` is printed from the same table.
 *
 * Flags that have no meaning for this compiler are accepted (a Makefile for clang must work) and listed under `-v`;
 * unknown ones are errors in clang's words.
 */

import { parseKernelVersion } from '../checks/kernel-version.ts';
import type { FileNaming } from '../diagnostics/source-manager.ts';
import { pipeline, skippablePasses } from '../passes/pipeline.ts';
import { buildFlags, reportFormats } from './build-flags.ts';
import { withoutAlias } from './flag-aliases.ts';
import { type FlagRow, flag, ignore, type Query, type State } from './flag-row.ts';
import { inertFlags } from './inert-flags.ts';
import { type CompileOptions, defaultOptions, type Phase, type WarningFlag } from './options.ts';
import { queryFlags } from './queries.ts';

export interface Invocation {
  readonly options: CompileOptions;
  readonly inputs: readonly string[];
  readonly output: string | undefined;
  /** The folder for outputs that `output` does not name. */
  readonly outDir: string | undefined;
  readonly verbose: boolean;
  readonly showVersion: boolean;
  readonly showHelp: boolean;
  /** A question about the compiler, which is answered instead of compiling. */
  readonly query: Query | undefined;
  /** `-###`. */
  readonly onlyShow: boolean;
  /** `undefined` leaves the choice to the terminal. */
  readonly color: boolean | undefined;
  readonly diagnosticsFormat: 'clang' | 'json';
  /** The flags that mean something here, with their values, in order. */
  readonly flags: readonly string[];
  /** Flags that were accepted without effect. */
  readonly ignored: readonly string[];
  /** `--print-inputs`. */
  readonly printInputs: 'text' | 'json' | undefined;
  /** `--jobs`; undefined leaves the number to the machine. */
  readonly jobs: number | undefined;
  /** `--time`, `--stats`. */
  readonly time: 'text' | 'json' | undefined;
  readonly stats: 'text' | 'json' | undefined;
  /** What is wrong with the command line: exit status 2 when any. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

function setPhase(phase: Phase): FlagRow['apply'] {
  return (state) => {
    state.options.phase = phase;
  };
}

/** What `--emit` takes. */
const emitted: ReadonlyMap<string, Phase> = new Map([
  ['obj', 'object'],
  ['asm', 'assembly'],
  ['html', 'html'],
]);

/** The names that `--dump` takes beside those of passes. */
const stageNames = ['tokens', 'pp', 'ast', 'typed', 'ir', 'provenance', 'mir', 'ra', 'asm', 'btf', 'elf'];
const passNames: ReadonlySet<string> = new Set(pipeline.map(({ name }) => name));

export { skippablePasses };

const dumpStages: ReadonlySet<string> = new Set([...stageNames, ...passNames]);

function checkName(state: State, name: string, known: ReadonlySet<string>, whole: string): void {
  if (known.has(name)) return;
  const what = known === passNames ? 'pass' : 'stage';
  state.errors.push(`unknown ${what} '${name}' in '${whole}'; use one of ${[...known].join(', ')}`);
}

function addTo(list: 'quoteIncludes' | 'includes' | 'systemIncludes' | 'afterIncludes'): FlagRow['apply'] {
  return (state, value) => {
    state.options[list] = [...state.options[list], value];
  };
}

function addAction(kind: 'define' | 'undefine' | 'include' | 'macros'): FlagRow['apply'] {
  return (state, value) => {
    const action =
      kind === 'define'
        ? ({ kind, text: value } as const)
        : kind === 'undefine'
          ? ({ kind, name: value } as const)
          : ({ kind, path: value } as const);
    state.options.actions = [...state.options.actions, action];
  };
}

const standards: ReadonlyMap<string, readonly [CompileOptions['standard'], gnu: boolean]> = new Map(
  (
    [
      ['c89', 'c89', ['90', '89']],
      ['c99', 'c99', ['99', '9x']],
      ['c11', 'c11', ['11', '1x']],
      ['c17', 'c17', ['17', '18']],
      ['c23', 'c23', ['23', '2x', '2y']],
    ] as const
  ).flatMap(([standard, , years]) =>
    years.flatMap((year): [string, readonly [CompileOptions['standard'], boolean]][] => [
      [`c${year}`, [standard, false]],
      [`gnu${year}`, [standard, true]],
    ]),
  ),
);

const isoStandards: Readonly<Record<string, CompileOptions['standard']>> = {
  'iso9899:1990': 'c89',
  'iso9899:199409': 'c89',
  'iso9899:1999': 'c99',
  'iso9899:2011': 'c11',
  'iso9899:2017': 'c17',
  'iso9899:2018': 'c17',
};

function setStandard(state: State, value: string): void {
  const row = standards.get(value);
  const iso = isoStandards[value];
  if (row !== undefined) {
    [state.options.standard, state.options.gnu] = row;
  } else if (iso !== undefined) {
    state.options.standard = iso;
    state.options.gnu = false;
  } else {
    state.errors.push(
      `invalid value '${value}' in '-std=${value}'; use one of ${[...standards.keys()].join(', ')}`,
    );
  }
}

function setTarget(state: State, value: string): void {
  const base = value.split('-')[0] ?? '';
  if (base === 'bpf' || base === 'bpfel') state.options.littleEndian = true;
  else if (base === 'bpfeb') state.options.littleEndian = false;
  else
    state.errors.push(`unknown target triple '${value}': this compiler makes code for bpf, bpfel and bpfeb`);
}

const cpus: Readonly<Record<string, CompileOptions['cpu']>> = {
  v1: 1,
  v2: 2,
  v3: 3,
  v4: 4,
  generic: 1,
  probe: 3,
};

function setCpu(state: State, value: string): void {
  const cpu = cpus[value];
  if (cpu === undefined) {
    state.errors.push(`unknown target CPU '${value}'; valid values are: generic, v1, v2, v3, v4, probe`);
  } else {
    state.options.cpu = cpu;
  }
}

function setOptimization(state: State, value: string): void {
  const level = value === '' ? '1' : value;
  switch (level) {
    case '0':
    case '1':
    case '2':
    case '3':
    case 's':
    case 'z':
    case 'size':
    case 'verify':
    case 'g':
      state.options.optimization = level;
      return;
    case 'fast':
      state.options.optimization = '3';
      return;
    default:
      if (/^\d+$/.test(level)) {
        state.options.optimization = '3';
        state.warnings.push(`optimization level '-O${level}' is not supported; using '-O3' instead`);
      } else {
        state.errors.push(`invalid integral value '${level}' in '-O${level}'`);
      }
  }
}

function addWarning(state: State, value: string): void {
  const flag = ((): WarningFlag => {
    if (value === 'error') return { group: 'everything-on', set: 'error' };
    if (value === 'no-error') return { group: 'everything-on', set: 'no-error' };
    if (value.startsWith('error=')) return { group: value.slice(6), set: 'error' };
    if (value.startsWith('no-error=')) return { group: value.slice(9), set: 'no-error' };
    if (value.startsWith('no-')) return { group: value.slice(3), set: 'off' };
    return { group: value, set: 'on' };
  })();
  state.options.warnings = [...state.options.warnings, flag];
}

function setDependencies(change: Partial<CompileOptions['dependencies']>): FlagRow['apply'] {
  return (state) => {
    state.options.dependencies = { ...state.options.dependencies, ...change };
    if (change.kind === 'only') state.options.phase = 'preprocess';
  };
}

function addTarget(quoted: boolean): FlagRow['apply'] {
  return (state, text) => {
    const { dependencies } = state.options;
    state.options.dependencies = {
      ...dependencies,
      targets: [...dependencies.targets, { text, escape: quoted }],
    };
  };
}

/** `-fxxx` flags that mean something here. All others are accepted without effect, as they concern LLVM's passes. */
const featureFlags: Readonly<Record<string, (state: State, value: string) => void>> = {
  'unsigned-char': (state) => {
    state.options.unsignedChar = true;
  },
  'signed-char': (state) => {
    state.options.unsignedChar = false;
  },
  'no-signed-char': (state) => {
    state.options.unsignedChar = true;
  },
  'ms-extensions': (state) => {
    state.options.msExtensions = true;
  },
  'no-ms-extensions': (state) => {
    state.options.msExtensions = false;
  },
  freestanding: (state) => {
    state.options.hosted = false;
  },
  'color-diagnostics': (state) => {
    state.color = true;
  },
  'no-color-diagnostics': (state) => {
    state.color = false;
  },
  'diagnostics-color': (state) => {
    state.color = true;
  },
};

/** `-ffile-prefix-map=OLD=NEW` and its two halves: which names they are for. */
const prefixMaps: Readonly<Record<string, readonly (keyof FileNaming)[]>> = {
  'file-prefix-map': ['macro', 'debug'],
  'macro-prefix-map': ['macro'],
  'debug-prefix-map': ['debug'],
};

function addPrefixMap(state: State, kinds: readonly (keyof FileNaming)[], map: string, whole: string): void {
  const split = map.indexOf('=');
  if (split < 0) {
    state.errors.push(`invalid argument '${map}' to '${whole.slice(0, whole.indexOf('='))}'`);
    return;
  }
  const row = [map.slice(0, split), map.slice(split + 1)] as const;
  for (const kind of kinds) {
    const { fileNaming } = state.options;
    state.options.fileNaming = { ...fileNaming, [kind]: [...fileNaming[kind], row] };
  }
}

function setFeature(state: State, value: string, whole: string): void {
  const [name = '', argument = ''] = value.split('=', 2);
  if (name === 'diagnostics-format') {
    if (argument === 'json') state.diagnosticsFormat = 'json';
    else if (argument !== 'clang') state.errors.push(`invalid value '${argument}' in '${whole}'`);
    return;
  }
  if (name === 'error-limit') {
    if (/^\d+$/.test(argument)) state.options.errorLimit = Number(argument);
    else state.errors.push(`invalid integral value '${argument}' in '${whole}'`);
    return;
  }
  const maps = prefixMaps[name];
  if (maps !== undefined) {
    addPrefixMap(state, maps, value.slice(name.length + 1), whole);
    return;
  }
  const known = featureFlags[value];
  if (known === undefined) ignore(state, value, whole);
  else known(state, value);
}

const rows: readonly FlagRow[] = [
  flag('-c', 'none', setPhase('object'), 'compile to an object file (the default)'),
  flag('-S', 'none', setPhase('assembly'), 'write BPF assembly instead of an object'),
  flag('-E', 'none', setPhase('preprocess'), 'only preprocess'),
  flag('-fsyntax-only', 'none', setPhase('syntax'), 'only look for errors'),
  flag(
    '-o',
    'joined-or-separate',
    (state, value) => {
      state.output = value;
    },
    'write the output to this file (- for standard output)',
    'file',
  ),
  flag(
    '--out-dir',
    'joined-or-separate',
    (state, value, whole) => {
      if (value === '') state.errors.push(`argument to '${whole}' is missing (expected 1 value)`);
      else state.outDir = value;
    },
    'write the outputs of all sources into this folder',
    'dir',
  ),
  flag('-I', 'joined-or-separate', addTo('includes'), 'look for headers here', 'dir'),
  flag('-iquote', 'joined-or-separate', addTo('quoteIncludes'), 'look here for #include "..." only', 'dir'),
  flag(
    '-isystem',
    'joined-or-separate',
    addTo('systemIncludes'),
    'look here after -I; no warnings from these headers',
    'dir',
  ),
  flag('-idirafter', 'joined-or-separate', addTo('afterIncludes'), 'look here last', 'dir'),
  flag('-include', 'joined-or-separate', addAction('include'), 'include a file before the source', 'file'),
  flag('-imacros', 'joined-or-separate', addAction('macros'), 'take only the macros of a file', 'file'),
  flag(
    '-nostdinc',
    'none',
    (state) => {
      state.options.standardIncludes = false;
    },
    "use neither the bundled headers nor the host's",
  ),
  flag(
    '-nostdlibinc',
    'none',
    (state) => {
      state.options.hostIncludes = false;
    },
    "use the bundled headers, not the host's",
  ),
  flag('--sysroot', 'joined-or-separate', setSysroot, "look for the host's headers below this folder", 'dir'),
  flag('-isysroot', 'joined-or-separate', setSysroot),
  flag(
    '--btf',
    'joined-or-separate',
    (state, file) => {
      state.options.btf = file;
    },
    "make a vmlinux.h that is not found from this file's types, not from the running kernel's",
    'file',
  ),
  flag('-D', 'joined-or-separate', addAction('define'), 'define a macro', 'name[=value]'),
  flag('-U', 'joined-or-separate', addAction('undefine'), 'undefine a macro', 'name'),
  flag('-undef', 'none', (state) => {
    state.options.undefPredefined = true;
  }),
  flag(
    '-O',
    'joined',
    setOptimization,
    'optimise: 0, 1, 2 (the default), 3, s, z, size (least code), verify (least work for the verifier)',
    'level',
  ),
  flag('-g', 'joined', ignore, 'accepted; BTF is always written, DWARF never'),
  flag('-target', 'separate', setTarget, 'bpf, bpfel or bpfeb', 'triple'),
  flag('--target', 'joined-or-separate', setTarget),
  flag('-mcpu', 'joined', setCpu, 'instruction set: v1, v2, v3 (the default) or v4', 'version'),
  flag('-mlittle-endian', 'none', (state) => {
    state.options.littleEndian = true;
  }),
  flag('-mbig-endian', 'none', (state) => {
    state.options.littleEndian = false;
  }),
  flag(
    '-mstrict-align',
    'none',
    (state) => {
      state.options.strictAlign = true;
    },
    'access no memory unaligned, for machines that are slow at it',
  ),
  flag('-mno-strict-align', 'none', (state) => {
    state.options.strictAlign = false;
  }),
  flag('-std', 'joined', setStandard, 'language: gnu17 (the default), c99, c11, gnu11, c23...', 'standard'),
  flag('-ansi', 'none', (state) => setStandard(state, 'c89')),
  flag('-x', 'joined-or-separate', setLanguage, 'only c is supported', 'language'),
  flag(
    '-M',
    'none',
    setDependencies({ kind: 'only', withSystemHeaders: true }),
    'write a make rule with all headers',
  ),
  flag(
    '-MM',
    'none',
    setDependencies({ kind: 'only', withSystemHeaders: false }),
    '... without system headers',
  ),
  flag(
    '-MD',
    'none',
    setDependencies({ kind: 'beside', withSystemHeaders: true }),
    'compile and write the rule to a .d file',
  ),
  flag(
    '-MMD',
    'none',
    setDependencies({ kind: 'beside', withSystemHeaders: false }),
    '... without system headers',
  ),
  flag('-MP', 'none', setDependencies({ phony: true }), 'add an empty rule for each header'),
  flag(
    '-MF',
    'joined-or-separate',
    (state, file) => {
      state.options.dependencies = { ...state.options.dependencies, file };
    },
    'write the rule to this file',
    'file',
  ),
  flag('-MT', 'joined-or-separate', addTarget(false), 'the target of the rule', 'name'),
  flag('-MQ', 'joined-or-separate', addTarget(true), '... quoted for make', 'name'),
  flag('-W', 'joined', addWarning, 'turn a warning on (no-: off; error=: into an error)', 'name'),
  flag(
    '-w',
    'none',
    (state) => {
      state.options.noWarnings = true;
    },
    'no warnings at all',
  ),
  flag(
    '-P',
    'none',
    (state) => {
      state.options.noLineMarkers = true;
    },
    'with -E: no line markers',
  ),
  flag(
    '-dM',
    'none',
    (state) => {
      state.options.dumpMacros = true;
    },
    'with -E: print the macros',
  ),
  flag('-f', 'joined', setFeature),
  flag(
    '-emit-llvm',
    'none',
    (state) => {
      state.errors.push("'-emit-llvm' is not supported: there is no LLVM inside; leave it out and use -c");
    },
    'refused: there is no LLVM inside',
  ),
  flag(
    '-v',
    'none',
    (state) => {
      state.verbose = true;
    },
    'say what is done',
  ),
  flag(
    '-###',
    'none',
    (state) => {
      state.onlyShow = true;
    },
    'say what would be done, and do nothing',
  ),
  flag(
    '--version',
    'none',
    (state) => {
      state.showVersion = true;
    },
    'print the version',
  ),
  flag(
    '--help',
    'none',
    (state) => {
      state.showHelp = true;
    },
    'print this',
  ),
  flag('-help', 'none', (state) => {
    state.showHelp = true;
  }),
  flag(
    '--source-map',
    'none',
    (state) => {
      state.options.sourceMap = true;
    },
    'write OUTPUT.map: instruction numbers to C lines (Source Map v3)',
  ),
  flag(
    '--source',
    'none',
    (state) => {
      state.options.sourceListing = true;
      state.options.phase = 'assembly';
    },
    'write assembly (-S) with the C lines, inlined calls and names of fields',
  ),
  flag(
    '--emit',
    'joined',
    (state, value, whole) => {
      const phase = emitted.get(value);
      if (phase === undefined)
        state.errors.push(
          `invalid value '${value}' in '${whole}'; use one of ${[...emitted.keys()].join(', ')}`,
        );
      else state.options.phase = phase;
    },
    'write obj (-c), asm (-S) or html: one page with C, IR and code side by side',
    'what',
  ),
  flag(
    '--dump',
    'joined',
    (state, value) => {
      const stages = value.split(',').filter((stage) => stage !== '');
      for (const stage of stages) checkName(state, stage, dumpStages, `--dump=${value}`);
      state.options.dumps = [...state.options.dumps, ...stages];
    },
    'print stages: tokens, pp, ast, typed, ir, a pass, provenance, mir, ra, asm, btf, elf',
    'stage,...',
  ),
  flag(
    '--skip-pass',
    'joined',
    (state, value, whole) => {
      const name = value.replace(/@.*/, '');
      checkName(state, name, passNames, whole);
      if (passNames.has(name) && !skippablePasses.has(name)) {
        state.errors.push(`'${whole}': the back end needs what ${name} makes; it cannot be skipped`);
      }
      state.options.skipPasses = [...state.options.skipPasses, value];
    },
    'leave a pass out, everywhere or in one function',
    'name[@function]',
  ),
  flag(
    '--stop-after',
    'joined',
    (state, value, whole) => {
      checkName(state, value, passNames, whole);
      state.options.stopAfter = value;
    },
    'stop the passes after this one',
    'name',
  ),
  flag(
    '--kernel',
    'joined-or-separate',
    (state, value) => {
      const version = parseKernelVersion(value);
      if (version === undefined) state.errors.push(`invalid kernel version '${value}'; write it as 6.1`);
      else state.options.kernel = version;
    },
    'the oldest kernel the program is for: warn of helpers that it does not have',
    'X.Y',
  ),
  ...buildFlags,
  ...queryFlags,
  ...inertFlags,
  flag(
    '--check',
    'none',
    (state) => {
      state.options.validate = true;
    },
    'validate after every pass',
  ),
  flag(
    '--eager',
    'none',
    (state) => {
      state.options.eager = true;
    },
    'check every declaration, also those nothing needs',
  ),
];

function setSysroot(state: State, value: string): void {
  state.options.sysroot = value;
}

function setLanguage(state: State, value: string): void {
  if (value !== 'c' && value !== 'none')
    state.errors.push(`language not recognized: '${value}'; only c is supported`);
}

/** Exact spellings first; families by their longest prefix. */
const exact: ReadonlyMap<string, FlagRow> = new Map(rows.map((row) => [row.spelling, row]));
const prefixes: readonly FlagRow[] = rows
  .filter((row) => row.value === 'joined' || row.value === 'joined-or-separate')
  .sort((a, b) => b.spelling.length - a.spelling.length);

/** Takes the flag at `args[at]`; gives the number of arguments used, 0 for an unknown flag. */
function takeFlag(state: State, args: readonly string[], at: number): number {
  const whole = args[at] ?? '';
  const row = exact.get(whole);
  if (row !== undefined) {
    if (row.value === 'none' || row.value === 'joined') {
      row.apply(state, '', whole);
      return 1;
    }
    const value = args[at + 1];
    if (value === undefined) state.errors.push(`argument to '${whole}' is missing (expected 1 value)`);
    else row.apply(state, value, `${whole} ${value}`);
    return 2;
  }
  const family = prefixes.find((candidate) => whole.startsWith(candidate.spelling));
  if (family === undefined) return 0;
  const rest = whole.slice(family.spelling.length);
  // Names of more than one letter take their joined value behind `=`; short ones right away.
  const needsEquals = family.spelling.length > 2 && family.spelling.startsWith('--');
  if (needsEquals && !rest.startsWith('=')) return 0;
  if ((family.spelling === '-std' || family.spelling === '-mcpu') && !rest.startsWith('=')) return 0;
  const isAssigned = needsEquals || family.spelling === '-std' || family.spelling === '-mcpu';
  family.apply(state, isAssigned ? rest.slice(1) : rest, whole);
  return 1;
}

export function parseCommandLine(given: readonly string[]): Invocation {
  const args = [...given];
  const state: State = {
    options: { ...defaultOptions },
    inputs: [],
    output: undefined,
    outDir: undefined,
    verbose: false,
    showVersion: false,
    showHelp: false,
    query: undefined,
    onlyShow: false,
    color: undefined,
    diagnosticsFormat: 'clang',
    flags: [],
    ignored: [],
    printInputs: undefined,
    jobs: undefined,
    time: undefined,
    stats: undefined,
    errors: [],
    warnings: [],
  };
  for (let at = 0; at < args.length; ) {
    const argument = args[at] ?? '';
    if (argument === '--') {
      state.inputs.push(...args.slice(at + 1));
      break;
    }
    if (argument === '-' || !argument.startsWith('-')) {
      state.inputs.push(argument);
      at++;
      continue;
    }
    args.splice(at, 1, ...withoutAlias(argument));
    const { length } = state.ignored;
    const used = takeFlag(state, args, at);
    if (state.ignored.length === length) state.flags.push(args.slice(at, at + used).join(' '));
    if (used === 0) state.errors.push(`unknown argument: '${argument}'`);
    at += used || 1;
  }
  // The last word wins: `--source -c` is about an object.
  if (state.options.phase !== 'assembly') state.options.sourceListing = false;
  const isAnswered = state.showVersion || state.showHelp || state.query !== undefined;
  if (state.inputs.length === 0 && !isAnswered) state.errors.push('no input files');
  if (state.output !== undefined && state.output !== '-' && state.inputs.length > 1) {
    state.errors.push('cannot specify -o when generating multiple output files');
  }
  if (state.output !== undefined && state.outDir !== undefined) {
    state.errors.push('cannot specify both -o and --out-dir');
  }
  return state;
}

/** A row of the table of flags, for people. */
export interface FlagDescription {
  /** As it is written, with a placeholder for its value. */
  readonly flag: string;
  readonly help: string | undefined;
  /** Accepted without effect. */
  readonly isIgnored: boolean;
  /** As it is typed with each of its values, where these are a closed set; else by itself. */
  readonly words: readonly string[];
}

/** Values of flags that take one of a few. */
const closedValues: Readonly<Record<string, Iterable<string>>> = {
  '-O': ['0', '1', '2', '3', 's', 'z', 'size', 'verify'],
  '-mcpu': Object.keys(cpus),
  '-std': [...standards.keys()],
  '--target': ['bpf', 'bpfel', 'bpfeb'],
  '--emit': emitted.keys(),
  '--dump': dumpStages,
  '--print-inputs': reportFormats,
  '--skip-pass': skippablePasses,
  '--stop-after': passNames,
};

function wordsOf({ spelling, value, placeholder }: FlagRow): readonly string[] {
  const values = closedValues[spelling];
  const equals = spelling.length > 2 ? '=' : '';
  if (values !== undefined) return [...values].map((one) => spelling + equals + one);
  return [value === 'joined' && placeholder !== undefined ? spelling + equals : spelling];
}

/** All rows; those of `-f` that mean something stand before the row for all others. */
export function describeFlags(): readonly FlagDescription[] {
  const names = [
    ...Object.keys(featureFlags),
    'diagnostics-format=json',
    'error-limit=<number>',
    ...Object.keys(prefixMaps).map((name) => `${name}=<old>=<new>`),
  ];
  const features = names.map((name) => ({
    flag: `-f${name}`,
    help: undefined,
    isIgnored: false,
    words: [`-f${name.replace(/<.*/, '')}`],
  }));
  return rows.flatMap((row) => {
    const value = row.placeholder === undefined ? '' : `${joiner(row)}<${row.placeholder}>`;
    const isFeature = row.apply === setFeature;
    const isIgnored = row.apply === ignore || isFeature;
    return [
      ...(isFeature ? features : []),
      { flag: row.spelling + value, help: row.help, isIgnored, words: wordsOf(row) },
    ];
  });
}

/** The flags' part of `--help`. */
export function flagHelp(): string {
  return describeFlags()
    .flatMap(({ flag, help }) => (help === undefined ? [] : [`  ${flag.padEnd(26)} ${help}`]))
    .join('\n');
}

function joiner(row: FlagRow): string {
  if (row.value === 'separate' || row.value === 'joined-or-separate') return ' ';
  return row.spelling.startsWith('--') || row.spelling === '-mcpu' || row.spelling === '-std' ? '=' : '';
}
