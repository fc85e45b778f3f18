/**
 * The state of an execution: registers, frames, steps. The interpreter's loop works on it, helpers read arguments from it
 * and may run functions of the program through it (`callFunction`).
 *
 * Frames: each has a region of its own, so that an access past the frame of a caller is found. In the kernel's mode
 * frames have 512 bytes, their accesses are checked for alignment, and a bit per byte says whether it was written
 * (`written`, 64 bytes a frame). In hosted mode frames have the size that the function needs and are plain memory.
 */

import type { Instruction } from '../isa/instruction.ts';
import type { RegisterFile } from './arithmetic.ts';
import { readSigned, readUnsigned, writeRegister } from './arithmetic.ts';
import type { CodeImage } from './code.ts';
import { Trap } from './fault.ts';
import { type Memory, ORIGIN, type RegionInfo } from './memory.ts';
import { STACK_SIZE } from './operations.ts';

/** What a helper leaves in r0: a signed number, a 64-bit value, or nothing where it set r0 itself. */
export type HelperResult = number | bigint | undefined;
export type BoundHelper = () => HelperResult;

/** How reads of stack bytes that nobody wrote are taken. */
export type UninitialisedReads = 'fault-any' | 'fault-whole' | 'allow';

/** How a context answers accesses; one is made for each run (`context.ts`). */
export interface ContextAccess {
  readonly region: number;
  /** Loads into a register; traps where the kernel's verifier would refuse. */
  load(cpu: Cpu, offset: number, size: number, register: number): void;
  /** Stores the low bytes of a register. */
  store(cpu: Cpu, offset: number, size: number, register: number): void;
}

export interface CpuOptions {
  readonly hosted: boolean;
  readonly uninitialised: UninitialisedReads;
  /** Frames in a row; the kernel has 8. */
  readonly maxFrames: number;
  readonly stepLimit: number;
}

/** Saved words of a frame: return position, r6-r9 in halves, remaining turns of may_goto. */
const SAVED = 10;
/** Turns that the kernel grants `may_goto` in each frame. */
const MAY_GOTO_TURNS = 8 * 1024 * 1024;
const WRITTEN_BYTES = STACK_SIZE / 8;
/** What r0-r5 hold where the verifier forbids reading them. */
const POISON_LOW = 0x0bad_c0de;
const POISON_HIGH = 0x0bad_0000;
const TWO_32 = 0x1_0000_0000;

const TRACKED_FRAME: RegionInfo = { kind: 'stack', name: 'stack', read: true, write: true, special: true };
const PLAIN_FRAME: RegionInfo = { kind: 'stack', name: 'stack', read: true, write: true };
/** Bytes of hosted stacks in all. */
const HOSTED_STACK_LIMIT = 256 << 20;

export class Cpu implements RegisterFile {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
  readonly code: CodeImage;
  readonly memory: Memory;
  readonly options: CpuOptions;
  readonly codeRegion: number;
  /** Addresses of functions outside of the program. */
  readonly externalRegion: number;
  /** Frame sizes by position of a function's first instruction, in hosted mode. */
  readonly frameSizes: ReadonlyMap<number, number>;
  /** Position of the instruction that is being executed, current when anything outside of the loop runs. */
  pc = 0;
  steps = 0;
  /** Reads through null give 0, as for pointers to kernel objects. */
  nullReadsAreZero = false;
  stepLimit: number;
  /** Index of the running frame; -1 when nothing runs. */
  depth = -1;
  /** Where to go on instead of behind the call that just returned; -1 for nowhere. Set by tail calls. */
  jump = -1;
  private jumpLow = 0;
  private jumpHigh = 0;
  saved = new Int32Array(SAVED * 16);
  /** Region by frame. */
  readonly frames: number[] = [];
  readonly tracked: boolean;
  written: Uint8Array;
  private stackBytes = 0;
  /** Helpers by number and externals by index, bound to their machine. */
  helpers: readonly (BoundHelper | undefined)[] = [];
  externals: readonly (BoundHelper | undefined)[] = [];
  /** Answers accesses to the context of the run. */
  context: ContextAccess | undefined = undefined;
  /** Carries out LD_ABS and LD_IND; false where the packet is too short. */
  loadPacket: (instruction: Instruction | undefined) => boolean = () =>
    this.trap('bad-instruction', 'packet loads need a packet');
  /** Carries out an address-space cast between registers. */
  castArena: (dst: number, src: number, toKernel: boolean) => void = () =>
    this.trap('bad-instruction', 'address-space casts need an arena');
  /** What to say of a call without an implementation. */
  describeCall: (kind: 'helper' | 'external', number: number) => string = (kind, number) =>
    `${kind} ${number} is not implemented`;
  /** Called before every instruction when set. */
  observer: ((pc: number) => void) | undefined = undefined;

  constructor(
    code: CodeImage,
    memory: Memory,
    options: CpuOptions,
    codeRegion: number,
    externalRegion: number,
    frameSizes: ReadonlyMap<number, number>,
  ) {
    this.code = code;
    this.memory = memory;
    this.options = options;
    this.codeRegion = codeRegion;
    this.externalRegion = externalRegion;
    this.frameSizes = frameSizes;
    this.stepLimit = options.stepLimit;
    this.lo = code.initialLow.slice();
    this.hi = code.initialHigh.slice();
    this.tracked = !options.hosted;
    this.written = new Uint8Array(this.tracked ? WRITTEN_BYTES * options.maxFrames : 0);
  }

  trap(kind: Trap['kind'], message: string): never {
    throw new Trap(kind, message);
  }

  /** Forgets what a run that faulted left behind. */
  reset(): void {
    this.depth = -1;
    this.jump = -1;
    this.steps = 0;
    this.stepLimit = this.options.stepLimit;
  }

  /** Enters a function: a frame of its own, r10 at its top. `returnTo` is where its exit leads. */
  pushFrame(returnTo: number, entry: number): void {
    const depth = this.depth + 1;
    if (depth >= this.options.maxFrames) {
      this.trap('too-many-frames', `calls are nested deeper than ${this.options.maxFrames} frames`);
    }
    if ((depth + 1) * SAVED > this.saved.length) this.growSaved();
    const { saved, lo, hi } = this;
    const at = depth * SAVED;
    saved[at] = returnTo;
    for (let r = 0; r < 4; r++) {
      saved[at + 1 + r * 2] = lo[6 + r] ?? 0;
      saved[at + 2 + r * 2] = hi[6 + r] ?? 0;
    }
    saved[at + 9] = MAY_GOTO_TURNS;
    this.depth = depth;
    this.openFrame(depth, entry);
    this.freshFrame();
  }

  private growSaved(): void {
    const wider = new Int32Array(this.saved.length * 2);
    wider.set(this.saved);
    this.saved = wider;
  }

  private openFrame(depth: number, entry: number): void {
    const needed = this.tracked ? STACK_SIZE : (this.frameSizes.get(entry) ?? STACK_SIZE);
    const region = this.frames[depth];
    const before = region === undefined ? 0 : this.memory.sizeOf(region);
    if (needed <= before) return;
    this.stackBytes += needed - before;
    if (this.stackBytes > HOSTED_STACK_LIMIT) this.trap('too-many-frames', 'the stack is full');
    if (region === undefined) {
      this.frames[depth] = this.memory.addRegion(this.tracked ? TRACKED_FRAME : PLAIN_FRAME, needed);
    } else this.memory.resize(region, needed);
  }

  /** Makes the running frame fresh: nothing written, r10 at its top. */
  freshFrame(): void {
    const { depth } = this;
    const region = this.frames[depth] ?? 0;
    this.lo[10] = ORIGIN + this.memory.sizeOf(region);
    this.hi[10] = region;
    if (this.tracked) this.written.fill(0, depth * WRITTEN_BYTES, (depth + 1) * WRITTEN_BYTES);
  }

  /** Starts the program that a tail call chose, in the running frame; returns its position. */
  takeJump(): number {
    const target = this.jump;
    this.jump = -1;
    this.lo[1] = this.jumpLow;
    this.hi[1] = this.jumpHigh;
    this.freshFrame();
    return target;
  }

  /** Has the call that is being carried out go on in another program, with its first argument as context. */
  jumpTo(pc: number): void {
    this.jump = pc;
    this.jumpLow = this.lo[1] ?? 0;
    this.jumpHigh = this.hi[1] ?? 0;
  }

  /** Leaves the running frame; returns where to go on. */
  popFrame(): number {
    const { saved, lo, hi, depth } = this;
    const at = depth * SAVED;
    for (let r = 0; r < 4; r++) {
      lo[6 + r] = saved[at + 1 + r * 2] ?? 0;
      hi[6 + r] = saved[at + 2 + r * 2] ?? 0;
    }
    this.depth = depth - 1;
    const region = this.frames[depth - 1] ?? 0;
    lo[10] = ORIGIN + this.memory.sizeOf(region);
    hi[10] = region;
    return saved[at] ?? 0;
  }

  /** Where a frame's exit leads. */
  returnPosition(depth: number): number {
    return this.saved[depth * SAVED] ?? 0;
  }

  /** Position in the buffer just above the running frame. */
  get frameTop(): number {
    const region = this.frames[this.depth] ?? 0;
    return this.memory.positionOf(region) + this.memory.sizeOf(region);
  }

  /** Index into `written` of the byte just above the running frame's. */
  get writtenTop(): number {
    return (this.depth + 1) * WRITTEN_BYTES;
  }

  /** One turn of `may_goto` in the running frame; true when there are none left. */
  spendTurn(): boolean {
    const at = this.depth * SAVED + 9;
    const left = (this.saved[at] ?? 0) - 1;
    this.saved[at] = left;
    return left < 0;
  }

  /** A call leaves nothing useful in r1-r5. */
  poisonArguments(): void {
    const { lo, hi } = this;
    for (let r = 1; r <= 5; r++) {
      lo[r] = POISON_LOW;
      hi[r] = POISON_HIGH + r;
    }
  }

  /** A program finds nothing useful in any register but its arguments. */
  poisonRegisters(): void {
    this.poisonArguments();
    for (const r of [0, 6, 7, 8, 9]) {
      this.lo[r] = POISON_LOW;
      this.hi[r] = POISON_HIGH + r;
    }
  }

  setResult(result: HelperResult): void {
    if (typeof result === 'number') {
      this.lo[0] = result | 0;
      this.hi[0] = Math.floor(result / TWO_32) | 0;
    } else if (result !== undefined) writeRegister(this, 0, result);
  }

  /** Argument 1..5 as a pointer or unsigned number. */
  unsigned(register: number): bigint {
    return readUnsigned(this, register);
  }

  signed(register: number): bigint {
    return readSigned(this, register);
  }

  /** An argument of type __u32. */
  u32(register: number): number {
    return (this.lo[register] ?? 0) >>> 0;
  }

  /** An argument of type int. */
  s32(register: number): number {
    return this.lo[register] ?? 0;
  }

  /** A size as a number; what does not fit 53 bits becomes infinite. */
  size(register: number): number {
    const high = (this.hi[register] ?? 0) >>> 0;
    return high > 0x1f_ffff ? Number.POSITIVE_INFINITY : high * TWO_32 + this.u32(register);
  }

  isNull(register: number): boolean {
    return this.lo[register] === 0 && this.hi[register] === 0;
  }

  setRegister(register: number, value: bigint): void {
    writeRegister(this, register, value);
  }
}
