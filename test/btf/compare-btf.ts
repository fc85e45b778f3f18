/**
 * Two BTFs of one source compared in meaning: ids, order and what loaders fix up themselves (sizes and offsets of DATASECs
 * of clang's objects) do not count. Each object becomes facts, `key -> text`; equal facts mean that a loader sees the same.
 *
 *   map NAME.MEMBER        the type a member of a map definition points to; records inside by their name
 *   func NAME, var NAME    linkage, type, section, size, tags
 *   struct NAME, ...       definitions of tagged records and enums, and typedefs; `forward` where only declared
 *   core FUNCTION          the CO-RE relocations in a function, each once: kind, type, access string
 *   line FILE:LINE         the text of a source line that some instruction has
 *   ext PLACE              what is wrong with the records of .BTF.ext, of which neither object has any
 *
 * Two compilers inline differently. So a static function or variable that only one of them keeps is no difference, nor is
 * a type that only such a root leads to, nor one that it leads to in full where the other side has a forward declaration:
 * {@link compareObjects} marks these as a consequence of the roots.
 */

import type { BtfType, SectionInfo } from '../../src/btf/format.ts';
import { readBtf, readBtfExt } from '../../src/btf/reader.ts';
import { isElfError, readElf } from '../../src/object/elf-reader.ts';
import { Describer } from './describe-btf.ts';

export type Facts = ReadonlyMap<string, string>;

export interface ObjectBtf {
  readonly types: readonly BtfType[];
  /** The records of .BTF.ext. */
  readonly sections: readonly SectionInfo[];
  /** Bytes of each section of code. */
  readonly codeSizes: ReadonlyMap<string, number>;
}

/** The decoded BTF of an object, or what is wrong with it. */
export function btfOfObject(bytes: Uint8Array): ObjectBtf | string {
  const object = readElf(bytes);
  if (isElfError(object)) return object.message;
  const section = object.sections.find(({ name }) => name === '.BTF');
  const codeSizes = new Map(object.sections.map(({ name, data }) => [name, data.length]));
  if (section === undefined) return { types: [], sections: [], codeSizes };
  const btf = readBtf(section.data);
  if (btf.kind === 'error') return btf.message;
  const extension = object.sections.find(({ name }) => name === '.BTF.ext');
  if (extension === undefined) return { types: btf.types, sections: [], codeSizes };
  const ext = readBtfExt(extension.data, btf.strings);
  return ext.kind === 'error' ? ext.message : { types: btf.types, sections: ext.sections, codeSizes };
}

/** The decoded types of an object, or why there are none. */
export function typesOfObject(bytes: Uint8Array): readonly BtfType[] | string {
  const read = btfOfObject(bytes);
  return typeof read === 'string' ? read : read.types;
}

/** The members of a map definition, each with what it points to. */
function mapFacts(describer: Describer, name: string, id: number, facts: Map<string, string>): void {
  let at = id;
  for (
    let type = describer.at(at);
    type?.kind === 'TYPEDEF' || type?.kind === 'CONST';
    type = describer.at(at)
  ) {
    at = type.type;
  }
  const record = describer.at(at);
  if (record?.kind === 'ARRAY') return mapFacts(describer, `${name}[${record.length}]`, record.type, facts);
  if (record?.kind !== 'STRUCT') return;
  facts.set(`map ${name}`, `size ${record.size}`);
  for (const member of record.members) {
    facts.set(`map ${name}.${member.name}`, `@${member.bitOffset} ${describer.text(member.type)}`);
    // Map in map: the inner definition, behind an array of pointers.
    const array = describer.at(member.type);
    const pointer = array?.kind === 'ARRAY' ? describer.at(array.type) : undefined;
    if (pointer?.kind === 'PTR') mapFacts(describer, `${name}.${member.name}`, pointer.type, facts);
  }
}

/** The key under which a type is a fact; undefined for types that are described where they are used. */
function keyOf(type: BtfType): string | undefined {
  switch (type.kind) {
    case 'STRUCT':
    case 'UNION':
    case 'ENUM':
    case 'ENUM64':
      return type.name === '' ? undefined : `${type.kind.toLowerCase().replace('64', '')} ${type.name}`;
    case 'FWD':
      return `${type.isUnion ? 'union' : 'struct'} ${type.name}`;
    case 'TYPEDEF':
    case 'FUNC':
      return `${type.kind.toLowerCase()} ${type.name}`;
    case 'VAR':
      // Static variables of functions are numbered in the order in which a compiler came to them.
      return `var ${type.name.replace(/\.\d+$/, '')}`;
    default:
      return undefined;
  }
}

function factOf(describer: Describer, type: BtfType, id: number, place: string | undefined): string {
  switch (type.kind) {
    case 'FWD':
      return 'forward';
    case 'TYPEDEF':
      return describer.text(type.type) + describer.tagsOf(id);
    case 'FUNC': {
      const prototype = describer.at(type.type);
      const count = prototype?.kind === 'FUNC_PROTO' ? prototype.parameters.length : 0;
      const tags = Array.from({ length: count }, (_, i) => describer.tagsOf(id, i));
      const where = type.linkage === 'extern' && place !== undefined ? ` in ${place}` : '';
      const text = `${type.linkage} ${describer.text(type.type)}${where}${describer.tagsOf(id)}${tags.join(',')}`;
      return text.replace(/,+$/, '');
    }
    case 'VAR':
      return `${type.linkage} ${describer.text(type.type)} in ${place ?? 'no section'}${describer.tagsOf(id)}`;
    default:
      return describer.definition(id);
  }
}

/** What is wrong with func_info and line_info: the kernel takes neither. */
function extensionFaults({ types, sections, codeSizes }: ObjectBtf): string[] {
  const faults: string[] = [];
  for (const { section, functions, lines, relocations } of sections) {
    const size = codeSizes.get(section) ?? 0;
    const starts = new Set(lines.map(({ offset }) => offset));
    const check = (
      what: string,
      records: readonly { readonly offset: number }[],
      isStrict: boolean,
    ): void => {
      let last = -1;
      for (const { offset } of records) {
        if (offset % 8 !== 0 || offset >= size)
          faults.push(`${section}+${offset}: ${what} at no instruction`);
        if (offset < last || (isStrict && offset === last))
          faults.push(`${section}+${offset}: ${what} not sorted`);
        last = offset;
      }
    };
    check('func_info', functions, true);
    check('line_info', lines, true);
    check('CO-RE relocation', relocations, false);
    for (const { offset, type } of functions) {
      if (types[type - 1]?.kind !== 'FUNC') faults.push(`${section}+${offset}: func_info names no function`);
      if (!starts.has(offset)) faults.push(`${section}+${offset}: the function starts without line_info`);
    }
    for (const { offset, line, file } of lines) {
      if (line === 0 || file === '') faults.push(`${section}+${offset}: line_info without a line`);
    }
  }
  return faults;
}

function extensionFacts(object: ObjectBtf, describer: Describer, facts: Map<string, string>): void {
  for (const { functions, lines, relocations } of object.sections) {
    const found = new Map<number, Set<string>>(functions.map(({ type }) => [type, new Set()]));
    for (const { offset, type, access, kind } of relocations) {
      const owner = functions.findLast((each) => each.offset <= offset)?.type ?? 0;
      found.get(owner)?.add(`${kind} ${describer.text(type)} ${access}`);
    }
    for (const [owner, records] of found) {
      const type = object.types[owner - 1];
      if (type?.kind === 'FUNC') facts.set(`core ${type.name}`, [...records].sort().join('; '));
    }
    for (const { file, line, text } of lines)
      facts.set(`line ${file.replace(/^.*\//, '')}:${line}`, text.trim());
  }
  for (const fault of extensionFaults(object)) facts.set(`ext ${fault}`, 'wrong');
}

export function factsOf(object: ObjectBtf): Facts {
  const { types } = object;
  const describer = new Describer(types);
  const facts = new Map<string, string>();
  /** Several types of one name (of different scopes) stand side by side, sorted. */
  const add = (key: string, text: string): void => {
    const known = facts.get(key);
    if (known === undefined) facts.set(key, text);
    else if (!known.split(' | ').includes(text))
      facts.set(key, [...known.split(' | '), text].sort().join(' | '));
  };
  const places = new Map<number, string>();
  for (const type of types) {
    if (type.kind !== 'DATASEC') continue;
    for (const { type: ref, size } of type.variables) places.set(ref, `${type.name} size ${size}`);
  }
  types.forEach((type, index) => {
    const key = keyOf(type);
    const place = places.get(index + 1);
    if (key !== undefined) add(key, factOf(describer, type, index + 1, place));
    if (type.kind === 'VAR' && place?.startsWith('.maps')) mapFacts(describer, type.name, type.type, facts);
  });
  extensionFacts(object, describer, facts);
  return facts;
}

export interface Difference {
  readonly key: string;
  readonly ours: string | undefined;
  readonly clang: string | undefined;
}

export function compareFacts(ours: Facts, clang: Facts): readonly Difference[] {
  const keys = [...new Set([...ours.keys(), ...clang.keys()])].sort();
  const isDifferent = (key: string): boolean => {
    const [a, b] = [ours.get(key), clang.get(key)];
    // Which lines have instructions is the optimiser's choice.
    if (key.startsWith('line ')) return a !== undefined && b !== undefined && a !== b;
    return a !== b || key.startsWith('ext ');
  };
  return keys.filter(isDifferent).map((key) => ({ key, ours: ours.get(key), clang: clang.get(key) }));
}

/** Ids that a type refers to. */
function referencesOf(type: BtfType): readonly number[] {
  switch (type.kind) {
    case 'STRUCT':
    case 'UNION':
      return type.members.map((member) => member.type);
    case 'FUNC_PROTO':
      return [type.type, ...type.parameters.map((parameter) => parameter.type)];
    case 'INT':
    case 'FLOAT':
    case 'FWD':
    case 'ENUM':
    case 'ENUM64':
    case 'DATASEC':
      return [];
    default:
      return [type.type];
  }
}

/** Keys of all types that roots lead to. */
function reachableKeys(types: readonly BtfType[], roots: readonly number[]): ReadonlySet<string> {
  const seen = new Set<number>();
  const keys = new Set<string>();
  const pending = [...roots];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const type = types[id - 1];
    if (type === undefined || seen.has(id)) continue;
    seen.add(id);
    const key = keyOf(type);
    if (key !== undefined) keys.add(key);
    pending.push(...referencesOf(type));
  }
  return keys;
}

/** What only one side has because of static functions and variables that only it has. */
function ownKeys(object: ObjectBtf, others: Facts): ReadonlySet<string> {
  const isOwn = (key: string) => !others.has(key);
  const roots = object.types.flatMap((type, index) => {
    if (type.kind !== 'FUNC' && type.kind !== 'VAR') return [];
    return type.linkage === 'static' && isOwn(keyOf(type) ?? '') ? [index + 1] : [];
  });
  return reachableKeys(object.types, roots);
}

export interface Comparison {
  /** Differences that nothing explains. */
  readonly differences: readonly Difference[];
  /** Differences that follow from static functions and variables that only one side has. */
  readonly consequences: readonly Difference[];
}

export function compareObjects(ours: ObjectBtf, clang: ObjectBtf): Comparison {
  const [a, b] = [factsOf(ours), factsOf(clang)];
  const [oursOnly, clangOnly] = [ownKeys(ours, b), ownKeys(clang, a)];
  const isLess = (text: string | undefined) => text === undefined || text === 'forward';
  const hasOwnCode = [...oursOnly, ...clangOnly].some((key) => key.startsWith('func '));
  // Where a function went into another one, so did its relocations.
  const isConsequence = (difference: Difference): boolean =>
    (hasOwnCode && difference.key.startsWith('core ')) ||
    (isLess(difference.ours) && clangOnly.has(difference.key)) ||
    (isLess(difference.clang) && oursOnly.has(difference.key));
  const all = compareFacts(a, b);
  return {
    differences: all.filter((each) => !isConsequence(each)),
    consequences: all.filter(isConsequence),
  };
}

export function showDifference({ key, ours, clang }: Difference): string {
  return `${key}\n    ours:  ${ours ?? '(none)'}\n    clang: ${clang ?? '(none)'}`;
}
