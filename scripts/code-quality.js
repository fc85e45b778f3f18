/**
 * Writes docs/code-quality.md: code size and the verifier's work of our builds of a corpus, beside the best of several clangs'.
 *
 *   node scripts/code-quality.js --clang FOLDER [--clang FOLDER ...] --ours FOLDER [--osize FOLDER] [--run-time FILE] [--compile-time FILE]
 *
 * A folder holds NAME.o, build.tsv (name, ok or fail, seconds) and load.csv (object, program, success or failure, the verifier's
 * instructions, states), as a build of the corpus and veristat leave them. The base is the better clang, object by object in
 * code size (slots of all executable sections) and program by program in the verifier's work. `--osize` is our build of K2's programs (or more)
 * at -Osize. The files are what
 * scripts/run-time.js and scripts/compile-time.js write with --json. Reasons of what is worse come from code-quality-reasons.js.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sizeReasons, timeReasons, workReasons } from './code-quality-reasons.js';
import { sizesOf } from './object-sizes.js';
import { geomean, middleOf } from './ratios.js';
import { root } from './support.js';

const { values } = parseArgs({
  options: {
    clang: { type: 'string', multiple: true, default: [] },
    ours: { type: 'string' },
    osize: { type: 'string' },
    'run-time': { type: 'string' },
    'compile-time': { type: 'string' },
    out: { type: 'string', default: join(root, 'docs/code-quality.md') },
  },
});
if (values.ours === undefined || values.clang.length === 0) {
  console.error(
    'usage: code-quality.js --clang FOLDER ... --ours FOLDER [--osize FOLDER] [--run-time FILE] [--compile-time FILE]',
  );
  process.exit(2);
}

/** Below this many slots or instructions a program says only that all compilers can return 0. */
const LEAST = 100;
/** Objects below this are so because clang follows a pragma to unroll a long loop and we do not; a mean should not rest on them. */
const HALF = 0.5;
/** Worse by more than this is listed with its reason. */
const WORSE = 1.02;

const PACKET_PROGRAMS =
  /\/(bpf_flow|test_tc_tunnel|test_cls_redirect.*|test_tunnel_kern|test_l4lb.*|test_xdp.*|test_lwt_seg6local|test_tcp_hdr_options|test_tc_neigh_fib|sockex[23]_kern|xdp_.*|tc_l2_redirect_kern)$/;

/**
 * K2's programs (Xu et al., SIGCOMM 2021, table of code sizes: clang -O2 to K2) that are in the corpus. Sources have moved on since, so
 * what compares is the reduction, each relative to its own clang. Last what a program calls where that is not part of it.
 */
const K2_PROGRAMS = [
  ['xdp1', 'samples/xdp1_kern', 'xdp_prog1', 61, 56],
  ['xdp2', 'samples/xdp2_kern', 'xdp_prog1', 78, 71],
  ['xdp_fwd', 'samples/xdp_fwd_kern', 'xdp_fwd_prog', 155, 128],
  ['xdp_redirect', 'samples/xdp_redirect.bpf', 'xdp_redirect_prog', 43, 35],
  ['xdp_router_ipv4', 'samples/xdp_router_ipv4.bpf', 'xdp_router_ipv4_prog', 111, 99],
  ['sys_enter_open', 'samples/syscall_tp_kern', 'trace_enter_open', 24, 20],
  ['socket/0', 'samples/sockex3_kern', 'main_prog', 29, 27, 'parse_eth_proto'],
  ['socket/1', 'samples/sockex3_kern', 'bpf_func_PARSE_VLAN', 32, 30, 'parse_eth_proto'],
  ['xdp_exception', 'samples/xdp_sample.bpf', 'tp_xdp_exception', 18, 16],
  ['xdp_redirect_err', 'samples/xdp_sample.bpf', 'tp_xdp_redirect_err', 18, 16],
  ['xdp_devmap_xmit', 'samples/xdp_sample.bpf', 'tp_xdp_devmap_xmit', 36, 29],
  ['xdp_cpumap_kthread', 'samples/xdp_sample.bpf', 'tp_xdp_cpumap_kthread', 24, 18],
  ['xdp_cpumap_enqueue', 'samples/xdp_sample.bpf', 'tp_xdp_cpumap_enqueue', 26, 21],
];

const rowsOf = (path, separator) =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(separator))
    : [];

function readBuild(folder) {
  const sizes = new Map();
  for (const [name, state] of rowsOf(join(folder, 'build.tsv'), '\t'))
    if (state === 'ok') sizes.set(name, sizesOf(readFileSync(join(folder, `${name}.o`))));
  const loads = new Map();
  for (const [object, program, verdict, work] of rowsOf(join(folder, 'load.csv'), ','))
    if (work !== undefined)
      loads.set(`${object.replace(/\.o$/, '')} ${program}`, {
        isAccepted: verdict === 'success',
        work: Number(work),
      });
  return { sizes, loads };
}

const smallest = (list) => list.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
const fixed = (ratio) => ratio.toFixed(3);

const clangs = values.clang.map(readBuild);
const ours = readBuild(values.ours);
const osize = values.osize === undefined ? undefined : readBuild(values.osize);

/** { name, base, ours, ratio }, best ratio first. */
function compared(names, baseOf, oursOf) {
  return names
    .map((name) => ({ name, base: baseOf(name), ours: oursOf(name) }))
    .filter((one) => Number.isFinite(one.base) && one.base > 0 && one.ours > 0)
    .map((one) => ({ ...one, ratio: one.ours / one.base }))
    .sort((a, b) => a.ratio - b.ratio || (a.name < b.name ? -1 : 1));
}

const workOf = ({ loads }, name) => (loads.get(name)?.isAccepted ? loads.get(name).work : Number.NaN);
const bestWork = (name) => smallest(clangs.map((one) => workOf(one, name)).filter((work) => work > 0));
const bestSize = (name) => smallest(clangs.flatMap(({ sizes }) => sizes.get(name)?.total ?? []));

const sizes = compared([...ours.sizes.keys()], bestSize, (name) => ours.sizes.get(name).total);
const works = compared([...ours.loads.keys()], bestWork, (name) => workOf(ours, name));
const isPacket = ({ name }) => PACKET_PROGRAMS.test(`/${name.split(' ')[0].split('/').at(-1)}`);
const isLarge = ({ base }) => base >= LEAST;

const table = (head, rows) => [
  `| ${head.join(' | ')} |`,
  `|${head.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
];

function summaryRow(title, list, goal) {
  const sum = (of) => list.reduce((total, one) => total + of(one), 0);
  const figures = [sum((one) => one.base), sum((one) => one.ours)];
  return [title, `${list.length}`, fixed(geomean(list.map(({ ratio }) => ratio))), goal, ...figures];
}

function acceptance() {
  const names = new Set([...ours.loads.keys(), ...clangs.flatMap(({ loads }) => [...loads.keys()])]);
  const isBase = (name) => clangs.some(({ loads }) => loads.get(name)?.isAccepted);
  const isOurs = (name) => ours.loads.get(name)?.isAccepted === true;
  const count = (wanted) => [...names].filter(wanted).length;
  const lost = [...names].filter((name) => isBase(name) && !isOurs(name)).sort();
  const which = lost.length === 0 ? '' : ` (${lost.join(', ')})`;
  return [
    `The kernel accepts ${count(isBase)} programs of the clangs (of at least one of them) and ${count(isOurs)} of ours; only of a clang`,
    `${lost.length}${which}, only of ours ${count((name) => isOurs(name) && !isBase(name))}.`,
  ];
}

function summary() {
  return [
    '## Summary',
    '',
    ...acceptance(),
    '',
    ...table(
      ['what', 'compared', 'geomean', 'goal', 'sum of the clangs', 'sum of ours'],
      [
        summaryRow('code size, all objects', sizes, '0.99'),
        summaryRow(`code size, from ${LEAST} slots`, sizes.filter(isLarge), '0.95'),
        summaryRow(
          `code size, from ${LEAST} slots, without loops that clang unrolls (below ${HALF})`,
          sizes.filter((one) => isLarge(one) && one.ratio >= HALF),
          '',
        ),
        summaryRow('code size, packet programs', sizes.filter(isPacket), ''),
        summaryRow(
          `code size, packet programs from ${LEAST} slots`,
          sizes.filter((one) => isPacket(one) && isLarge(one)),
          '0.88',
        ),
        summaryRow("verifier's work, all programs", works, '0.99'),
        summaryRow(`verifier's work, from ${LEAST} instructions`, works.filter(isLarge), '0.95'),
        summaryRow(
          `verifier's work, packet programs from ${LEAST} instructions`,
          works.filter((one) => isPacket(one) && isLarge(one)),
          '',
        ),
      ],
    ),
  ];
}

const reduction = (from, to) => `${(100 * (1 - to / from)).toFixed(1)} %`;

/** K2's programs: slots of the better clang and of ours by level. */
function k2Programs(levels) {
  return K2_PROGRAMS.flatMap(([title, object, name, clang, k2, callee]) => {
    const slots = ({ sizes: all }) => {
      const functions = all.get(object)?.functions;
      return (functions?.get(name) ?? Number.POSITIVE_INFINITY) + (functions?.get(callee) ?? 0);
    };
    const base = smallest(clangs.map(slots));
    const mine = levels.map(({ build }) => slots(build));
    if (![base, ...mine].every(Number.isFinite)) return [];
    const program = `${object} ${name}`;
    const isAccepted = levels.every(({ build }) => workOf(build, program) > 0);
    const isBaseAccepted = Number.isFinite(bestWork(program));
    const accepted = isAccepted ? 'yes' : isBaseAccepted ? 'no' : "no, nor clang's";
    // At most the share of its own clang's slots that K2 left.
    const isMet = mine.map((size) => size * clang <= base * k2);
    return [{ title, base, mine, clang, k2, accepted, isMet }];
  });
}

/** Which programs are not reduced as much as by K2, in words. */
function metBy({ level }, index, programs) {
  const missed = programs.filter(({ isMet }) => !isMet[index]).map(({ title }) => title);
  const met = `${programs.length - missed.length} of ${programs.length}`;
  return `${level} reduces ${met} at least as much as K2 does${missed.length === 0 ? '' : ` (not ${missed.join(', ')})`}`;
}

function k2Table() {
  const levels = [
    { level: '-O2', build: ours },
    ...(osize === undefined ? [] : [{ level: '-Osize', build: osize }]),
  ];
  const programs = k2Programs(levels);
  const rows = programs.map(({ title, base, mine, clang, k2, accepted }) => [
    title,
    base,
    ...mine.flatMap((size) => [size, reduction(base, size)]),
    `${clang} to ${k2}`,
    reduction(clang, k2),
    accepted,
  ]);
  const heads = levels.flatMap(({ level }) => [`ours ${level}`, 'reduction']);
  return [
    "## K2's programs",
    '',
    'Slots of the program with what it calls. K2 (a superoptimiser, minutes to hours a program) was measured with the clang and the sources of its time:',
    'what compares are the two reductions. K2 looks for the fewest slots, whatever they cost to run, as our -Osize does; -O2 does not',
    '(see [optimization-levels.md](optimization-levels.md)). The tracepoint programs of XDP have been rewritten since. What is not',
    'accepted of any compiler needs a loader older or newer than the one here (maps in the old form, functions that the running kernel lacks).',
    'What -O2 leaves of sys_enter_open, xdp_cpumap_kthread and xdp_cpumap_enqueue are loads, sums and stores of counters, a lookup with its key,',
    'and tests that the source asks for: only atomic additions take fewer slots, and they are slower.',
    '',
    `${levels.map((level, index) => metBy(level, index, programs)).join('; ')}.`,
    '',
    ...table(['program', 'best clang', ...heads, 'K2', "K2's reduction", 'accepted'], rows),
  ];
}

function worse(title, list, reasons) {
  const rows = list
    .filter(({ ratio }) => ratio > WORSE)
    .sort((a, b) => b.ratio - a.ratio)
    .map(({ name, base, ours: mine, ratio }) => [
      name,
      base,
      mine,
      fixed(ratio),
      reasons[name] ?? 'not found yet',
    ]);
  if (rows.length === 0) return [`## ${title}`, '', 'None.'];
  const lines = table(['program', 'best clang', 'ours', 'ratio', 'reason'], rows);
  return [`## ${title}`, '', ...lines.map((line, i) => (i === 1 ? line.replace(/---:\|$/, '---|') : line))];
}

const everything = (title, list) => [
  `## ${title}`,
  '',
  ...table(
    ['program', 'best clang', 'ours', 'ratio'],
    list.map(({ name, base, ours: mine, ratio }) => [name, base, mine, fixed(ratio)]),
  ),
];

const readJson = (path) => (path === undefined ? undefined : JSON.parse(readFileSync(path, 'utf8')));

function runTimes() {
  const measured = readJson(values['run-time']);
  if (measured === undefined) return [];
  const { method, programs } = measured;
  const figures = (ratios) =>
    `geometric mean ${fixed(geomean(ratios))}, ${fixed(geomean(middleOf(ratios)))} without the twentieth at either end, ` +
    `worst ${fixed(Math.max(...ratios))}`;
  const reasons = programs.flatMap(({ name }) =>
    timeReasons[name] === undefined ? [] : [`- ${name}: ${timeReasons[name]}`],
  );
  const counted = programs.filter(({ steps }) => steps !== undefined);
  const rows = programs.map(({ name, base, ours: mine, ratio, error, raw, steps }) => [
    name,
    base.toFixed(1),
    mine.toFixed(1),
    `${fixed(ratio)} ± ${fixed(error)}`,
    fixed(raw.ratio),
    steps === undefined ? '' : `${steps[1]}`,
    steps === undefined ? '' : `${steps[0]}`,
  ]);
  const executed = counted.map(({ steps: [mine, base] }) => mine / base);
  return [
    '## Run time',
    '',
    method,
    '',
    `Net of ${rows.length} programs: ${figures(programs.map(({ ratio }) => ratio))} (goals 0.97 and 1.10).`,
    `With the kernel's loop: ${figures(programs.map(({ raw }) => raw.ratio))}.`,
    `Instructions executed, of ${counted.length} programs: geometric mean ${fixed(geomean(executed))}.`,
    '',
    ...(reasons.length === 0 ? [] : [...reasons, '']),
    ...table(
      [
        'program',
        'clang, ns net',
        'ours, ns net',
        'ratio, net',
        'with the loop',
        "clang's instructions",
        'our instructions',
      ],
      rows,
    ),
    '',
  ];
}

function compileTimes() {
  const measured = readJson(values['compile-time']);
  if (measured === undefined) return [];
  const rows = measured.programs.map(({ name, base, ours: mine }) => [
    name,
    `${base.ms.toFixed(0)} ms`,
    `${mine.ms.toFixed(0)} ms`,
    fixed(mine.ms / base.ms),
    `${base.mb.toFixed(0)} MB`,
    `${mine.mb.toFixed(0)} MB`,
  ]);
  return [
    '## Compile time',
    '',
    `${measured.method} The goal is clang's time, and less than 1 GB.`,
    '',
    ...table(['program', 'clang', 'ours', 'ratio', "clang's memory", 'our memory'], rows),
    '',
  ];
}

const page = [
  '# Code quality',
  '',
  "Programs of the Linux kernel's samples and selftests, systemd, iproute2 and QEMU at -O2, beside the better of the clangs, program by",
  "program: code size in 8-byte slots of all executable sections, and the verifier's work as the number of instructions that it goes",
  'through. Below 1 is better than clang. `node scripts/code-quality.js` writes this page.',
  '',
  ...summary(),
  '',
  ...k2Table(),
  '',
  ...runTimes(),
  ...compileTimes(),
  ...worse(
    `Larger than clang's by more than ${((WORSE - 1) * 100).toFixed(0)} %`,
    sizes.filter(isLarge),
    sizeReasons,
  ),
  '',
  ...worse(
    `More work for the verifier by more than ${((WORSE - 1) * 100).toFixed(0)} %`,
    works.filter(isLarge),
    workReasons,
  ),
  '',
  ...everything(`Code size, objects from ${LEAST} slots`, sizes.filter(isLarge)),
  '',
  ...everything(`The verifier's work, programs from ${LEAST} instructions`, works.filter(isLarge)),
];
writeFileSync(values.out, `${page.join('\n')}\n`);
console.log(summary().join('\n'));
