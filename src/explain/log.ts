/**
 * The shapes of a verifier's log: what the reader (`read-log.ts`) makes of the text and everything else of this folder looks at.
 */

/** A line of C as the log or an object names it. */
export interface SourceLine {
  readonly text: string;
  /** Kernels before 6.9 print the text only. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** From 1; only an object's line information has it. */
  readonly column: number | undefined;
}

/** One instruction that the verifier went through. */
export interface Step {
  /** Its number in the program (in slots). */
  readonly insn: number;
  /** The first byte of its code. */
  readonly opcode: number;
  /** The kernel's disassembly. */
  readonly text: string;
  /** Depth of the call: 0 for the program itself. */
  readonly frame: number;
  readonly source: SourceLine | undefined;
  /** Registers and stack after it, as far as they were printed. */
  state: string;
}

/** `processed N insns (limit L) ...` */
export interface Statistics {
  readonly processed: number;
  readonly limit: number;
}

/** What the verifier said about one program. */
export interface ProgramLog {
  readonly name: string | undefined;
  /** The path to the refusal, oldest first; the beginning is missing where it is endless. */
  readonly path: readonly Step[];
  /** Registers at the first instruction. */
  readonly entryState: string;
  /** Lines after the last instruction: the reason. */
  readonly messages: readonly string[];
  /** The kernel's own explanation (Linux 7.3 and later). */
  readonly report: readonly string[];
  readonly statistics: Statistics | undefined;
  /** The error of the system call, as the loader words it. */
  readonly error: string | undefined;
  /** False where the loader says that the program was accepted. */
  readonly refused: boolean;
}

export interface VerifierLog {
  readonly programs: readonly ProgramLog[];
  /** What the loader itself complained about (libbpf's own lines). */
  readonly loaderMessages: readonly string[];
}
