/** LLVM's tools as oracles: found by name, undefined when this machine does not have them. */

import { spawnSync } from 'node:child_process';

/** The first of `names` that starts, or undefined. */
export function findTool(...names: string[]): string | undefined {
  return names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

/** Runs a tool with text or bytes on its input; output and messages as text. */
export function runTool(
  tool: string,
  args: readonly string[],
  input: string | Uint8Array = '',
  cwd?: string,
): { stdout: string; stderr: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(tool, args, {
    input,
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return { stdout, stderr, status };
}

/** Runs a tool whose output is bytes. */
export function runToolForBytes(tool: string, args: readonly string[], input: string): Uint8Array {
  return spawnSync(tool, args, { input, maxBuffer: 1 << 26 }).stdout;
}
