/**
 * Instruction selection: an IR function -> a machine function in three-address form with virtual registers.
 *
 * Selection is a pure function of its input. It goes through the blocks in layout order and through each block from
 * top to bottom; what a user folded into itself (addresses, comparisons) is left without a reader and removed afterwards.
 *
 * Needs: legalised IR (no memcpy, switch or bit counting; integer arithmetic on i32 and i64).
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { Func, Ins, ValueId } from '../ir/func.ts';
import type { Module } from '../ir/module.ts';
import { Op, opRow } from '../ir/ops.ts';
import { type ProvenanceContext, Provenances } from '../ir/provenance.ts';
import { Type } from '../ir/types.ts';
import { bug } from '../support/bug.ts';
import { removeDeadInstructions } from './dead-code.ts';
import type { MachineFunction } from './machine.ts';
import * as arithmetic from './select-arithmetic.ts';
import { selectAsm, selectAsmOutput } from './select-asm.ts';
import { Branching } from './select-branch.ts';
import * as calls from './select-call.ts';
import * as memory from './select-memory.ts';
import { Selection } from './selection.ts';
import type { Target } from './target.ts';
import { nameInstructions } from './value-names.ts';

type Selector = (s: Selection, ins: Ins, branching: Branching) => void;

const nothing: Selector = () => {};

const selectors: ReadonlyMap<number, Selector> = new Map<number, Selector>([
  [Op.icmp, (_s, ins, branching) => branching.selectComparison(ins)],
  [Op.select, (_s, ins, branching) => branching.selectSelect(ins)],
  [Op.trunc, arithmetic.selectConversion],
  [Op.zext, arithmetic.selectConversion],
  [Op.sext, arithmetic.selectConversion],
  [Op.ptrtoint, nothing],
  [Op.inttoptr, nothing],
  [Op.addrspacecast, arithmetic.selectAddressSpaceCast],
  [Op.ptradd, arithmetic.selectPointerAdd],
  [Op.bswap, arithmetic.selectByteSwap],
  [Op.phi, nothing],
  [Op.is_constant, arithmetic.selectIsConstant],
  [Op.alloca, nothing],
  [Op.lifetime_start, memory.selectLifetime],
  [Op.lifetime_end, memory.selectLifetime],
  [Op.load, memory.selectLoad],
  [Op.store, memory.selectStore],
  [Op.atomicrmw, memory.selectAtomicUpdate],
  [Op.cmpxchg, memory.selectCompareExchange],
  [Op.fence, (s) => s.error('no-fence')],
  [Op.compiler_fence, nothing],
  [Op.call, calls.selectCall],
  [Op.call_helper, calls.selectHelperCall],
  [Op.call_indirect, calls.selectIndirectCall],
  [Op.packet_load, calls.selectPacketLoad],
  [Op.core_relocation, arithmetic.selectCoreRelocation],
  [Op.asm, selectAsm],
  [Op.asm_output, selectAsmOutput],
  [Op.barrier, arithmetic.selectBarrier],
  [Op.br, (_s, ins, branching) => branching.selectJump(ins)],
  [Op.condbr, (_s, ins, branching) => branching.selectConditional(ins)],
  [Op.asm_goto, (s, ins, branching) => branching.selectAsmGoto(ins, selectAsm(s, ins))],
  [Op.ret, (_s, ins, branching) => branching.selectReturn(ins)],
  [Op.unreachable, (_s, _ins, branching) => branching.selectUnreachable()],
]);

function selectInstruction(s: Selection, ins: Ins, branching: Branching): void {
  s.pos = ins.pos;
  if (arithmetic.isArithmetic(ins.op)) {
    const isFolded = ins.type === Type.i1 && !branching.isMaterialized(ins.id);
    if (!isFolded) arithmetic.selectArithmetic(s, ins);
    return;
  }
  const selector = selectors.get(ins.op) ?? bug(`${opRow(ins.op).name} reached selection in ${s.func.name}`);
  selector(s, ins, branching);
}

/** Stack objects for the locals. */
function createFrame(s: Selection): void {
  for (const id of s.func.block(s.func.entry).instructions) {
    const ins = s.ins(id);
    if (ins.op !== Op.alloca) continue;
    const local = s.func.locals[ins.aux];
    s.objects.set(id, s.machine.addFrameObject(Number(ins.imm), Math.max(1, ins.align), 'local', local));
  }
}

/** The context of classic packet loads when all have the first parameter: it lives in r6 all the time. */
function contextOfPacketLoads(s: Selection): ValueId | undefined {
  let context: ValueId | undefined;
  for (const ins of s.func.values) {
    if (ins?.op !== Op.packet_load) continue;
    context = s.resolve(s.operand(ins, 0));
    const value = s.ins(context);
    if (value.op !== Op.param || value.aux !== 0) return undefined;
  }
  return context;
}

/** Takes the parameters out of their registers. */
function receiveParameters(s: Selection): void {
  const context = contextOfPacketLoads(s);
  if (context !== undefined) {
    s.machine.reserved = 1 << 6;
    s.bind(context, 6);
    s.copy(6, 1);
  }
  if (s.func.parameterTypes.length > 5) {
    s.error('too-many-parameters', s.func.name, `${s.func.parameterTypes.length}`);
    return;
  }
  s.func.parameterTypes.forEach((_type, index) => {
    const value = s.func.parameter(index);
    if (value !== context) s.copy(s.define(value), index + 1);
  });
}

/** Selects instructions for one function; problems go to `diagnostics`. */
export function selectFunction(
  func: Func,
  module: Module,
  target: Target,
  diagnostics: DiagnosticSink,
  context: ProvenanceContext,
): MachineFunction {
  // Parameters that nothing names have no value yet; make them before columns are sized.
  for (const index of func.parameterTypes.keys()) func.parameter(index);
  const s = new Selection(func, module, target, diagnostics, new Provenances(func, context));
  createFrame(s);
  const branching = new Branching(s, context.target.returnsAnything(func.symbol));
  for (const block of func.eachBlock()) {
    s.startBlock(s.head(block.id));
    if (block.id === func.entry) receiveParameters(s);
    for (const id of block.instructions) selectInstruction(s, s.ins(id), branching);
  }
  removeDeadInstructions(s.machine);
  if (func.names !== undefined) nameInstructions(func, s);
  return s.machine;
}
