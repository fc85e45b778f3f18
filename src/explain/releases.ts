/** Which call gives back what another call handed out: `bpf_ringbuf_reserve` -> `bpf_ringbuf_discard(event, 0)`. */

interface Release {
  readonly acquire: RegExp;
  /** `$v` is the variable; `$1` the part of the name that both calls share. */
  readonly release: string;
}

const releases: readonly Release[] = [
  { acquire: /^bpf_ringbuf_reserve$/, release: 'bpf_ringbuf_discard($v, 0)' },
  { acquire: /^bpf_ringbuf_reserve_dynptr$/, release: 'bpf_ringbuf_discard_dynptr(&$v, 0)' },
  { acquire: /^bpf_skc?_(?:lookup_\w+|fullsock)$/, release: 'bpf_sk_release($v)' },
  { acquire: /^bpf_get_(\w+)_from_/, release: 'bpf_put_$1($v)' },
  { acquire: /^(bpf_iter_\w+)_new$/, release: '$1_destroy(&$v)' },
  { acquire: /^bpf_obj_new/, release: 'bpf_obj_drop($v)' },
  { acquire: /^(bpf_\w+?)_(?:acquire|from_\w+|create|get)$/, release: '$1_release($v)' },
];

/** The call that gives `variable` back; undefined where that is not known. */
export function releaseOf(acquiring: string, variable: string): string | undefined {
  for (const { acquire, release } of releases) {
    const match = acquire.exec(acquiring);
    if (match !== null) return release.replace('$1', match[1] ?? '').replace('$v', variable);
  }
  return undefined;
}
