/** Global variables for tests: their values as JavaScript values, by BTF. */

import type { TypedValue } from './typed-value.ts';

/** A variable that an imported program (`import prog from './x.bpf.c'`) describes, with the type of its value where that is known. */
export interface VariableReference<Value> {
  readonly name: string;
  /** For the type checker only. */
  readonly type?: Value;
}

export interface VariableHandle<Value extends TypedValue = TypedValue> {
  readonly get: () => Value;
  readonly set: (value: Value) => void;
}
