/**
 * The context of a run as programs see it: plain fields are bytes, packet fields are pointers although they have 32
 * bits, as the kernel's rewriting of accesses makes them. What the verifier refuses (a hole, a wider access than
 * the field, a write to what is read-only) is a fault.
 */

import type { ContextField, ContextRules } from '../object/context-layouts.ts';
import { writeRegister } from './arithmetic.ts';
import type { ContextAccess, Cpu } from './cpu.ts';
import type { Memory, RegionInfo } from './memory.ts';
import type { Packet } from './packet.ts';

/** A field's value for tests: a number, an array for array fields, or bytes that a pointer field points to. */
export type ContextValue = number | bigint | readonly (number | bigint)[] | Uint8Array;
export type ContextValues = Readonly<Record<string, ContextValue>>;

const POINTED: RegionInfo = { kind: 'kernel', name: 'memory of a context field', read: true, write: true };

export class StructContext implements ContextAccess {
  readonly region: number;
  private readonly memory: Memory;
  private readonly rules: ContextRules;
  private readonly packet: Packet | undefined;
  private readonly fieldAt: readonly (ContextField | undefined)[];
  private readonly pointed: number[] = [];

  constructor(memory: Memory, rules: ContextRules, packet: Packet | undefined) {
    this.memory = memory;
    this.rules = rules;
    this.packet = packet;
    const { layout } = rules;
    const name = `the context (struct ${layout.struct})`;
    this.region = memory.addRegion(
      { kind: 'context', name, read: true, write: true, special: true },
      layout.size,
    );
    const fieldAt: (ContextField | undefined)[] = new Array<ContextField | undefined>(layout.size).fill(
      undefined,
    );
    for (const field of layout.fields)
      fieldAt.fill(field, field.offset, field.offset + field.size * field.count);
    this.fieldAt = fieldAt;
  }

  private field(cpu: Cpu, offset: number, size: number, write: boolean): ContextField {
    const verb = write ? 'write' : 'read';
    const { struct, size: structSize } = this.rules.layout;
    const field = this.fieldAt[offset];
    if (field === undefined || offset + size > structSize) {
      cpu.trap(
        'bad-context-access',
        `${verb} of ${size} bytes at offset ${offset} of struct ${struct}: there is no field`,
      );
    }
    const name = `${struct}.${field.name}`;
    if (this.rules.isHidden(field))
      cpu.trap('bad-context-access', `${verb} of ${name}, which this program type does not have`);
    if ((offset & (size - 1)) !== 0)
      cpu.trap('bad-context-access', `${verb} of ${size} bytes of ${name} is not aligned`);
    const end = field.offset + field.size * field.count;
    const isArray = field.count > 1 && offset + size <= end && (offset - field.offset) % size === 0;
    if (!isArray && offset + size > end) {
      cpu.trap('bad-context-access', `${verb} of ${size} bytes of ${name}, which has ${field.size}`);
    }
    if (field.kind !== 'plain' && (offset !== field.offset || size < field.size)) {
      cpu.trap('bad-context-access', `${verb} of a part of ${name}, which is a pointer`);
    }
    return field;
  }

  load(cpu: Cpu, offset: number, size: number, register: number): void {
    const field = this.field(cpu, offset, size, false);
    const { packet } = this;
    if (field.kind !== 'plain' && field.kind !== 'pointer' && packet !== undefined) {
      const address =
        field.kind === 'data'
          ? packet.dataAddress
          : field.kind === 'data_end'
            ? packet.dataEndAddress
            : packet.metaAddress;
      writeRegister(cpu, register, address);
      return;
    }
    const at = this.memory.positionOf(this.region) + offset;
    const { view } = this.memory;
    cpu.lo[register] =
      size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getInt32(at, true);
    cpu.hi[register] = size === 8 ? view.getInt32(at + 4, true) : 0;
  }

  store(cpu: Cpu, offset: number, size: number, register: number): void {
    const field = this.field(cpu, offset, size, true);
    if (!this.rules.isWritable(field)) {
      cpu.trap(
        'bad-context-access',
        `write to ${this.rules.layout.struct}.${field.name}, which programs of this type only read`,
      );
    }
    const at = this.memory.positionOf(this.region) + offset;
    const { view } = this.memory;
    if (size === 1) view.setUint8(at, cpu.lo[register] ?? 0);
    else if (size === 2) view.setUint16(at, cpu.lo[register] ?? 0, true);
    else view.setInt32(at, cpu.lo[register] ?? 0, true);
    if (size === 8) view.setInt32(at + 4, cpu.hi[register] ?? 0, true);
  }

  private byName(name: string): ContextField | undefined {
    return this.rules.layout.fields.find((field) => field.name === name);
  }

  private setElement(field: ContextField, index: number, value: bigint): void {
    const at = this.memory.positionOf(this.region) + field.offset + index * field.size;
    for (let i = 0; i < field.size; i++) {
      this.memory.bytes[at + i] = Number((BigInt.asUintN(64, value) >> BigInt(8 * i)) & 0xffn);
    }
  }

  /** Sets a field; false when the struct has none of the name. */
  set(name: string, value: ContextValue): boolean {
    const field = this.byName(name);
    if (field === undefined) return false;
    if (value instanceof Uint8Array) {
      const region = this.memory.addRegion(POINTED, value.length);
      this.pointed.push(region);
      this.memory.contents(region).set(value);
      this.setElement(field, 0, (BigInt(region) << 32n) | 0x4000_0000n);
    } else if (typeof value === 'number' || typeof value === 'bigint')
      this.setElement(field, 0, BigInt(value));
    else
      for (const [index, element] of value.entries())
        if (index < field.count) this.setElement(field, index, BigInt(element));
    return true;
  }

  /** A plain field's value, or its first element. */
  get(name: string): bigint {
    const field = this.byName(name);
    return field === undefined ? 0n : this.element(field, 0);
  }

  private element(field: ContextField, index: number): bigint {
    const at = this.memory.positionOf(this.region) + field.offset + index * field.size;
    let value = 0n;
    for (let i = field.size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.memory.bytes[at + i] ?? 0);
    return value;
  }

  /** All plain fields by name. */
  values(): Record<string, number | bigint | (number | bigint)[]> {
    const result: Record<string, number | bigint | (number | bigint)[]> = {};
    for (const field of this.rules.layout.fields) {
      if (field.kind !== 'plain') continue;
      const elements = Array.from({ length: field.count }, (_, index) => {
        const value = this.element(field, index);
        return field.size === 8 ? value : Number(value);
      });
      result[field.name] = field.count === 1 ? (elements[0] ?? 0) : elements;
    }
    return result;
  }

  close(): void {
    for (const region of this.pointed) this.memory.removeRegion(region);
    this.memory.removeRegion(this.region, undefined, true);
  }
}
