/**
 * The kernel's disassembly of one instruction -> what it does to registers and memory. Forms as printed by
 * kernel/bpf/disasm.c since Linux 4.14; what is unknown is `other`.
 */

export type Operand =
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'constant'; readonly text: string };

export type Effect =
  | { readonly kind: 'move'; readonly destination: number; readonly source: Operand }
  | {
      readonly kind: 'arithmetic';
      readonly destination: number;
      readonly operator: string;
      readonly operand: Operand;
    }
  | {
      readonly kind: 'load';
      readonly destination: number;
      readonly base: number;
      readonly offset: number;
      readonly size: number;
    }
  | {
      readonly kind: 'store';
      readonly base: number;
      readonly offset: number;
      readonly size: number;
      readonly source: Operand;
    }
  | { readonly kind: 'atomic'; readonly base: number; readonly offset: number }
  | { readonly kind: 'call'; readonly name: string; readonly local: boolean }
  | { readonly kind: 'branch'; readonly left: number; readonly right: Operand; readonly distance: number }
  | { readonly kind: 'goto' | 'exit' | 'other' };

const sizes: Readonly<Record<string, number>> = { '8': 1, '16': 2, '32': 4, '64': 8 };

function operand(text: string): Operand {
  const [, register] = /^[rw](\d{1,2})$/.exec(text) ?? [];
  return register === undefined
    ? { kind: 'constant', text }
    : { kind: 'register', register: Number(register) };
}

interface Form {
  readonly pattern: RegExp;
  readonly make: (groups: Readonly<Record<string, string>>) => Effect;
}

const number = (text: string | undefined): number => Number((text ?? '0').replace(/\s/g, ''));

const memory = String.raw`\*\([us](?<bits>8|16|32|64) ?\*\)\((?<base>r\d{1,2}) ?(?<offset>[+-] ?\d{1,6})\)`;
const registerOf = (text: string | undefined): number => Number((text ?? 'r0').slice(1));

const forms: readonly Form[] = [
  {
    pattern: new RegExp(`^[rw](?<destination>\\d{1,2}) = ${memory}$`),
    make: (g) => ({
      kind: 'load',
      destination: number(g['destination']),
      base: registerOf(g['base']),
      offset: number(g['offset']),
      size: sizes[g['bits'] ?? ''] ?? 8,
    }),
  },
  {
    pattern: new RegExp(`^${memory} = (?<source>\\S+)$`),
    make: (g) => ({
      kind: 'store',
      base: registerOf(g['base']),
      offset: number(g['offset']),
      size: sizes[g['bits'] ?? ''] ?? 8,
      source: operand(g['source'] ?? ''),
    }),
  },
  {
    pattern: new RegExp(`^(?:lock |[rw]\\d+ = atomic).*${memory}`),
    make: (g) => ({ kind: 'atomic', base: registerOf(g['base']), offset: number(g['offset']) }),
  },
  {
    pattern: /^call (?<name>[\w.]+)#-?\d+/,
    make: (g) => ({ kind: 'call', name: g['name'] ?? '', local: false }),
  },
  { pattern: /^call pc/, make: () => ({ kind: 'call', name: '', local: true }) },
  { pattern: /^call/, make: () => ({ kind: 'call', name: '', local: false }) },
  {
    pattern: /^if [rw](?<left>\d{1,2}) (?:s?[<>]=?|[!=]=|&|set) (?<right>\S+) goto pc(?<distance>[+-]\d+)/,
    make: (g) => ({
      kind: 'branch',
      left: number(g['left']),
      right: operand(g['right'] ?? ''),
      distance: number(g['distance']),
    }),
  },
  {
    pattern: /^[rw](?<destination>\d{1,2}) = (?:\(s\d+\) ?)?(?<source>.+)$/,
    make: (g) => {
      const destination = number(g['destination']);
      const source = g['source'] ?? '';
      // `r1 = -r1`, `r1 = be16 r1`: the value is made from the register itself.
      const isOwn = /^(?:-|[bl]e\d+ |bswap\d+ )[rw]\d+$/.test(source);
      if (isOwn) {
        return { kind: 'arithmetic', destination, operator: source, operand: operand('0') };
      }
      return { kind: 'move', destination, source: operand(source) };
    },
  },
  {
    pattern: /^[rw](?<destination>\d{1,2}) (?<operator>s?[-+*/%&|^<>]{1,3})= (?<operand>\S+)$/,
    make: (g) => ({
      kind: 'arithmetic',
      destination: number(g['destination']),
      operator: g['operator'] ?? '',
      operand: operand(g['operand'] ?? ''),
    }),
  },
  { pattern: /^goto/, make: () => ({ kind: 'goto' }) },
  { pattern: /^exit/, make: () => ({ kind: 'exit' }) },
];

export function effectOf(text: string): Effect {
  for (const { pattern, make } of forms) {
    const match = pattern.exec(text);
    if (match !== null) return make(match.groups ?? {});
  }
  return { kind: 'other' };
}
