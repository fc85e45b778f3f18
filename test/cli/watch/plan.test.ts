/** Which sources a change makes stale, over a disk that is a map. */

import { describe, expect, it } from 'vitest';
import { KnownFiles } from '../../../src/cli/watch/known-files.ts';
import { Plan } from '../../../src/cli/watch/plan.ts';
import type { FileSystem } from '../../../src/support/file-system.ts';

/** A disk whose clock only moves when told, so that two writes can share a stamp. */
class TestDisk {
  time = 1000;
  reads = 0;
  readonly forgotten: string[] = [];
  private readonly contents = new Map<string, { text: string; modified: number }>();
  readonly files = new KnownFiles(
    {
      fileSystem: this.fileSystem(),
      stamp: (path) => {
        const file = this.contents.get(path);
        return file === undefined
          ? { id: '', modified: 0 }
          : { id: `${file.modified} ${file.text.length}`, modified: file.modified };
      },
      now: () => this.time,
    },
    (text) => this.forgotten.push(text),
  );

  private fileSystem(): FileSystem {
    return {
      readFile: (path) => {
        this.reads++;
        const text = this.contents.get(path)?.text;
        return text === undefined
          ? { kind: 'missing' }
          : { kind: 'file', bytes: new TextEncoder().encode(text), text };
      },
      isDirectory: (path) => [...this.contents.keys()].some((name) => name.startsWith(`${path}/`)),
    };
  }

  write(path: string, text: string): void {
    this.contents.set(path, { text, modified: this.time });
  }

  remove(path: string): void {
    this.contents.delete(path);
  }
}

/** A build that reads the source and looks for `x.h` in two folders. */
function setUp(sources = ['a.c']) {
  const disk = new TestDisk();
  for (const source of sources) disk.write(source, 'text');
  disk.write('second/x.h', 'header');
  const plan = new Plan(disk.files, sources);
  const build = (source: string) =>
    plan.built(
      source,
      disk.files.asking(() => {
        disk.files.readFile(source);
        for (const folder of ['first', 'second']) {
          if (disk.files.isDirectory(folder) && disk.files.readFile(`${folder}/x.h`).kind === 'file') break;
        }
      }),
    );
  const next = () => {
    const step = plan.next(disk.time);
    if (step.kind !== 'build') return step.kind;
    for (const source of step.sources) build(source);
    return [...step.sources, ...step.changes.map(({ path, kind }) => `${kind} ${path}`)];
  };
  return { disk, plan, next };
}

describe('the plan', () => {
  it('builds all at first, then nothing', () => {
    const { next } = setUp(['a.c', 'b.c']);
    expect([next(), next()]).toEqual([['a.c', 'b.c'], 'idle']);
  });
  it('builds several once, where each is noted when all are built', () => {
    const { disk, plan } = setUp(['a.c', 'b.c']);
    plan.next(disk.time);
    disk.time += 1000;
    const questions = ['a.c', 'b.c'].map((path) => disk.files.asking(() => void disk.files.readFile(path)));
    for (const [i, one] of questions.entries()) plan.built(i === 0 ? 'a.c' : 'b.c', one);
    expect(plan.next(disk.time).kind).toBe('idle');
  });
  it('builds the one whose text changed, and all that read a header', () => {
    const { disk, next } = setUp(['a.c', 'b.c']);
    next();
    disk.time += 1000;
    disk.write('b.c', 'other');
    expect(next()).toEqual(['b.c', 'changed b.c']);
    disk.write('second/x.h', 'changed');
    expect(next()).toEqual(['a.c', 'b.c', 'changed second/x.h']);
  });
  it('builds for a folder and a header that appear earlier on the path, and when they go', () => {
    const { disk, next } = setUp();
    next();
    disk.time += 1000;
    disk.write('first/y.h', '');
    expect(next()).toEqual(['a.c']);
    disk.write('first/x.h', 'nearer');
    expect(next()).toEqual(['a.c', 'added first/x.h']);
    disk.remove('first/x.h');
    expect(next()).toBe('wait');
    disk.time += 100;
    expect(next()).toEqual(['a.c', 'removed first/x.h']);
  });
  it('does not build for a file that was touched', () => {
    const { disk, next } = setUp();
    next();
    disk.time += 1000;
    disk.write('a.c', 'text');
    expect(next()).toBe('idle');
  });
  it('reads nothing again that was not written, and forgets the text of what was', () => {
    const { disk, next } = setUp();
    next();
    disk.time += 1000;
    next();
    const { reads } = disk;
    next();
    expect(disk.reads).toBe(reads);
    disk.write('a.c', 'other');
    next();
    expect(disk.forgotten).toEqual(['text']);
  });
  it('finds a second write that left the same stamp', () => {
    const { disk, next } = setUp();
    next();
    disk.write('a.c', 'TEXT');
    disk.time += 10;
    expect(next()).toEqual(['a.c', 'changed a.c']);
  });
  it('waits for the other half of a save, but not for ever', () => {
    const { disk, next } = setUp();
    next();
    disk.time += 1000;
    disk.write('a.c', '');
    expect(next()).toBe('wait');
    disk.time += 20;
    disk.write('a.c', 'saved');
    expect(next()).toEqual(['a.c', 'changed a.c']);
    disk.time += 1000;
    disk.remove('a.c');
    expect(next()).toBe('wait');
    disk.time += 200;
    expect(next()).toEqual(['a.c', 'removed a.c']);
    expect(next()).toBe('idle');
  });
});
