/** What scripts/selftest-expectations.js relies on: tags read off an object, messages found in a log, functions' code by symbol. */

import { describe, expect, it } from 'vitest';
import { compileText, folderHost } from '../end-to-end/compile-case.ts';
import { expectationsOf, missingMessage, returnsAs } from './expectations.ts';
import { functionCode } from './function-code.ts';

const SOURCE = `
#define TAG(text) __attribute__((btf_decl_tag("comment:" text)))
int counter, limit = 4;
TAG("test_expect_failure") TAG("test_expect_msg=0=R1 {{!read_ok|missing}}") TAG("test_expect_msg=1=x=y")
TAG("test_expect_not_msg=2=bad") TAG("test_log_level=2") TAG("test_prog_flags=BPF_F_STRICT_ALIGNMENT")
TAG("test_prog_flags=!BPF_F_TEST_RND_HI32") TAG("test_expect_success_unpriv") TAG("test_expect_xlated=3=r0 = 0")
__attribute__((section("tc"), naked)) int refused(void) { asm volatile("r0 = r2; exit"); }
TAG("test_expect_success") TAG("test_retval=0x10") TAG("test_arch=X86_64")
__attribute__((section("tc"))) int taken(void *ctx) { counter++; return limit; }
__attribute__((section("tc"))) int plain(void *ctx) { return 0; }
`;

function compiled(source: string): Uint8Array {
  const { result, messages } = compileText('case.c', folderHost('', new Map([['case.c', source]])), [
    '-O2',
    '-g',
  ]);
  expect(messages).toEqual([]);
  return result.object ?? new Uint8Array();
}

describe('expectations', () => {
  it('are read off the declaration tags', () => {
    const found = expectationsOf(compiled(SOURCE));
    if (typeof found === 'string') throw new Error(found);
    expect([...found.keys()].sort()).toEqual(['refused', 'taken']);
    expect(found.get('refused')).toMatchObject({
      loads: false,
      messages: [
        { text: 'R1 {{!read_ok|missing}}', absent: false },
        { text: 'x=y', absent: false },
        { text: 'bad', absent: true },
      ],
      logLevel: 2,
      flagsSet: 1,
      flagsCleared: 4,
      unchecked: ['test_expect_xlated'],
    });
    expect(found.get('taken')).toMatchObject({ loads: true, returns: '0x10', architectures: ['X86_64'] });
    expect(expectationsOf(new Uint8Array(64))).toBeTypeOf('string');
  });

  it('find messages in order, with regular expressions, and unwanted ones between their neighbours', () => {
    const log = '0: R1=ctx() R10=fp0\n1: (95) exit\nR0 !read_ok\nprocessed 2 insns\n';
    const message = (text: string, absent = false) => ({ text, absent });
    expect(missingMessage(log, [message('(95) exit'), message('R{{[0-9]+}} !read_ok')])).toBeUndefined();
    expect(missingMessage(log, [message('!read_ok'), message('(95) exit')])).toBe("no '(95) exit'");
    expect(missingMessage(log, [message('R1'), message('R0', true), message('(95)')])).toBeUndefined();
    expect(missingMessage(log, [message('R1'), message('R0', true)])).toBe("unwanted 'R0'");
    expect(missingMessage(log, [message('R{{[^0]+}}!read_ok')])).toBeDefined();
  });

  it('tell other registers and positions from other messages', () => {
    const log = '12: (07) r6 += -16\nR7 unbounded memory access, fp-24\n';
    const other = [
      { text: '3: (07) r2 += -16', absent: false },
      { text: 'R2 unbounded memory access, fp-8', absent: false },
    ];
    expect(missingMessage(log, other)).toBeDefined();
    expect(missingMessage(log, other, true)).toBeUndefined();
    expect(missingMessage(log, [{ text: 'R2 min value is negative', absent: false }], true)).toBeDefined();
    const state = [{ text: ': R0=0 R1=ctx() R2=4096 R10=fp0', absent: false }];
    expect(missingMessage('13: R1=ctx() R2=4096 R10=fp0\n', state, true)).toBeUndefined();
    expect(missingMessage('13: R1=ctx() R2=4097 R10=fp0\n', state, true)).toBeDefined();
  });

  it('compare return values as 32 bits', () => {
    expect(returnsAs('0x10', 16)).toBe(true);
    expect(returnsAs('-1', 0xffff_ffff)).toBe(true);
    expect(returnsAs('INT_MIN', -0x8000_0000)).toBe(true);
    expect(returnsAs('POINTER_VALUE', 77)).toBe(true);
    expect(returnsAs('0', 1)).toBe(false);
  });
});

describe("functions' code", () => {
  it('names what it refers to', () => {
    const code = functionCode(compiled(SOURCE));
    if (typeof code === 'string') throw new Error(code);
    expect(code.get('refused')).toEqual(['bf20000000000000', '9500000000000000']);
    expect(code.get('taken')?.join(' ')).toContain('counter+0');
    expect(code.get('taken')?.join(' ')).toContain('limit+0');
  });
});
