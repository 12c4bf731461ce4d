// The installed package in Node.js and in Deno.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { inspect } from 'node:util';
import { pathToFileURL } from 'node:url';
import { comment, control, end, env, ok, options, startOddServer, unusedAddress } from './host.js';
import { run } from './scenarios.js';

const installed = env('KALTURA_WASM_INSTALLED');
const require = createRequire(path.join(installed, 'program.cjs'));
const folder = path.dirname(require.resolve('kaltura-wasm/package.json'));
const module = (file) => import(pathToFileURL(path.join(folder, file)).href);
const kaltura = await module('node.js');
const isDeno = 'Deno' in globalThis;

const odd = await startOddServer();
await run(kaltura, { options, control, comment, inspect, gone: await unusedAddress(), odd: odd.url }, ok);

/** A `fetch` that does not do what it should must not leave a promise pending. */
async function strangeFetch() {
  const original = globalThis.fetch;
  const answers = {
    'no promise': () => 7,
    'an exception': () => { throw new Error('hush'); },
    'no response': async () => undefined,
    'no headers': async () => ({ status: 200, body: null }),
    'no bytes': async () => ({ status: 200, headers: new Headers(), body: new ReadableStream({ start(stream) { stream.enqueue('text'); stream.close(); } }) }),
    'a status that is none': async () => ({ status: 'fine', headers: new Headers(), body: null }),
  };
  for (const [what, answer] of Object.entries(answers)) {
    globalThis.fetch = answer;
    const client = new kaltura.KalturaClient({ ...options, timeout: 20 });
    const error = await client.session().then(() => 'resolved', (error) => error);
    ok(`fetch with ${what} rejects`, error instanceof kaltura.KalturaError && !error.message.includes('hush'), inspect(error));
    client.close();
  }
  globalThis.fetch = original;
}
await strangeFetch();
await odd.stop();

/** Runs a program beside the installed package. */
function program(source, type) {
  const flags = isDeno ? ['eval', '--no-config', source] : [`--input-type=${type}`, '--eval', source];
  return spawnSync(process.execPath, flags, { cwd: installed, encoding: 'utf8', timeout: 60_000 });
}

const use = `const client = new KalturaClient({ ...${JSON.stringify(options)}, keepFresh: true });
  client.call('media', 'list').then((list) => console.log('entries', list.totalCount));`;
if (!isDeno) {
  const loaded = program(`const { KalturaClient } = require('kaltura-wasm'); ${use}`, 'commonjs');
  ok('the package can be loaded with require, and a refresh loop does not keep the process alive', loaded.status === 0 && /^entries \d+\n$/.test(loaded.stdout), inspect(loaded));
  const imported = program(`import { KalturaClient } from 'kaltura-wasm'; ${use}`, 'module');
  ok('and with import', imported.status === 0 && /^entries \d+\n$/.test(imported.stdout), inspect(imported));
} else {
  const source = `import { KalturaClient } from ${JSON.stringify(pathToFileURL(path.join(folder, 'node.js')).href)}; ${use}`;
  const loaded = program(source);
  ok('a refresh loop does not keep the process alive', loaded.status === 0 && /^entries \d+\n$/.test(loaded.stdout), inspect(loaded));
}

// At the end: afterwards the module counts as unusable.
const host = await import(pathToFileURL(path.join(folder, 'snippets', env('KALTURA_WASM_SNIPPETS'), 'js', 'host.js')).href);
let fired = 0;
const timers = [2 ** 31, 2 ** 40, 20].map((delay) => host.startTimer(() => { fired += 1; }, delay, true));
await new Promise((resolve) => setTimeout(resolve, 1000));
ok('a timer that is longer than setTimeout allows does not fire at once', fired === 1, fired);
timers.forEach(host.stopTimer);
const client = new kaltura.KalturaClient(options);
const pending = host.guard(new Promise(() => {}));
// A module whose only function traps, as a panic does.
const trap = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11]);
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(trap));
const caught = (run) => { try { return run(); } catch (error) { return error; } };
ok('errors of the module itself are no traps', caught(host.protect({ f() { throw new TypeError('x'); } }).f) instanceof TypeError && (await client.session()).partnerId === options.partnerId);
ok('a trap is not hidden', caught(host.protect(exports).f) instanceof WebAssembly.RuntimeError);
ok('a trap rejects what is pending', (await pending.catch((error) => error)).kind === 'internal');
ok('and what comes later', (await client.session().catch((error) => error)).kind === 'internal');
ok('the exports of the module are protected', /wasm = protect\(instance\.exports\)/.test(fs.readFileSync(path.join(folder, 'kaltura_wasm.js'), 'utf8')));
end();
