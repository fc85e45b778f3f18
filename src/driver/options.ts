/**
 * What a compilation is asked to do, as data: the command line and the API both make one of these.
 */

import type { KernelVersion } from '../checks/kernel-version.ts';
import type { FileNaming } from '../diagnostics/source-manager.ts';
import type { CommandLineAction } from '../preprocessor/options.ts';

export type OptimizationLevel = '0' | '1' | '2' | '3' | 's' | 'z' | 'size' | 'verify' | 'g';

/** How far to go and what to write: `-E`, `-fsyntax-only`, `-S`, `-c`, `--emit=html`. */
export type Phase = 'preprocess' | 'syntax' | 'assembly' | 'object' | 'html';

/** `-M` and its kind. */
export interface DependencyOptions {
  /** `-M`, `-MM`: write only the rule; `-MD`, `-MMD`: write it beside the output. */
  readonly kind: 'none' | 'only' | 'beside';
  /** `-MM`, `-MMD` leave system headers out. */
  readonly withSystemHeaders: boolean;
  readonly file: string | undefined;
  /** `-MT` (as it stands) and `-MQ` (escaped). */
  readonly targets: readonly { readonly text: string; readonly escape: boolean }[];
  /** `-MP`: an empty rule for each header. */
  readonly phony: boolean;
}

/** One `-W` flag, in order: `group` is the name without `no-` and `error=`. */
export interface WarningFlag {
  readonly group: string;
  readonly set: 'on' | 'off' | 'error' | 'no-error';
}

export type DumpStage = string;

export interface CompileOptions {
  readonly phase: Phase;
  readonly cpu: 1 | 2 | 3 | 4;
  readonly littleEndian: boolean;
  readonly optimization: OptimizationLevel;
  readonly standard: 'c89' | 'c99' | 'c11' | 'c17' | 'c23';
  readonly gnu: boolean;
  readonly hosted: boolean;
  readonly unsignedChar: boolean;
  readonly msExtensions: boolean;
  readonly undefPredefined: boolean;
  readonly actions: readonly CommandLineAction[];
  readonly quoteIncludes: readonly string[];
  readonly includes: readonly string[];
  readonly systemIncludes: readonly string[];
  readonly afterIncludes: readonly string[];
  /** False for `-nostdinc`: no bundled and no host headers. */
  readonly standardIncludes: boolean;
  /** False for `-nostdlibinc`: no host headers. */
  readonly hostIncludes: boolean;
  readonly sysroot: string | undefined;
  /** `-ffile-prefix-map=` and its kind. */
  readonly fileNaming: FileNaming;
  /** `--btf`: what `vmlinux.h` is made from where no directory has one; undefined leaves it to the host. */
  readonly btf: string | undefined;
  readonly dependencies: DependencyOptions;
  readonly warnings: readonly WarningFlag[];
  /** `-w`. */
  readonly noWarnings: boolean;
  /** `-ferror-limit=`; 0 for none. */
  readonly errorLimit: number;
  /** `-P`. */
  readonly noLineMarkers: boolean;
  /** `-dM`. */
  readonly dumpMacros: boolean;
  /** `--source-map`. */
  readonly sourceMap: boolean;
  /** `--source`: C lines in the assembly. */
  readonly sourceListing: boolean;
  /** `--dump=`. */
  readonly dumps: readonly DumpStage[];
  /** `--skip-pass=`, `--stop-after=`. */
  readonly skipPasses: readonly string[];
  readonly stopAfter: string | undefined;
  /** `--eager`. */
  readonly eager: boolean;
  /** For the machine's hosted mode: recursion, large frames, and a C library to call. */
  readonly hostedMachine: boolean;
  /** `-mstrict-align`: no unaligned access, whatever the memory. */
  readonly strictAlign: boolean;
  /** `--kernel`: the oldest kernel that the program is for. */
  readonly kernel: KernelVersion | undefined;
  /** `--check`: validators after every pass. */
  readonly validate: boolean;
}

export const defaultOptions: CompileOptions = {
  phase: 'object',
  cpu: 3,
  littleEndian: true,
  optimization: '2',
  standard: 'c17',
  gnu: true,
  hosted: true,
  unsignedChar: false,
  msExtensions: false,
  undefPredefined: false,
  actions: [],
  quoteIncludes: [],
  includes: [],
  systemIncludes: [],
  afterIncludes: [],
  standardIncludes: true,
  hostIncludes: true,
  sysroot: undefined,
  fileNaming: { macro: [], debug: [] },
  btf: undefined,
  dependencies: { kind: 'none', withSystemHeaders: true, file: undefined, targets: [], phony: false },
  warnings: [],
  noWarnings: false,
  errorLimit: 20,
  noLineMarkers: false,
  dumpMacros: false,
  sourceMap: false,
  sourceListing: false,
  dumps: [],
  skipPasses: [],
  stopAfter: undefined,
  eager: false,
  hostedMachine: false,
  strictAlign: false,
  kernel: undefined,
  validate: false,
};
