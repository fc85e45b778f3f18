/** `bpfcc-ts types FILE...`: declaration files for imports of C sources. Exit status as for compiling. */

import { parseCommandLine } from '../driver/command-line.ts';
import { declarationPath, ModuleCompiler } from '../loaders/transform.ts';
import { complain } from './complaint.ts';
import { reportingBugs } from './internal-error.ts';
import { writeWhole } from './output.ts';
import type { TypesOptions } from './types-options.ts';

const ExitStatus = Object.freeze({ ok: 0, failed: 1, usage: 2 });

function writeTypes(compiler: ModuleCompiler, source: string, isNodeNext: boolean): number {
  const { declarations, messages } = compiler.compile(source);
  process.stderr.write(messages);
  if (declarations === undefined) return ExitStatus.failed;
  const place = declarationPath(source, isNodeNext);
  const reason = writeWhole(place, declarations);
  if (reason !== undefined) complain(`unable to open output file '${place}': '${reason}'`);
  return reason === undefined ? ExitStatus.ok : ExitStatus.failed;
}

/** Writes the types of all sources; gives the exit status. */
export function typesCommand(args: readonly string[], { nodenext = false }: TypesOptions): number {
  const { inputs, errors, options } = parseCommandLine(args);
  for (const text of errors) complain(text);
  if (errors.length > 0) return ExitStatus.usage;
  const compiler = new ModuleCompiler({}, options);
  const statuses = inputs.map((source) =>
    reportingBugs(source, args, () => writeTypes(compiler, source, nodenext)),
  );
  return Math.max(ExitStatus.ok, ...statuses);
}
