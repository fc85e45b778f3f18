/**
 * What passes may know about the world around a module: the helper table, the sections' program types, the contexts'
 * layouts and the C types of maps and functions -> `TargetFacts`.
 *
 * Parameters of global functions follow the kernel's reading of their BTF (kernel/bpf/btf.c, `btf_prepare_func_args`): a tag
 * or the struct's name makes a context, a sized type plain memory.
 */

import type { SymbolId } from '../ir/func.ts';
import type { IrSymbol, Module } from '../ir/module.ts';
import type { Provenance } from '../ir/provenance-kinds.ts';
import type { ArgumentFacts, FunctionFacts, HelperFacts, MapFacts, TargetFacts } from '../ir/target-facts.ts';
import {
  argumentMeaning,
  type Helper,
  type HelperParameter,
  helperById,
  type ReturnKind,
} from '../isa/helpers.ts';
import { type ContextLayout, contextLayout, contextRules } from '../object/context-layouts.ts';
import { MAP_TYPES, type MapTypeName } from '../object/map-types.ts';
import { type ProgramSection, type ProgramTypeName, programTypeOf } from '../object/program-sections.ts';
import type { TypedSymbol } from '../sema/typed-tree.ts';
import { addressSpaceOf, type CType, canonical, type Parameter, sizeOf } from '../types/types.ts';

/** A writable raw tracepoint is not among them: its first argument is a buffer. */
const wordArguments: ReadonlySet<ProgramTypeName> = new Set([
  'raw_tracepoint',
  'tracing',
  'lsm',
  'struct_ops',
]);

/** Programs whose result the verifier does not check (kernel/bpf/verifier.c, `check_return_code`), unless they are sessions. */
const uncheckedResults: ReadonlySet<ProgramTypeName> = new Set([
  'socket_filter',
  'sched_cls',
  'sched_act',
  'xdp',
  'kprobe',
  'tracepoint',
  'perf_event',
  'raw_tracepoint',
  'raw_tracepoint_writable',
  'sk_skb',
  'sk_msg',
  'lwt_in',
  'lwt_out',
  'lwt_xmit',
  'lwt_seg6local',
  'sk_reuseport',
]);

/** The address space of arena pointers (`__arena`). */
const arenaSpace = 1;

const resultProvenance: Readonly<Record<ReturnKind, Provenance>> = {
  void: 'scalar',
  integer: 'scalar',
  'map-value': 'map_value',
  'map-value-or-null': 'map_value',
  'socket-or-null': 'socket',
  'tcp-socket-or-null': 'socket',
  'socket-common-or-null': 'socket',
  'ringbuf-memory-or-null': 'memory',
  'dynptr-memory-or-null': 'memory',
  btf: 'btf',
  'btf-or-null': 'btf',
  'percpu-btf': 'btf',
  'percpu-btf-or-null': 'btf',
};

/** An address given as a number may be read (`bpf_probe_read`, `%s` of a format), whatever is behind it. */
const probed: ArgumentFacts = { access: 'read', size: 'object', isFilled: false, isTracked: false };

function argumentFacts(parameter: HelperParameter): ArgumentFacts {
  const { pointer, access, size, contents } = argumentMeaning(parameter);
  if (!pointer) return probed;
  return {
    access: contents === 'wanted' ? 'read-write' : access,
    size,
    isFilled: contents === 'filled',
    isTracked: contents === 'tracked',
  };
}

function helperFacts(helper: Helper): HelperFacts {
  const mapArgument = helper.parameters.findIndex(({ kind }) => kind === 'map');
  return {
    name: helper.name,
    arguments: helper.parameters.map(argumentFacts),
    rest: probed,
    mapArgument: mapArgument < 0 ? undefined : mapArgument,
    result: resultProvenance[helper.returns],
    changesPacketData: helper.changesPacketData,
  };
}

/** Map types by what a lookup yields; for all others it yields a value. */
const elementProvenance: Readonly<Partial<Record<MapTypeName, Provenance>>> = {
  array_of_maps: 'map',
  hash_of_maps: 'map',
  sockmap: 'socket',
  sockhash: 'socket',
  xskmap: 'socket',
};

function makeMapFacts(type: number, keySize: number | undefined, valueSize: number | undefined): MapFacts {
  const name = MAP_TYPES[type];
  const element = name === undefined ? 'unknown' : (elementProvenance[name] ?? 'map_value');
  return { type: name, element, keySize, valueSize };
}

/** `__uint(name, n)` is a pointer to an array of n elements. */
function encodedNumber(type: CType): number | undefined {
  const pointer = canonical(type);
  const array = pointer.kind === 'pointer' ? canonical(pointer.pointee) : pointer;
  return array.kind === 'array' ? array.length : undefined;
}

/** A map of section `.maps`: a struct whose members encode the attributes, as libbpf reads them. */
function btfMap(type: CType): MapFacts | undefined {
  const record = canonical(type);
  if (record.kind !== 'record') return undefined;
  const member = (name: string): CType | undefined =>
    record.layout?.members.find((one) => one.name === name)?.type;
  const number = (name: string): number | undefined => {
    const found = member(name);
    return found === undefined ? undefined : encodedNumber(found);
  };
  const pointeeSize = (name: string): number | undefined => {
    const found = canonical(member(name) ?? type);
    return found.kind === 'pointer' ? sizeOf(found.pointee) : undefined;
  };
  return makeMapFacts(
    number('type') ?? -1,
    pointeeSize('key') ?? number('key_size'),
    pointeeSize('value') ?? number('value_size'),
  );
}

/** A map of the legacy section `maps`: numbers of 32 bits, of which type, key and value size come first. */
function legacyMap(symbol: IrSymbol, littleEndian: boolean): MapFacts | undefined {
  const bytes = symbol.data?.bytes;
  if (bytes === undefined || bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const number = (index: number): number => view.getUint32(index * 4, littleEndian);
  return makeMapFacts(number(0), number(1), number(2));
}

const isLegacyMaps = (section: string): boolean => section === 'maps' || section.startsWith('maps/');

/** The context struct that a pointer type names. */
function contextOf(type: CType): ContextLayout | undefined {
  const pointer = canonical(type);
  if (pointer.kind !== 'pointer') return undefined;
  const record = canonical(pointer.pointee);
  return record.kind === 'record' && record.tag !== undefined ? contextLayout(record.tag) : undefined;
}

const tagProvenance: readonly (readonly [tag: string, provenance: Provenance])[] = [
  ['arg:ctx', 'ctx'],
  ['arg:arena', 'arena'],
  ['arg:trusted', 'btf'],
  ['arg:untrusted', 'kernel'],
];

/** What the verifier lets others pass to a global function. */
function parameterProvenance({ type, declTags }: Parameter): Provenance {
  const pointer = canonical(type);
  if (pointer.kind !== 'pointer') return 'scalar';
  for (const [tag, provenance] of tagProvenance) if (declTags.includes(tag)) return provenance;
  if (addressSpaceOf(pointer.pointee) === arenaSpace) return 'arena';
  if (contextOf(type) !== undefined) return 'ctx';
  const pointee = canonical(pointer.pointee);
  if (pointee.kind === 'record' && pointee.tag === 'bpf_dynptr') return 'argument';
  return sizeOf(pointer.pointee) === undefined ? 'argument' : 'memory';
}

/** Kernel functions that give memory of a known size. */
const memoryFunctions: ReadonlySet<string> = new Set(['bpf_dynptr_slice', 'bpf_dynptr_slice_rdwr']);

function externResult(name: string, returns: CType): Provenance {
  if (memoryFunctions.has(name)) return 'memory';
  const pointer = canonical(returns);
  if (pointer.kind !== 'pointer') return 'scalar';
  if (addressSpaceOf(pointer.pointee) === arenaSpace) return 'arena';
  return canonical(pointer.pointee).kind === 'record' ? 'btf' : 'unknown';
}

export interface FactSources {
  readonly module: Module;
  /** The C symbol behind a symbol of the module, where there is one. */
  readonly sourceSymbols: ReadonlyMap<SymbolId, TypedSymbol>;
  readonly littleEndian: boolean;
}

class ModuleFacts implements TargetFacts {
  private readonly sources: FactSources;
  private readonly helpers = new Map<bigint, HelperFacts | undefined>();
  private readonly maps = new Map<SymbolId, MapFacts | undefined>();

  constructor(sources: FactSources) {
    this.sources = sources;
  }

  helper(number: bigint): HelperFacts | undefined {
    const known = this.helpers.get(number);
    if (known !== undefined) return known;
    const row = helperById(Number(BigInt.asIntN(32, number)));
    const facts = row === undefined ? undefined : helperFacts(row);
    this.helpers.set(number, facts);
    return facts;
  }

  map(id: SymbolId): MapFacts | undefined {
    if (this.maps.has(id)) return this.maps.get(id);
    const facts = this.makeMap(id);
    this.maps.set(id, facts);
    return facts;
  }

  private makeMap(id: SymbolId): MapFacts | undefined {
    const symbol = this.sources.module.symbol(id);
    const section = symbol.section ?? '';
    if (isLegacyMaps(section)) return legacyMap(symbol, this.sources.littleEndian);
    const source = this.sources.sourceSymbols.get(id);
    return section === '.maps' && source?.kind === 'object' ? btfMap(source.type) : undefined;
  }

  function(id: SymbolId): FunctionFacts | undefined {
    const symbol = this.sources.module.symbol(id);
    if (symbol.kind !== 'function') return undefined;
    const source = this.sources.sourceSymbols.get(id);
    const type = source?.kind === 'function' ? source.type : undefined;
    if (symbol.func === undefined) {
      return { parameters: undefined, result: type ? externResult(symbol.name, type.returns) : 'unknown' };
    }
    return { parameters: this.parameters(symbol, type?.parameters), result: 'unknown' };
  }

  private parameters(
    symbol: IrSymbol,
    declared: readonly Parameter[] | undefined,
  ): readonly Provenance[] | undefined {
    if (symbol.linkage === 'internal') return undefined;
    const count = symbol.func?.parameterTypes.length ?? 0;
    const all = (provenance: Provenance): Provenance[] => new Array<Provenance>(count).fill(provenance);
    if (isProgram(symbol))
      return all(programTypeOf(symbol.section ?? '')?.type === 'ext' ? 'argument' : 'ctx');
    // Hidden functions are verified with their callers, which may be in other objects.
    if (symbol.visibility !== 'default' || declared?.length !== count) return all('argument');
    return declared.map(parameterProvenance);
  }

  variable(id: SymbolId): Provenance {
    const symbol = this.sources.module.symbol(id);
    if (symbol.kind === 'function') return 'function';
    const section = symbol.section ?? '';
    if (section === '.maps' || isLegacyMaps(section)) return 'map';
    if (section === '.ksyms') return 'kernel';
    if (section.startsWith('.arena') || section.startsWith('.addr_space')) return 'arena';
    return section.startsWith('.struct_ops') ? 'unknown' : 'global';
  }

  contextField(func: SymbolId, offset: bigint, bytes: number): Provenance {
    const layout = this.contextOf(func);
    if (layout === undefined) return 'unknown';
    if (layout.struct === 'arguments') return bytes < 8 ? 'scalar' : 'btf';
    for (const field of layout.fields) {
      const start = BigInt(field.offset);
      if (offset < start || offset >= start + BigInt(field.size * field.count)) continue;
      if (field.pointee === undefined) return 'scalar';
      return offset === start && bytes === field.size ? field.pointee : 'unknown';
    }
    return 'scalar';
  }

  hasWordArguments(func: SymbolId): boolean {
    const section = this.sectionOf(func);
    // An iterator's context is a struct of its own, that of `freplace` is the replaced function's.
    return section !== undefined && wordArguments.has(section.type) && section.attachType !== 'trace_iter';
  }

  returnsAnything(func: SymbolId): boolean {
    const section = this.sectionOf(func);
    if (section === undefined || !uncheckedResults.has(section.type)) return false;
    return section.attachType !== 'trace_kprobe_session' && section.attachType !== 'trace_uprobe_session';
  }

  private sectionOf(func: SymbolId): ProgramSection | undefined {
    const symbol = this.sources.module.symbol(func);
    return isProgram(symbol) ? programTypeOf(symbol.section ?? '') : undefined;
  }

  private contextOf(func: SymbolId): ContextLayout | undefined {
    const type = this.sectionOf(func)?.type;
    if (type !== undefined) return contextRules(type)?.layout;
    const source = this.sources.sourceSymbols.get(func);
    if (source?.kind !== 'function') return undefined;
    for (const parameter of source.type.parameters) {
      const layout = contextOf(parameter.type);
      if (layout !== undefined) return layout;
    }
    return undefined;
  }
}

/** A function that the kernel enters: global, in a section of its own kind. */
function isProgram(symbol: IrSymbol): boolean {
  return symbol.linkage !== 'internal' && symbol.section !== undefined && symbol.section !== '.text';
}

export function targetFacts(sources: FactSources): TargetFacts {
  return new ModuleFacts(sources);
}
