/** Versions of Linux as far as interfaces depend on them: `X.Y`. */

/** `X.Y` as two numbers. */
export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
}

/** The first two numbers of a version; undefined for other text. */
export function parseKernelVersion(text: string): KernelVersion | undefined {
  const match = /^v?(\d{1,4})\.(\d{1,4})(?:\.\d+)?$/.exec(text);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

export function isBefore(a: KernelVersion, b: KernelVersion): boolean {
  return a.major < b.major || (a.major === b.major && a.minor < b.minor);
}
