/**
 * Flags that are accepted without effect, because a Makefile for clang must work: they concern the host's linker, LLVM's passes, or
 * what is always so here. Listed under `-v`.
 */

import { type FlagRow, flag, ignore, type ValueKind } from './flag-row.ts';

/** By the way in which they take their values. */
const spellings: Readonly<Record<ValueKind, readonly string[]>> = {
  none: [
    ...['-nobuiltininc', '-MG', '-MV', '-pedantic', '-pedantic-errors', '-C', '-CC', '-pipe'],
    ...['-pthread', '-pie', '-no-pie', '-static', '-shared', '-s', '-r', '-rdynamic'],
    ...['-nostdinc++', '-nostdlib', '-nodefaultlibs', '-nostartfiles', '-no-canonical-prefixes'],
    ...['-integrated-as', '-via-file-asm', '-time'],
  ],
  separate: [
    ...['-Xclang', '-Xpreprocessor', '-Xassembler', '-Xlinker', '-mllvm', '-cxx-isystem'],
    ...['-resource-dir', '-fdebug-compilation-dir'],
  ],
  joined: ['-m', '-Q', '-save-temps', '-Xclang=', '-mllvm=', '-resource-dir='],
  'joined-or-separate': ['-L', '-l', '-B', '--param'],
};

export const inertFlags: readonly FlagRow[] = (
  ['none', 'separate', 'joined', 'joined-or-separate'] as const
).flatMap((value) => spellings[value].map((spelling) => flag(spelling, value, ignore)));
