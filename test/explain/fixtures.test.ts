/**
 * Every refused program is explained as its golden file says (`npx vitest run test/explain -u` writes them): from the log alone,
 * which stays as it is when the compiler's code changes. The running kernel still refuses each program for the recorded
 * reason, and with the object that it refused the place has a column and the register its variable. With the source the compiler
 * says which variable that is: `variables.txt` has all of them.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeHost, packageRoot } from '../../src/cli/node-host.ts';
import { parseCommandLine } from '../../src/driver/command-line.ts';
import { compileSource } from '../../src/driver/compile.ts';
import { createSession } from '../../src/driver/session.ts';
import { explainLog } from '../../src/explain/index.ts';
import { hasSameCode, readObjectFacts } from '../../src/explain/object-facts.ts';
import { renderExplanations } from '../../src/explain/render.ts';
import { refusalFolder, refusalLog, refusalNames, wantedKind } from './refusal-case.ts';

describe('refusals of the kernel', () => {
  test.each(refusalNames)('%s', async (name) => {
    const explanations = explainLog(refusalLog(name), undefined, undefined);
    expect(explanations.map((one) => one.refusal?.id)).toEqual([wantedKind(name)]);
    await expect(renderExplanations(explanations)).toMatchFileSnapshot(join(refusalFolder, `${name}.txt`));
  });

  test('every golden file has a program', () => {
    const names = new Set(refusalNames);
    const others = readdirSync(refusalFolder).filter((file) => !names.has(file.replace(/\.\w+$/, '')));
    expect(others).toEqual(['program.h', 'variables.txt']);
  });
});

const canLoad =
  process.getuid?.() === 0 &&
  existsSync('/sys/fs/bpf') &&
  existsSync('/sys/kernel/btf/vmlinux') &&
  spawnSync('setpriv', ['--version']).status === 0 &&
  spawnSync('bpftool', ['prog', 'list']).status === 0;

describe.runIf(canLoad)('the running kernel', () => {
  let scratch = '';
  let complaints = '';

  beforeAll(() => {
    scratch = mkdtempSync(join(tmpdir(), 'refusals-'));
    const script = join(packageRoot(), 'scripts/make-refusals.js');
    complaints = spawnSync(process.execPath, [script, `--out=${scratch}`], { encoding: 'utf8' }).stderr;
  }, 180_000);
  afterAll(() => rmSync(scratch, { recursive: true }));

  /** The explanations of a program's log with the object that was refused. */
  function explainFresh(name: string) {
    const facts = readObjectFacts(readFileSync(join(scratch, `${name}.o`)));
    if (typeof facts === 'string') throw new Error(`${name}: ${facts}`);
    return explainLog(refusalLog(name, scratch), facts, undefined);
  }

  test('refuses each program for the recorded reason', () => {
    expect(complaints).toBe('');
    const kinds = refusalNames.map((name) => [name, explainFresh(name).map((one) => one.refusal?.id)]);
    expect(kinds).toEqual(refusalNames.map((name) => [name, [wantedKind(name)]]));
  });

  test('the object tells the column of every place', () => {
    const places = refusalNames.flatMap(explainFresh).flatMap((one) => one.place ?? []);
    expect(places.length).toBeGreaterThan(refusalNames.length * 0.8);
    expect(places.filter(({ column }) => column === undefined)).toEqual([]);
  });

  test('the compiler tells which variable the register holds', async () => {
    const session = createSession();
    const rows = refusalNames.flatMap((name) => {
      const compiled = compileSource({
        session,
        host: nodeHost(),
        path: join(refusalFolder, `${name}.c`),
        outputName: `${name}.o`,
        options: parseCommandLine(['-O2', '-g', '-w', '-c', `${name}.c`]).options,
        variables: true,
      });
      const { object = new Uint8Array(0), noteAt } = compiled;
      const facts = readObjectFacts(object, noteAt);
      if (typeof facts === 'string') throw new Error(`${name}: ${facts}`);
      // That names are kept changes no code.
      expect([name, hasSameCode(object, readFileSync(join(scratch, `${name}.o`)))]).toEqual([name, true]);
      const [explanation] = explainLog(refusalLog(name, scratch), facts, undefined);
      const { register, slot } = explanation ?? {};
      const names = [
        register?.variable ?? [],
        slot === undefined ? [] : `(fp${slot.offset}: ${slot.name})`,
      ].flat();
      return names.length === 0 ? [] : [`${name}: ${names.join(' ')}\n`];
    });
    await expect(rows.join('')).toMatchFileSnapshot(join(refusalFolder, 'variables.txt'));
  });

  test('the object alone tells the lines', () => {
    const bare = refusalNames.map((name) => {
      const facts = readObjectFacts(readFileSync(join(scratch, `${name}.o`)));
      if (typeof facts === 'string') throw new Error(`${name}: ${facts}`);
      const text = refusalLog(name, scratch).replace(/^;.*\n/gm, '');
      const [one] = explainLog(text, facts, undefined);
      return [name, one?.isOfOtherCode, one?.place?.file, one?.place?.line];
    });
    const whole = refusalNames.map((name) => {
      const [one] = explainFresh(name);
      return [name, false, one?.place?.file, one?.place?.line];
    });
    // Where returns share an exit, only the log knows from which one the verifier came.
    const sharedExits = new Set(['lock-not-released', 'rcu-not-unlocked', 'reference-leak']);
    const ownLines = (rows: typeof whole) => rows.filter(([name]) => !sharedExits.has(String(name)));
    expect(ownLines(bare)).toEqual(ownLines(whole));
  });

  test('the object tells what lies in a hole', () => {
    expect(explainFresh('stack-hole')[0]?.why).toContain("the padding behind 'protocol'");
  });
});
