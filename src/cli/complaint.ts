/** The command's own messages, about its arguments and files: not about a place in a source, so no diagnostics. */

/** A message as it stands on standard error. */
export function complaint(text: string, severity: 'error' | 'warning' = 'error'): string {
  return `bpfcc-ts: ${severity}: ${text}\n`;
}

export function complain(text: string, severity: 'error' | 'warning' = 'error'): void {
  process.stderr.write(complaint(text, severity));
}
