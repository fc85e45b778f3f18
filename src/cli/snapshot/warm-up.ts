/**
 * Compiles a program in memory that uses most of C and of BPF, so that V8 has made the compiler's code when the snapshot is taken.
 *
 * Out: the session that a start from the snapshot works with. It knows the tokens of the bundled headers.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseCommandLine } from '../../driver/command-line.ts';
import { compileSource } from '../../driver/compile.ts';
import { createSession, type ScanStore, type Session } from '../../driver/session.ts';
import { latin1Bytes } from '../../support/file-system.ts';
import { nodeFileSystem, nodeHost } from '../node-host.ts';

/** A header so long that what is found in it is kept between runs. */
function longHeader(): string {
  const records = Array.from(
    { length: 1200 },
    (_, i) => `struct record${i} { unsigned int a; struct record${i} *next; char name[${(i % 9) + 1}]; };\n`,
  );
  return `#ifndef LONG_H\n#define LONG_H\n${records.join('')}#endif\n`;
}

/** Scans in memory. */
function memoryStore(): ScanStore {
  const kept = new Map<string, Uint8Array>();
  return { read: (text) => kept.get(text), write: (text, bytes) => void kept.set(text, bytes) };
}

const name = 'warm-up.c';

function compile(session: Session, args: readonly string[]): void {
  const files = new Map<string, string>([
    [name, readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'latin1')],
    ['long.h', longHeader()],
  ]);
  const disk = nodeFileSystem();
  const { options } = parseCommandLine([...args, '-c', name]);
  const { hasErrors, diagnostics } = compileSource({
    session,
    host: {
      bundledHeaders: nodeHost().bundledHeaders,
      hostHeaders: [],
      fileSystem: {
        isDirectory: (path) => disk.isDirectory(path),
        readFile(path) {
          const text = files.get(path);
          return text === undefined ? disk.readFile(path) : { kind: 'file', bytes: latin1Bytes(text), text };
        },
      },
    },
    path: name,
    outputName: 'warm-up.o',
    options,
  });
  if (hasErrors) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
}

/** @param scans For the session that is given back. */
export function warmUp(scans: ScanStore | undefined): Session {
  const store = memoryStore();
  for (let run = 0; run < 2; run++) {
    const session = createSession(store);
    compile(session, ['-O2', '-g', '-DLONG_HEADER']);
    session.tokenCache.keep();
  }
  const session = createSession(scans);
  compile(session, ['-O2', '-g']);
  // Of what a session has besides, the parser is made as fast as it is read.
  const { interner, tokenCache } = session;
  return { ...createSession(), interner, tokenCache };
}
