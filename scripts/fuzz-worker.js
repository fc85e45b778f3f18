/** The process of `fuzz.js` that mutates files and runs the product's code on them. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeHost } from '../src/cli/node-host.ts';
import { renderDiagnostics } from '../src/diagnostics/render.ts';
import { parseCommandLine } from '../src/driver/command-line.ts';
import { compileSource } from '../src/driver/compile.ts';
import { dumpBtf } from '../src/driver/dump-btf.ts';
import { createSession } from '../src/driver/session.ts';
import { explainLog } from '../src/explain/index.ts';
import { readObjectFacts } from '../src/explain/object-facts.ts';
import { explanationData, renderExplanations } from '../src/explain/render.ts';
import { isElfError, readElf } from '../src/object/elf-reader.ts';
import { writeListing } from '../src/object/listing.ts';
import { createMachine, LoadError, loadObject } from '../src/vm/index.ts';

/** Numbers that follow from the seed alone (mulberry32). */
function randomFrom(seed) {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const numbers =
  '0 1 -1 3 0x7fffffff 0x80000000 0xffffffffffffffff 65536 4294967296ul -2147483648 31 63 64'.split(' ');
const operators = '+ - * / % & | ^ << >> < > <= >= == != && || = += -= *= , ?'.split(' ');
const types =
  'char,unsigned char,short,int,unsigned,long,unsigned long,_Bool,void,float,__int128,volatile int,const char,int *'.split(
    ',',
  );
const words = [
  ...'"" { } ( ) * & ; , ## -> [ ] ? : ... # struct union enum static const return goto if for while do switch'.split(
    ' ',
  ),
  ...'case break continue sizeof __builtin_memcpy __builtin_preserve_access_index asm #define typedef __packed'.split(
    ' ',
  ),
];
const isNumber = (token) => /^\d/.test(token);
const isOperator = (token) => operators.includes(token);
const isType = (token) => types.includes(token);
const isName = (token) => /^[a-zA-Z_]\w*$/.test(token);

/** Changes after which a program mostly still compiles: other numbers, operators, types, names, lines twice or not at all. */
function mutateGently(text, random) {
  const lines = text.split('\n');
  const at = random(lines.length);
  const which = random(8);
  if (which === 0) lines.splice(at, 0, lines[at] ?? '');
  if (which === 1) lines.splice(at, 1);
  if (which === 2) lines.splice(at, 0, ...lines.slice(random(lines.length)).slice(0, 1 + random(3)));
  const tokens = lines.join('\n').match(tokenPattern) ?? [''];
  for (let rounds = 1 + random(3); rounds > 0; rounds--) {
    const kind = [isNumber, isOperator, isType, isName][random(4)];
    const places = tokens.flatMap((token, place) => (kind(token) ? [place] : []));
    const place = places[random(Math.max(1, places.length))];
    if (place === undefined) continue;
    const list =
      kind === isNumber ? numbers : kind === isOperator ? operators : kind === isType ? types : undefined;
    tokens[place] = list === undefined ? tokens[places[random(places.length)]] : list[random(list.length)];
  }
  return tokens.join('');
}

const tokenPattern = /\w+|"(?:[^"\\\n]|\\.)*"|\s+|<<|>>|[-+*/%&|^<>=!]=|&&|\|\||->|[^\w\s]/g;

function mutateText(text, random) {
  if (random(3) > 0) return mutateGently(text, random);
  const tokens = text.match(tokenPattern) ?? [''];
  const places = tokens.flatMap((token, at) => (/^\s/.test(token) ? [] : [at]));
  const anywhere = () => places[random(places.length)] ?? 0;
  for (let rounds = 1 + random(4); rounds > 0; rounds--) {
    const at = anywhere();
    const near = Math.min(tokens.length - 1, at + random(12));
    switch (random(9)) {
      case 0:
        tokens[at] = '';
        break;
      case 1:
        tokens[at] += ` ${tokens[at]}`;
        break;
      case 2:
        [tokens[at], tokens[near]] = [tokens[near], tokens[at]];
        break;
      case 3:
        tokens[at] = tokens[anywhere()];
        break;
      case 4:
        tokens[at] = words[random(words.length)];
        break;
      case 5:
        for (let i = at; i < near; i++) tokens[i] = '';
        break;
      case 6:
        tokens[at] += tokens.slice(anywhere()).slice(0, random(40)).join('');
        break;
      case 7:
        tokens[at] = /^\d/.test(tokens[at]) ? numbers[random(numbers.length)] : tokens[anywhere()];
        break;
      default:
        tokens[at] = String.fromCharCode(random(256)) + tokens[at].slice(1);
    }
  }
  return tokens.join('');
}

const fields = [0, 1, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000, 0xffff];

function mutateBytes(original, random) {
  let bytes = Uint8Array.from(original);
  for (let rounds = 1 + random(8); rounds > 0 && bytes.length > 8; rounds--) {
    const at = random(random(2) === 0 ? Math.min(bytes.length, 256) : bytes.length);
    const view = new DataView(bytes.buffer);
    switch (random(6)) {
      case 0:
        bytes[at] ^= 1 << random(8);
        break;
      case 1:
        bytes[at] = random(256);
        break;
      case 2:
        if (at + 4 <= bytes.length)
          view.setUint32(at & ~3 ? (at & ~3) - 4 : 0, fields[random(fields.length)], true);
        break;
      case 3:
        bytes.copyWithin(at, random(bytes.length), random(bytes.length));
        break;
      case 4:
        if (at + 8 <= bytes.length)
          view.setUint32(at & ~3, view.getUint32(at & ~3, true) + random(9) - 4, true);
        break;
      default:
        if (random(4) === 0) bytes = bytes.slice(0, at);
    }
  }
  return bytes;
}

const session = { current: createSession(), used: 0 };

function compile(path, text, flags) {
  if (session.used++ % 50 === 49) session.current = createSession();
  const host = nodeHost();
  const { options, errors } = parseCommandLine([...flags, path]);
  if (errors.length > 0) throw new Error(errors.join());
  const bytes = Buffer.from(text, 'latin1');
  const fileSystem = {
    readFile: (name) => (name === path ? { kind: 'file', bytes } : host.fileSystem.readFile(name)),
    isDirectory: (name) => host.fileSystem.isDirectory(name),
  };
  const result = compileSource({
    session: session.current,
    host: { ...host, fileSystem },
    path,
    outputName: 'a.o',
    options: { ...options, noWarnings: false },
  });
  const rendered = renderDiagnostics(result.diagnostics, result.sources);
  if (result.object === undefined && !/error:/.test(rendered)) throw new Error('neither object nor error');
  if (result.object !== undefined && /(^|\s)error:/.test(rendered)) throw new Error('object and error');
  return result.object;
}

const levels = ['-O2', '-O2', '-O0', '-O1', '-Os', '-Osize', '-Overify', '-O2'];

function runObject(bytes) {
  const elf = readElf(bytes);
  readObjectFacts(bytes, undefined);
  dumpBtf(bytes, { type: [], format: 'c' });
  dumpBtf(bytes, { type: [], format: 'raw' });
  if (isElfError(elf)) return false;
  writeListing(elf, {});
  try {
    const object = loadObject(elf);
    const machine = createMachine(object, { stepLimit: 20_000 });
    for (const { name } of object.functions.slice(0, 3))
      machine.program(name).run({ packet: new Uint8Array(64) });
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return false;
  }
  return true;
}

function runIn(loaded, name, packet) {
  try {
    return createMachine(loaded, { stepLimit: 200_000 }).program(name).run({ packet });
  } catch (error) {
    if (error instanceof LoadError) return undefined;
    throw error;
  }
}

/** Three packets through every program of a text at a level; undefined where it does not compile, or something was not as verified programs are. */
function runAt(path, text, flags) {
  const object = compile(path, text, flags);
  if (object === undefined) return undefined;
  const loaded = loadObject(readElf(object));
  const results = [];
  for (const { name, program } of loaded.functions) {
    if (program === undefined) continue;
    for (const fill of [0, 7, 255]) {
      const packet = Uint8Array.from({ length: 64 }, (_, i) => (i * fill) & 255);
      const run = runIn(loaded, name, packet);
      if (run === undefined || run.fault !== undefined) return undefined;
      results.push(`${name}: ${run.returnValue} ${run.packet?.join()} ${run.printk.join()}`);
    }
  }
  return results.join('\n');
}

const kinds = {
  /** The machine at -O0 against -O2; what differs may have undefined behaviour. */
  levels({ path, flags }, random) {
    const text = mutateGently(readFileSync(path, 'latin1'), random);
    return {
      content: text,
      run: () => {
        const strict = [
          ...flags,
          '-Werror=uninitialized',
          '-Werror=shift-count-overflow',
          '-Werror=shift-count-negative',
        ];
        const plain = runAt(path, text, [...strict, '-O0']);
        if (plain === undefined) return false;
        for (const level of ['-O2', '-Osize', '-Overify']) {
          const optimised = runAt(path, text, [...strict, level]);
          if (optimised !== undefined && optimised !== plain)
            throw new Error(`${level} differs: ${optimised.slice(0, 200)}, at -O0 ${plain.slice(0, 200)}`);
        }
        return true;
      },
    };
  },
  c({ path, flags }, random) {
    const text = mutateText(readFileSync(path, 'latin1'), random);
    const level = levels[random(levels.length)];
    const extra = random(3) === 0 ? ['-mcpu=v1'] : random(3) === 0 ? ['-mcpu=v4'] : [];
    return {
      content: text,
      run: () => compile(path, text, [...flags, level, ...extra, '--check']) !== undefined,
    };
  },
  object({ path }, random) {
    const bytes = mutateBytes(readFileSync(path), random);
    return { content: bytes, run: () => runObject(bytes) };
  },
  log({ path }, random) {
    const text = mutateText(readFileSync(path, 'latin1'), random);
    return {
      content: text,
      run: () => {
        const explained = explainLog(text, undefined, undefined);
        renderExplanations(explained, {});
        JSON.stringify(explanationData(explained));
        return explained.length > 0;
      },
    };
  },
  btf({ path }, random) {
    const bytes = mutateBytes(readFileSync(path), random);
    return {
      content: bytes,
      run: () => {
        const printed = dumpBtf(bytes, { type: [], format: 'c' });
        dumpBtf(bytes, { type: [], format: 'raw' });
        return 'text' in printed;
      },
    };
  },
};

let request = { inputs: [], kind: 'c', out: '.' };

function tryOne(seed) {
  const random = randomFrom(seed);
  const input = request.inputs[random(request.inputs.length)];
  const { content, run } = kinds[request.kind](input, random);
  // Kept before it runs: it may not come back.
  const kept = join(request.out, `${seed}-${input.path.split('/').at(-1)}`);
  writeFileSync(join(request.out, `running-${process.pid}`), content, 'latin1');
  const start = process.cpuUsage();
  let outcome = 'failed';
  let message = input.path;
  try {
    outcome = run() ? 'object' : 'diagnostics';
  } catch (error) {
    message = `${input.path}: ${error instanceof Error ? error.stack.split('\n').slice(0, 6).join('\n') : error}`;
  }
  const { user, system } = process.cpuUsage(start);
  const ms = (user + system) / 1000;
  if (outcome === 'failed' || ms > 10_000) writeFileSync(kept, content, 'latin1');
  process.send({ outcome, message, ms });
}

process.on('message', (message) => {
  if (message.inputs !== undefined) request = message;
  else tryOne(message.seed);
});
process.on('disconnect', () => process.exit(0));
