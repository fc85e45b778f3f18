/** docs/compatibility.md out of the compiler's own tables. */

import { diagnosticTable } from '../../src/diagnostics/codes.ts';
import type { DiagnosticRow } from '../../src/diagnostics/diagnostic-row.ts';
import { describeFlags } from '../../src/driver/command-line.ts';
import { HELPERS } from '../../src/isa/helpers.ts';
import { CoreKind } from '../../src/lower/core-access.ts';
import { RelocationType } from '../../src/object/elf.ts';
import { PROGRAM_SECTION_NAMES, programTypeOf } from '../../src/object/program-sections.ts';
import { asmConstraints } from '../../src/sema/asm-constraints.ts';
import { describeAttributes } from '../../src/sema/attributes.ts';
import { builtinTable } from '../../src/sema/builtin-table.ts';
import { pragmas, refused, supported } from './language.ts';

const rows: readonly DiagnosticRow[] = Object.values(diagnosticTable);

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}

const code = (text: string) => `\`${text}\``;
const codes = (names: readonly string[]) => names.map(code).join(' ');

/** The text of a diagnostic with its arguments as dots. */
function messageOf(row: DiagnosticRow): string {
  return row.text.replace(/'?\{\d+\}'?/g, '…');
}

function language(): string {
  const refusals = refused.map((row) => [row.name, row.note ?? messageOf(diagnosticTable[row.code])]);
  return `## The language

C11 with GNU extensions (\`-std=gnu17\` by default; C89 to C23 on request). Each row is a program that the tests compile.

${table(
  ['supported', ''],
  supported.map(({ name, note }) => [name, note ?? '']),
)}

${table(['refused', 'error'], refusals)}`;
}

function attributes(): string {
  const all = describeAttributes();
  const withEffect = all.filter(({ effect }) => effect === 'meaningful');
  const targets = [...new Set(withEffect.map(({ appliesTo }) => appliesTo))].sort();
  return `## Attributes

\`__attribute__((x))\`, \`__attribute__((__x__))\` and \`[[gnu::x]]\`; others get a warning (\`-Wunknown-attributes\`).

${table(
  ['on', 'attributes'],
  targets.map((target) => [
    target === '' ? 'anything' : target,
    codes(withEffect.filter(({ appliesTo }) => appliesTo === target).map(({ name }) => name)),
  ]),
)}

Refused or without use on BPF:

${table(
  ['attribute', 'why'],
  all.flatMap(({ name, effect, reason }) => (effect === 'refused' ? [[code(name), reason]] : [])),
)}

Accepted without effect: ${codes(all.filter(({ effect }) => effect === 'ignored').map(({ name }) => name))}`;
}

function builtins(): string {
  const names = [...builtinTable].flatMap(([name, row]) => (row.how === 'unsupported' ? [] : [name]));
  const families = ['__builtin_', '__sync_', '__atomic_', '__c11_atomic_'];
  const ofFamily = (family: string) =>
    names
      .filter((name) => name.startsWith(family) && !isSized(name))
      .map((name) => name.slice(family.length));
  // Those with a size behind the name are rows of their own.
  const isSized = (name: string) => /_\d+$/.test(name) && names.includes(name.replace(/_\d+$/, ''));
  const others = names.filter((name) => !families.some((family) => name.startsWith(family)));
  const unsupported = new Map<string, string[]>();
  for (const [name, row] of builtinTable) {
    if (row.how === 'unsupported')
      unsupported.set(row.reason, [...(unsupported.get(row.reason) ?? []), name]);
  }
  return `## Builtins

${families.map((family) => `${code(family)}: ${ofFamily(family).sort().join(' ')}`).join('\n\n')}${
  others.length === 0 ? '' : `\n\nWithout a prefix: ${codes(others.sort())}`
}

Those that begin with \`__sync_\` also with the size behind the name (\`__sync_fetch_and_add_4\`). Library functions with \`__builtin_\` become code where
the size is known; otherwise they call a function of that name, which the program has to define.

With a grammar of their own: \`__builtin_offsetof\` \`__builtin_types_compatible_p\` \`__builtin_choose_expr\`

${table(
  ['refused', 'why'],
  [...unsupported].map(([reason, list]) => [codes(list), reason]),
)}`;
}

function assembly(): string {
  return `## Inline assembly

${table(
  ['constraint', 'operand'],
  Object.entries(asmConstraints).map(([letter, { meaning }]) => [code(letter), meaning]),
)}

Further a number or \`[name]\` for the place of an output, \`{r1}\` for a register, and the modifiers \`=\` \`+\` \`&\` \`%\`.`;
}

function sections(): string {
  const kinds = new Map<string, string[]>();
  for (const name of PROGRAM_SECTION_NAMES) {
    const type = programTypeOf(name.replace(/\+$/, ''))?.type ?? '';
    kinds.set(type, [...(kinds.get(type) ?? []), name.replace(/\+$/, '/…')]);
  }
  return `## Programs, helpers, relocations

Sections and the program types they stand for, as libbpf 1.x reads them (\`SEC("?...")\` too); other names are kept as they are.

${table(
  ['program type', 'sections'],
  [...kinds].map(([type, names]) => [code(type), codes(names)]),
)}

${HELPERS.length} helper functions of Linux up to ${newest()} are declared in \`bpf/bpf_helper_defs.h\`. Kfuncs are externs in \`.ksyms\`.

${table(
  ['relocation', 'number'],
  Object.entries(RelocationType).map(([name, number]) => [code(name), String(number)]),
)}

CO-RE relocations of all ${Object.keys(CoreKind).length} kinds: ${codes(Object.keys(CoreKind))}.`;
}

function newest(): string {
  const number = (version: string) => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);
  return HELPERS.map(({ since }) => since).reduce((a, b) => (number(b) > number(a) ? b : a));
}

function flags(): string {
  const all = describeFlags();
  const ignored = all.filter(({ isIgnored, help }) => isIgnored && help === undefined);
  const silent = all.filter(({ isIgnored, help }) => !isIgnored && help === undefined);
  return `## Command line

${table(
  ['flag', 'meaning'],
  all.flatMap(({ flag, help }) => (help === undefined ? [] : [[code(flag), help]])),
)}

Also, as in clang: ${codes(silent.map(({ flag }) => flag))}

Accepted without effect, listed under \`-v\`: ${codes(ignored.map(({ flag }) => flag))} (\`-f\`, \`-m\` and \`-Q\` stand for
all flags that begin so and are not named above). Any other flag is an error.`;
}

function warnings(): string {
  const groups = new Map<string, DiagnosticRow[]>();
  for (const row of rows) {
    if (row.group !== undefined) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  }
  const state = (list: readonly DiagnosticRow[]): string => {
    if (list.every((row) => row.off === true)) return 'off';
    return list.every((row) => row.severity === 'error') ? 'error' : 'on';
  };
  const count = (severity: string) => rows.filter((row) => row.severity === severity).length;
  return `## Diagnostics

${rows.length} diagnostics: ${count('error') + count('fatal')} errors and ${count('warning')} warnings, each with a place, in clang's words where clang has the same.
Groups for \`-Wname\`, \`-Wno-name\`, \`-Werror=name\` and the diagnostic pragmas, with their state when nothing is said ("error" can be
turned into a warning by \`-Wno-error=name\`); \`-Wall\` and \`-Wextra\` turn on those that are off.

${table(
  ['state', 'groups'],
  ['on', 'off', 'error'].map((wanted) => [
    wanted,
    codes([...groups].flatMap(([name, list]) => (state(list) === wanted ? [name] : [])).sort()),
  ]),
)}`;
}

const start = `# Compatibility

What \`bpfcc-ts\` takes of what clang takes. Written by \`node scripts/compatibility.js\` from the compiler's own tables; a test keeps it
up to date.`;

const pragmaSection = `## Pragmas

${table(
  ['`#pragma`', 'meaning'],
  pragmas.map(([spelling, meaning]) => [code(spelling), meaning]),
)}

Also as \`_Pragma("...")\`. Others are ignored.`;

const debugInformation = `## Debug information: \`-g\`

BTF is always written, with any \`-g\` flag and without one, also with \`-g0\`: BTF-defined maps, CO-RE, kfuncs and global functions are
nothing without it, and what it costs (\`.BTF\` and \`.BTF.ext\`) no kernel keeps but for the types. So an object that clang makes with
\`-g\` has the same BTF here, and one that clang makes without it has BTF here and none there. DWARF is never written: \`-g\`, \`-ggdb\`,
\`-gdwarf-5\` and the like are taken in silence (\`-v\` lists them), and \`llvm-strip -g\`, which Makefiles run to drop DWARF, finds none.
\`--source-map\` gives the way from instructions to lines to everything that is not a BPF loader.`;

const kernelHeader = `## \`vmlinux.h\` without a file

Where \`#include "vmlinux.h"\` finds no file, the header is made: from \`--btf FILE\` (BTF, or an ELF file with \`.BTF\`), else from the
running kernel's \`/sys/kernel/btf/vmlinux\`, else from the types that the package brings along (\`sysroot/bpfcc-ts/linux-*.btf.gz\`: of
the Linux release and machine in its name, written by \`node scripts/kernel-btf.js\`; CO-RE fits programs to the kernel they are loaded
into). A file that exists is taken as it is. The header is kept in \`~/.cache/bpfcc-ts/headers\` (\`XDG_CACHE_HOME\`;
\`NODE_DISABLE_COMPILE_CACHE=1\` turns it off). \`bpfcc-ts btf dump > vmlinux.h\` writes the same text. It
differs from what \`bpftool btf dump ... format c\` writes in the order of some typedefs, in enumerations that are smaller than an \`int\`
(they keep their size), and by the prototypes of the kernel's functions, where the BTF tags them, as bpftool has them since 7.5;
\`BPF_NO_KFUNC_PROTOTYPES\` leaves those out, and where a program declares such a function otherwise, its own declaration counts. Make rules name the \`--btf\` file, and nothing for the kernel's own.`;

const btf = `## BTF beside clang's

\`node scripts/compare-btf.js OURS CLANG --list LIST\` compares two folders of objects in meaning: map definitions, functions and
variables with linkage, section and tags, every type they lead to, forward declarations, the CO-RE relocations of each function, and
the texts of the lines. It also checks func_info and line_info by the kernel's rules. A static function or variable that only one
compiler inlined away is no difference, nor is what only it leads to. Of 555 programs of the corpus (clang-19), 544 are equal; these
differ:

${table(
  ['what', 'programs', 'reason'],
  [
    [
      'a static function that lost a parameter nobody reads, or a result nobody wants, is described without it',
      'selftests/test_l4lb_noinline, test_xdp_noinline, test_verif_scale1 and 3, test_global_func1 and 2, core_kern and others with `__noinline`',
      'clang describes the source, and removes the same from the code; here the prototype is that of the code',
    ],
    [
      "a typedef that is defined twice has two definitions in clang's BTF",
      'selftests/core_kern',
      'C11 takes both for one type; the last one is written',
    ],
    [
      "an enum that is only declared has size 4, in clang's BTF size 0",
      'selftests/btf_dump_test_case_namespacing',
      'the kernel refuses size 0; not counted as a difference',
    ],
  ],
)}`;

const programs = `## Programs that only clang compiles acceptably

None of the corpus (567 programs, the kernel is 6.18). Of what neither clang gets accepted, \`selftests/pyperf600\` is accepted as we compile it: its
loops of 600 rounds stay rolled up.`;

export function compatibilityPage(): string {
  const parts = [
    start,
    language(),
    attributes(),
    builtins(),
    assembly(),
    pragmaSection,
    sections(),
    flags(),
    warnings(),
    debugInformation,
    kernelHeader,
    btf,
    programs,
  ];
  return `${parts.join('\n\n')}\n`;
}
