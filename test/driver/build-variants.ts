/**
 * One program built in every way that must not matter: on demand and eagerly, alone and after others, after changes, and
 * from two folders. For the test beside this file and for scripts/compare-builds.js.
 */

import { nodeHost } from '../../src/cli/node-host.ts';
import { KnownFiles } from '../../src/cli/watch/known-files.ts';
import { parseCommandLine } from '../../src/driver/command-line.ts';
import { compileSource } from '../../src/driver/compile.ts';
import type { Host } from '../../src/driver/front-end.ts';
import { createSession, type Session } from '../../src/driver/session.ts';
import { type FileSystem, latin1, latin1Bytes } from '../../src/support/file-system.ts';

/** Where the tree, and the compiler's own headers, seem to lie in the variant of another folder. */
const otherTree = '/other/folder/of/the/tree';
const otherHeaders = '/opt/elsewhere/sysroot';

export interface Program {
  readonly source: string;
  readonly flags: readonly string[];
  /** The folder that is moved: sources and headers lie below it. */
  readonly tree: string;
}

/** The objects by variant; undefined where the program does not compile. */
export interface Variants {
  readonly alone: Uint8Array | undefined;
  readonly others: readonly (readonly [name: string, object: Uint8Array | undefined])[];
}

/** The same folders under other names. */
function movedHost(host: Host, tree: string): Host {
  const names = [
    [otherTree, tree],
    [otherHeaders, host.bundledHeaders],
  ] as const;
  const real = (path: string): string => {
    const [to = '', from = ''] = names.find(([to]) => path === to || path.startsWith(`${to}/`)) ?? [];
    return from + path.slice(to.length);
  };
  const { fileSystem } = host;
  return {
    ...host,
    bundledHeaders: otherHeaders,
    fileSystem: {
      readFile: (path) => fileSystem.readFile(real(path)),
      isDirectory: (path) => fileSystem.isDirectory(real(path)),
    },
  };
}

/** The machine's files, one of which can be edited. */
class EditedFiles {
  readonly known: KnownFiles;
  private readonly edits = new Map<string, { text: string; number: number }>();
  private edit = 0;

  constructor(fileSystem: FileSystem, onForget: (text: string) => void) {
    const readFile: FileSystem['readFile'] = (path) => {
      const edited = this.edits.get(path)?.text;
      return edited === undefined
        ? fileSystem.readFile(path)
        : { kind: 'file', bytes: latin1Bytes(edited), text: edited };
    };
    const stamp = (path: string) => {
      const { kind } = readFile(path);
      const number = this.edits.get(path)?.number ?? 0;
      return { id: kind === 'missing' ? '' : `${kind} ${number}`, modified: 0 };
    };
    this.known = new KnownFiles({ fileSystem: { ...fileSystem, readFile }, stamp, now: () => 1e6 }, onForget);
  }

  append(path: string, text: string): void {
    const result = this.known.readFile(path);
    const original = result.kind === 'file' ? latin1(result.bytes) : '';
    this.edits.set(path, { text: original + text, number: ++this.edit });
    this.known.beginRound();
  }

  restore(path: string): void {
    this.edits.delete(path);
    this.known.beginRound();
  }
}

/** Builds programs one after another; a session that lives as long as this one sees them all. */
export class VariantBuilder {
  private readonly host = nodeHost();
  private readonly shared = createSession();
  private readonly edited = new EditedFiles(this.host.fileSystem, (text) =>
    this.shared.tokenCache.forget(text),
  );

  build({ source, flags, tree }: Program): Variants {
    const compile = (
      session: Session,
      extra: readonly string[] = [],
      host: Host = this.host,
      from = tree,
    ): Uint8Array | undefined => {
      const move = (argument: string): string => argument.replaceAll(tree, from);
      const maps = [`-ffile-prefix-map=${from}=/tree`];
      const args = ['-w', ...flags.map(move), ...maps, ...extra, move(source)];
      const { options, inputs, errors } = parseCommandLine(args);
      if (errors.length > 0) return undefined;
      const path = inputs[0] ?? '';
      return compileSource({ session, host, path, outputName: 'a.o', options }).object;
    };
    const alone = compile(createSession());
    if (alone === undefined) return { alone, others: [] };
    const watched: Host = { ...this.host, fileSystem: this.edited.known };
    const afterOthers = compile(this.shared, [], watched);
    this.edited.append(source, '\nint another_variable = 1;\n');
    const changed = compile(this.shared, [], watched);
    const isSeen = changed !== undefined && Buffer.compare(changed, alone) !== 0;
    this.edited.restore(source);
    return {
      alone,
      others: [
        ['eager', compile(createSession(), ['--eager'])],
        ['after other programs', afterOthers],
        // Where the change changed nothing, coming back would show nothing.
        ['after a change and back', isSeen ? compile(this.shared, [], watched) : undefined],
        ['from another folder', compile(createSession(), [], movedHost(this.host, tree), otherTree)],
      ],
    };
  }
}

/** The variants that are not as the program built alone. */
export function differences({ alone, others }: Variants): readonly string[] {
  return others.flatMap(([name, object]) => {
    if (object === undefined) return [`${name}: no object`];
    return alone !== undefined && Buffer.compare(object, alone) === 0 ? [] : [`${name}: other bytes`];
  });
}
