import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ARGUMENT_KINDS, argumentMeaning, HELPERS, helperById, helperByName } from '../../src/isa/helpers.ts';
import { node } from './clang.ts';

const LIBBPF_DEFS = '/usr/include/bpf/bpf_helper_defs.h';

describe('the helper table', () => {
  it('has numbers 1 to 211 without holes and unique names', () => {
    expect(HELPERS.map((helper) => helper.id)).toEqual(Array.from({ length: 211 }, (_, i) => i + 1));
    expect(new Set(HELPERS.map((helper) => helper.name)).size).toBe(211);
  });

  it('finds helpers by number and by name', () => {
    expect(helperById(1)?.name).toBe('bpf_map_lookup_elem');
    expect(helperById(0)).toBeUndefined();
    expect(helperById(212)).toBeUndefined();
    expect(helperByName('bpf_cgrp_storage_delete')?.id).toBe(211);
    expect(helperByName('map_lookup_elem')).toBeUndefined();
  });

  it.each(HELPERS)('$name is consistent in itself', (helper) => {
    expect(helper.since).toMatch(/^[3-6]\.\d+$/);
    expect(helper.parameters.length).toBeLessThanOrEqual(5);
    helper.parameters.forEach((parameter, i) => {
      const meaning = argumentMeaning(parameter);
      expect(meaning.pointer && !parameter.type.endsWith('*'), parameter.name).toBe(false);
      if (meaning.size === 'next-argument') expect(helper.parameters[i + 1]?.kind).toMatch(/^size/);
      if (parameter.kind.startsWith('size')) {
        const before = helper.parameters[i - 1];
        expect(before && argumentMeaning(before).size).toBe('next-argument');
      }
      if (meaning.size === 'map-key' || meaning.size === 'map-value') {
        expect(helper.parameters.some((other) => other.kind === 'map')).toBe(true);
      }
    });
    const isPointer = helper.returnType.endsWith('*');
    if (isPointer) expect(['integer', 'void']).not.toContain(helper.returns);
    if (helper.returnType === 'void') expect(helper.returns).toBe('void');
    if (helper.changesPacketData) expect(helper.parameters[0]?.kind).toBe('ctx');
  });

  it('uses every kind of argument', () => {
    const used = new Set(HELPERS.flatMap((helper) => helper.parameters.map((parameter) => parameter.kind)));
    expect([...used].sort()).toEqual(Object.keys(ARGUMENT_KINDS).sort());
  });

  it('never goes back in time: numbers were given in order of version', () => {
    const versions = HELPERS.map(
      (helper) => Number(helper.since.split('.')[0]) * 100 + Number(helper.since.split('.')[1]),
    );
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  it.skipIf(!existsSync(LIBBPF_DEFS))('has the prototypes of the installed libbpf', () => {
    /** Changed after libbpf 1.1: the path became const, the slot of kptr_xchg got another name. */
    const changed = new Set(['bpf_d_path', 'bpf_kptr_xchg']);
    const squeeze = (text: string) => text.replaceAll('* const ', '*').replaceAll(/\s+/g, '');
    const theirs = new Map<string, string>();
    for (const match of readFileSync(LIBBPF_DEFS, 'utf8').matchAll(
      /^static (.*\(\*(?: const )?(\w+)\)\(.*\)) =.*$/gm,
    )) {
      theirs.set(match[2] ?? '', squeeze(match[1] ?? ''));
    }
    expect(theirs.size).toBeGreaterThan(200);
    for (const helper of HELPERS) {
      if (changed.has(helper.name) || !theirs.has(helper.name)) continue;
      const parameters = helper.parameters.map((parameter) => `${parameter.type} ${parameter.name}`);
      if (helper.variadic) parameters.push('...');
      const ours = `${helper.returnType}(*${helper.name})(${parameters.join(', ') || 'void'})`;
      expect(squeeze(ours)).toBe(theirs.get(helper.name));
    }
  });

  it('is what the committed headers were generated from', () => {
    expect(node('scripts/generate-helper-defs.js', '--check')).toBe('');
  });
});
