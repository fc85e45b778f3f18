/**
 * Why programs of gcc's torture tests that clang compiles for BPF do not pass here: the table behind docs/torture.md. A program that
 * passes and stands here, or fails and does not, is reported by scripts/torture.js.
 */

export const tortureReasons = [
  {
    reason:
      'Complex numbers (a GNU extension for integers, C11 annex G for floats) are not supported: one error names the type.',
    programs: ['20030910-1', '20041201-1', 'complex-4', 'pr104604', 'pr49644', 'pr56837'],
  },
  {
    reason: '`__builtin_mul_overflow` on 128-bit integers is not supported: one error names the builtin.',
    programs: ['pr84169'],
  },
  {
    reason:
      'Types of variable size (in a typedef, a parameter, below the outermost bound) are not supported: one error, with a constant size or a map as the way out.',
    programs: ['20040411-1', 'pr22061-1', 'pr22061-2'],
  },
  {
    reason:
      "The program wants gcc's own rule that a bit-field wider than int is not promoted but keeps its width; here, as in clang, it has its declared type (C11 6.3.1.1 leaves it open).",
    programs: ['bitfld-3', 'bitfld-5', 'pr32244-1', 'pr34971'],
  },
  {
    reason: 'Non-local jumps (`setjmp`) need a machine that can restore a frame that was left.',
    programs: ['20210505-1', 'pr56982'],
  },
  {
    reason: 'The program writes a file and reads it again; the machine has standard output and no files.',
    programs: ['fprintf-2', 'printf-2'],
  },
  {
    reason: 'The program expects a signal on a division by zero; BPF defines the quotient as 0.',
    programs: ['20101011-1'],
  },
  {
    reason: 'The program is meant for `-finstrument-functions`.',
    programs: ['eeprof-1'],
  },
  {
    reason:
      'The program compares the addresses of variables in frames of the same function, which is copied into its caller here; it is meant for `-fno-inline`.',
    programs: ['stkalign'],
  },
  {
    reason: "`__builtin_apply` needs the layout of a host's argument registers.",
    programs: ['pr47237'],
  },
];
