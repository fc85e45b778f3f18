/** `--verifier-safe-bisect`: the pass that a judge does not like, found with judges that read the code. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Command } from './command.ts';

const loop = 'long f(long a) { long s = 0; for (int i = 0; i < 4; i++) s += a * i; return s; }\n';

let command: Command;
beforeAll(() => {
  command = new Command();
  command.write('loop.c', `${loop}int g(int x) { return x; }\n`);
});
afterAll(() => command.dispose());

/** A judge that refuses bytes of code, written in hexadecimal. */
const refuses = (pattern: string): string =>
  `--verifier-safe-bisect=! od -An -v -tx1 {} | tr -d ' \\n' | grep -q '${pattern}'`;

describe('--verifier-safe-bisect', () => {
  it('names the pass and the function', () => {
    // Unrolled, the loop multiplies by 3.
    const { status, stdout } = command.run([refuses('27..000003000000'), 'loop.c']);
    expect(stdout).toContain('accepted without unroll, in f alone (--skip-pass=unroll@f)');
    expect(status).toBe(0);
  });

  it('says when there is nothing to search or to find', () => {
    expect(command.run([refuses('nothing'), 'loop.c']).stdout).toContain('accepted as it is');
    const hopeless = command.run([refuses('7f454c46'), 'loop.c']);
    expect(hopeless.stdout).toContain('refused with any choice of passes');
    expect(hopeless.status).toBe(1);
  });

  it('takes one source', () => {
    expect(command.run(['--verifier-safe-bisect=true', 'loop.c', 'other.c']).status).toBe(2);
    expect(command.run(['--verifier-safe-bisect']).status).toBe(2);
  });
});
