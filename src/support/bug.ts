/**
 * The channel for faults of the compiler itself. A fault of the user's source is a diagnostic; a broken
 * invariant of ours is a `bug()`, which the command line turns into exit status 70 and a reproducer.
 */

/** Thrown only by {@link bug}; the one exception that may cross a stage's border. */
export class InternalError extends Error {
  override readonly name = 'InternalError';
}

/** Reports a broken invariant of the compiler. Never returns. */
export function bug(message: string): never {
  throw new InternalError(message);
}

/** The default of an exhaustive switch: a type error when a case is missing, a bug when one slips through. */
export function unreachable(value: never, what: string): never {
  bug(`unexpected ${what}: ${String(value)}`);
}
