/**
 * `--print-inputs[=json]`: everything that the outputs of a call depend on, for caches and for remote execution, which must
 * know it all: the compiler, its bundled headers, the flags that had an effect, every file that was read with its digest, and
 * every path where a file was looked for and is not.
 *
 * Method: the host that compilations get notes what they ask. There is no list of what ought to be asked.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Invocation } from '../driver/command-line.ts';
import type { Host } from '../driver/front-end.ts';
import { outputPath } from './output-files.ts';
import { version } from './version.ts';

type InputKind = 'source' | 'header' | 'bundled' | 'btf' | 'arguments';

interface Input {
  readonly kind: InputKind;
  readonly path: string;
  readonly sha256: string;
}

interface Unit {
  readonly source: string;
  readonly output: string | undefined;
  readonly files: Map<string, Input>;
  /** Where a file or folder was looked for in vain: one that appears there changes the output. */
  readonly absent: Set<string>;
}

/** Loading the digests takes a while: not where they are not wanted. */
function digest(bytes: Uint8Array): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bundle names its own content in its first line (scripts/build.js). */
function buildName(): string {
  const file = fileURLToPath(import.meta.url);
  return file.endsWith('.cjs') ? (/^\/\/ (\w+)/.exec(readFileSync(file, 'latin1'))?.[1] ?? '') : 'sources';
}

export class InputRecorder {
  private readonly invocation: Invocation;
  private readonly argumentFiles: readonly string[];
  private readonly units: Unit[] = [];
  private bundled = '';

  /** @param argumentFiles The `@file` arguments that were expanded. */
  constructor(invocation: Invocation, argumentFiles: readonly string[]) {
    this.invocation = invocation;
    this.argumentFiles = argumentFiles;
  }

  /** A host that answers as the one given and notes what a compilation of `source` asks. */
  hostFor(source: string, host: Host): Host {
    this.bundled = `${host.bundledHeaders}/`;
    const files = new Map<string, Input>();
    const absent = new Set<string>();
    this.units.push({ source, output: outputPath(this.invocation, source), files, absent });
    const note = (kind: InputKind, path: string, bytes: Uint8Array): void => {
      if (!files.has(path)) files.set(path, { kind, path, sha256: digest(bytes) });
    };
    for (const path of this.argumentFiles) note('arguments', path, readFileSync(path));
    const { fileSystem } = host;
    return {
      ...host,
      fileSystem: {
        readFile: (path) => {
          const result = fileSystem.readFile(path);
          if (result.kind === 'file') note(this.kindOf(path, files), path, result.bytes);
          else absent.add(path);
          return result;
        },
        isDirectory: (path) => {
          const isThere = fileSystem.isDirectory(path);
          if (!isThere) absent.add(path);
          return isThere;
        },
      },
      kernelBtf: () => {
        const found = host.kernelBtf?.();
        if (found !== undefined) note('btf', found.title, found.bytes);
        return found;
      },
    };
  }

  private kindOf(path: string, known: ReadonlyMap<string, Input>): InputKind {
    if (path === this.invocation.options.btf) return 'btf';
    if (path.startsWith(this.bundled)) return 'bundled';
    return [...known.values()].some(({ kind }) => kind === 'source') ? 'header' : 'source';
  }

  /** All that was noted, as lines of `kind`, tab, `what` or as JSON. */
  print(): string {
    const { printInputs } = this.invocation;
    const flags = this.invocation.flags.filter((flag) => !flag.startsWith('--print-inputs'));
    const compiler = { version, build: buildName() };
    // No environment variable changes an output; there is a place for one all the same, so that its absence can be seen.
    const environment: readonly string[] = [];
    if (printInputs === 'json') {
      const inputs = this.units.map(({ source, output, files, absent }) => ({
        source,
        output,
        files: [...files.values()],
        absent: [...absent],
      }));
      return `${JSON.stringify({ compiler, sysroot: { version }, flags, environment, inputs }, null, 2)}\n`;
    }
    const lines = [
      `compiler\tbpfcc-ts ${version}, build ${compiler.build}`,
      `sysroot\t${version}, ${this.bundled}`,
      ...flags.map((flag) => `flag\t${flag}`),
      ...environment.map((name) => `environment\t${name}`),
      ...this.units.flatMap(({ files, absent }) => [
        ...[...files.values()].map(({ kind, path }) => `${kind}\t${path}`),
        ...[...absent].map((path) => `absent\t${path}`),
      ]),
    ];
    return `${lines.join('\n')}\n`;
  }
}
