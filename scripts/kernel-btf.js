/**
 * Writes the BTF that the package brings along for machines whose kernel offers none: the types of a kernel, without functions,
 * variables, sections and tags, compressed.
 *
 *   node scripts/kernel-btf.js [BTF]     (default: /sys/kernel/btf/vmlinux)
 *
 * What it describes is facts about a kernel: names, sizes, offsets. The names in it say which kernel: the file is called by
 * release and machine, and src/cli/node-host.ts shows that name in messages.
 */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { machine, release } from 'node:os';
import { join } from 'node:path';
import { constants, gzipSync } from 'node:zlib';
import { importTypeScript, root } from './support.js';

const { readBtf } = await importTypeScript('src/btf/reader.ts');
const { BtfStrings, writeBtf } = await importTypeScript('src/btf/writer.ts');

const dropped = new Set(['FUNC', 'VAR', 'DATASEC', 'DECL_TAG']);

/** The references of a type, and the type with others in their place. */
function withReferences(type, change) {
  const changed = { ...type };
  for (const key of ['type', 'indexType']) if (key in type) changed[key] = change(type[key]);
  for (const key of ['members', 'parameters']) {
    if (key in type) changed[key] = type[key].map((each) => ({ ...each, type: change(each.type) }));
  }
  return changed;
}

/** All types with a name, and what they refer to; prototypes that only functions had go. */
function reachable(types) {
  const found = new Set();
  const stack = [];
  const add = (id) => {
    if (id === 0 || found.has(id)) return id;
    found.add(id);
    stack.push(id);
    return id;
  };
  types.forEach((type, i) => {
    const isEnum = type.kind.startsWith('ENUM');
    if (!dropped.has(type.kind) && (type.name || isEnum)) add(i + 1);
  });
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) withReferences(types[id - 1], add);
  return found;
}

const read = readBtf(readFileSync(process.argv[2] ?? '/sys/kernel/btf/vmlinux'));
if (read.kind === 'error') throw new Error(read.message);
const kept = [...reachable(read.types)].sort((a, b) => a - b);
const numbers = new Map(kept.map((id, i) => [id, i + 1]));
const types = kept.map((id) => withReferences(read.types[id - 1], (old) => numbers.get(old) ?? 0));
const bytes = writeBtf(types, new BtfStrings(), true);
const packed = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
const folder = join(root, 'sysroot/bpfcc-ts');
const name = `linux-${release().split('.').slice(0, 2).join('.')}-${machine()}.btf.gz`;
for (const old of readdirSync(folder)) if (old.endsWith('.btf.gz')) rmSync(join(folder, old));
writeFileSync(join(folder, name), packed);
console.log(`${name}: ${types.length} types, ${bytes.length} bytes, ${packed.length} compressed`);
