/**
 * How a watch tells what happened: for people, the diagnostics of all sources as they stand and a line for each build; for
 * editors (`--json`), one JSON object a line on standard output.
 */

import type { Build } from './builder.ts';
import type { Change } from './known-files.ts';
import { statusLine } from './status.ts';

/** What ran after a build: the machine, or a command. */
export interface AfterRun {
  readonly kind: 'run' | 'exec';
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Display {
  /** All sources were built once and are watched now. */
  ready(sources: readonly string[]): void;
  /** Builds of one round, because of these changes. */
  built(builds: readonly Build[], changes: readonly Change[]): void;
  ran(result: AfterRun): void;
  note(text: string): void;
}

/** Clears the screen and what was scrolled off it, and goes home (ECMA-48; 3J is xterm's). */
const clearScreen = '\x1b[2J\x1b[3J\x1b[H';

export function textDisplay(clears: boolean): Display {
  /** Diagnostics by source: those of sources that were not built again stay on the screen. */
  const messages = new Map<string, string>();
  return {
    ready: (sources) => process.stdout.write(`watching ${sources.join(', ')}\n`),
    built(builds) {
      for (const { summary, messages: text } of builds) messages.set(summary.source, text);
      if (clears) process.stdout.write(clearScreen);
      const shown = clears ? [...messages.values()] : builds.map((build) => build.messages);
      process.stderr.write(shown.join(''));
      process.stdout.write(builds.map(({ summary }) => `${statusLine(summary)}\n`).join(''));
    },
    ran({ kind, status, stdout, stderr }) {
      process.stdout.write(stdout);
      process.stderr.write(stderr);
      if (status !== 0) process.stdout.write(`${kind}: exit status ${status}\n`);
    },
    note: (text) => process.stderr.write(`bpfcc-ts: ${text}\n`),
  };
}

export function jsonDisplay(): Display {
  const event = (name: string, fields: object) =>
    process.stdout.write(`${JSON.stringify({ event: name, ...fields })}\n`);
  return {
    ready: (sources) => event('ready', { sources }),
    built(builds, changes) {
      for (const { summary, json } of builds) {
        const { milliseconds, ...rest } = summary;
        event('build', {
          ...rest,
          ok: summary.errors === 0,
          milliseconds: Math.round(milliseconds * 10) / 10,
          changes: changes.map(({ path, kind }) => ({ path, kind })),
          diagnostics: JSON.parse(json),
        });
      }
    },
    ran: ({ kind, ...rest }) => event(kind, rest),
    note: (text) => event('note', { text }),
  };
}
