/**
 * For the build: members of frozen tables of numbers (`Op.add`, `Type.i32`) become the numbers.
 *
 * The tables are objects because enums are not erasable TypeScript, but a member of an object is looked up each time, and a switch
 * over such members compares them one after the other. With numbers in their place V8 makes a jump table, and code
 * that runs a few times only, as most of a compile does, takes a tenth less.
 */

import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { importTypeScriptAll, root } from './support.js';

const modules = [
  'src/codegen/machine.ts',
  'src/ir/func.ts',
  'src/ir/ops.ts',
  'src/ir/types.ts',
  'src/isa/table.ts',
  'src/lexer/characters.ts',
  'src/lexer/token-columns.ts',
  'src/lexer/tokens.ts',
  'src/preprocessor/macro.ts',
  'src/regalloc/interval.ts',
  'src/regalloc/live-ranges.ts',
];

const isTable = (value) =>
  typeof value === 'object' &&
  Object.isFrozen(value) &&
  !Array.isArray(value) &&
  Object.values(value).every(Number.isInteger);

/** The tables of each module: module -> name -> table. */
async function readTables() {
  const tables = new Map();
  for (const [path, exported] of await importTypeScriptAll(modules)) {
    const names = Object.entries(exported).filter(([, value]) => isTable(value));
    if (names.length === 0) throw new Error(`${path} has no table of numbers`);
    tables.set(path, new Map(names));
  }
  return tables;
}

/** The tables that a module imports: name -> table. */
function importedTables(tables, path, text) {
  const found = new Map();
  for (const [, names, from] of text.matchAll(/^import \{([^}]*)\} from '([^']*)';$/gm)) {
    const known = tables.get(
      relative(root, resolve(dirname(path), from))
        .split(sep)
        .join('/'),
    );
    if (known === undefined) continue;
    for (const name of names.split(',').map((one) => one.trim())) {
      if (known.has(name)) found.set(name, known.get(name));
    }
  }
  return found;
}

/** An esbuild plugin. */
export async function constantTables() {
  const tables = await readTables();
  return {
    name: 'constant-tables',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (!path.startsWith(join(root, 'src'))) return undefined;
        const text = readFileSync(path, 'utf8');
        const found = importedTables(tables, path, text);
        if (found.size === 0) return undefined;
        const members = new RegExp(String.raw`(?<![\w$.'])(${[...found.keys()].join('|')})\.(\w+)\b`, 'g');
        const contents = text.replace(members, (all, name, member) => found.get(name)[member] ?? all);
        return { contents, loader: 'ts' };
      });
    },
  };
}
