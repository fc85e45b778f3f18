/** A headless Chromium over a folder of pages in memory; undefined where the machine has none. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const executablePath: string | undefined =
  process.env['CHROMIUM'] ?? candidates.find((path) => existsSync(path));

/** Why the tests in a browser are not run, where they are not. */
export const skipReason =
  executablePath === undefined ? ' (skipped: no Chromium found; $CHROMIUM names one)' : '';

const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' };

/** Serves `files` on localhost, opens `path` in a fresh browser and hands the page to `use`. */
export async function withPage<T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  path: string,
  use: (page: Page) => Promise<T>,
  { scripts = true }: { readonly scripts?: boolean } = {},
): Promise<T> {
  const server = createServer((request, response) => {
    const name = (request.url ?? '/').slice(1).replace(/\?.*$/, '');
    const content = files[name];
    response.writeHead(content === undefined ? 404 : 200, {
      'content-type': types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    });
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const userData = mkdtempSync(join(tmpdir(), 'bpfcc-chromium-'));
  let browser: Browser | undefined;
  try {
    const args = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    const context = await chromium.launchPersistentContext(userData, {
      ...(executablePath === undefined ? {} : { executablePath }),
      args,
      javaScriptEnabled: scripts,
      viewport: { width: 1600, height: 1000 },
    });
    browser = context.browser() ?? undefined;
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(`http://127.0.0.1:${port}/${path}`);
    const result = await use(page);
    await context.close();
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return result;
  } finally {
    await browser?.close();
    server.close();
    rmSync(userData, { recursive: true, force: true, maxRetries: 5 });
  }
}
