/**
 * `-ffile-prefix-map=OLD=NEW` and its kind: names of files as an object may show them, the same wherever the tree lies.
 *
 * As in clang a prefix is one of characters, not of folders, and of several that match the last one given counts.
 */

export type PrefixMap = readonly (readonly [from: string, to: string])[];

/** The name with its prefix replaced, or as it is. */
export function mapPrefix(name: string, map: PrefixMap): string {
  const row = map.findLast(([from]) => name.startsWith(from));
  return row === undefined ? name : row[1] + name.slice(row[0].length);
}
