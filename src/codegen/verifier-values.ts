/**
 * What the check of the verifier's rules knows of registers and stack at one place of a function: the lattice of
 * `verifier-rules.ts`. States are changed in place by the transfer function and copied where ways part.
 *
 * Invariants: joining never makes a fact stronger; a byte of the stack is in `written` when it was written on all ways;
 * `spilled` has the value behind a whole 8-byte store as long as no other store touched it.
 */

export type Value =
  /** Never written, or destroyed by a call. */
  | { readonly kind: 'unset' }
  | { readonly kind: 'lost' }
  /** A number; `wide` when its upper half may be set, `compared` when a 32-bit comparison has bounded the lower. */
  | {
      readonly kind: 'number';
      readonly wide: boolean;
      readonly compared: boolean;
      readonly constant: number | undefined;
    }
  /** r10 plus an offset; undefined when that is not constant. */
  | { readonly kind: 'frame'; readonly offset: number | undefined }
  | { readonly kind: 'context'; readonly isChanged: boolean }
  /** An address of a map or of data. */
  | { readonly kind: 'pointer' }
  /** From memory or a call, or of several kinds; `compared` as for numbers. */
  | { readonly kind: 'unknown'; readonly compared: boolean };

export const unset: Value = { kind: 'unset' };
export const lost: Value = { kind: 'lost' };
export const pointer: Value = { kind: 'pointer' };
export const unknown: Value = { kind: 'unknown', compared: false };
export const narrowNumber: Value = { kind: 'number', wide: false, compared: false, constant: undefined };
export const wideNumber: Value = { kind: 'number', wide: true, compared: false, constant: undefined };

export function constantNumber(constant: number): Value {
  return { kind: 'number', wide: constant < 0, compared: false, constant };
}

/** Certainly an address. */
export function isPointer(value: Value): boolean {
  return value.kind === 'frame' || value.kind === 'context' || value.kind === 'pointer';
}

export function joinValues(a: Value, b: Value): Value {
  if (a === b) return a;
  if (a.kind === 'unset' || b.kind === 'unset') return unset;
  if (a.kind === 'lost' || b.kind === 'lost') return lost;
  if (a.kind === 'number' && b.kind === 'number') {
    const constant = a.constant === b.constant ? a.constant : undefined;
    return {
      kind: 'number',
      wide: a.wide || b.wide,
      compared: (a.wide && a.compared) || (b.wide && b.compared),
      constant,
    };
  }
  if (a.kind === 'frame' && b.kind === 'frame') {
    return { kind: 'frame', offset: a.offset === b.offset ? a.offset : undefined };
  }
  if (a.kind === 'context' && b.kind === 'context') {
    return { kind: 'context', isChanged: a.isChanged || b.isChanged };
  }
  if (a.kind === 'pointer' && b.kind === 'pointer') return pointer;
  return unknown;
}

function equalValues(a: Value, b: Value): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

const stackSize = 512;

export class RegisterState {
  readonly values: Value[];
  /** Bytes of the stack that were written, by their distance from the lowest. */
  readonly written: Uint8Array;
  readonly spilled: Map<number, Value>;
  /** Something wrote to the stack at a place that is not known. */
  isOpen: boolean;

  constructor(values: Value[], written: Uint8Array, spilled: Map<number, Value>, isOpen: boolean) {
    this.values = values;
    this.written = written;
    this.spilled = spilled;
    this.isOpen = isOpen;
  }

  static atEntry(values: Value[]): RegisterState {
    return new RegisterState(values, new Uint8Array(stackSize), new Map(), false);
  }

  copy(): RegisterState {
    return new RegisterState([...this.values], this.written.slice(), new Map(this.spilled), this.isOpen);
  }

  at(register: number): Value {
    return this.values[register] ?? unset;
  }

  /** Notes a store of `size` bytes; `value` when the whole of a register is kept. */
  write(offset: number, size: number, value: Value | undefined): void {
    for (const place of [...this.spilled.keys()]) {
      if (place < offset + size && offset < place + 8) this.spilled.delete(place);
    }
    this.written.fill(1, Math.max(0, offset + stackSize), Math.max(0, offset + size + stackSize));
    if (value !== undefined) this.spilled.set(offset, value);
  }

  isWritten(offset: number): boolean {
    return this.isOpen || this.written[offset + stackSize] === 1;
  }

  /** Takes in what holds on another way; true when something got weaker. */
  join(other: RegisterState): boolean {
    let changed = false;
    other.values.forEach((value, register) => {
      const old = this.at(register);
      const joined = joinValues(old, value);
      if (equalValues(joined, old)) return;
      this.values[register] = joined;
      changed = true;
    });
    for (let i = 0; i < stackSize; i++) {
      if (this.written[i] === 0 || other.written[i] === 1) continue;
      this.written[i] = 0;
      changed = true;
    }
    for (const [place, value] of [...this.spilled]) {
      const theirs = other.spilled.get(place);
      const joined = theirs === undefined ? undefined : joinValues(value, theirs);
      if (joined !== undefined && equalValues(joined, value)) continue;
      if (joined === undefined) this.spilled.delete(place);
      else this.spilled.set(place, joined);
      changed = true;
    }
    if (other.isOpen && !this.isOpen) {
      this.isOpen = true;
      changed = true;
    }
    return changed;
  }
}
