/**
 * What is missing from a unit as a whole: the section of a program or its right name, the license that its helpers ask for.
 */

import type { DiagnosticSink } from '../diagnostics/diagnostic.ts';
import type { Module } from '../ir/module.ts';
import { Op } from '../ir/ops.ts';
import { helperById } from '../isa/helpers.ts';
import { PROGRAM_SECTION_NAMES, programTypeOf } from '../object/program-sections.ts';
import { editDistance } from '../sema/suggestions.ts';
import type { TypedFunction, TypedUnit } from '../sema/typed-tree.ts';
import { canonical } from '../types/types.ts';

/** What `license_is_gpl_compatible` of the kernel takes. */
const gplLicenses: ReadonlySet<string> = new Set([
  'GPL',
  'GPL v2',
  'GPL and additional rights',
  'Dual BSD/GPL',
  'Dual MIT/GPL',
  'Dual MPL/GPL',
]);

/** Of several kinds of programs with one context, the one that people write most, where its name is not the shortest. */
const usualSections: Readonly<Record<string, string>> = { pt_regs: 'kprobe+' };

function isProgram({ symbol }: TypedFunction): boolean {
  return symbol.linkage === 'external' && symbol.section !== undefined && symbol.section !== '.text';
}

/** The section for a function whose only parameter is a program's context; undefined for others. */
function sectionFor({ symbol }: TypedFunction): string | undefined {
  const [parameter, ...others] = symbol.type.parameters;
  const pointer = parameter === undefined || others.length > 0 ? undefined : canonical(parameter.type);
  const record = pointer?.kind === 'pointer' ? canonical(pointer.pointee) : undefined;
  const tag = record?.kind === 'record' ? record.tag : undefined;
  if (tag === undefined) return undefined;
  const isFor = (name: string): boolean => programTypeOf(name.replace(/\+$/, ''))?.contextType === tag;
  const name = usualSections[tag] ?? shortest(PROGRAM_SECTION_NAMES.filter(isFor));
  return name?.replace(/\+$/, '/FUNCTION');
}

const shortest = (names: readonly string[]): string | undefined =>
  names.toSorted((a, b) => a.length - b.length)[0];

/**
 * The section whose name is written with a slip of the pen. A name that only goes on behind a known one (`xdp1`) is no slip: some loaders
 * are told what such a section holds.
 */
function meantSection(section: string): string | undefined {
  const written = section.replace(/^\?/, '');
  if (programTypeOf(written) !== undefined) return undefined;
  const [first = '', ...target] = written.split('/');
  for (const known of PROGRAM_SECTION_NAMES) {
    const name = known.replace(/\+$/, '');
    const isPrefix = name !== known && target.length > 0;
    const own = isPrefix ? first : written;
    if (name.length < 3 || own.startsWith(name) || editDistance(own, name, 1) > 1) continue;
    return isPrefix ? [name, ...target].join('/') : name;
  }
  return undefined;
}

/** Programs whose section has nearly the name that a loader knows. */
function checkSectionNames(unit: TypedUnit, diagnostics: DiagnosticSink): void {
  for (const func of unit.functions) {
    const { section } = func.symbol;
    const meant = isProgram(func) && section !== undefined ? meantSection(section) : undefined;
    if (section === undefined || meant === undefined) continue;
    diagnostics.report('section-name', func.span, [section, meant]);
  }
}

/** Programs without a section, in an object that has no program at all; else sections with a wrong name. */
export function checkSections(unit: TypedUnit, diagnostics: DiagnosticSink): void {
  if (unit.functions.some(isProgram)) {
    checkSectionNames(unit, diagnostics);
    return;
  }
  for (const func of unit.functions) {
    const { symbol, span } = func;
    const section =
      symbol.linkage === 'external' && symbol.section === undefined ? sectionFor(func) : undefined;
    if (section === undefined) continue;
    const text = `SEC("${section}")`;
    const notes = [{ span, text: 'SEC() is a macro of <bpf/bpf_helpers.h>' }];
    diagnostics.report('missing-section', span, [symbol.name, text], { notes });
  }
}

/** The first call of a helper that only GPL programs may make, in a unit without such a license. */
export function checkLicense(unit: TypedUnit, module: Module, diagnostics: DiagnosticSink): void {
  if (!unit.functions.some(isProgram)) return;
  const license = unit.variables.find(({ section }) => section === 'license');
  const bytes = license?.initializer?.bytes;
  const end = bytes?.indexOf(0) ?? -1;
  const text =
    bytes === undefined
      ? undefined
      : String.fromCharCode(...bytes.subarray(0, end < 0 ? 64 : end).subarray(0, 64));
  if (text !== undefined && gplLicenses.has(text)) return;
  for (const func of module.functions()) {
    for (const block of func.eachBlock()) {
      for (const id of block.instructions) {
        const ins = func.ins(id);
        const helper = ins.op === Op.call_helper ? helperById(Number(BigInt.asIntN(32, ins.imm))) : undefined;
        if (helper?.gplOnly !== true) continue;
        const span = { start: ins.pos, end: ins.pos };
        if (license === undefined) diagnostics.report('missing-license', span, [helper.name]);
        else
          diagnostics.report('license-not-gpl', span, [helper.name, text ?? ''], {
            notes: [{ span: license.span, text: 'the license is here' }],
          });
        return;
      }
    }
  }
}
