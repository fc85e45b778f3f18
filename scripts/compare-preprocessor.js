/**
 * Compares this preprocessor's tokens with clang's, program by program, and shows the first that differs.
 *
 *   node scripts/compare-preprocessor.js --list programs.tsv [--clang clang-19] [name...]
 *
 * A line of the list is: name, tab, source file, tab, flags. Names given on the command line choose lines that contain
 * one of them. Pragmas are left out of the comparison: clang's -E does not expand macros in them.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const { values, positionals } = parseArgs({
  options: { list: { type: 'string' }, clang: { type: 'string', default: 'clang-19' } },
  allowPositionals: true,
});
if (values.list === undefined) {
  console.error('usage: compare-preprocessor.js --list programs.tsv [--clang clang-19] [name...]');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'compare-preprocessor-'));
const bundle = join(folder, 'preprocessor.mjs');
await build({
  stdin: {
    contents: `
      export { preprocess } from './src/preprocessor/preprocess.ts';
      export { defaultFeatures } from './src/preprocessor/feature-sets.ts';
      export { TokenCache } from './src/preprocessor/token-cache.ts';
      export { DiagnosticSink } from './src/diagnostics/diagnostic.ts';
      export { SourceManager } from './src/diagnostics/source-manager.ts';
      export { Interner } from './src/support/interner.ts';
      export { scan } from './src/lexer/scanner.ts';
      export { Tok } from './src/lexer/tokens.ts';`,
    resolveDir: process.cwd(),
  },
  bundle: true,
  format: 'esm',
  platform: 'node',
  outfile: bundle,
  logLevel: 'error',
});
const compiler = await import(pathToFileURL(bundle).href);
rmSync(folder, { recursive: true });

const fileSystem = {
  readFile(path) {
    try {
      return statSync(path).isDirectory()
        ? { kind: 'error', reason: 'is a directory' }
        : { kind: 'file', bytes: readFileSync(path) };
    } catch {
      return { kind: 'missing' };
    }
  },
  isDirectory(path) {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  },
};

/** Directories that clang searches by itself, from `clang -v`. */
const hostDirectories = (() => {
  const { stderr } = spawnSync(values.clang, ['-target', 'bpf', '-E', '-v', '-x', 'c', '/dev/null'], {
    encoding: 'utf8',
  });
  return (/starts here:\n([\s\S]*?)End of search list/.exec(stderr)?.[1] ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('/'));
})();

const standards = { 89: 'c89', 90: 'c89', 99: 'c99', 11: 'c11', 17: 'c17', 23: 'c23' };

/** The preprocessor's options for a clang command line. */
function optionsOf(flags) {
  const options = {
    language: { standard: 'c17', gnu: true },
    target: { cpu: 1, littleEndian: true },
    optimization: '0',
    hosted: true,
    unsignedChar: false,
    actions: [],
    includePaths: { quote: [], angled: [], system: [], after: [] },
    date: '',
    time: '',
    timestamp: '',
    predefined: true,
    features: compiler.defaultFeatures,
    tokenLimit: 32_000_000,
  };
  const { quote, angled, system, after } = options.includePaths;
  const lists = { '-I': angled, '-isystem': system, '-idirafter': after, '-iquote': quote };
  for (let at = 0; at < flags.length; at++) {
    const flag = flags[at];
    const list = Object.keys(lists).find((name) => flag.startsWith(name));
    if (list !== undefined)
      lists[list].push(flag.length > list.length ? flag.slice(list.length) : flags[++at]);
    else if (flag === '-include') options.actions.push({ kind: 'include', path: flags[++at] });
    else if (flag.startsWith('-D'))
      options.actions.push({ kind: 'define', text: flag.slice(2) || flags[++at] });
    else if (flag.startsWith('-U'))
      options.actions.push({ kind: 'undefine', name: flag.slice(2) || flags[++at] });
    else if (flag.startsWith('-mcpu=v')) options.target.cpu = Number(flag.slice(7));
    else if (flag.startsWith('-std=')) {
      const [, kind, year] = /^-std=(gnu|c)(\d+)$/.exec(flag);
      options.language = { standard: standards[year], gnu: kind === 'gnu' };
    } else if (/^-O[0-9szg]$/.test(flag)) options.optimization = flag.slice(2);
  }
  if (!flags.includes('-nostdinc')) system.push(...hostDirectories);
  return options;
}

const interner = new compiler.Interner();
const cache = new compiler.TokenCache(interner);

function ourTokens(source, flags) {
  const sources = new compiler.SourceManager();
  const diagnostics = new compiler.DiagnosticSink();
  const context = { fileSystem, sources, interner, diagnostics, cache };
  const { tokens } = compiler.preprocess(source, optionsOf(flags), context);
  const words = [];
  for (let at = 0; at < tokens.length - 1; at++) {
    if (tokens.kind(at) === compiler.Tok.Pragma) continue;
    const { file, line } = sources.location(tokens.position(at));
    words.push({ text: interner.text(tokens.id(at)), where: () => `${file.name}:${line}` });
  }
  const errors = diagnostics.diagnostics.filter(
    ({ severity }) => severity === 'error' || severity === 'fatal',
  );
  return {
    words,
    errors: errors.map(({ message, span }) => {
      if (span.start === 0) return message;
      const { file, line } = sources.location(span.start);
      return `${file.name}:${line}: ${message}`;
    }),
  };
}

function clangTokens(source, flags) {
  const { stdout, stderr, status } = spawnSync(
    values.clang,
    ['-target', 'bpf', '-E', '-P', ...flags, source],
    {
      encoding: 'latin1',
      maxBuffer: 1 << 28,
    },
  );
  const text = stdout.replace(/^#pragma.*$/gm, '');
  const { tokens } = compiler.scan(text, interner, { trigraphs: false });
  const words = [];
  for (let at = 0; at < tokens.length - 1; at++) words.push(interner.text(tokens.id(at)));
  return { words, isOk: status === 0, stderr };
}

let same = 0;
let ourTime = 0;
let programs = 0;
for (const line of readFileSync(values.list, 'utf8').trim().split('\n')) {
  const [name = '', source = '', flagText = ''] = line.split('\t');
  if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
  programs++;
  const flags = flagText.split(' ').filter((flag) => flag !== '');
  const started = performance.now();
  const ours = ourTokens(source, flags);
  ourTime += performance.now() - started;
  const theirs = clangTokens(source, flags);
  const at = theirs.words.findIndex((word, index) => word !== ours.words[index]?.text);
  const isSame = at < 0 && ours.words.length === theirs.words.length;
  if (isSame && (ours.errors.length === 0) === theirs.isOk) {
    same++;
    continue;
  }
  console.log(`${name}: differs`);
  for (const error of ours.errors.slice(0, 3)) console.log(`  ours:  ${error}`);
  for (const error of theirs.stderr
    .split('\n')
    .filter((text) => / error: /.test(text))
    .slice(0, 3))
    console.log(`  clang: ${error}`);
  if (!isSame) {
    const index = at < 0 ? theirs.words.length : at;
    const from = Math.max(index - 8, 0);
    console.log(
      `  ours:  ${ours.words
        .slice(from, index + 8)
        .map(({ text }) => text)
        .join(' ')}`,
    );
    console.log(`  clang: ${theirs.words.slice(from, index + 8).join(' ')}`);
    console.log(`  at token ${index}, ${ours.words[index]?.where() ?? 'end'}`);
  }
}
console.log(`${same} of ${programs} the same; ${Math.round(ourTime)} ms of ours`);
process.exitCode = same === programs ? 0 : 1;
