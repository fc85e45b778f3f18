/**
 * The compiler's only view of files: a few synchronous questions, so that the same compiler runs on Node, in
 * a browser tab and over a test's map of strings.
 */

export type ReadResult =
  /** `text` is what {@link latin1} would make of the bytes, where the host has a faster way. */
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly text?: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'error'; readonly reason: string };

export interface FileSystem {
  /** The bytes of a regular file; 'missing' where there is none; 'error' for a directory or what cannot be read. */
  readFile(path: string): ReadResult;
  /** True for a directory. */
  isDirectory(path: string): boolean;
}

/** Bytes to a string with one character per byte. */
export function latin1(bytes: Uint8Array): string {
  // ASCII reads the same as UTF-8, and the decoder is many times faster than characters one by one. Of other bytes it makes fewer
  // characters, or the one that stands for what is wrong.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (text.length === bytes.length && !text.includes('\ufffd')) return text;
  const chunk = 8192;
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + chunk)));
  }
  return parts.join('');
}

/** The inverse of {@link latin1}. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A file system over a map, for tests and browsers. */
export function memoryFileSystem(files: ReadonlyMap<string, string | Uint8Array>): FileSystem {
  const encoder = new TextEncoder();
  return {
    readFile(path) {
      const content = files.get(path);
      if (content === undefined) return { kind: 'missing' };
      return { kind: 'file', bytes: typeof content === 'string' ? encoder.encode(content) : content };
    },
    isDirectory(path) {
      const prefix = path.endsWith('/') ? path : `${path}/`;
      for (const name of files.keys()) if (name.startsWith(prefix)) return true;
      return false;
    },
  };
}
