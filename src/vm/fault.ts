/**
 * What stops a program that does something no verified program does: the kinds of fault, and how one is told to a
 * reader with its C line and call chain.
 */

/** Kinds of fault, for tests and tools; the message says the rest. */
export type FaultKind =
  | 'bad-access'
  | 'misaligned'
  | 'uninitialised'
  | 'stale-packet-pointer'
  | 'bad-context-access'
  | 'bad-instruction'
  | 'bad-call'
  | 'bad-argument'
  | 'missing-helper'
  | 'missing-function'
  | 'too-many-frames'
  | 'step-limit'
  | 'out-of-memory'
  | 'aborted'
  | 'exited';

/** A place in the program: the C line where the object has line information. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The text of the line. */
  readonly text: string;
}

export interface CallSite {
  readonly function: string;
  readonly source: SourceLine | undefined;
}

/** Why a run stopped. */
export interface Fault {
  readonly kind: FaultKind;
  readonly message: string;
  /** The instruction as assembly text. */
  readonly instruction: string;
  /** Where it happened first, then its callers up to the program. */
  readonly callChain: readonly CallSite[];
}

/** How a fault travels to the end of the run inside this folder; `run` turns it into a `Fault`. */
export class Trap extends Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A program of the hosted mode that called `exit`. */
export class HostedExit extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`exit(${status})`);
    this.status = status;
  }
}

function renderSite({ function: name, source }: CallSite): string {
  if (source === undefined) return name;
  return `${name} at ${source.file}:${source.line}:${source.column}: ${source.text.trim()}`;
}

/** A fault as lines of text. */
export function renderFault(fault: Fault): string {
  const [first, ...callers] = fault.callChain;
  return [
    `${first?.source === undefined ? '' : `${first.source.file}:${first.source.line}:${first.source.column}: `}fault: ${fault.message}`,
    `  instruction: ${fault.instruction}`,
    ...(first === undefined ? [] : [`  in ${renderSite(first)}`]),
    ...callers.map((site) => `  called from ${renderSite(site)}`),
  ].join('\n');
}
