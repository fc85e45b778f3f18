/**
 * Questions that build systems ask of clang instead of compiling: `-print-resource-dir`, `-dumpmachine`. A row each: the spelling, what is
 * answered. They are asked by `$(shell $(CLANG) -print-...)` and by probes that look at the exit status only.
 */

import { clangVersion } from '../preprocessor/predefined.ts';
import { type FlagRow, flag, type Query, type QueryContext } from './flag-row.ts';

const target = ({ littleEndian }: QueryContext): string => (littleEndian ? 'bpf' : 'bpfeb');
const headers = ({ bundledHeaders }: QueryContext): string => bundledHeaders;

const answers: Readonly<Record<string, Query>> = {
  '-dumpmachine': target,
  '-dumpversion': () => Object.values(clangVersion).join('.'),
  '-print-target-triple': target,
  '-print-effective-triple': target,
  '-print-resource-dir': headers,
  '-print-search-dirs': (context) => `programs: =\nlibraries: =${headers(context)}`,
  '-print-supported-cpus': () => `Target: bpf
Available CPUs for this target:

\tgeneric
\tprobe
\tv1
\tv2
\tv3
\tv4
`,
  '-print-targets': () => `  Registered Targets:
    bpf   - BPF (host endian)
    bpfeb - BPF (big endian)
    bpfel - BPF (little endian)`,
};

function ask(answer: Query): FlagRow['apply'] {
  return (state) => {
    state.query = answer;
  };
}

export const queryFlags: readonly FlagRow[] = [
  ...Object.entries(answers).map(([spelling, answer]) => flag(spelling, 'none', ask(answer))),
  flag('-print-file-name=', 'joined', (state, name) => {
    state.query = (context) => (name === 'include' ? headers(context) : name);
  }),
  flag('-print-prog-name=', 'joined', (state, name) => {
    state.query = () => name;
  }),
];
