// The emulator's page in a headless Chromium: what a person does with it, and what another page must not be able to.

const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { chromium } = require('playwright-core');
const axe = require('axe-core');

const env = (name) => {
  if (!process.env[name]) throw new Error(`${name} is not set`);
  return process.env[name];
};
const server = env('KALTURA_SERVICE_URL');
const address = env('KALTURA_PAGE');
const appToken = env('KALTURA_APP_TOKEN');
const folder = env('KALTURA_PAGE_FOLDER');

const outcomes = [];

/** Reports a check as TAP, with the details only if it fails. */
function ok(what, isSo, ...details) {
  outcomes.push(Boolean(isSo));
  console.log(`${isSo ? 'ok' : 'not ok'} - ${what}`);
  if (!isSo) details.forEach((detail) => console.log(`# ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`));
}

function equal(what, got, expected) {
  ok(what, JSON.stringify(got) === JSON.stringify(expected), `got      ${JSON.stringify(got)}`, `expected ${JSON.stringify(expected)}`);
}

/** Calls the emulator as a client does. */
async function call(service, action, parameters = {}, headers = {}) {
  const response = await fetch(`${server}/api_v3/service/${service}/action/${action}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ format: 1, ...parameters }),
  });
  return response.json();
}

const view = (page, name) => page.click(`#views a[href="#/${name}"]`);
const text = (page, selector) => page.locator(selector).innerText();
const step = (number) => `#steps > li:nth-child(${number})`;

/** The text that a button copies. */
async function copied(page, selector) {
  await page.evaluate(() => navigator.clipboard.writeText('nothing was copied'));
  await page.click(selector);
  await page.waitForFunction(async () => await navigator.clipboard.readText() !== 'nothing was copied');
  return page.evaluate(() => navigator.clipboard.readText());
}

async function runStep(page, number) {
  await page.click(`${step(number)} button[data-run]`);
  await page.waitForSelector(`${step(number)}.done, ${step(number)}.wrong`);
}

/** Opens the page and fails the test for each error of a script, each refused resource and each alert. */
async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server });
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.problems.push(message.text()));
  page.on('dialog', (dialog) => {
    page.problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(address);
  await page.waitForFunction(() => document.getElementById('connection').textContent === 'Connected');
  return page;
}

async function tokenLeavesTheAddress(page) {
  ok('the token is in the fragment of the address', /^http:\/\/127\.0\.0\.1:\d+\/_emulator\/ui#token=[0-9a-f]{32}$/.test(address));
  ok('the page takes the token out of the address', !page.url().includes('token'), page.url());
  await page.reload();
  await page.waitForFunction(() => document.getElementById('connection').textContent === 'Connected');
  ok('a reload keeps the page open', await page.isHidden('#locked') && await page.isVisible('#calls'));
}

async function guidedLogin(page) {
  await view(page, 'login');
  ok('a request is shown before it is sent', (await text(page, `${step(1)} pre`)).includes('/api_v3/service/session/action/startWidgetSession'));
  ok('and nothing was sent yet', await text(page, '#call-count') === '' && (await text(page, step(1))).includes('Not sent yet'));
  ok('a step waits for the one before', await page.isDisabled(`${step(2)} button[data-run]`));
  for (const number of [1, 2, 3, 4]) await runStep(page, number);
  equal('each step succeeds', await page.locator('.step.done').count(), 4);
  ok('the last answer is a list', (await text(page, `${step(4)} div:last-child pre`)).includes('"totalCount": 2'), await text(page, step(4)));
  const shown = await text(page, '#login');
  ok('no secret is shown', !shown.includes(appToken) && !/djJ8/.test(shown));
  await page.click(`${step(2)} .secret >> nth=1`);
  ok('until it is clicked', (await text(page, step(2))).includes(appToken));
}

/** Runs a source as a person would who pasted it. */
function runSource(language, source, name) {
  const [program, extension] = { curl: ['bash', 'sh'], python: ['python3', 'py'], node: ['node', 'mjs'] }[language];
  const file = path.join(folder, `${name}.${extension}`);
  fs.writeFileSync(file, source);
  return execFileSync(program, [file], { encoding: 'utf8', timeout: 60_000, env: { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' } });
}

async function sourcesRun(page) {
  const hash = await copied(page, `${step(2)} div:last-child h4 button`);
  for (const language of ['curl', 'python', 'node', 'rust']) {
    await page.check(`input[name=language][value=${language}]`);
    const sources = [];
    for (const number of [1, 2, 3, 4]) sources.push(await copied(page, `${step(number)} > div:nth-child(2) h4 button`));
    sources.push(await copied(page, '#program h4 button'));
    if (language === 'rust') {
      // They are built and run by `cargo xtask page`.
      sources.forEach((source, index) => fs.writeFileSync(path.join(folder, `step${index + 1}.rs`), source));
      ok('rust: there are five sources', sources.every((source) => source.includes('fn main()')));
      continue;
    }
    const outputs = sources.map((source, index) => runSource(language, source, `step${index + 1}`));
    ok(`${language}: the widget session starts`, Ks(JSON.parse(outputs[0]).ks), outputs[0]);
    equal(`${language}: the hash is that of the page`, outputs[1].trim(), hash);
    const session = JSON.parse(outputs[2]);
    ok(`${language}: the session starts`, Ks(session.ks) && session.userId === 'nightly-import', outputs[2]);
    equal(`${language}: the action is called`, JSON.parse(outputs[3]).totalCount, 2);
    equal(`${language}: the four steps as one program`, outputs[4].trim(), '2');
  }
  await page.fill('#flow-user', "o'brien");
  await page.fill('#flow-lifetime', '600');
  await page.fill('#flow-privileges', 'appid:it-s,list:*');
  await page.press('#flow-privileges', 'Tab');
  for (const language of ['curl', 'python', 'node']) {
    await page.check(`input[name=language][value=${language}]`);
    equal(`${language}: a user without entries has none`, runSource(language, await copied(page, '#program h4 button'), 'more').trim(), '0');
  }
  await page.check('input[name=language][value=rust]');
  fs.writeFileSync(path.join(folder, 'step6.rs'), await copied(page, '#program h4 button'));
  await page.click('#flow-all');
  await page.waitForSelector('.step.done:nth-child(4)');
  ok('what is not granted is noted', (await text(page, step(3))).includes('Not granted: list:*'), await text(page, step(3)));
  await view(page, 'objects');
  await page.waitForFunction(() => [...document.querySelectorAll('#sessions tr')].filter((row) => row.textContent.includes("o'brien") && row.textContent.includes('appid:it-s') && row.textContent.includes('in 9 min')).length === 4);
  ok('the sessions have the requested user, lifetime and privileges', true);
  await view(page, 'login');
  await page.fill('#flow-user', 'nightly-import');
  await page.fill('#flow-lifetime', '');
  await page.fill('#flow-privileges', '');
  await page.press('#flow-privileges', 'Tab');
  await page.check('input[name=language][value=http]');
  await page.click('#flow-all');
  await page.waitForSelector('.step.done:nth-child(4)');
}
const Ks = (value) => /^djJ8/.test(value);

async function journal(page) {
  await view(page, 'calls');
  await page.click('#forget');
  await page.waitForFunction(() => document.querySelectorAll('.line').length === 0);
  await view(page, 'login');
  await page.click('#flow-all');
  await page.waitForSelector('.step.done:nth-child(4)');
  await view(page, 'calls');
  await page.waitForSelector('.line:nth-of-type(4)');
  const lines = await page.locator('.line .action').allInnerTexts();
  equal('the calls are in the journal', lines.map((line) => line.replace(/\s+/, ' ')), ['POST session.startWidgetSession', 'POST appToken.startSession', 'POST media.list']);
  ok('with their session', (await text(page, '#lines')).includes('nightly-import, USER'));
  await page.click('.line >> text=appToken.startSession');
  await page.waitForSelector('#detail h3:text("appToken.startSession")');
  const detail = await text(page, '#detail');
  ok('a call has request, answer, status and time', ['Request', 'Answer', 'HTTP 200', ' ms', '"tokenHash"', '"KalturaSessionInfo"'].every((part) => detail.includes(part)), detail);
  ok('its secrets are hidden', !/djJ8|[0-9a-f]{32}/.test(detail), detail);
  const source = await copied(page, '#detail h4:has-text("curl") button');
  const again = JSON.parse(runSource('curl', source, 'journal'));
  ok('its curl line sends it again', again.objectType === 'KalturaSessionInfo', source, again);
  await page.waitForFunction(() => document.getElementById('call-count').textContent === '4');
  await page.focus('#lines');
  await page.keyboard.press('Home');
  await page.waitForSelector('#detail h3:text("session.startWidgetSession")');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.waitForSelector('#detail h3:text("media.list")');
  equal('the journal is read with the keyboard', await page.getAttribute('#lines [aria-selected=true]', 'aria-posinset'), '3');
  await page.keyboard.press('Enter');
  equal('and Enter leads to the call', await page.evaluate(() => document.activeElement.id), 'detail');
  await page.check('#errors-only');
  ok('the filter finds errors', await page.locator('.line').count() === 0 && (await text(page, '#no-lines')).includes('No call matches'));
  await page.uncheck('#errors-only');
}

async function secretsOfOthers(page) {
  const other = 'djJ8MTIzNDU2N3x2VYG2FbRsIfVTTHqyf1JttzAjfD6TC1195bRwjjAJ_upqSN-8uxryKamZzgXvm4guK4pWOlW2x3MkJR2hVi2c';
  const hash = crypto.createHash('sha256').update('another').digest('hex');
  await call('appToken', 'startSession', { ks: other, id: '0_other', tokenHash: hash });
  await page.waitForSelector('.line >> text=INVALID_KS');
  await page.click('.line >> text=INVALID_KS');
  await page.waitForSelector('#detail .note');
  const state = await page.evaluate(async () => {
    const headers = { Authorization: `Bearer ${sessionStorage.getItem('token')}` };
    const state = await (await fetch('/_emulator/ui/state?since=0', { headers })).json();
    const { number } = state.lines.at(-1);
    return JSON.stringify(state) + JSON.stringify(await (await fetch(`/_emulator/ui/exchange?number=${number}`, { headers })).json());
  });
  ok('a KS of another server does not reach the page', !state.includes(other.slice(0, 20)) && !state.includes(hash), state.slice(-1500));
  ok('and it is said whose it is', /does not have|none of its admin secrets/.test(await text(page, '#detail')), await text(page, '#detail .note'));
}

async function faults(page) {
  await page.fill('#fault-action', 'media.list');
  await page.click('label:has([data-fault="status:503"])');
  await page.waitForSelector('#fault-rules li');
  equal('a fault is switched on for an action', await page.locator('#fault-rules li').allInnerTexts(), ['status:503@media.list\n✕']);
  await view(page, 'login');
  await page.click(`${step(4)} button[data-run]`);
  await page.waitForSelector(`${step(4)}.wrong`);
  ok('and its error is seen', (await text(page, step(4))).includes('Answer: '), await text(page, step(4)));
  await view(page, 'calls');
  await page.waitForSelector('.line >> text=fault status:503');
  await page.click('.line >> text=fault status:503');
  await page.waitForSelector('#detail .tag.bad:text("HTTP 503")');
  ok('the journal names it', true);
  await page.click('#fault-rules button');
  await page.waitForFunction(() => !document.querySelector('#fault-rules li'));
  ok('the switch follows', !await page.isChecked('[data-fault="status:503"]'));
  await view(page, 'login');
  await runStep(page, 4);
  await page.waitForSelector(`${step(4)}.done`);
  await page.fill('#fault-action', '');
  await page.fill('#fault-rule', 'nonsense');
  await page.click('#fault-form button');
  await page.waitForFunction(() => document.getElementById('toast').textContent.includes('not a fault'));
  page.problems = page.problems.filter((problem) => !/status of (400|503)/.test(problem));
  await page.click('label:has(#latency)');
  await page.fill('#latency-least', '300');
  await page.fill('#latency-most', '300');
  await page.press('#latency-most', 'Tab');
  await page.waitForTimeout(300);
  await page.click(`${step(4)} button[data-run]`);
  await view(page, 'calls');
  await page.waitForFunction(() => [...document.querySelectorAll('.line .took')].some((took) => parseFloat(took.textContent) >= 300));
  ok('latency delays a call', true);
  await page.click('label:has(#latency)');
}

async function clock(page) {
  const start = await text(page, '#header-clock');
  await page.fill('#clock-slider', '172800');
  await page.waitForFunction((before) => document.getElementById('header-clock').textContent.slice(0, 10) !== before, start.slice(0, 10));
  ok('the slider moves the clock', (await text(page, '#clock-shift')).startsWith('2 d ahead') || (await text(page, '#clock-shift')).startsWith('1 d 23 h'), await text(page, '#clock-shift'));
  await page.click('label:has(#freeze)');
  await page.waitForFunction(() => document.getElementById('header-clock').textContent.includes('frozen'));
  const frozen = await text(page, '#header-clock');
  await page.waitForTimeout(1_500);
  equal('a frozen clock stands still', await text(page, '#header-clock'), frozen);
  await view(page, 'login');
  await page.click(`${step(4)} button[data-run]`);
  await page.waitForSelector(`${step(4)}.wrong`);
  ok('past the expiry, the answer is INVALID_KS', (await text(page, step(4))).includes('INVALID_KS'), await text(page, step(4)));
  await view(page, 'calls');
  await page.click('.line:has-text("INVALID_KS") >> nth=-1');
  await page.waitForSelector('#detail .note:has-text("The KS expired")');
  ok('and the journal says why', true);
}

async function inspector(page) {
  await page.click('#detail button:text("Inspect KS")');
  await page.waitForSelector('#inspected dl');
  const inspected = await text(page, '#inspected');
  ok('a KS of the journal is inspected', ['signature right', 'expired', 'of this emulator', 'nightly-import', 'sessionid:'].every((part) => inspected.includes(part)), inspected);
  const vectors = JSON.parse(fs.readFileSync(path.join(__dirname, '../vectors/ks.json'), 'utf8'));
  const vector = vectors.vectors.find((one) => Ks(one.ks) && !one.input.secret.includes(','));
  await page.fill('#inspect-ks', `\n ${vector.ks}\n`);
  await page.fill('#inspect-secret', '');
  await page.click('#inspect-form .primary');
  await page.waitForSelector('#inspected .note:has-text("encrypted")');
  ok('another KS shows its outside', (await text(page, '#inspected')).includes('signature not checked'));
  await page.fill('#inspect-secret', vector.input.secret);
  await page.click('#inspect-form .primary');
  await page.waitForSelector('#inspected .tag.good:text("signature right")');
  ok('and with the admin secret everything', (await text(page, '#inspected')).includes('Only the server that issued it'));
  await page.fill('#inspect-secret', 'wrong');
  await page.click('#inspect-form .primary');
  await page.waitForSelector('#inspected .note.bad');
  ok('a wrong secret is refused', (await text(page, '#inspected')).includes('admin secrets'), await text(page, '#inspected'));
  await page.fill('#inspect-secret', '');

  await view(page, 'hash');
  const ks = await page.evaluate(() => document.getElementById('hash-pick-ks').options[1].value);
  await page.selectOption('#hash-pick-ks', ks);
  await page.selectOption('#hash-pick-token', { index: 1 });
  await page.selectOption('#hash-type', 'SHA512');
  await page.click('#hash-form .primary');
  await page.waitForSelector('#hashed pre');
  equal('a token hash is computed', await text(page, '#hashed pre'), crypto.createHash('sha512').update(ks + appToken).digest('hex'));
  await page.fill('#hash-token', 'ends with a blank ');
  await page.click('#hash-form .primary');
  await page.waitForSelector('#hashed .note:has-text("white space")');
  ok('and white space is noted', true);
  page.problems = page.problems.filter((problem) => !/status of 400/.test(problem));
}

async function objects(page) {
  await view(page, 'objects');
  const shown = await text(page, '#objects');
  ok('objects are listed', ['nightly-import', '0_sample01', 'Café & <more>', process.env.KALTURA_PARTNER_ID].every((part) => shown.includes(part)), shown);
  await page.click('#app-tokens button:text("Disable")');
  await page.waitForSelector('#app-tokens .tag:text("disabled")');
  await page.click('#app-tokens button:text("Enable")');
  await page.waitForSelector('#app-tokens .tag:text("active")');
  ok('an app token is disabled and enabled', true);
}

async function markup(page) {
  const evil = (name) => `<img src=x onerror="window.${name}=1"><script>window.${name}=1</script>`;
  const partnerId = Number(process.env.KALTURA_PARTNER_ID);
  const ks = await call('session', 'start', { secret: process.env.KALTURA_ADMIN_SECRET, userId: evil('user'), type: 2, partnerId, privileges: `x:${evil('privilege')}` });
  const entry = await call('media', 'add', { ks, entry: { objectType: 'KalturaMediaEntry', mediaType: 1, name: evil('entry'), tags: evil('tags') } });
  await call('media', 'list', { ks, filter: { nameLike: evil('filter'), [evil('field')]: 1 } }, { 'User-Agent': evil('agent') });
  await call(encodeURIComponent(evil('service')), encodeURIComponent(evil('action')), { a: evil('parameter') });
  await fetch(`${server}/${encodeURIComponent(evil('path'))}`);
  ok('there is an entry with markup in its name', entry.name?.includes('img') || entry.objectType, entry);
  await view(page, 'calls');
  await page.waitForFunction(() => document.getElementById('lines').textContent.includes('media.list'));
  await page.focus('#lines');
  await page.keyboard.press('End');
  for (let line = 0; line < 6; line += 1) {
    await page.waitForTimeout(150);
    await page.keyboard.press('ArrowUp');
  }
  await view(page, 'objects');
  await page.waitForFunction(() => document.getElementById('sessions').textContent.includes('onerror'));
  await page.click('#sessions button:text("Inspect") >> nth=0');
  await page.waitForSelector('#inspected dl');
  const elements = await page.evaluate(() => document.querySelectorAll('img, body script, iframe, object').length);
  const ran = await page.evaluate(() => ['user', 'privilege', 'entry', 'tags', 'filter', 'field', 'agent', 'service', 'action', 'parameter', 'path'].filter((name) => window[name] === 1));
  equal('markup of calls stays text', [elements, ran], [0, []]);
  await page.evaluate(() => fetch('/_emulator/ui/commands', { method: 'POST', headers: { Authorization: `Bearer ${sessionStorage.getItem('token')}`, 'Content-Type': 'application/json' }, body: '{"freezeClock":false}' }));
}

async function manyCalls(page) {
  await view(page, 'calls');
  await page.focus('#lines');
  await page.keyboard.press('End');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const ping = () => new Promise((resolve, reject) => {
    http.get(`${server}/api_v3/service/system/action/ping?format=1`, { agent }, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
  const batch = (count) => Promise.all(Array.from({ length: 8 }, async () => {
    for (let one = 0; one < count / 8; one += 1) await ping();
  }));
  await batch(10_080);
  await page.waitForFunction(() => document.getElementById('call-count').textContent === '10000', null, { timeout: 60_000 });
  ok('the journal keeps 10 000 lines', true);
  ok('of which few are in the document', await page.locator('.line').count() < 80, await page.locator('.line').count());
  ok('it follows the newest', await page.evaluate(() => { const { scrollTop, clientHeight, scrollHeight } = document.getElementById('lines'); return scrollTop + clientHeight >= scrollHeight - 2; }));
  await page.evaluate(() => { document.getElementById('lines').scrollTop = 200_000; });
  await page.waitForSelector('#newest:visible');
  const seen = await page.evaluate(() => {
    const frame = document.getElementById('lines').getBoundingClientRect();
    const line = document.elementFromPoint(frame.left + 40, frame.top + 100).closest('.line');
    line.isTheSame = true;
    window.seen = line;
    window.seenAt = line.getBoundingClientRect().top;
    return line.dataset.number;
  });
  await batch(80);
  await page.waitForFunction(() => window.seen.isConnected && Number(document.querySelector('.line').getAttribute('aria-setsize')) === 10_000);
  await page.waitForTimeout(1_500);
  const still = await page.evaluate(() => [window.seen.isConnected && window.seen.isTheSame, Math.round(window.seen.getBoundingClientRect().top - window.seenAt), window.seen.dataset.number]);
  equal('new lines move nothing that is read', still, [true, 0, seen]);
  await page.click('#newest');
  await page.fill('#filter', 'nothing like this');
  ok('it is filtered', await page.locator('.line').count() === 0);
  await page.fill('#filter', '');
  agent.destroy();
}

/** What breaks a rule of accessibility. */
async function violations(page) {
  await page.evaluate(axe.source);
  const result = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(' | ')}`);
}

async function accessibility(page) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [size, viewport] of [['desktop', { width: 1440, height: 900 }], ['phone', { width: 390, height: 844 }]]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      const found = [];
      for (const name of ['calls', 'login', 'objects', 'inspector', 'hash', ...(size === 'phone' ? ['server'] : [])]) {
        await view(page, name);
        if (name === 'calls') {
          await page.click('.line >> nth=3');
          await page.waitForSelector('#detail pre');
        }
        found.push(...(await violations(page)).map((violation) => `${name}: ${violation}`));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
        if (wide) found.push(`${name}: wider than the window`);
      }
      ok(`accessible: ${size}, ${colorScheme}`, found.length === 0, ...found);
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

async function reset(page) {
  await page.click('label:has([data-fault="reset"])');
  await page.waitForSelector('#fault-rules li');
  await page.fill('#clock-slider', '86400');
  await page.click('#reset');
  equal('the question is accessible', await violations(page), []);
  await page.click('#confirm button:text("Cancel")');
  ok('a reset is confirmed first', await page.locator('#fault-rules li').count() === 1);
  await page.click('#reset');
  await page.click('#confirm button[value=reset]');
  await page.waitForFunction(() => !document.querySelector('#fault-rules li') && document.getElementById('call-count').textContent === '');
  await page.waitForFunction(() => document.getElementById('clock-shift').textContent === 'Not moved');
  await view(page, 'objects');
  ok('a reset removes faults, calls and sessions, and moves the clock back', (await text(page, '#sessions')).includes('None yet'), await text(page, '#sessions'));
  ok('and what was added', !(await text(page, '#entries')).includes('onerror'));
}

/** Pages of other origins: on this machine, and on a name that resolves to it. */
async function otherPages(browser) {
  const attempts = async ([base, token]) => {
    const outcome = {};
    const read = async (name, url, options) => {
      try {
        const response = await fetch(url, options);
        outcome[name] = response.type === 'opaque' ? 'opaque' : `${response.status} ${(await response.text()).slice(0, 20)}`;
      } catch {
        outcome[name] = 'nothing';
      }
    };
    await read('read', `${base}/state?since=0`);
    await read('read the page', base);
    await read('read with a token', `${base}/state?since=0`, { headers: { Authorization: `Bearer ${token}` } });
    await read('post', `${base}/commands`, { method: 'POST', mode: 'no-cors', body: '{"setClock":5}' });
    await read('post JSON', `${base}/commands`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"setClock":5}' });
    const load = (tag, attributes) => new Promise((resolve) => {
      const element = Object.assign(document.createElement(tag), attributes);
      element.onload = () => resolve('loaded');
      element.onerror = () => resolve('nothing');
      document.body.append(element);
      setTimeout(() => resolve('nothing'), 2_000);
    });
    outcome.script = await load('script', { src: `${base}/app.js` });
    outcome.style = await load('link', { rel: 'stylesheet', href: `${base}/style.css` });
    const frame = document.createElement('iframe');
    frame.src = base;
    document.body.append(frame);
    await new Promise((resolve) => { setTimeout(resolve, 1_000); });
    try {
      outcome.frame = frame.contentDocument ? 'readable' : 'nothing';
    } catch {
      outcome.frame = 'nothing';
    }
    const opened = window.open(base);
    await new Promise((resolve) => { setTimeout(resolve, 1_000); });
    try {
      outcome.window = opened?.document?.title ? 'readable' : 'nothing';
    } catch {
      outcome.window = 'nothing';
    }
    return outcome;
  };
  const host = http.createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Other</title>'));
  await new Promise((resolve) => { host.listen(0, '127.0.0.1', resolve); });
  const base = address.replace(/#.*/, '');
  const context = await browser.newContext();
  const page = await context.newPage();
  const before = (await call('system', 'getTime'));
  for (const name of ['127.0.0.1', 'localhost', 'rebound.example']) {
    await page.goto(`http://${name}:${host.address().port}/`);
    const outcome = await page.evaluate(attempts, [base, address.split('token=')[1]]);
    const expected = {
      read: 'nothing', 'read the page': 'nothing', 'read with a token': 'nothing', post: 'opaque', 'post JSON': 'nothing',
      script: 'nothing', style: 'nothing', frame: 'nothing', window: 'nothing',
    };
    // What a browser forbids earlier is "nothing" too.
    if (outcome.post === 'nothing') expected.post = 'nothing';
    equal(`a page of ${name} gets nothing`, outcome, expected);
  }
  ok('and changes nothing', Math.abs(await call('system', 'getTime') - before) < 120);
  const { port } = new URL(server);
  const rebound = await page.goto(`http://rebound.example:${port}/_emulator/ui`);
  equal('a name that points to this machine is refused', rebound.status(), 403);

  const document_ = await page.goto(`${server}/api_v3/service/system/action/ping?format=1&content-type=text/html`);
  equal('a document of the API is in a sandbox', [document_.headers()['content-security-policy'], await page.evaluate(() => window.origin)], ["sandbox; default-src 'none'", 'null']);

  await page.goto(base);
  await page.waitForSelector('#locked:visible');
  ok('without the token there is only the question for it', await page.isHidden('#views') && await page.isHidden('#server'));
  equal('which is accessible', await violations(page), []);
  await page.fill('#token', '0'.repeat(32));
  await page.click('#unlock button');
  await page.waitForTimeout(500);
  ok('a wrong token does not open it', await page.isVisible('#locked'));
  await page.fill('#token', address);
  await page.click('#unlock button');
  await page.waitForSelector('#calls:visible');
  ok('the address does', true);
  host.close();
  await context.close();
}

async function headers() {
  const page = await fetch(address.replace(/#.*/, ''));
  const names = ['cache-control', 'x-content-type-options', 'x-frame-options', 'referrer-policy', 'cross-origin-opener-policy', 'cross-origin-resource-policy', 'access-control-allow-origin'];
  equal('the page has its headers', names.map((name) => page.headers.get(name)), ['no-store', 'nosniff', 'DENY', 'no-referrer', 'same-origin', 'same-origin', null]);
  const policy = page.headers.get('content-security-policy');
  ok('and a strict policy', ["default-src 'none'", "frame-ancestors 'none'", "trusted-types 'none'", `script-src ${server}/_emulator/ui/app.js;`].every((part) => policy.includes(part)) && !policy.includes('unsafe'), policy);
}

/** Pictures for people to look at. */
async function pictures(browser) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [size, viewport] of [['desktop', { width: 1280, height: 800 }], ['phone', { width: 390, height: 844 }]]) {
      const page = await open(browser, { viewport, colorScheme });
      await page.click('#forget');
      await view(page, 'login');
      await page.click('#flow-all');
      await page.waitForSelector('.step.done:nth-child(4)');
      await page.screenshot({ path: path.join(folder, `login-${size}-${colorScheme}.png`) });
      const id = process.env.KALTURA_APP_TOKEN_ID;
      const { ks } = await call('session', 'startWidgetSession', { widgetId: `_${process.env.KALTURA_PARTNER_ID}` });
      const hash = crypto.createHash('sha1').update(ks + appToken).digest('hex');
      await call('appToken', 'startSession', { ks, id, tokenHash: hash });
      await call('media', 'get', { ks, entryId: '0_nosuch00' });
      await view(page, 'calls');
      await page.waitForSelector('.line >> text=INVALID_APP_TOKEN_HASH');
      if (size === 'desktop') {
        await page.click('.line:has-text("INVALID_APP_TOKEN_HASH") >> nth=-1');
        await page.waitForSelector('#detail .note');
      }
      await page.screenshot({ path: path.join(folder, `calls-${size}-${colorScheme}.png`) });
      for (const name of ['objects', 'inspector', ...(size === 'phone' ? ['server'] : [])]) {
        if (name === 'inspector') await page.click('#sessions button:text("Inspect") >> nth=0');
        else await view(page, name);
        await page.waitForTimeout(200);
        await page.screenshot({ path: path.join(folder, `${name}-${size}-${colorScheme}.png`) });
      }
      await page.context().close();
    }
  }
}

async function run() {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(),
    args: ['--host-resolver-rules=MAP rebound.example 127.0.0.1', '--no-proxy-server'],
  });
  try {
    await headers();
    const page = await open(browser);
    await tokenLeavesTheAddress(page);
    for (const part of [guidedLogin, sourcesRun, journal, secretsOfOthers, faults, clock, inspector, objects, markup, manyCalls, accessibility, reset]) {
      const start = Date.now();
      await part(page);
      console.log(`# ${part.name}: ${Date.now() - start} ms`);
    }
    // The API's own answers are reported as failed resources too.
    equal('no error of a script or of the policy', page.problems.filter((problem) => !/Failed to load resource.*(400|503)/.test(problem)), []);
    await page.context().close();
    await otherPages(browser);
    if (process.env.KALTURA_PAGE_PICTURES) await pictures(browser);
  } finally {
    await browser.close();
  }
  console.log(`1..${outcomes.length}`);
  process.exitCode = outcomes.every(Boolean) ? 0 : 1;
}

run();
