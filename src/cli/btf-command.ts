/**
 * `bpfcc-ts btf dump [FILE] [--type NAME] [--format c|raw]`: types as C declarations, or one by one.
 *
 * Exit status: 0; 1 when the file cannot be read or has no such type.
 */

import { dumpBtf } from '../driver/dump-btf.ts';
import type { BtfSource } from '../driver/kernel-header.ts';
import type { BtfDumpOptions } from './btf-options.ts';
import { complain } from './complaint.ts';
import { reportingBugs } from './internal-error.ts';
import { kernelBtf, nodeFileSystem } from './node-host.ts';

function failed(text: string): number {
  complain(text);
  return 1;
}

/** The BTF that is meant, or why there is none. */
function sourceOf(file: string | undefined): BtfSource | string {
  if (file === undefined) return kernelBtf() ?? 'there is no BTF of a kernel here; name a file';
  const result = nodeFileSystem().readFile(file);
  if (result.kind === 'file') return { title: `'${file}'`, bytes: result.bytes };
  return `cannot read '${file}': ${result.kind === 'missing' ? 'no such file' : result.reason}`;
}

function dump(file: string | undefined, options: BtfDumpOptions): number {
  const source = sourceOf(file);
  if (typeof source === 'string') return failed(source);
  const dumped = dumpBtf(source.bytes, options);
  if ('error' in dumped) return failed(`${source.title}: ${dumped.error}`);
  process.stdout.write(dumped.text);
  return 0;
}

/** Prints types; gives the exit status. */
export function btfDumpCommand(file: string | undefined, options: BtfDumpOptions): number {
  return reportingBugs(undefined, ['btf', 'dump'], () => dump(file, options));
}
