/**
 * A slice of a corpus of real BPF programs, token by token against clang. BPF_CORPUS names the folder that holds
 * `list.tsv` (name, source, flags); without it, or without clang-19, this is skipped.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hasClang } from './helpers.ts';

const root = join(import.meta.dirname, '../..');
const corpus = process.env['BPF_CORPUS'] ?? '';
const list = join(corpus, 'list.tsv');
const isReady = corpus !== '' && existsSync(list) && hasClang;

it.skipIf(!isReady)(
  'agrees with clang on real programs (skipped without BPF_CORPUS and clang-19)',
  { timeout: 60_000 },
  () => {
    const script = join(root, 'scripts/compare-preprocessor.js');
    const names = [
      'selftests/test_tunnel_kern',
      'selftests/atomics',
      'samples/sockex1',
      'iproute2/bpf-bpf_graft',
      'systemd/restrict-fs',
    ];
    const { stdout, status } = spawnSync('node', [script, '--list', list, ...names], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/^5 of 5 the same/);
    expect(status).toBe(0);
  },
);
