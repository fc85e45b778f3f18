/**
 * `npm run bench`: the machine's speed beside a plain interpreter in C; cold compile time and peak memory of our command and of
 * clang-19, in turn in one run. `-- compile` and `-- watch` measure more programs and rebuilding: bench-compile.js, bench-watch.js.
 *
 * What is timed is a new process of the installed package's command (installed-command.js) from its start to its end, as a shell runs it from
 * the second compile on: a first round, not counted, warms the file cache and leaves our snapshot or compiled code. Memory is the
 * largest process's.
 *
 * Programs: examples/sockex2_kern.c with no flags of its own, and the kernel's samples/bpf/sockex2_kern.c with the kernel's
 * flags, where a corpus is set up (folder in $CORPUS, else bpf-corpus in the temporary folder). For the kernel's sample clang goes the
 * kernel's own way: host front end, then opt and llc for BPF.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchCompile } from './bench-compile.js';
import { benchWatch } from './bench-watch.js';
import { cachesAreFilled, installCommand, plainEnvironment } from './installed-command.js';
import { measure, median, readList } from './measure.js';
import { root } from './support.js';

const rounds = Number(process.env.ROUNDS ?? 11);

/** Alternates the contestants, so that both see the same machine. */
async function compare(title, contestants) {
  const results = contestants.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { steps, env }] of contestants.entries()) {
      let ms = 0;
      let mb = 0;
      for (const step of steps) {
        const once = await measure(step, { env });
        ms += once.ms;
        mb = Math.max(mb, once.mb);
      }
      if (round > 0) results[i].push({ ms, mb });
    }
    if (round === 0) await cachesAreFilled(folder);
  }
  const rows = contestants.map(({ name }, i) => ({
    name,
    ms: median(results[i].map((r) => r.ms)),
    mb: median(results[i].map((r) => r.mb)),
  }));
  console.log(`\n${title} (median of ${rounds})`);
  const base = rows.at(-1);
  for (const { name, ms, mb } of rows) {
    const ratios = `${(ms / base.ms).toFixed(2)} x time, ${(mb / base.mb).toFixed(2)} x memory`;
    console.log(
      `  ${name.padEnd(10)} ${ms.toFixed(0).padStart(6)} ms ${mb.toFixed(0).padStart(6)} MB   ${ratios}`,
    );
  }
}

const sections = { compile: benchCompile, watch: benchWatch };
const section = sections[process.argv[2]];
if (section !== undefined) {
  await section();
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'bpfcc-bench-'));
const installed = await installCommand(folder);
const out = (name) => join(folder, name);
await measureMachine();

/** The machine's loops and the same code in scripts/interpreter.c, in turn. */
async function measureMachine() {
  const { benchPrograms, measureSpeed } = await import('../dist/machine.js');
  const native = out('interpreter');
  const hasNative = spawnSync('gcc', ['-O2', join(root, 'scripts/interpreter.c'), '-o', native]).status === 0;
  console.log('\nthe machine (best of 5, millions of instructions a second)');
  const best = new Map();
  const note = (name, speed) => best.set(name, Math.max(best.get(name) ?? 0, speed));
  for (let round = 0; round < 5; round++) {
    for (const { name, millionsPerSecond } of measureSpeed()) note(name, millionsPerSecond);
    if (!hasNative) continue;
    for (const { name, code } of benchPrograms()) {
      writeFileSync(out(name), code);
      const [steps, seconds] = spawnSync(native, [out(name)], { encoding: 'utf8' })
        .stdout.split(' ')
        .map(Number);
      note(`${name}, in C`, steps / seconds / 1e6);
    }
  }
  for (const [name, speed] of best) console.log(`  ${name.padEnd(20)} ${speed.toFixed(0).padStart(6)}`);
}

if (spawnSync('clang-19', ['--version']).status !== 0) {
  console.log('bench: clang-19 is not installed, there is nothing to compare with');
  rmSync(folder, { recursive: true });
  process.exit(0);
}

const ours = (...args) => ({
  name: 'bpfcc-ts',
  steps: [[installed.command, '-w', ...args]],
  env: installed.env,
});
const clang = (...steps) => ({ name: 'clang-19', steps, env: plainEnvironment() });
const example = join(root, 'examples/sockex2_kern.c');
const headers = ['-nostdinc', '-isystem', join(root, 'sysroot')];
await compare('examples/sockex2_kern.c, no flags', [
  ours('-c', example, '-o', out('ours.o')),
  clang(['clang-19', '-target', 'bpf', '-O2', '-g', ...headers, '-c', example, '-o', out('clang.o')]),
]);

const corpus = process.env.CORPUS ?? join(tmpdir(), 'bpf-corpus');
const list = join(corpus, 'list.tsv');
const row = existsSync(list) ? readList(list).find(({ name }) => name === 'samples/sockex2_kern') : undefined;
if (row !== undefined) {
  const { source, flags } = row;
  const [bc, opt] = [out('s.bc'), out('s.opt')];
  const host = ['-w', '-fno-asynchronous-unwind-tables', '-fcf-protection=none'];
  const unoptimized = ['-emit-llvm', '-Xclang', '-disable-llvm-passes'];
  await compare("the kernel's samples/bpf/sockex2_kern.c, the kernel's flags", [
    ours(...flags, '-c', source, '-o', out('sample.o')),
    clang(
      ['clang-19', ...host, ...flags, ...unoptimized, '-c', source, '-o', bc],
      ['opt-19', '-O2', '-mtriple=bpf-pc-linux', bc, '-o', opt],
      ['llc-19', '-march=bpf', '-filetype=obj', opt, '-o', out('sample19.o')],
    ),
  ]);
}
rmSync(folder, { recursive: true, force: true });
