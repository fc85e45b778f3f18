/**
 * Random IR for property tests: two functions over locals, structs, a buffer and a global table, with branches, loops
 * that end, block operations and calls. Everything is initialised, so that results do not hang on undefined values.
 */

import { noPos } from '../../src/diagnostics/source-manager.ts';
import { addIncoming, Builder } from '../../src/ir/builder.ts';
import { Func, type SymbolId, type ValueId } from '../../src/ir/func.ts';
import { Module } from '../../src/ir/module.ts';
import { atomicOperations, Op } from '../../src/ir/ops.ts';
import { bitsOf, Type } from '../../src/ir/types.ts';

/** Small deterministic generator (Marsaglia, "Xorshift RNGs", 2003). */
class Random {
  private state: number;
  constructor(seed: number) {
    this.state = (seed | 0) ^ 0x2545f491 || 1;
  }
  below(limit: number): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x | 0;
    return (x >>> 0) % limit;
  }
  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }
}

const integers = [Type.i8, Type.i16, Type.i32, Type.i64] as const;
const structSize = 24;
/** Bytes behind the pointer parameter. */
export const bufferSize = 64;

const arithmetic = [
  Op.add,
  Op.sub,
  Op.mul,
  Op.udiv,
  Op.sdiv,
  Op.urem,
  Op.srem,
  Op.and,
  Op.or,
  Op.xor,
  Op.shl,
  Op.lshr,
  Op.ashr,
] as const;

export function randomModule(seed: number): Module {
  const random = new Random(seed);
  const module = new Module();
  const bytes = Uint8Array.from({ length: 32 }, () => random.below(256));
  const common = {
    visibility: 'default',
    section: undefined,
    inline: 'none',
    isUsed: false,
    align: 8,
    pos: noPos,
    func: undefined,
  } as const;
  const table = module.addSymbol({
    ...common,
    name: 'table',
    kind: 'variable',
    linkage: 'internal',
    isConstant: random.below(2) === 0,
    data: { bytes, relocations: [], isZero: false },
  });
  const declare = (name: string, linkage: 'internal' | 'external'): SymbolId =>
    module.addSymbol({ ...common, name, kind: 'function', linkage, isConstant: false, data: undefined }).id;
  const external = declare('external', 'external');
  const callee = declare('callee', 'internal');
  const main = declare('main', 'external');
  const define = (
    name: string,
    id: SymbolId,
    size: number,
    calls: readonly [SymbolId, ...SymbolId[]],
  ): void => {
    const func = new Func(name, id, [Type.i64, Type.i32, Type.ptr], Type.i64, noPos);
    new Generator(func, random, table.id, calls).build(size);
    module.symbol(id).func = func;
  };
  define('callee', callee, 4, [external]);
  define('main', main, 12, [external, callee]);
  return module;
}

class Generator {
  private readonly func: Func;
  private readonly random: Random;
  private readonly builder: Builder;
  private readonly table: SymbolId;
  private readonly calls: readonly [SymbolId, ...SymbolId[]];
  private readonly scalars: { readonly pointer: ValueId; readonly type: Type }[] = [];
  private readonly structs: ValueId[] = [];

  constructor(func: Func, random: Random, table: SymbolId, calls: readonly [SymbolId, ...SymbolId[]]) {
    this.func = func;
    this.random = random;
    this.table = table;
    this.calls = calls;
    this.builder = new Builder(func, func.addBlock().id);
  }

  build(size: number): void {
    const { builder } = this;
    for (const type of [...integers, Type.i32, Type.i64]) {
      const pointer = this.alloca(bitsOf(type) >>> 3);
      this.scalars.push({ pointer, type });
    }
    for (let i = 0; i < 3; i++) this.structs.push(this.alloca(structSize));
    for (const { pointer, type } of this.scalars) builder.store(this.constant(type), pointer);
    for (const pointer of this.structs) {
      builder.memset(
        pointer,
        this.func.constant(Type.i8, BigInt(this.random.below(256))),
        builder.i64(structSize),
        8,
      );
    }
    this.statements(size, 3);
    let result = builder.parameter(0);
    for (const { pointer, type } of this.scalars) {
      result = builder.add(
        builder.mul(result, builder.i64(31)),
        builder.resize(Type.i64, builder.load(type, pointer), true),
      );
    }
    builder.ret(result);
  }

  private alloca(size: number): ValueId {
    const row =
      this.func.locals.push({ name: `x${this.func.locals.length}`, pos: noPos, inlinedFrom: [] }) - 1;
    return this.builder.alloca(BigInt(size), 8, row);
  }

  private constant(type: Type): ValueId {
    const { random } = this;
    const value = random.pick([
      0n,
      1n,
      -1n,
      2n,
      8n,
      BigInt(random.below(300)),
      0x80n,
      0xffn,
      0x7fff_ffffn,
      1n << 40n,
    ]);
    return this.func.constant(type, value);
  }

  private statements(count: number, depth: number): void {
    for (let i = 0; i < count; i++) this.statement(depth);
  }

  private statement(depth: number): void {
    const { builder, random } = this;
    const kind = random.below(depth > 0 ? 14 : 9);
    const scalar = random.pick(this.scalars as [(typeof this.scalars)[number]]);
    if (kind < 4) builder.store(this.value(scalar.type, 3), scalar.pointer);
    else if (kind < 6) {
      const type = random.pick(integers);
      builder.store(this.value(type, 2), this.place(type));
    } else if (kind === 6) this.transfer();
    else if (kind === 7) this.call();
    else if (kind === 8) {
      const old = builder.atomicrmw(
        random.below(atomicOperations.length),
        this.place(Type.i64),
        this.value(Type.i64, 1),
        {
          ordering: 'relaxed',
        },
      );
      builder.store(builder.resize(scalar.type, old, false), scalar.pointer);
    } else if (kind < 12) this.branch(depth - 1);
    else if (kind === 12) this.loop(depth - 1);
    else this.switch(depth - 1);
  }

  /** The address of a naturally aligned field in a struct, or of the buffer. */
  private place(type: Type): ValueId {
    const { builder, random } = this;
    const size = bitsOf(type) >>> 3;
    const inBuffer = random.below(3) === 0;
    const base = inBuffer ? builder.parameter(2) : random.pick(this.structs as [ValueId]);
    const offset = random.below((inBuffer ? bufferSize : structSize) / size) * size;
    return builder.ptradd(base, builder.i64(offset));
  }

  private transfer(): void {
    const { builder, random } = this;
    const size = random.pick([4, 8, 16, 24] as const);
    const end = (): ValueId =>
      random.below(3) === 0 ? builder.parameter(2) : random.pick(this.structs as [ValueId]);
    const [to, from] = [end(), end()];
    if (random.below(4) === 0)
      builder.memset(to, builder.trunc(Type.i8, this.value(Type.i32, 0)), builder.i64(size), 8);
    else if (to === from) builder.memmove(builder.ptradd(to, builder.i64(0)), from, builder.i64(size), 8);
    else builder.memcpy(to, from, builder.i64(size), 8);
  }

  private call(): void {
    const { builder, random } = this;
    const target = random.pick(this.calls);
    const pointer = random.below(2) === 0 ? builder.parameter(2) : this.func.globalAddress(this.table);
    const value = builder.call(target, Type.i64, [
      this.value(Type.i64, 1),
      this.value(Type.i32, 1),
      target === this.calls[0] ? pointer : builder.parameter(2),
    ]);
    const scalar = random.pick(this.scalars as [(typeof this.scalars)[number]]);
    builder.store(builder.resize(scalar.type, value, false), scalar.pointer);
    if (random.below(3) === 0)
      builder.callHelper(1 + random.below(3), Type.i64, [random.pick(this.structs as [ValueId])]);
  }

  private branch(depth: number): void {
    const { builder, random } = this;
    const condition = this.condition(2);
    const [yes, no, end] = [builder.addBlock(), builder.addBlock(), builder.addBlock()];
    builder.condbr(condition, yes.id, no.id);
    builder.setBlock(yes);
    this.statements(1 + random.below(2), depth);
    const [a, fromYes] = [this.value(Type.i32, 1), builder.block];
    builder.br(end.id);
    builder.setBlock(no);
    if (random.below(2) === 0) this.statements(1, depth);
    const [b, fromNo] = [this.value(Type.i32, 1), builder.block];
    builder.br(end.id);
    builder.setBlock(end);
    const phi = builder.phi(Type.i32);
    addIncoming(phi, a, fromYes);
    addIncoming(phi, b, fromNo);
    const target = this.scalars[4];
    if (target !== undefined && random.below(2) === 0) builder.store(phi.id, target.pointer);
  }

  private loop(depth: number): void {
    const { builder, random } = this;
    const counter = this.alloca(4);
    builder.store(builder.i32(0), counter);
    const [head, body, end] = [builder.addBlock(), builder.addBlock(), builder.addBlock()];
    if (random.below(2) === 0) head.unroll = -1;
    builder.br(head.id);
    builder.setBlock(head);
    const i = builder.load(Type.i32, counter);
    builder.condbr(builder.icmp(random.pick([2, 6]), i, builder.i32(random.below(5))), body.id, end.id);
    builder.setBlock(body);
    this.statements(1 + random.below(2), depth);
    builder.store(builder.add(builder.load(Type.i32, counter), builder.i32(1 + random.below(2))), counter);
    if (random.below(4) === 0) builder.condbr(this.condition(1), head.id, end.id);
    else builder.br(head.id);
    builder.setBlock(end);
  }

  private switch(depth: number): void {
    const { builder, random } = this;
    const value = this.value(Type.i32, 1);
    const end = builder.addBlock();
    const blocks = [builder.addBlock(), builder.addBlock(), end] as const;
    const rows = new Map<bigint, [ValueId, (typeof end)['id']]>();
    for (let i = 0; i < 1 + random.below(6); i++) {
      const constant = BigInt(random.below(8) * random.pick([1, 1, 100]));
      rows.set(constant, [builder.i32(constant), random.pick(blocks).id]);
    }
    builder.switch(value, random.pick(blocks).id, [...rows.values()]);
    for (const block of blocks) {
      builder.setBlock(block);
      if (block === end) return;
      this.statements(1, depth);
      builder.br(end.id);
    }
  }

  private condition(depth: number): ValueId {
    const { builder, random } = this;
    const type = random.pick(integers);
    const found = builder.icmp(random.below(10), this.value(type, depth), this.value(type, depth));
    return random.below(4) === 0 ? builder.xor(found, builder.i1(true)) : found;
  }

  private value(type: Type, depth: number): ValueId {
    const { builder, random } = this;
    if (depth === 0 || random.below(5) === 0) return this.leaf(type);
    switch (random.below(8)) {
      case 0:
        return builder.select(
          this.condition(depth - 1),
          this.value(type, depth - 1),
          this.value(type, depth - 1),
        );
      case 1: {
        const other = random.pick(integers);
        return builder.resize(type, this.value(other, depth - 1), random.below(2) === 0);
      }
      case 2:
        return builder.zext(type, this.condition(depth - 1));
      case 3:
        return type === Type.i8 ? this.leaf(type) : this.bits(type, depth);
      case 4:
        return builder.resize(type, this.compareBytes(), true);
      default: {
        const right = random.below(2) === 0 ? this.constant(type) : this.value(type, depth - 1);
        return builder.binary(random.pick(arithmetic), this.value(type, depth - 1), right);
      }
    }
  }

  private bits(type: Type, depth: number): ValueId {
    const { builder, random } = this;
    const value = this.value(type, depth - 1);
    return random.pick([
      () => builder.bswap(value),
      () => builder.ctlz(value),
      () => builder.cttz(value),
      () => builder.ctpop(value),
      () => builder.barrier(value),
    ])();
  }

  /** Whether two pieces of memory are equal, or which comes first, as a number of one sign. */
  private compareBytes(): ValueId {
    const { builder, random } = this;
    const size = random.pick([0, 1, 3, 4, 8, 13, 16] as const);
    const compared = builder.memcmp(
      random.pick(this.structs as [ValueId]),
      random.below(2) === 0 ? builder.parameter(2) : random.pick(this.structs as [ValueId]),
      builder.i64(size),
      8,
    );
    return builder.zext(Type.i32, builder.icmp(random.pick([0, 1, 6, 8]), compared, builder.i32(0)));
  }

  private leaf(type: Type): ValueId {
    const { builder, random } = this;
    const scalar = random.pick(this.scalars as [(typeof this.scalars)[number]]);
    switch (random.below(6)) {
      case 0:
        return this.constant(type);
      case 1:
        return builder.resize(type, builder.parameter(random.below(2)), false);
      case 2:
        return builder.load(type, this.place(type));
      case 3: {
        const size = bitsOf(type) >>> 3;
        const offset = BigInt(random.below(32 / size) * size);
        return builder.load(type, this.func.globalAddress(this.table, offset));
      }
      default:
        return builder.resize(type, builder.load(scalar.type, scalar.pointer), random.below(2) === 0);
    }
  }
}
