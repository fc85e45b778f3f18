/**
 * What a pointer may point to: the one table of provenances.
 *
 * Columns say what the verifier allows (kernel/bpf/verifier.c, `check_ptr_alignment` and the access checks it goes with, Linux 6.18).
 * `unaligned`: a plain load or store need not be aligned on a machine with efficient unaligned access; stack and
 * context are always checked, sockets through their context-like access check. `bytes`: the memory is plain bytes to the
 * verifier, so that one access may cover what several did; a BTF pointer's access must stay inside one member.
 * `own`: no pointer of another such kind reaches this memory.
 */

interface ProvenanceRow {
  readonly unaligned: boolean;
  readonly bytes: boolean;
  readonly own: boolean;
}

const never: ProvenanceRow = { unaligned: false, bytes: false, own: false };
const free: ProvenanceRow = { unaligned: true, bytes: true, own: false };

export const provenanceTable = {
  /** Nothing yet: a null pointer, an undefined value, a parameter that no call gives. Below all others. */
  nothing: never,
  /** An integer that holds no pointer. */
  scalar: never,
  ctx: { ...never, own: true },
  packet: { ...free, own: true },
  packet_end: never,
  map_value: { ...free, own: true },
  map: never,
  stack: { unaligned: false, bytes: true, own: true },
  /** A variable of this unit, which is the value of a map; its place in the section tells its alignment. */
  global: { ...free, own: true },
  /** A typed kernel object. */
  btf: never,
  /** A socket of any kind, whose fields the kernel translates like those of a context. */
  socket: never,
  /** Bytes with a size that the verifier knows: a ring buffer's record, a slice of a dynptr, flow keys, memory given to a global function. */
  memory: free,
  arena: free,
  /** Memory of the kernel that is reached through a pointer in it. */
  kernel: never,
  /** The address of code. */
  function: never,
  /** An argument of a function whose callers are not known. */
  argument: never,
  /** Anything. Above all others. */
  unknown: never,
} as const satisfies Readonly<Record<string, ProvenanceRow>>;

export type Provenance = keyof typeof provenanceTable;

/** In the order of the table: the place is a code for dense columns. */
export const provenanceNames = Object.freeze(Object.keys(provenanceTable)) as readonly Provenance[];

/** The least provenance that covers both. */
export function joinProvenance(a: Provenance, b: Provenance): Provenance {
  if (a === b || b === 'nothing') return a;
  return a === 'nothing' ? b : 'unknown';
}

/** May a plain access of this memory be less aligned than it is wide? */
export function allowsUnaligned(provenance: Provenance): boolean {
  return provenanceTable[provenance].unaligned;
}

/** May one access stand for several adjacent ones? */
export function isPlainBytes(provenance: Provenance): boolean {
  return provenanceTable[provenance].bytes;
}

/** Do pointers of these kinds never lead to the same byte? */
export function areDisjoint(a: Provenance, b: Provenance): boolean {
  return a !== b && provenanceTable[a].own && provenanceTable[b].own;
}
