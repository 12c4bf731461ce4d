// The package in a page in headless Chromium. The page has another origin than the server.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { comment, control, end, env, ok, options, server, startOddServer, unusedAddress } from './host.js';

const { chromium } = createRequire(path.join(env('NODE_PATH'), 'program.cjs'))('playwright-core');
const tests = path.dirname(fileURLToPath(import.meta.url));
const installed = path.join(env('KALTURA_WASM_INSTALLED'), 'node_modules', 'kaltura-wasm');

const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };

/** Serves the page, the package and the scenarios. */
async function startPages() {
  const pages = http.createServer((request, response) => {
    const name = new URL(request.url, 'http://localhost').pathname;
    if (name === '/') {
      // As strict as a page with wasm can be.
      const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src *";
      return response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': policy }).end('<!doctype html><title>test</title>');
    }
    const file = name === '/scenarios.js' ? path.join(tests, 'scenarios.js') : path.join(installed, path.normalize(name));
    if (!fs.existsSync(file)) return response.writeHead(404).end();
    return response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream' }).end(fs.readFileSync(file));
  });
  await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
  return pages;
}

const [pages, odd] = [await startPages(), await startOddServer()];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(),
  args: ['--no-proxy-server'],
});
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => ok('no error outside of promises', false, error));
  await page.exposeFunction('reportCheck', (what, isSo, details) => ok(what, isSo, ...details));
  await page.exposeFunction('comment', comment);
  await page.exposeFunction('control', (command) => control(command ?? undefined));
  await page.goto(`http://localhost:${pages.address().port}/`);
  ok('the page has another origin than the server', new URL(page.url()).origin !== new URL(server).origin);
  await page.evaluate(async ({ options, gone, odd }) => {
    const [kaltura, { run }] = await Promise.all([import('/browser.js'), import('/scenarios.js')]);
    const ok = (what, isSo, ...details) => reportCheck(what, Boolean(isSo), details.map(String));
    await run(kaltura, { options, gone, odd, control: (command) => control(command), comment }, ok);
  }, { options, gone: await unusedAddress(), odd: odd.url });

  const headers = await page.evaluate(async (url) => {
    const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"format":1}' });
    const further = await fetch(url, { method: 'POST', headers: { 'X-Request': '1' }, body: '' }).then(() => 'sent', () => 'refused');
    return { date: response.headers.get('date'), further };
  }, `${server}/api_v3/service/system/action/ping`);
  ok('the header Date is exposed to pages of other origins', !Number.isNaN(Date.parse(headers.date)), headers.date);
  ok('a further request header is refused by CORS', headers.further === 'refused');

  const initialised = await page.evaluate(async (options) => {
    const { default: init, KalturaClient } = await import('/init.js');
    await init({ module_or_path: fetch('/kaltura_wasm_bg.wasm') });
    return (await new KalturaClient(options).session()).partnerId;
  }, options);
  ok('the module can come from elsewhere', initialised === options.partnerId);
} finally {
  await browser.close();
  await odd.stop();
  pages.closeAllConnections();
  pages.close();
}
end();
