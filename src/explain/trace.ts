/**
 * Where did a register's value come from? Backwards over the executed path, through moves, arithmetic, spills to the stack
 * and calls of functions of the program, to the instruction that made the value.
 *
 * Invariants: the walk only goes backwards, so its work is linear in the path; at most `maxOrigins` instructions are kept.
 */

import { type Effect, effectOf } from './instruction-text.ts';
import type { ProgramLog, Step } from './log.ts';
import { registerState, typeOf } from './state.ts';

/** An instruction that made or changed the value, and the register that held it then. */
export interface Origin {
  /** Index in the path. */
  readonly index: number;
  readonly step: Step;
  readonly effect: Effect;
  readonly register: number;
  /** Where a pointer and a number were added: the register of the number. */
  readonly added: number | undefined;
}

/** The value came in as an argument of a function, or of the program. */
export interface Parameter {
  /** From 0. */
  readonly number: number;
  /** Index of the function's first step; 0 for the program. */
  readonly entry: number;
  /** Number of origins that are nearer than this. */
  readonly behind: number;
}

export interface Trace {
  /** Nearest first. */
  readonly origins: readonly Origin[];
  /** Nearest first. */
  readonly parameters: readonly Parameter[];
}

const maxOrigins = 64;
/** Steps that are searched for a register's state. */
const maxStateSearch = 5000;
const frameRegister = 10;
const firstPreserved = 6;

/** What is followed: a register, or a slot of the stack, in one frame. */
interface Target {
  readonly frame: number;
  readonly register: number | undefined;
  readonly slot: number | undefined;
}

interface Next {
  /** What to follow from here; undefined where the value was made here. */
  readonly target: Target | undefined;
  readonly isOrigin: boolean;
}

const stop: Next = { target: undefined, isOrigin: true };

/** Of two registers that are added, the one that leads to the memory, and the number that is added to it. */
function sidesOf(
  log: ProgramLog,
  index: number,
  effect: Effect,
): { readonly pointer: number; readonly added: number } | undefined {
  if (effect.kind !== 'arithmetic' || effect.operator !== '+' || effect.operand.kind !== 'register') {
    return undefined;
  }
  const { destination, operand } = effect;
  const isScalar = (register: number): boolean =>
    typeOf(stateBefore(log, index, register) ?? '') === 'scalar';
  return isScalar(destination) && !isScalar(operand.register)
    ? { pointer: operand.register, added: destination }
    : { pointer: destination, added: operand.register };
}

/** What `effect` means for the value in `target`; undefined when it leaves it alone. */
function through(effect: Effect, target: Target): Next | undefined {
  const { frame, register, slot } = target;
  const onward = (next: number): Next => ({
    target: { frame, register: next, slot: undefined },
    isOrigin: true,
  });
  switch (effect.kind) {
    case 'move':
      if (effect.destination !== register) return undefined;
      return effect.source.kind === 'register' ? onward(effect.source.register) : stop;
    case 'arithmetic':
      return effect.destination === register ? onward(effect.destination) : undefined;
    case 'load':
      if (effect.destination !== register) return undefined;
      if (effect.base !== frameRegister) return stop;
      return { target: { frame, register: undefined, slot: effect.offset }, isOrigin: false };
    case 'store':
      if (effect.base !== frameRegister || slot === undefined || effect.offset !== slot) return undefined;
      return effect.source.kind === 'register' ? onward(effect.source.register) : stop;
    case 'call':
      if (effect.local || register === undefined || register >= firstPreserved) return undefined;
      return stop;
    case 'atomic':
    case 'branch':
    case 'goto':
    case 'exit':
    case 'other':
      return undefined;
    default:
      return effect satisfies never;
  }
}

/** Follows the value that `register` holds just before the step at `index`. */
export function traceRegister(log: ProgramLog, index: number, register: number): Trace {
  const { path } = log;
  const origins: Origin[] = [];
  let target: Target = { frame: path[index]?.frame ?? 0, register, slot: undefined };
  const parameters: Parameter[] = [];
  for (let at = index - 1; at >= 0 && origins.length < maxOrigins; at--) {
    const step = path[at];
    if (step === undefined) break;
    const effect = effectOf(step.text);
    if (step.frame < target.frame) {
      // The call that began this function: its arguments are the caller's.
      if (target.register === undefined || target.register >= firstPreserved) break;
      parameters.push({ number: target.register - 1, entry: at + 1, behind: origins.length });
      if (effect.kind !== 'call' || !effect.local) return { origins, parameters };
      target = { ...target, frame: step.frame };
      continue;
    }
    if (step.frame > target.frame) {
      if (target.register === 0 && effect.kind === 'exit' && path[at + 1]?.frame === target.frame) {
        target = { ...target, frame: step.frame };
      }
      continue;
    }
    const next = through(effect, target);
    if (next === undefined) continue;
    if (next.isOrigin && target.register !== undefined) {
      const sides = sidesOf(log, at, effect);
      origins.push({ index: at, step, effect, register: target.register, added: sides?.added });
      if (sides !== undefined) {
        target = { ...target, register: sides.pointer };
        continue;
      }
    }
    if (next.target === undefined) return { origins, parameters };
    target = next.target;
  }
  const { register: left } = target;
  const reachesEntry = path[0]?.frame === target.frame && origins.length < maxOrigins;
  if (reachesEntry && left !== undefined && left > 0 && left < firstPreserved) {
    parameters.push({ number: left - 1, entry: 0, behind: origins.length });
  }
  return { origins, parameters };
}

/** What the verifier last said about a register before the step at `index`. */
export function stateBefore(log: ProgramLog, index: number, register: number): string | undefined {
  const { path } = log;
  const frame = path[index]?.frame ?? 0;
  const from = Math.max(0, index - maxStateSearch);
  for (let at = index - 1; at >= from; at--) {
    const step = path[at];
    if (step === undefined) break;
    const entersFunction = /^call pc/.test(step.text);
    const shownFrame = entersFunction ? step.frame + 1 : step.frame;
    if (shownFrame === frame) {
      const state = registerState(step.state, register);
      if (state !== undefined) return state;
    }
    if (entersFunction && step.frame < frame) return undefined;
  }
  return frame === 0 ? registerState(log.entryState, register) : undefined;
}

/** The last comparison of the value (or of what it was copied from) before the step at `index`. */
export function lastComparison(log: ProgramLog, index: number, register: number): number | undefined {
  const trace = traceRegister(log, index, register);
  let next = 0;
  let current = register;
  const { frame = 0 } = log.path[index] ?? {};
  for (let at = index - 1; at >= 0; at--) {
    const step = log.path[at];
    const origin = trace.origins[next];
    if (step === undefined) break;
    if (origin !== undefined && origin.index === at) {
      next++;
      const { effect } = origin;
      if (effect.kind === 'move' && effect.source.kind === 'register') current = effect.source.register;
      else if (effect.kind !== 'arithmetic') return undefined;
      continue;
    }
    if (step.frame !== frame) continue;
    const effect = effectOf(step.text);
    if (effect.kind !== 'branch') continue;
    const compares =
      effect.left === current || (effect.right.kind === 'register' && effect.right.register === current);
    if (compares) return at;
  }
  return undefined;
}
