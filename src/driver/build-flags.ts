/** Flags that concern the work and not its result: what it depends on, how many do it, what it took. */

import { type FlagRow, flag, type State } from './flag-row.ts';

/** How a report can be printed. */
export const reportFormats = ['text', 'json'] as const;

function setReport(name: 'printInputs' | 'time' | 'stats'): FlagRow['apply'] {
  return (state, value, whole) => {
    const format = reportFormats.find((one) => one === (value || 'text'));
    if (format === undefined) state.errors.push(`invalid value '${value}' in '${whole}'; use text or json`);
    else state[name] = format;
  };
}

function setJobs(state: State, value: string, whole: string): void {
  const jobs = Number(value);
  if (/^\d+$/.test(value) && jobs >= 1 && jobs <= 1024) state.jobs = jobs;
  else state.errors.push(`invalid value '${value}' in '${whole}'; use a number from 1 on`);
}

export const buildFlags: readonly FlagRow[] = [
  flag(
    '--print-inputs',
    'joined',
    setReport('printInputs'),
    'list all that the outputs depend on: files, flags, versions; as text or json',
    'format',
  ),
  flag('--jobs', 'joined-or-separate', setJobs, 'compile so many sources at the same time', 'number'),
  flag('-j', 'joined-or-separate', setJobs),
  flag(
    '--time',
    'joined',
    setReport('time'),
    'print what each stage and pass took; as text or json',
    'format',
  ),
  flag(
    '--stats',
    'joined',
    setReport('stats'),
    'print how much of the input was looked at and what passes changed; as text or json',
    'format',
  ),
];
