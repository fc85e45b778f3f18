/**
 * What analyses and passes may ask about the world around a module: the kernel's helpers, the maps, the
 * programs' contexts and the functions that others call or provide. The driver answers from its tables (helpers, program
 * sections, context layouts) and from the C types; a module that was read from text has no more than its sections say.
 */

import type { SymbolId } from './func.ts';
import type { Provenance } from './provenance-kinds.ts';

/** What a call does with the memory behind a pointer argument. */
export interface ArgumentFacts {
  /** May read (or ask for bytes that were written), may write; a write need not cover all bytes. */
  readonly access: 'none' | 'read' | 'write' | 'read-write';
  /** The call writes every byte, whatever comes of it. */
  readonly isFilled: boolean;
  /** The kernel looks after the memory from the call on: later accesses have a meaning that is not in the code. */
  readonly isTracked: boolean;
  /**
   * How many bytes: given by the next argument, by the map's definition, the whole object the pointer came from, or a
   * number; `none` where the call does not touch the program's memory.
   */
  readonly size: 'none' | 'next-argument' | 'map-key' | 'map-value' | 'object' | number;
}

export interface HelperFacts {
  readonly name: string;
  /** One for each parameter of the prototype; further ones are as `rest` says. */
  readonly arguments: readonly ArgumentFacts[];
  /** Arguments beyond the prototype's. */
  readonly rest: ArgumentFacts;
  /** The argument whose map decides `map-key` and `map-value`. */
  readonly mapArgument: number | undefined;
  readonly result: Provenance;
  /** Pointers into the packet are invalid after the call. */
  readonly changesPacketData: boolean;
}

export interface MapFacts {
  /** The map's type by the kernel's name in lower case: `percpu_array`; undefined for one that is not known. */
  readonly type: string | undefined;
  /** What a lookup yields: a value, another map, a socket. */
  readonly element: Provenance;
  /** Bytes; undefined where the definition does not say. */
  readonly keySize: number | undefined;
  readonly valueSize: number | undefined;
}

export interface FunctionFacts {
  /** What callers that are not in the module pass; undefined where there are none. */
  readonly parameters: readonly Provenance[] | undefined;
  /** What the function returns when its body is elsewhere. */
  readonly result: Provenance;
}

export interface TargetFacts {
  helper(number: bigint): HelperFacts | undefined;
  /** Undefined for symbols that are no maps. */
  map(symbol: SymbolId): MapFacts | undefined;
  function(symbol: SymbolId): FunctionFacts | undefined;
  /** What the address of a variable is: a map, global data, a kernel object. */
  variable(symbol: SymbolId): Provenance;
  /** What a load of `bytes` bytes at `offset` of the context yields in this function. */
  contextField(func: SymbolId, offset: bigint, bytes: number): Provenance;
  /** Is the context of this function an array of words, of each of which the verifier lets it read the lower bytes alone? */
  hasWordArguments(func: SymbolId): boolean;
  /** Does the kernel take any result of this function and look at its lower 32 bits alone? */
  returnsAnything(func: SymbolId): boolean;
}

/** Facts of a module that nothing is known about. */
export const noTargetFacts: TargetFacts = Object.freeze({
  helper: () => undefined,
  map: () => undefined,
  function: () => undefined,
  variable: () => 'unknown' as const,
  contextField: () => 'unknown' as const,
  hasWordArguments: () => false,
  returnsAnything: () => false,
});
