/**
 * What `run` runs: an object read as it is, or a source compiled with the flags of the command line.
 */

import { readFileSync } from 'node:fs';
import { renderDiagnostics, renderSummary } from '../diagnostics/render.ts';
import { parseCommandLine } from '../driver/command-line.ts';
import { compileSource } from '../driver/compile.ts';
import type { Session } from '../driver/session.ts';
import { complaint } from './complaint.ts';
import { nodeHost } from './node-host.ts';

export interface RunInput {
  /** Undefined where there is nothing to run. */
  readonly object: Uint8Array | undefined;
  /** Diagnostics and complaints, ready to be shown. */
  readonly messages: string;
}

export function runInput(session: Session, args: readonly string[], hosted: boolean): RunInput {
  const { inputs, errors, options } = parseCommandLine(args);
  const [path] = inputs;
  if (errors.length > 0 || path === undefined) {
    const problems = errors.length > 0 ? errors : ['no input file'];
    return { object: undefined, messages: problems.map((text) => complaint(text)).join('') };
  }
  if (path.endsWith('.o')) {
    try {
      return { object: readFileSync(path), messages: '' };
    } catch (error) {
      return {
        object: undefined,
        messages: complaint(error instanceof Error ? error.message : String(error)),
      };
    }
  }
  const { object, diagnostics, sources } = compileSource({
    session,
    host: nodeHost(),
    path,
    outputName: 'a.o',
    options: { ...options, phase: 'object', hostedMachine: hosted },
  });
  const messages =
    diagnostics.length > 0 ? renderDiagnostics(diagnostics, sources) + renderSummary(diagnostics) : '';
  return { object, messages };
}
