/** The flag that turns a compilation into a search for the pass that a judge does not like; see bisect-command.ts. */

const spelling = '--verifier-safe-bisect';

export function isBisectFlag(argument: string): boolean {
  return argument === spelling || argument.startsWith(`${spelling}=`);
}

/** The command after `=`; undefined without one. */
export function judgeOf(flag: string): string | undefined {
  return flag === spelling ? undefined : flag.slice(spelling.length + 1);
}
