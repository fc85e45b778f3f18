/**
 * Builds an ELF string table: NUL-terminated names, each stored once, a name that is the end of another one
 * shares its bytes (`.text` lies inside `.rel.text`). The result depends on the set of names only.
 */

function reversed(text: string): string {
  return [...text].reverse().join('');
}

/** A finished table and the offset of every name in it. */
export interface StringTable {
  readonly bytes: Uint8Array;
  readonly offsets: ReadonlyMap<string, number>;
}

/** Lays out the names. Sorted by their reversed text, longest first, a name's possible host is its predecessor. */
export function buildStringTable(names: Iterable<string>): StringTable {
  const encoder = new TextEncoder();
  const unique = [...new Set(names)].map((name) => ({ name, key: reversed(name) }));
  unique.sort((a, b) => (a.key < b.key ? 1 : a.key > b.key ? -1 : 0));
  const offsets = new Map<string, number>([['', 0]]);
  const chunks: Uint8Array[] = [];
  let used = 1;
  let host = '';
  let hostEnd = 0;
  for (const { name } of unique) {
    if (name === '') continue;
    const bytes = encoder.encode(name);
    if (host.endsWith(name)) {
      offsets.set(name, hostEnd - bytes.length);
      continue;
    }
    offsets.set(name, used);
    chunks.push(bytes);
    host = name;
    hostEnd = used + bytes.length;
    used = hostEnd + 1;
  }
  const bytes = new Uint8Array(used);
  let at = 1;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length + 1;
  }
  return { bytes, offsets };
}
