import { readFileSync } from 'node:fs';
import { build } from 'esbuild';

await build({
  stdin: {
    contents: `export * from '/work/main/src/vm/index.ts'; export * from '/work/main/test/kernel/machine-run.ts';export * from '/work/main/test/kernel/agreement.ts'; export * from '/work/main/test/kernel/program-facts.ts';`,
    resolveDir: '/work/main',
  },
  bundle: true,
  format: 'esm',
  platform: 'node',
  outfile: '/tmp/ck/one.mjs',
  logLevel: 'error',
});
const m = await import('/tmp/ck/one.mjs');
const [name, prog, type, packet] = process.argv.slice(2);
for (const d of ['/tmp/ck/net', '/tmp/bpf-corpus/c19']) {
  const o = m.loadObject(readFileSync(`${d}/${name}.o`));
  if (packet) {
    const mm = m.machineFor(o);
    const r = m.runInMachine(mm, prog, type, Buffer.from(packet, 'hex'), {
      mark: 0,
      priority: 0,
      cb: [0, 0, 0, 0, 0],
    });
    console.log(d, r.returnValue, r.fault ? m.renderFault(r.fault) : '', m.machineMaps(mm));
  } else {
    const f = m.programFacts(
      o,
      o.functions.find((x) => x.name === prog),
    );
    const first = m.loadObject(readFileSync(`/tmp/ck/net/${name}.o`));
    const ff = m.programFacts(
      first,
      first.functions.find((x) => x.name === prog),
    );
    globalThis.out ??= [];
    out.push(
      m
        .inputsFor(ff.constants, { packets: 100, seed: 1 })
        .slice(0, 100)
        .map((i) => {
          const mm = m.machineFor(o);
          m.runInMachine(mm, prog, type, i.packet, i.fields);
          return [
            Buffer.from(i.packet).toString('hex'),
            JSON.stringify([...m.machineMaps(mm)].map(([a, b]) => [a, [...b]])),
          ];
        }),
    );
  }
}
if (globalThis.out)
  out[0].forEach((x, i) => {
    if (x[1] !== out[1][i][1]) console.log(i, x[0].slice(0, 200), '\n ours', x[1], '\n clang', out[1][i][1]);
  });
