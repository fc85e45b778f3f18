/** The command in a snapshot: what is put into it, and what runs when node is started with it. */

import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '../../driver/session.ts';
import { isBisectFlag } from '../bisect-flag.ts';
import { compileCommand } from '../compile-command.ts';
import { scanStore } from '../scan-store.ts';
import { buildName } from '../user-cache.ts';
import { workerArgument } from '../worker-argument.ts';
import { optimizeFlag, StartVariable, startFlags, takeStart } from './names.ts';
import { warmUp } from './warm-up.ts';

/** The package that a snapshot was made of. */
interface Origin {
  readonly bin: string;
  readonly build: string;
}

function originOf(bin: string): Origin | undefined {
  try {
    return { bin: realpathSync(bin), build: buildName() };
  } catch {
    return undefined;
  }
}

/** The command as it runs without a snapshot. */
function startWithout(bin: string): void {
  const launcher = join(realpathSync(bin), '../../dist/launch.cjs');
  process.getBuiltinModule('node:module').createRequire(launcher)(launcher);
}

/** Gives V8 the flags it has without a snapshot, with which what runs often is better off. */
function ownFlags(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  for (const flag of startFlags) setFlagsFromString(flag.replace('--no-', '--'));
}

function optimize(): void {
  process.getBuiltinModule('node:v8').setFlagsFromString(optimizeFlag);
}

function start(session: Session, made: Origin | undefined): void {
  const [, bin = '', ...args] = process.argv;
  const now = originOf(bin);
  const isCurrent = now !== undefined && now.bin === made?.bin && now.build === made.build;
  if (!isCurrent && process.env[StartVariable.madeOf] !== undefined) {
    // A trial, which it does not pass.
    process.exitCode = 1;
    return;
  }
  if (!isCurrent || args.some(isBisectFlag)) {
    startWithout(bin);
    return;
  }
  takeStart();
  if (args[0] === workerArgument) {
    ownFlags();
    void import('../jobs.ts').then(({ runWorker }) => runWorker(session)).then(() => process.exit());
    return;
  }
  const status = compileCommand(args, {
    session: () => session,
    beforeSeveral: ownFlags,
    beforeMuch: optimize,
  });
  // What was written has been written (on Linux); taking the heap apart would take a twentieth of a compile.
  if (typeof status === 'number') process.exit(status);
  else void status.then((later) => process.exit(later));
}

/** Run by node where it builds a snapshot. @param bin The command's file. */
export function buildSnapshot(bin: string): void {
  const made = originOf(bin);
  const session = warmUp(scanStore());
  const { startupSnapshot } = process.getBuiltinModule('node:v8');
  startupSnapshot.setDeserializeMainFunction(() => start(session, made));
}
