/**
 * What the verifier knows of the results of helpers (kernel/bpf/verifier.c, `check_helper_call`, `do_refine_retval_range`): of most
 * integers nothing, of a pointer that may be null only that.
 */

import type { Ins } from '../ir/func.ts';
import { type Helper, helperById } from '../isa/helpers.ts';

/** The verifier bounds what these return. */
const bounded: ReadonlySet<string> = new Set([
  'bpf_get_smp_processor_id',
  'bpf_get_stack',
  'bpf_get_task_stack',
  'bpf_probe_read_str',
  'bpf_probe_read_kernel_str',
  'bpf_probe_read_user_str',
]);

export function calledHelperOf(call: Ins): Helper | undefined {
  return helperById(Number(BigInt.asIntN(32, call.imm)));
}

/** Can the result of a call of a helper be any number? */
export function isAnyNumber(call: Ins): boolean {
  const helper = calledHelperOf(call);
  return helper?.returns === 'integer' && !bounded.has(helper.name);
}

/** May the result be null? */
export function isNullable(call: Ins): boolean {
  return calledHelperOf(call)?.returns.endsWith('-or-null') === true;
}
