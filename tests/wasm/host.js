// What the drivers of all hosts share: the environment, the report, and a server with odd answers.

import http from 'node:http';
import process from 'node:process';

export const env = (name) => {
  if (!process.env[name]) throw new Error(`${name} is not set`);
  return process.env[name];
};

export const server = env('KALTURA_SERVICE_URL');

export const options = {
  serviceUrl: server,
  partnerId: Number(env('KALTURA_PARTNER_ID')),
  appToken: { id: env('KALTURA_APP_TOKEN_ID'), token: env('KALTURA_APP_TOKEN'), hashType: env('KALTURA_APP_TOKEN_HASH_TYPE') },
};

/** Sends a command to the emulator, or reads its calls. */
export async function control(command) {
  const request = command === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(command) };
  const response = await fetch(`${server}/_emulator`, request);
  if (!response.ok) throw new Error(`the emulator refuses a command: ${response.status} ${await response.text()}`);
  return response.json();
}

export const comment = (text) => console.log(`# ${text}`);

let count = 0;
let failed = 0;

/** Reports a check as TAP, with the details only if it fails. */
export function ok(what, isSo, ...details) {
  count += 1;
  if (!isSo) failed += 1;
  console.log(`${isSo ? 'ok' : 'not ok'} - ${what}`);
  if (!isSo) details.forEach((detail) => comment(String(detail)));
}

export function end() {
  console.log(`1..${count}`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** A server that redirects, never ends a response, never responds, or cuts one off, for pages of any origin. */
export async function startOddServer() {
  const odd = http.createServer((request, response) => {
    const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': 'Content-Type' };
    if (request.method === 'OPTIONS') return response.writeHead(200, cors).end();
    const [, kind] = request.url.split('/');
    if (kind === 'redirect') return response.writeHead(302, { ...cors, Location: 'http://localhost:1/elsewhere' }).end();
    if (kind === 'never') return undefined;
    response.writeHead(200, { ...cors, 'Content-Type': 'application/json' });
    response.write(`{"ks":"${'x'.repeat(64)}`);
    if (kind === 'cut') return setTimeout(() => response.destroy(), 100);
    const timer = setInterval(() => response.write('x'.repeat(1 << 16)), 1);
    return response.on('close', () => clearInterval(timer));
  });
  await new Promise((resolve) => odd.listen(0, '127.0.0.1', resolve));
  odd.stop = () => new Promise((resolve) => {
    odd.closeAllConnections?.();
    odd.close(resolve);
  });
  odd.url = `http://127.0.0.1:${odd.address().port}`;
  return odd;
}

/** An address where nothing listens. */
export async function unusedAddress() {
  const probe = http.createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return `http://127.0.0.1:${port}`;
}
