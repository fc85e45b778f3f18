/**
 * Random IR functions for property tests: integer arithmetic, comparisons, selects, memory on the stack, helper calls,
 * if-diamonds and counted loops, all terminating. The text is made from a seed so that a failure can be run again.
 */

/** A small deterministic generator (xorshift32). */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = (seed | 0) === 0 ? 1 : seed | 0;
  }

  below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }

  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }
}

type Width = 'i32' | 'i64';

const constants = ['0', '1', '2', '7', '31', '255', '65535', '2147483647', '2147483648', '4294967295'];
const wideConstants = ['18446744073709551615', '81985529216486895', '4294967296', '18446744071562067968'];
const binary = ['add', 'sub', 'mul', 'and', 'or', 'xor', 'udiv', 'urem', 'shl', 'lshr', 'ashr'];
const predicates = ['eq', 'ne', 'ult', 'ule', 'ugt', 'uge', 'slt', 'sle', 'sgt', 'sge'];

export interface RandomOptions {
  /** Statements in all. */
  readonly size: number;
  readonly calls: boolean;
}

class Generator {
  readonly lines: string[] = [];
  private readonly random: Random;
  private readonly options: RandomOptions;
  private nextValue = 10;
  private nextBlock = 1;
  private budget: number;
  /** Block that is being filled. */
  private block = 'b0';

  constructor(seed: number, options: RandomOptions) {
    this.random = new Random(seed * 2654435761);
    this.options = options;
    this.budget = options.size;
  }

  private value(): string {
    return `v${this.nextValue++}`;
  }

  private put(line: string): void {
    this.lines.push(`  ${line}`);
  }

  private start(block: string): void {
    this.lines.push(`${block}:`);
    this.block = block;
  }

  private newBlock(): string {
    return `b${this.nextBlock++}`;
  }

  private operand(pool: Pool, width: Width): string {
    const { random } = this;
    const choices = width === 'i32' ? pool.i32 : pool.i64;
    if (random.below(5) === 0) {
      const wide = width === 'i64' && random.below(2) === 0;
      return `${width} ${random.pick(wide ? wideConstants : constants)}`;
    }
    return random.pick(choices);
  }

  private condition(pool: Pool): string {
    const { random } = this;
    const width: Width = random.pick(['i32', 'i64']);
    const result = this.value();
    const left = random.pick(width === 'i32' ? pool.i32 : pool.i64);
    this.put(`${result} = icmp.${random.pick(predicates)} ${left}, ${this.operand(pool, width)}`);
    const kind = random.below(8);
    if (kind > 1) return result;
    const second = this.condition(pool);
    const both = this.value();
    this.put(`${both} = ${kind === 0 ? 'and' : 'or'} i1 ${result}, ${second}`);
    return both;
  }

  private simple(pool: Pool): void {
    const { random } = this;
    const width: Width = random.pick(['i32', 'i64']);
    const other: Width = width === 'i32' ? 'i64' : 'i32';
    const result = this.value();
    const a = (): string => this.operand(pool, width);
    const values = width === 'i32' ? pool.i32 : pool.i64;
    switch (random.below(10)) {
      case 0:
        if (width === 'i32') this.put(`${result} = trunc i32 ${random.pick(pool.i64)}`);
        else this.put(`${result} = ${random.pick(['zext', 'sext'])} i64 ${random.pick(pool.i32)}`);
        break;
      case 1: {
        const condition = this.condition(pool);
        this.put(`${result} = select ${width} ${condition}, ${a()}, ${a()}`);
        break;
      }
      case 2: {
        const condition = this.condition(pool);
        this.put(`${result} = zext ${width} ${condition}`);
        break;
      }
      case 3: {
        const slot = random.below(4);
        this.put(`store ${random.pick(values)}, v${slot} align 8`);
        this.put(`${result} = load ${width} v${slot} align 8`);
        break;
      }
      case 4: {
        const narrow = this.value();
        const bits = random.pick(['i8', 'i16']);
        this.put(`${narrow} = trunc ${bits} ${random.pick(values)}`);
        this.put(`${result} = ${random.pick(['zext', 'sext'])} ${width} ${narrow}`);
        break;
      }
      case 5:
        this.put(`${result} = bswap ${width} ${random.pick(values)}`);
        break;
      case 6:
        if (this.options.calls) {
          this.put(
            `${result} = call_helper ${width} #${5 + random.below(3)}(${this.operand(pool, other)}, ${a()}, v0)`,
          );
          break;
        }
        this.put(`${result} = barrier ${width} ${random.pick(values)}`);
        break;
      default: {
        const operation = random.pick(binary);
        const isShift = operation === 'shl' || operation === 'lshr' || operation === 'ashr';
        const amount = `${width} ${random.below(width === 'i32' ? 32 : 64)}`;
        this.put(`${result} = ${operation} ${width} ${random.pick(values)}, ${isShift ? amount : a()}`);
      }
    }
    values.push(result);
  }

  /** if (...) { ... } else { ... } with one value of each width joined. */
  private diamond(pool: Pool): void {
    const condition = this.condition(pool);
    const [yes, no, join] = [this.newBlock(), this.newBlock(), this.newBlock()];
    this.put(`condbr ${condition}, ${yes}, ${no}`);
    this.start(yes);
    const first = this.body(pool);
    const firstEnd = this.block;
    this.put(`br ${join}`);
    this.start(no);
    const second = this.body(pool);
    const secondEnd = this.block;
    this.put(`br ${join}`);
    this.start(join);
    for (const width of ['i32', 'i64'] as const) {
      const phi = this.value();
      const a = this.random.pick(first[width]);
      const b = this.random.pick(second[width]);
      this.put(`${phi} = phi ${width} [${a} ${firstEnd}], [${b} ${secondEnd}]`);
      pool[width].push(phi);
    }
  }

  /** A loop of a few rounds that carries two values around, sometimes exchanged. */
  private loop(pool: Pool): void {
    const { random } = this;
    const [head, exit] = [this.newBlock(), this.newBlock()];
    const before = this.block;
    const [counter, a, b, next, done] = [
      this.value(),
      this.value(),
      this.value(),
      this.value(),
      this.value(),
    ];
    const [startA, startB] = [random.pick(pool.i64), this.operand(pool, 'i64')];
    this.put(`br ${head}`);
    this.start(head);
    const at = this.lines.length;
    const inner: Pool = { i32: [...pool.i32, counter], i64: [...pool.i64, a, b] };
    const after = this.body(inner);
    const swap = random.below(2) === 0;
    const [nextA, nextB] = swap ? [b, a] : [random.pick(after.i64), random.pick(after.i64)];
    const latch = this.block;
    this.put(`${next} = add i32 ${counter}, i32 1`);
    this.put(`${done} = icmp.ult ${next}, i32 ${1 + random.below(6)}`);
    this.put(`condbr ${done}, ${head}, ${exit}`);
    this.lines.splice(
      at,
      0,
      `  ${counter} = phi i32 [i32 0 ${before}], [${next} ${latch}]`,
      `  ${a} = phi i64 [${startA} ${before}], [${nextA} ${latch}]`,
      `  ${b} = phi i64 [${startB} ${before}], [${nextB} ${latch}]`,
    );
    this.start(exit);
    pool.i64.push(a, b);
    pool.i32.push(next);
  }

  /** Some statements; the values that are visible at the end. */
  private body(outer: Pool): Pool {
    const pool: Pool = { i32: [...outer.i32], i64: [...outer.i64] };
    const count = 1 + this.random.below(6);
    for (let i = 0; i < count; i++) this.statement(pool);
    return pool;
  }

  private statement(pool: Pool): void {
    this.budget--;
    const kind = this.budget > 0 ? this.random.below(12) : 11;
    if (kind === 0) this.diamond(pool);
    else if (kind === 1) this.loop(pool);
    else this.simple(pool);
  }

  run(): string {
    const pool: Pool = { i32: ['%0', '%1'], i64: ['%2', '%3'] };
    for (let slot = 0; slot < 4; slot++) this.put(`v${slot} = alloca bytes 8 local 0 align 8`);
    for (let slot = 0; slot < 4; slot++) this.put(`store i64 ${slot}, v${slot} align 8`);
    while (this.budget > 0) this.statement(pool);
    // Everything counts in the end, so that many values live long.
    let sum = pool.i64[0] ?? 'i64 0';
    for (const value of pool.i64.slice(1)) {
      const next = this.value();
      this.put(`${next} = ${this.random.pick(['add', 'xor'])} i64 ${sum}, ${value}`);
      sum = next;
    }
    for (const value of pool.i32) {
      const [wide, next] = [this.value(), this.value()];
      this.put(`${wide} = zext i64 ${value}`);
      this.put(`${next} = xor i64 ${sum}, ${wide}`);
      sum = next;
    }
    this.put(`ret ${sum}`);
    const body = this.lines.join('\n');
    return `@f = function external\n\nfunc @f(i32, i32, i64, i64) i64 {\n  local 0 "slot"\nb0:\n${body}\n}\n`;
  }
}

interface Pool {
  i32: string[];
  i64: string[];
}

/** Text of a module with one function `f(i32, i32, i64, i64) -> i64`. */
export function randomModule(seed: number, options: RandomOptions): string {
  return new Generator(seed, options).run();
}
