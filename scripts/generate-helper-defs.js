/**
 * Writes the two bundled headers that follow from the helper table in src/isa/helpers.ts:
 *
 *   sysroot/bpf/bpf_helper_defs.h     one function pointer constant per helper
 *   sysroot/bpfcc-ts/bpf_func_id.h    enum bpf_func_id, included by linux/bpf.h
 *
 *   node scripts/generate-helper-defs.js           write them
 *   node scripts/generate-helper-defs.js --check   exit 1 if a committed file differs
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { importTypeScript, root } from './support.js';

/** `void *` + `name` without a space after the star, `long` + `name` with one. */
const declare = (type, name) => `${type}${type.endsWith('*') ? '' : ' '}${name}`;

function parameterList(helper) {
  const parts = helper.parameters.map((parameter) => declare(parameter.type, parameter.name));
  if (helper.variadic) parts.push('...');
  return parts.length === 0 ? 'void' : parts.join(', ');
}

function remark(helper) {
  const parts = [`Linux ${helper.since}`];
  if (helper.gplOnly) parts.push('GPL only');
  if (helper.changesPacketData) parts.push('packet pointers end here');
  return parts.join(', ');
}

/** Every `struct x` that a prototype names, so that no prototype is the first to declare one in its own scope. */
function structNames(helpers) {
  const types = helpers.flatMap((helper) => [helper.returnType, ...helper.parameters.map((p) => p.type)]);
  const names = types.flatMap((type) => /struct (\w+)/.exec(type)?.[1] ?? []);
  return [...new Set(names)].sort();
}

function renderHelperDefs(helpers) {
  const lines = [
    '/* SPDX-License-Identifier: MIT */',
    '/* bpfcc-ts bundled header: the kernel helpers as callable constants.',
    '   Generated from src/isa/helpers.ts by scripts/generate-helper-defs.js; include linux/bpf.h or vmlinux.h first. */',
    '#ifndef BPFCC_BPF_HELPER_DEFS_H',
    '#define BPFCC_BPF_HELPER_DEFS_H',
    '',
    '#ifndef __bpf_fastcall',
    '#if __has_attribute(bpf_fastcall)',
    '#define __bpf_fastcall __attribute__((bpf_fastcall))',
    '#else',
    '#define __bpf_fastcall',
    '#endif',
    '#endif',
    '',
    ...structNames(helpers).map((name) => `struct ${name};`),
    '',
  ];
  for (const helper of helpers) {
    const attribute = helper.fastcall ? '__bpf_fastcall ' : '';
    const pointer = declare(helper.returnType, `(* const ${helper.name})`);
    lines.push(`/* ${helper.id}: ${remark(helper)} */`);
    lines.push(`${attribute}static ${pointer}(${parameterList(helper)}) = (void *) ${helper.id};`);
  }
  lines.push('', '#endif', '');
  return lines.join('\n');
}

function renderFuncIds(helpers) {
  const short = (helper) => helper.name.slice('bpf_'.length);
  const lines = [
    '/* SPDX-License-Identifier: MIT */',
    '/* bpfcc-ts bundled header: numbers of the kernel helpers.',
    '   Generated from src/isa/helpers.ts by scripts/generate-helper-defs.js; included by linux/bpf.h. */',
    '#ifndef BPFCC_BPF_FUNC_ID_H',
    '#define BPFCC_BPF_FUNC_ID_H',
    '',
    '/* Calls FN(name, number, context...) for every helper. */',
    '#define ___BPF_FUNC_MAPPER(FN, ctx...) \\',
    '\tFN(unspec, 0, ##ctx) \\',
    ...helpers.map((helper, i) => {
      const end = i === helpers.length - 1 ? '' : ' \\';
      return `\tFN(${short(helper)}, ${helper.id}, ##ctx)${end}`;
    }),
    '',
    '/* The older form: FN(name), for every helper. */',
    '#define __BPF_FUNC_MAPPER_APPLY(name, value, FN) FN(name),',
    '#define __BPF_FUNC_MAPPER(FN) ___BPF_FUNC_MAPPER(__BPF_FUNC_MAPPER_APPLY, FN)',
    '',
    'enum bpf_func_id {',
    '\tBPF_FUNC_unspec = 0,',
    ...helpers.map((helper) => `\tBPF_FUNC_${short(helper)} = ${helper.id},`),
    '\t__BPF_FUNC_MAX_ID',
    '};',
    '',
    '#endif',
    '',
  ];
  return lines.join('\n');
}

const { HELPERS: helpers } = await importTypeScript('src/isa/helpers.ts');
const files = [
  ['sysroot/bpf/bpf_helper_defs.h', renderHelperDefs(helpers)],
  ['sysroot/bpfcc-ts/bpf_func_id.h', renderFuncIds(helpers)],
];
for (const [path, text] of files) {
  const target = join(root, path);
  if (process.argv.includes('--check')) {
    const committed = await readFile(target, 'utf8').catch(() => '');
    if (committed !== text) {
      console.error(`${path} differs from the helper table: run node scripts/generate-helper-defs.js`);
      process.exitCode = 1;
    }
  } else {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}
