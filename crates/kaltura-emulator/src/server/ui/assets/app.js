// The page of the emulator. All text of calls reaches the document as text nodes, never as markup.

const BASE = '/_emulator/ui';
const MARKS = /\uE000([^\uE001]*)\uE001/g;
const $ = (id) => document.getElementById(id);

// ---- Elements ----

function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** Sets a text only if it differs: the layout and what is selected stay. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const secret = (value) => `\uE000${value}\uE001`;
const plain = (text) => text.replace(MARKS, '$1');

/** A text in which the secrets of the emulator are hidden until they are clicked. */
function secretText(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(MARKS)) {
    parts.push(text.slice(end, match.index), secretButton(match[1]));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

function secretButton(value) {
  const hidden = '••••••••';
  const button = h('button', { type: 'button', class: 'secret', 'aria-label': 'Secret: show', onclick: toggle }, hidden);
  function toggle() {
    const isHidden = button.textContent === hidden;
    button.textContent = isHidden ? value : hidden;
    button.setAttribute('aria-label', isHidden ? `${value}: hide` : 'Secret: show');
  }
  return button;
}

/** A text in a box with a button that copies it, with the secrets. */
function codeBlock(title, text, ...more) {
  return [
    h('h4', {}, title, h('span', { class: 'grow' }), ...more, copyButton(text, title)),
    h('pre', { tabindex: '0', role: 'group', 'aria-label': title }, secretText(text)),
  ];
}

function copyButton(text, what) {
  return h('button', { type: 'button', class: 'small', 'aria-label': `Copy: ${what}`, onclick: () => copy(text) }, 'Copy');
}

async function copy(text) {
  const clear = plain(text);
  await navigator.clipboard.writeText(clear);
  toast(clear === text ? 'Copied' : 'Copied, with secrets of this emulator');
}

let toastTimer;
function toast(message) {
  setText($('toast'), message);
  $('toast').classList.add('shown');
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => $('toast').classList.remove('shown'), 3000);
}

function tag(text, kind = '') {
  return h('span', { class: `tag ${kind}` }, text);
}

function option(value, text) {
  return h('option', { value }, text);
}

/** Indents JSON and keeps each number and string as it is written. Other texts stay as they are. */
function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let out = '';
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === '}' || token === ']') {
      depth -= 1;
      out = /[{[]$/.test(out) ? out + token : out + line() + token;
      continue;
    }
    if (/[{[]$/.test(out)) out += line();
    if (token === '{' || token === '[') depth += 1;
    out += token === ',' ? token + line() : token === ':' ? ': ' : token;
  }
  return out;
}

// ---- The server ----

let token = sessionStorage.getItem('token');

/** Takes the token out of the address, so that it is neither seen nor shared. */
function takeToken() {
  const found = /^#token=([0-9a-f]+)/.exec(location.hash);
  if (!found) return;
  token = found[1];
  sessionStorage.setItem('token', token);
  history.replaceState(null, '', `${location.pathname}#/calls`);
}

class Refused extends Error {}

async function request(path, body) {
  const options = { headers: { Authorization: `Bearer ${token}` }, cache: 'no-store' };
  if (body !== undefined) {
    options.method = 'POST';
    options.headers['Content-Type'] = 'application/json';
    options.body = JSON.stringify(body);
  }
  const response = await fetch(BASE + path, options);
  const answer = await response.json();
  if (response.status === 401) lock();
  if (!response.ok) throw new Refused(answer.error);
  return answer;
}

/** Applies commands and shows their effect at once. */
async function command(...commands) {
  try {
    await request('/commands', commands);
  } catch (error) {
    toast(error.message);
  }
  // What is being read may be from before the commands.
  await running;
  await refresh();
}

let state;
let clock = { time: 0, unmoved: 0, at: 0, frozen: false };
let polling;

function lock() {
  token = null;
  sessionStorage.removeItem('token');
  route();
}

let running = null;
/** Reads the state of the server. Calls at the same time share one request. */
function refresh() {
  if (!running) running = read().finally(() => { running = null; });
  return running;
}

async function read() {
  clearTimeout(polling);
  if (!token) return;
  let pause = 1000;
  try {
    const next = await request(`/state?since=${journal.last()}`);
    state = next;
    clock = { time: next.time, unmoved: next.unmovedTime, at: performance.now(), frozen: next.isFrozen };
    journal.add(next);
    show();
    connected(true);
    if (next.hasMore) pause = 0;
  } catch (error) {
    if (!(error instanceof Refused)) connected(false);
    pause = 2000;
  }
  polling = setTimeout(refresh, document.hidden ? 5000 : pause);
}

function connected(is) {
  $('connection').classList.toggle('lost', !is);
  setText($('connection'), is ? 'Connected' : 'No connection: is the emulator running?');
}

// ---- Time ----

const now = () => clock.time + (clock.frozen ? 0 : performance.now() - clock.at);
const iso = (milliseconds) => {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? `Unix time ${Math.floor(milliseconds / 1000)}` : date.toISOString();
};
const timeOfDay = (milliseconds) => iso(milliseconds).slice(11, 19);
const dateTime = (seconds) => iso(seconds * 1000).replace('T', ' ').replace(/\..*/, ' UTC');

function duration(seconds) {
  const parts = [[Math.floor(seconds / 86400), 'd'], [Math.floor(seconds / 3600) % 24, 'h'], [Math.floor(seconds / 60) % 60, 'min'], [Math.floor(seconds) % 60, 's']];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`).join(' ');
}

function signed(seconds) {
  const rounded = Math.round(seconds);
  return rounded === 0 ? 'Not moved' : `${duration(Math.abs(rounded))} ${rounded > 0 ? 'ahead' : 'behind'}`;
}

function untilText(expiry) {
  if (expiry === null || expiry === undefined) return 'no number';
  const left = expiry - Math.floor(now() / 1000);
  return left > 0 ? `in ${duration(left)}` : `expired ${duration(-left)} ago`;
}

/** A time that is shown relative to the clock of the emulator. */
function until(expiry) {
  return h('span', { 'data-expiry': expiry, title: dateTime(expiry) }, untilText(expiry));
}

function tick() {
  if (!state) return;
  const text = iso(now());
  setText($('header-clock'), `${text.slice(0, 10)} ${text.slice(11, 19)} UTC${clock.frozen ? ', frozen' : ''}`);
  const shift = (now() - clock.unmoved - (performance.now() - clock.at)) / 1000;
  if (!slider.isMoving) {
    $('clock').replaceChildren(text.slice(11, 19), h('small', {}, `${text.slice(0, 10)}, UTC`));
    setText($('clock-shift'), `${signed(shift)}${clock.frozen ? ', frozen' : ''}`);
    $('clock-slider').value = shift;
    $('clock-slider').setAttribute('aria-valuetext', signed(shift));
  }
  for (const element of document.querySelectorAll('[data-expiry]')) setText(element, untilText(Number(element.dataset.expiry)));
}

// ---- Journal ----

const HEIGHT = 48;
const journal = {
  lines: [],
  shown: [],
  elements: new Map(),
  epoch: null,
  follows: true,
  selected: null,
  last() {
    return this.lines.length ? this.lines[this.lines.length - 1].number : this.after ?? 0;
  },

  add({ epoch, first, lines }) {
    if (this.epoch !== null && this.epoch !== epoch) this.clear(first - 1);
    this.epoch = epoch;
    const dropped = this.lines.findIndex((line) => line.number >= first);
    if (dropped > 0 || (dropped < 0 && this.lines.length)) this.drop(dropped < 0 ? this.lines.length : dropped);
    if (!lines.length) return;
    this.lines.push(...lines);
    this.shown.push(...lines.filter((line) => this.matches(line)));
    this.draw();
  },

  clear(after) {
    this.after = after;
    this.lines = [];
    this.shown = [];
    this.selected = null;
    this.follows = true;
    showDetail(null);
    this.draw();
  },

  /** Forgets the oldest lines. What is seen stays in its place. */
  drop(count) {
    this.lines.splice(0, count);
    const first = this.lines.length ? this.lines[0].number : Infinity;
    const gone = this.shown.findIndex((line) => line.number >= first);
    const number = gone < 0 ? this.shown.length : gone;
    this.shown.splice(0, number);
    if (!this.follows) $('lines').scrollTop -= number * HEIGHT;
    this.draw();
  },

  matches(line) {
    if ($('errors-only').checked && line.succeeded) return false;
    const wanted = $('filter').value.trim().toLowerCase();
    return !wanted || [line.action, line.error, line.session, line.status, ...line.faults].join(' ').toLowerCase().includes(wanted);
  },

  filter() {
    this.shown = this.lines.filter((line) => this.matches(line));
    this.follows = true;
    this.draw();
  },

  /** Creates the elements of the lines in view, and removes the others. */
  draw() {
    const frame = $('lines');
    const { space } = this;
    space.style.height = `${this.shown.length * HEIGHT}px`;
    if (this.follows) frame.scrollTop = this.shown.length * HEIGHT;
    const first = Math.max(0, Math.floor(frame.scrollTop / HEIGHT) - 6);
    const end = Math.min(this.shown.length, Math.ceil((frame.scrollTop + frame.clientHeight) / HEIGHT) + 6);
    const wanted = new Set();
    for (let index = first; index < end; index += 1) wanted.add(this.shown[index].number);
    const selectedIndex = this.shown.findIndex((line) => line.number === this.selected);
    if (selectedIndex >= 0) wanted.add(this.selected);
    for (const [number, element] of this.elements) {
      if (!wanted.has(number)) {
        element.remove();
        this.elements.delete(number);
      }
    }
    for (let index = first; index < end; index += 1) this.place(index);
    if (selectedIndex >= 0) {
      this.place(selectedIndex);
      frame.setAttribute('aria-activedescendant', `line-${this.selected}`);
    } else {
      frame.removeAttribute('aria-activedescendant');
    }
    setText($('call-count'), this.lines.length ? String(this.lines.length) : '');
    this.drawEmpty();
    $('newest').hidden = frame.scrollTop + frame.clientHeight >= this.shown.length * HEIGHT - 4;
  },

  place(index) {
    const line = this.shown[index];
    let element = this.elements.get(line.number);
    if (!element) {
      element = lineElement(line);
      this.elements.set(line.number, element);
      $('lines').append(element);
    }
    const top = `translateY(${index * HEIGHT}px)`;
    if (element.style.transform !== top) element.style.transform = top;
    element.setAttribute('aria-posinset', index + 1);
    element.setAttribute('aria-setsize', this.shown.length);
    element.setAttribute('aria-selected', line.number === this.selected);
  },

  drawEmpty() {
    const kind = this.shown.length ? '' : this.lines.length ? 'none' : 'start';
    if ($('no-lines').dataset.kind === kind) return;
    $('no-lines').dataset.kind = kind;
    $('no-lines').replaceChildren(...(kind === 'none' ? ['No call matches the filter.'] : kind === 'start' ? [
      h('strong', {}, 'No calls yet'), h('span', {}, `Point a client to ${location.origin}, or`),
      h('a', { href: '#/login' }, 'log in step by step'),
    ] : []));
  },

  select(index) {
    const line = this.shown[Math.max(0, Math.min(index, this.shown.length - 1))];
    if (!line) return;
    this.selected = line.number;
    const at = this.shown.indexOf(line);
    const frame = $('lines');
    if (at * HEIGHT < frame.scrollTop) frame.scrollTop = at * HEIGHT;
    const bottom = (at + 1) * HEIGHT - frame.clientHeight;
    if (bottom > frame.scrollTop) frame.scrollTop = bottom;
    this.follows = at === this.shown.length - 1;
    this.draw();
    loadDetail(line.number);
  },

  key(event) {
    const at = this.shown.findIndex((line) => line.number === this.selected);
    const page = Math.max(1, Math.floor($('lines').clientHeight / HEIGHT) - 1);
    const end = this.shown.length - 1;
    const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? end : at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: end }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.select(to);
    } else if (event.key === 'Enter' && this.selected !== null) {
      openDetail();
    }
  },
};

function lineElement(line) {
  const under = [timeOfDay(line.at), line.session ?? 'no session'].join(' · ');
  const fault = line.faults.length && h('span', { class: 'fault' }, ` · fault ${line.faults.join(', ')}`);
  // A fault may have replaced the answer with the error.
  const error = !fault && (line.error ?? (line.status === 200 ? null : `HTTP ${line.status}`));
  return h('div', { class: `line${line.succeeded ? '' : ' failed'}`, role: 'option', id: `line-${line.number}`, 'data-number': line.number },
    h('span', { class: 'action' }, h('span', { class: 'method' }, line.method), ' ', line.action),
    h('span', { class: 'took' }, took(line)),
    h('span', { class: 'under' }, under, error && h('span', { class: 'error' }, ` · ${error}`), fault || ''));
}

const took = ({ microseconds }) => (microseconds < 9950 ? `${(microseconds / 1000).toFixed(1)} ms` : `${Math.round(microseconds / 1000)} ms`);

let wantedDetail = null;
async function loadDetail(number) {
  wantedDetail = number;
  try {
    const detail = await request(`/exchange?number=${number}`);
    if (wantedDetail === number) showDetail(detail);
  } catch (error) {
    if (wantedDetail === number && error instanceof Refused) showDetail(null);
  }
}

function openDetail() {
  document.body.classList.add('show-detail');
  $('detail').focus();
}

function closeDetail() {
  document.body.classList.remove('show-detail');
  $('lines').focus();
}

function showDetail(detail) {
  const host = $('detail');
  const back = h('button', { type: 'button', class: 'back', onclick: closeDetail }, '← Calls');
  if (!detail) {
    document.body.classList.remove('show-detail');
    host.replaceChildren(h('div', { class: 'empty' }, h('span', {}, 'Select a call to see its request and its answer.')));
    return;
  }
  const headers = (message) => message.headers.map(([name, value]) => `${name}: ${value}`);
  const text = (message) => [message.line, ...headers(message), ...(message.body ? ['', pretty(message.body)] : []), ...(message.isCut ? ['… (the rest was not kept)'] : [])].join('\n');
  const calls = detail.calls.length > 1 && h('ol', {}, detail.calls.map((call) => h('li', {}, call.action, ' ', tag(call.error ?? (call.succeeded ? 'ok' : 'HTTP 500'), call.succeeded ? 'good' : 'bad'))));
  host.replaceChildren(back, h('h3', {}, detail.action),
    h('div', { class: 'tags' },
      tag(detail.status === null ? 'connection reset' : `HTTP ${detail.status}`, detail.status === 200 ? 'good' : 'bad'),
      detail.error && tag(detail.error, 'bad'), detail.faults.map((fault) => tag(`fault ${fault}`, 'warn')),
      tag(took(detail)), tag(iso(detail.at).slice(11, 23)), tag(detail.session ?? 'no session')),
    ...detail.notes.map((note) => h('p', { class: 'note' }, note)), calls || '',
    ...codeBlock('Request', text(detail.request), detail.ks && h('button', { type: 'button', class: 'small', onclick: () => inspect(detail.ks) }, 'Inspect KS')),
    ...codeBlock('Answer', text(detail.response)),
    ...(detail.curl ? codeBlock('curl', detail.curl) : [h('h4', {}, 'curl'), h('p', { class: 'muted' }, 'The body was not kept as a whole, so that there is no command that sends it again.')]));
  host.scrollTop = 0;
}

// ---- Objects ----

/** A table whose rows are replaced only if they changed, so that focus and shown secrets stay. */
function objectTable(id, title, columns, actions) {
  const body = h('tbody', { role: 'rowgroup' });
  const count = h('span', { class: 'count' });
  const none = h('p', { class: 'muted' }, 'None yet.');
  const heads = columns.map(([name]) => h('th', { role: 'columnheader', scope: 'col' }, name));
  const table = h('table', { role: 'table', 'aria-label': title },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, heads, h('th', { role: 'columnheader', scope: 'col' }, h('span', { class: 'visually-hidden' }, 'Actions')))), body);
  $(id).append(h('h3', {}, title, ' ', count), table, none);
  const rows = new Map();
  return (objects, key, total = objects.length) => {
    setText(count, total > objects.length ? `${objects.length} of ${total}` : String(total));
    table.hidden = !objects.length;
    none.hidden = objects.length > 0;
    const keys = new Set();
    objects.forEach((object, index) => {
      const json = JSON.stringify(object);
      keys.add(object[key]);
      let row = rows.get(object[key]);
      if (row?.json !== json) {
        const cells = columns.map(([name, cell]) => h('td', { role: 'cell', 'data-label': name }, h('div', {}, cell(object))));
        const element = h('tr', { role: 'row' }, cells, h('td', { role: 'cell', class: 'actions' }, actions(object)));
        if (row) row.element.replaceWith(element);
        row = { json, element };
        rows.set(object[key], row);
      }
      if (body.children[index] !== row.element) body.insertBefore(row.element, body.children[index] ?? null);
    });
    for (const [name, row] of rows) {
      if (!keys.has(name)) {
        row.element.remove();
        rows.delete(name);
      }
    }
  };
}

const small = (text, label, onclick) => h('button', { type: 'button', class: 'small', 'aria-label': label, onclick }, text);
const code = (text) => h('code', {}, text);

const showSessions = objectTable('sessions', 'Sessions', [
  ['User', (session) => session.widgetSession ? h('span', { class: 'muted' }, 'widget') : session.userId ?? h('span', { class: 'muted' }, 'none')],
  ['Type', (session) => session.sessionType ?? ''],
  ['Privileges', (session) => session.privileges && code(session.privileges)],
  ['Expires', (session) => until(session.expiry)],
  ['State', (session) => session.ended ? tag('ended', 'bad') : session.expired ? tag('expired', 'bad') : tag('active', 'good')],
  ['KS', (session) => [secretButton(session.ks)]],
], (session) => [
  small('Inspect', `Inspect the KS ${session.fingerprint}`, () => inspect(session.ks)), ' ',
  !session.ended && !session.expired && !session.widgetSession && small('End', `End the session ${session.fingerprint}`, () => command({ endSession: session.ks })),
]);
const showTokens = objectTable('app-tokens', 'App tokens', [
  ['Id', (object) => [code(object.id), object.isFirst ? h('span', { class: 'muted' }, ' first line') : '']],
  ['Value', (object) => secretButton(object.token)],
  ['Hash', (object) => object.hashType],
  ['Session', (object) => [object.sessionType ?? 'any type', object.sessionUserId ? `, ${object.sessionUserId}` : '', object.sessionDuration === null ? '' : `, ${duration(object.sessionDuration)}`]],
  ['Privileges', (object) => object.sessionPrivileges && code(object.sessionPrivileges)],
  ['Expires', (object) => object.expiry === null ? 'never' : until(object.expiry)],
  ['State', (object) => tag(object.status, object.status === 'active' ? 'good' : 'bad')],
], (object) => firstPartner() === object.partnerId && object.status !== 'deleted' && [
  object.status === 'active'
    ? small('Disable', `Disable the app token ${object.id}`, () => command({ disableToken: object.id }))
    : small('Enable', `Enable the app token ${object.id}`, () => command({ enableToken: object.id })),
]);
const showPartners = objectTable('partners', 'Partners', [
  ['Id', (partner) => code(String(partner.id))],
  ['Admin secret', (partner) => partner.adminSecrets.map(secretButton)],
  ['User secret', (partner) => secretButton(partner.userSecret)],
  ['KS', (partner) => `version ${partner.ksVersion}${partner.ksMaxExpiry === null ? '' : `, at most ${duration(partner.ksMaxExpiry)}`}`],
  ['State', (partner) => tag(partner.isBlocked ? 'blocked' : 'active', partner.isBlocked ? 'bad' : 'good')],
], () => []);
const showEntries = objectTable('entries', 'Entries', [
  ['Id', (entry) => code(entry.id)],
  ['Name', (entry) => entry.name],
  ['User', (entry) => entry.userId ?? h('span', { class: 'muted' }, 'none')],
  ['Duration', (entry) => entry.duration ? duration(entry.duration / 1000) : ''],
  ['Tags', (entry) => entry.tags],
  ['Created', (entry) => dateTime(entry.createdAt)],
  ['State', (entry) => tag(entry.status, entry.status === 'ready' ? 'good' : 'warn')],
], () => []);

const firstPartner = () => state.partners.find((partner) => partner.isFirst)?.id;
const sessionName = (session) => `${session.widgetSession ? 'widget' : session.userId ?? 'no user'}, ${session.sessionType ?? 'no type'}, ${session.fingerprint}${session.ended ? ', ended' : session.expired ? ', expired' : ''}`;

/** Replaces the options of a list only if they changed. */
function setOptions(select, options) {
  const json = JSON.stringify(options);
  if (select.dataset.options === json) return;
  const { value } = select;
  select.dataset.options = json;
  select.replaceChildren(...options.map(([key, text]) => option(key, text)));
  if (options.some(([key]) => key === value)) select.value = value;
}

// ---- Everything that follows the state ----

function show() {
  for (const session of state.sessions) delete session.expiresIn;
  showSessions(state.sessions, 'ks');
  showTokens(state.appTokens.first, 'id', state.appTokens.count);
  showPartners(state.partners, 'id');
  showEntries(state.entries.first, 'id', state.entries.count);

  const sessions = [['', state.sessions.length ? 'Choose a session…' : 'No session yet'], ...state.sessions.map((session) => [session.ks, sessionName(session)])];
  setOptions($('inspect-pick'), sessions);
  setOptions($('hash-pick-ks'), sessions);
  const tokens = state.appTokens.first.filter((object) => object.status !== 'deleted');
  setOptions($('hash-pick-token'), [['', 'Choose an app token…'], ...tokens.map((object) => [object.id, `${object.id}, ${object.hashType}`])]);
  const usable = [...tokens].sort((one, other) => other.isFirst - one.isFirst);
  setOptions($('flow-token'), usable.map((object) => [object.id, `${object.id}, ${object.hashType}${object.status === 'active' ? '' : `, ${object.status}`}`]));
  if (!flow.hasStarted) {
    // A USER session lists only the entries of its user.
    $('flow-user').value = state.entries.first.find((entry) => entry.userId)?.userId ?? '';
    restartFlow();
  }

  setChecked('freeze', state.isFrozen);
  setChecked('cache', state.responseCache);
  setChecked('block', state.partners.some((partner) => partner.isFirst && partner.isBlocked));
  setChecked('latency', state.latency !== null);
  if (state.latency && !['latency-least', 'latency-most'].includes(document.activeElement.id)) {
    [$('latency-least').value, $('latency-most').value] = state.latency;
  }
  showFaults();
  tick();
}

function setChecked(id, is) {
  if ($(id).checked !== is) $(id).checked = is;
}

// ---- Clock, faults, latency, reset ----

const slider = { isMoving: false };

function setShift(seconds) {
  const unmoved = clock.unmoved + (performance.now() - clock.at);
  return command({ setClock: Math.floor(unmoved / 1000 + Number(seconds)) });
}

function setUpClock() {
  $('clock-slider').addEventListener('input', ({ target }) => {
    slider.isMoving = true;
    const moved = iso(clock.unmoved + performance.now() - clock.at + target.value * 1000);
    $('clock').replaceChildren(moved.slice(11, 19), h('small', {}, `${moved.slice(0, 10)}, UTC`));
    setText($('clock-shift'), signed(target.value));
    target.setAttribute('aria-valuetext', signed(target.value));
  });
  $('clock-slider').addEventListener('change', async ({ target }) => {
    await setShift(target.value);
    slider.isMoving = false;
    tick();
  });
  $('freeze').addEventListener('change', ({ target }) => command({ freezeClock: target.checked }));
  for (const [text, seconds] of [['+1 min', 60], ['+1 h', 3600], ['+1 day', 86400]]) {
    $('clock-steps').append(small(text, `Move the clock by ${text}`, () => command({ advanceClock: seconds })));
  }
  $('clock-steps').append(
    small('Past expiry', 'Past expiry: move the clock past that of the newest active session', pastExpiry),
    small('Back', 'Back: move the clock to where it would be', () => setShift(0)));
}

function pastExpiry() {
  const session = state.sessions.find((one) => !one.expired && !one.ended && !one.widgetSession && one.expiry !== null);
  if (session) command({ setClock: session.expiry + 1 });
  else toast('No active session');
}

const FAULTS = [
  ['status:503', 'HTTP 503'], ['html:502', 'HTML error page'], ['reset', 'Connection reset'], ['cut', 'Body cut off'],
  ['empty', 'Empty body'], ['xml', 'XML instead of JSON'], ['slow:3000', 'Slow, 3 s'], ['skew:-300', 'Date 5 min behind'],
];
const ACTIONS = ['session.startWidgetSession', 'appToken.startSession', 'session.get', 'media.list', 'media.get', 'uploadToken.upload', 'multirequest'];

const faultRule = (fault) => {
  const action = $('fault-action').value.trim();
  return action ? `${fault}@${action}` : fault;
};

function setUpFaults() {
  $('actions').append(...ACTIONS.map((action) => option(action, '')));
  for (const [fault, name] of FAULTS) {
    const input = h('input', { type: 'checkbox', role: 'switch', 'data-fault': fault });
    input.addEventListener('change', () => {
      command(input.checked ? { injectFault: faultRule(fault) } : { removeFault: faultRule(fault) });
    });
    $('faults').append(h('label', { class: 'switch' }, h('span', {}, name), input));
  }
  $('fault-action').addEventListener('input', showFaults);
  $('fault-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    await command({ injectFault: $('fault-rule').value.trim() });
    if (state.faults.includes($('fault-rule').value.trim())) $('fault-rule').value = '';
  });
}

function showFaults() {
  for (const input of document.querySelectorAll('[data-fault]')) {
    const is = state.faults.includes(faultRule(input.dataset.fault));
    if (input.checked !== is) input.checked = is;
  }
  const list = $('fault-rules');
  const json = JSON.stringify(state.faults);
  if (list.dataset.rules === json) return;
  list.dataset.rules = json;
  list.replaceChildren(...[...new Set(state.faults)].map((rule) => h('li', {}, rule,
    h('button', { type: 'button', 'aria-label': `Remove ${rule}`, onclick: () => command({ removeFault: rule }) }, '✕'))));
}

function setUpSettings() {
  const latency = () => {
    const [least, most] = [Number($('latency-least').value), Number($('latency-most').value)];
    return command({ setLatency: $('latency').checked ? [Math.min(least, most), Math.max(least, most)] : null });
  };
  $('latency').addEventListener('change', latency);
  for (const id of ['latency-least', 'latency-most']) {
    $(id).addEventListener('change', () => $('latency').checked && latency());
  }
  $('cache').addEventListener('change', ({ target }) => command({ setResponseCache: target.checked }));
  $('block').addEventListener('change', ({ target }) => command({ blockPartner: target.checked }));
  $('forget').addEventListener('click', () => command('forgetCalls'));
  $('reset').addEventListener('click', () => {
    $('confirm').returnValue = '';
    $('confirm').showModal();
  });
  $('confirm').addEventListener('close', async () => {
    if ($('confirm').returnValue !== 'reset') return;
    await command('reset');
    restartFlow();
    toast('Everything is as it was at the start');
  });
}

// ---- Guided login ----

const flow = { hasStarted: false, language: 'http', answers: [] };

const url = (service, action) => `${location.origin}/api_v3/service/${service}/action/${action}`;
const number = (text) => (/^\d+$/.test(text.trim()) ? Number(text) : undefined);
const chosenToken = () => state.appTokens.first.find((object) => object.id === $('flow-token').value);

/** The parameters of the three calls, with what is known so far. Secrets are marked. */
const STEPS = [
  {
    title: 'Start a widget session',
    text: 'The default widget of the account gives a session without rights, and without a secret.',
    action: ['session', 'startWidgetSession'],
    parameters: (values) => ({ format: 1, widgetId: `_${values.partner}` }),
  },
  {
    title: 'Compute the token hash',
    text: 'The hash of the KS followed by the token value. It is computed locally: the value is never sent.',
    needs: 'ks',
  },
  {
    title: 'Start the session',
    text: 'The hash proves that the client has the token. It is good for this one KS.',
    action: ['appToken', 'startSession'],
    needs: 'hash',
    parameters: (values) => ({
      format: 1, ks: secret(values.ks), id: values.id, tokenHash: secret(values.hash),
      userId: values.user || undefined, expiry: values.lifetime, sessionPrivileges: values.privileges || undefined,
    }),
  },
  {
    title: 'Call an action',
    text: 'Each call sends the new KS, until it expires.',
    action: ['media', 'list'],
    needs: 'session',
    parameters: (values) => ({ format: 1, ks: secret(values.session) }),
  },
];

const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const LANGUAGES = {
  http: ['HTTP', {
    call: (service, action, body) => `POST /api_v3/service/${service}/action/${action} HTTP/1.1\nHost: ${location.host}\nContent-Type: application/json\n\n${JSON.stringify(body, null, 2)}`,
    hash: ({ type, ks, token: value }) => `tokenHash = ${type}(ks + token)\n\nks    = ${ks}\ntoken = ${value}`,
  }],
  curl: ['curl', {
    call: (service, action, body) => `curl -sS ${quoted(url(service, action))} \\\n  -H 'Content-Type: application/json' \\\n  --data-raw ${quoted(JSON.stringify(body))}`,
    hash: ({ type, ks, token: value }) => `printf %s ${quoted(ks)}${quoted(value)} | ${type.toLowerCase()}sum | cut -d' ' -f1`,
  }],
  python: ['Python', {
    call: (service, action, body) => `import json
import urllib.request

request = urllib.request.Request(
    ${JSON.stringify(url(service, action))},
    json.dumps(${JSON.stringify(body)}).encode(),
    {"Content-Type": "application/json"},
)
with urllib.request.urlopen(request) as response:
    print(json.dumps(json.load(response), indent=2))`,
    hash: ({ type, ks, token: value }) => `import hashlib

ks = ${JSON.stringify(ks)}
token = ${JSON.stringify(value)}
print(hashlib.${type.toLowerCase()}((ks + token).encode()).hexdigest())`,
  }],
  node: ['Node', {
    call: (service, action, body) => `const response = await fetch(${JSON.stringify(url(service, action))}, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(${JSON.stringify(body)}),
});
console.log(JSON.stringify(await response.json(), null, 2));`,
    hash: ({ type, ks, token: value }) => `import { createHash } from 'node:crypto';

const ks = ${JSON.stringify(ks)};
const token = ${JSON.stringify(value)};
console.log(createHash('${type.toLowerCase()}').update(ks + token).digest('hex'));`,
  }],
  rust: ['Rust', {
    call: (service, action, { format, ...body }) => `use kaltura::http::ReqwestTransport;
use kaltura::{ServiceUrl, Transport, WireRequest};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url: ServiceUrl = ${JSON.stringify(location.origin)}.parse()?;
    let parameters = serde_json::from_str(r#"${JSON.stringify(body)}"#)?;
    let request = WireRequest::json(&url, "${service}", "${action}", parameters);
    let response = ReqwestTransport::builder().build()?.send(request).await?;
    println!("{}", String::from_utf8_lossy(response.body()));
    Ok(())
}`,
    hash: ({ type, ks, token: value }) => `use kaltura::{AppTokenValue, HashType, Ks, TokenHash};

fn main() {
    let ks = Ks::new(${JSON.stringify(ks)});
    let token = AppTokenValue::new(${JSON.stringify(value)});
    println!("{}", TokenHash::new(HashType::${rustHash(type)}, &ks, &token).expose());
}`,
  }],
};
const rustHash = (type) => type[0] + type.slice(1).toLowerCase();

/** The four steps as one program. */
const PROGRAMS = {
  curl: (v) => `api() { curl -sS "${location.origin}/api_v3/service/$1/action/$2" -d format=1 "\${@:3}"; }
token=${quoted(v.token)}
widget=$(api session startWidgetSession -d widgetId=_${v.partner} | jq -r .ks)
hash=$(printf %s "$widget$token" | ${v.type.toLowerCase()}sum | cut -d' ' -f1)
ks=$(api appToken startSession -d "ks=$widget" -d id=${quoted(v.id)} -d "tokenHash=$hash"${form(v)} | jq -r .ks)
api media list -d "ks=$ks" | jq .totalCount`,
  python: (v) => `import hashlib
import json
import urllib.request


def call(service, action, **parameters):
    request = urllib.request.Request(
        f"${location.origin}/api_v3/service/{service}/action/{action}",
        json.dumps({"format": 1, **parameters}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:
        result = json.load(response)
    if isinstance(result, dict) and result.get("objectType") == "KalturaAPIException":
        raise RuntimeError(result["code"])
    return result


token = ${JSON.stringify(v.token)}
widget = call("session", "startWidgetSession", widgetId="_${v.partner}")["ks"]
token_hash = hashlib.${v.type.toLowerCase()}((widget + token).encode()).hexdigest()
session = call("appToken", "startSession", ks=widget, id=${JSON.stringify(v.id)}, tokenHash=token_hash${more(v).map(([name, value]) => `, ${name}=${JSON.stringify(value)}`).join('')})
print(call("media", "list", ks=session["ks"])["totalCount"])`,
  node: (v) => `import { createHash } from 'node:crypto';

async function call(service, action, parameters) {
  const response = await fetch(\`${location.origin}/api_v3/service/\${service}/action/\${action}\`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ format: 1, ...parameters }),
  });
  const result = await response.json();
  if (result.objectType === 'KalturaAPIException') throw new Error(result.code);
  return result;
}

const token = ${JSON.stringify(v.token)};
const widget = await call('session', 'startWidgetSession', { widgetId: '_${v.partner}' });
const tokenHash = createHash('${v.type.toLowerCase()}').update(widget.ks + token).digest('hex');
const session = await call('appToken', 'startSession', { ks: widget.ks, id: ${JSON.stringify(v.id)}, tokenHash${more(v).map(([name, value]) => `, ${name}: ${JSON.stringify(value)}`).join('')} });
console.log((await call('media', 'list', { ks: session.ks })).totalCount);`,
  rust: (v) => `use kaltura::{AppTokenCredentials, AppTokenLogin, HashType, PartnerId, RawAction};
${v.user || v.lifetime || v.privileges ? `use kaltura::{${[v.lifetime && 'Lifetime', v.privileges && 'Privileges', 'SessionRequest'].filter(Boolean).join(', ')}};\n` : ''}
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let token = AppTokenCredentials::new(
        PartnerId::new(${v.partner}),
        ${JSON.stringify(v.id)},
        ${JSON.stringify(v.token)},
        HashType::${rustHash(v.type)},
    );
    let login = AppTokenLogin::new(${JSON.stringify(location.origin)}.parse()?, token)${rustRequest(v)};
    // Logs in at the first call, and renews the session before it expires.
    let client = kaltura::client(login)?;
    let media: serde_json::Value = client.call(&RawAction::new("media", "list")).await?;
    println!("{}", media["totalCount"]);
    Ok(())
}`,
};
const more = (v) => Object.entries({ userId: v.user || undefined, expiry: v.lifetime, sessionPrivileges: v.privileges || undefined }).filter(([, value]) => value !== undefined);
const form = (v) => more(v).map(([name, value]) => ` --data-urlencode ${quoted(`${name}=${value}`)}`).join('');
const rustRequest = (v) => {
  const settings = [
    v.user && `.user_id(${JSON.stringify(v.user)})`,
    v.lifetime && `.lifetime(Lifetime::seconds(${v.lifetime}))`,
    v.privileges && `.privileges(Privileges::parse(${JSON.stringify(v.privileges)}))`,
  ].filter(Boolean);
  return settings.length ? `\n        .request(SessionRequest::new()${settings.join('')})` : '';
};

function flowValues() {
  const object = chosenToken();
  const [widget, hash, session] = flow.answers;
  return {
    partner: object.partnerId, id: object.id, type: object.hashType, token: secret(object.token),
    user: $('flow-user').value.trim(), lifetime: number($('flow-lifetime').value), privileges: $('flow-privileges').value.trim(),
    ks: widget?.ks, hash: hash?.tokenHash, session: session?.ks,
  };
}

/** The source of a step in the chosen language; `null` if a value of an earlier step is missing. */
function stepSource(step, language) {
  const values = flowValues();
  if (step.needs && !values[step.needs]) return null;
  const [, writers] = LANGUAGES[language];
  if (!step.action) return writers.hash({ ...values, ks: secret(values.ks) });
  return writers.call(...step.action, step.parameters(values));
}

/** What the server did not grant as it was requested. It does so without an error. */
function adjustments(values, session) {
  const granted = session.privileges.split(',');
  const missing = values.privileges.split(',').filter((privilege) => privilege && !granted.includes(privilege));
  return [
    missing.length && `Not granted: ${missing.join(', ')}. The server drops its own privileges unless the app token has them.`,
    values.user && session.userId !== values.user && `The app token fixes the user ${session.userId}.`,
    values.lifetime && session.expiry - Math.floor(now() / 1000) < values.lifetime - 5 && 'The app token limits the lifetime.',
  ].filter(Boolean);
}

async function runStep(index) {
  const step = STEPS[index];
  const values = flowValues();
  let answer;
  try {
    if (step.action) {
      const body = plain(JSON.stringify(step.parameters(values)));
      const response = await fetch(url(...step.action), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      const text = await response.text();
      answer = { title: `HTTP ${response.status}`, text: pretty(text), isGood: false };
      try {
        const result = JSON.parse(text);
        answer.isGood = response.ok && result !== null && typeof result === 'object' && result.objectType !== 'KalturaAPIException';
        answer.ks = typeof result?.ks === 'string' ? result.ks : undefined;
        answer.code = result?.code;
        if (index === 2 && answer.isGood) answer.notes = adjustments(values, result);
      } catch {
        answer.code = 'not JSON';
      }
    } else {
      const hash = await request('/hash', { ks: values.ks, token: plain(values.token), hashType: values.type });
      answer = { title: 'Token hash', text: hash.tokenHash, tokenHash: hash.tokenHash, isGood: true };
    }
  } catch (error) {
    answer = { title: 'No answer', text: error.message, isGood: false };
  }
  flow.answers.length = index;
  flow.answers[index] = answer;
  flow.hasRun = true;
  drawFlow();
  await refresh();
  return answer.isGood;
}

function drawFlow() {
  const values = flowValues();
  const secrets = [values.ks, values.hash, values.session].filter(Boolean);
  const focused = document.activeElement?.dataset?.run;
  $('steps').replaceChildren(...STEPS.map((step, index) => {
    const source = stepSource(step, flow.language);
    const answer = flow.answers[index];
    const isReady = source !== null;
    let answered = answer && answer.text;
    if (answer) for (const value of secrets) answered = answered.replaceAll(value, secret(value));
    const run = h('button', { type: 'button', class: answer ? '' : 'primary', disabled: !isReady, 'data-run': index, onclick: () => runStep(index) },
      step.action ? (answer ? 'Send again' : 'Send') : (answer ? 'Compute again' : 'Compute'), h('span', { class: 'visually-hidden' }, `: ${step.title}`));
    return h('li', { class: `panel step ${answer ? (answer.isGood ? 'done' : 'wrong') : ''}` },
      h('div', { class: 'head' }, h('span', { class: 'number', 'aria-hidden': 'true' }, answer ? (answer.isGood ? '✓' : '!') : String(index + 1)),
        h('div', {}, h('h3', {}, `${index + 1}. ${step.title}`), h('p', {}, step.text)), h('span', { class: 'grow' }), run),
      h('div', {}, ...(isReady ? codeBlock(step.action ? `Request: ${step.action.join('.')}` : 'Computation', source)
        : [h('h4', {}, 'Request'), h('p', { class: 'pending' }, 'Needs the answer of the step before.')])),
      h('div', {}, ...(answer ? [...codeBlock(`Answer: ${answer.isGood ? answer.title : answer.code ?? answer.title}`, answered), ...(answer.notes ?? []).map((note) => h('p', { class: 'note' }, note))]
        : [h('h4', {}, 'Answer'), h('p', { class: 'pending' }, 'Not sent yet.')])));
  }));
  const language = flow.language === 'http' ? 'curl' : flow.language;
  $('program').replaceChildren(...codeBlock(`The four steps as one program: ${LANGUAGES[language][0]}`, PROGRAMS[language](values)));
  if (focused !== undefined) {
    const next = document.querySelector(`[data-run="${Number(focused) + (flow.answers[focused]?.isGood ? 1 : 0)}"]`);
    (next ?? document.querySelector(`[data-run="${focused}"]`))?.focus();
  }
}

function restartFlow() {
  if (!chosenToken()) {
    flow.hasStarted = false;
    $('steps').replaceChildren(h('li', { class: 'panel' }, 'There is no app token to log in with.'));
    $('program').replaceChildren();
    return;
  }
  flow.hasStarted = true;
  flow.answers = [];
  drawFlow();
}

function setUpFlow() {
  for (const [key, [name]] of Object.entries(LANGUAGES)) {
    const radio = h('input', { type: 'radio', name: 'language', value: key, checked: key === flow.language });
    radio.addEventListener('change', () => {
      flow.language = key;
      drawFlow();
    });
    $('languages').append(h('label', {}, radio, name));
  }
  for (const id of ['flow-token', 'flow-user', 'flow-lifetime', 'flow-privileges']) {
    $(id).addEventListener('change', restartFlow);
  }
  $('flow-restart').addEventListener('click', restartFlow);
  $('flow-all').addEventListener('click', async () => {
    restartFlow();
    for (let index = 0; index < STEPS.length; index += 1) {
      if (!await runStep(index)) return;
    }
  });
}

// ---- Tools ----

function inspect(ks) {
  location.hash = '#/inspector';
  $('inspect-ks').value = ks;
  $('inspect-pick').value = [...$('inspect-pick').options].some(({ value }) => value === ks) ? ks : '';
  $('inspect-form').requestSubmit();
}

function definition(pairs) {
  return h('dl', {}, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '').flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

function showInspected(answer) {
  const { claims } = answer;
  const state_ = !claims ? null : answer.ended ? tag('ended', 'bad') : claims.expired ? tag('expired', 'bad') : tag('not expired', 'good');
  $('inspected').replaceChildren(
    h('div', { class: 'result-head' }, h('h3', {}, `KS version ${answer.version}`), tag(answer.proven ? 'signature right' : 'signature not checked', answer.proven ? 'good' : 'warn'), state_ ?? '', answer.isOwn ? tag('of this emulator') : ''),
    definition([
      ['Partner', code(String(answer.partnerId))], ['Fingerprint', code(answer.fingerprint)], ['Length', `${answer.length} characters`],
      ...(claims ? [
        ['User', claims.userId ?? 'none'],
        ['Type', `${claims.sessionType ?? 'none'}${claims.widgetSession ? ', of a widget' : ''}`],
        ['Expiry', claims.expiry === null ? 'not a number' : [`${dateTime(claims.expiry)}, `, until(claims.expiry)]],
        ['Privileges', claims.privileges ? code(claims.privileges) : 'none'],
        ['Restrictions', answer.restrictions.join('; ')],
        ['Group', claims.group && `${claims.group}: session.end ends all its sessions`],
        ['Group hash', claims.groupHash && code(claims.groupHash)],
        ['Impersonated by', claims.masterPartnerId && `partner ${claims.masterPartnerId}`],
        ['Additional data', claims.additionalData],
      ] : []),
    ]),
    ...answer.notes.map((note) => h('p', { class: 'note' }, note)));
}

const failure = (error) => h('p', { class: 'note bad' }, error.message);

function setUpTools() {
  $('inspect-pick').addEventListener('change', ({ target }) => target.value && inspect(target.value));
  $('inspect-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      showInspected(await request('/inspect', { ks: $('inspect-ks').value, adminSecret: $('inspect-secret').value }));
    } catch (error) {
      $('inspected').replaceChildren(failure(error));
    }
  });
  $('hash-pick-ks').addEventListener('change', ({ target }) => { $('hash-ks').value = target.value; });
  $('hash-pick-token').addEventListener('change', ({ target }) => {
    const object = state.appTokens.first.find(({ id }) => id === target.value);
    $('hash-token').value = object?.token ?? '';
    if (object) $('hash-type').value = object.hashType;
  });
  $('hash-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      const answer = await request('/hash', { ks: $('hash-ks').value, token: $('hash-token').value, hashType: $('hash-type').value });
      $('hashed').replaceChildren(h('h3', { class: 'visually-hidden' }, 'Result'), ...codeBlock(`${answer.hashType} of KS and token value`, answer.tokenHash),
        h('p', { class: 'muted' }, `It is good for the KS with the fingerprint ${answer.fingerprint} alone. Together they start a session: the hash is a secret too.`),
        ...answer.notes.map((note) => h('p', { class: 'note' }, note)));
    } catch (error) {
      $('hashed').replaceChildren(failure(error));
    }
  });
}

// ---- Views ----

function route() {
  const isOpen = Boolean(token);
  $('locked').hidden = isOpen;
  for (const part of ['views', 'server']) $(part).hidden = !isOpen;
  const wanted = location.hash.slice(2);
  const view = ['calls', 'login', 'objects', 'inspector', 'hash', 'server'].includes(wanted) ? wanted : 'calls';
  for (const section of document.querySelectorAll('.view')) section.hidden = !isOpen || section.id !== (view === 'server' ? 'calls' : view);
  document.body.classList.toggle('show-server', view === 'server');
  for (const link of $('views').children) {
    if (link.hash === `#/${view}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (view === 'calls' && isOpen) journal.draw();
}

function start() {
  takeToken();
  $('url').textContent = location.origin;
  $('url').addEventListener('click', () => copy(location.origin));
  journal.space = h('div', { class: 'space', role: 'presentation' });
  $('lines').append(journal.space);
  $('lines').addEventListener('scroll', () => {
    const frame = $('lines');
    journal.follows = frame.scrollTop + frame.clientHeight >= journal.shown.length * HEIGHT - 4;
    journal.draw();
  });
  $('lines').addEventListener('keydown', (event) => journal.key(event));
  $('lines').addEventListener('click', ({ target }) => {
    const line = target.closest('.line');
    if (!line) return;
    journal.select(journal.shown.findIndex(({ number: one }) => String(one) === line.dataset.number));
    document.body.classList.add('show-detail');
  });
  $('newest').addEventListener('click', () => {
    journal.follows = true;
    journal.draw();
  });
  $('filter').addEventListener('input', () => journal.filter());
  $('errors-only').addEventListener('change', () => journal.filter());
  $('unlock').addEventListener('submit', (event) => {
    event.preventDefault();
    token = /([0-9a-f]{16,})\s*$/.exec($('token').value)?.[1] ?? $('token').value;
    sessionStorage.setItem('token', token);
    $('token').value = '';
    route();
    refresh();
  });
  setUpClock();
  setUpFaults();
  setUpSettings();
  setUpFlow();
  setUpTools();
  showDetail(null);
  addEventListener('hashchange', () => {
    takeToken();
    route();
    document.body.classList.remove('show-detail');
    if (token) refresh();
  });
  addEventListener('resize', () => journal.draw());
  document.addEventListener('visibilitychange', () => !document.hidden && refresh());
  setInterval(tick, 500);
  route();
  refresh();
}

start();
