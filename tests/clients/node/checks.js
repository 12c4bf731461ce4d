// What the scripts of this folder share: the server that they talk to, and checks that are told as TAP.

const crypto = require('node:crypto');
const { isDeepStrictEqual } = require('node:util');
const kaltura = require('kaltura-client');

const env = (name) => {
  if (!process.env[name]) throw new Error(`${name} is not set`);
  return process.env[name];
};
const server = {
  url: env('KALTURA_SERVICE_URL'),
  partnerId: Number(env('KALTURA_PARTNER_ID')),
  adminSecret: env('KALTURA_ADMIN_SECRET'),
  userSecret: env('KALTURA_USER_SECRET'),
  appToken: {
    id: env('KALTURA_APP_TOKEN_ID'),
    token: env('KALTURA_APP_TOKEN'),
    hashType: env('KALTURA_APP_TOKEN_HASH_TYPE'),
  },
};
server.widgetId = `_${server.partnerId}`;

const USER = 0;
const ADMIN = 2;
const outcomes = [];

/** Tells whether something is so; the details only if it is not. */
function ok(what, isSo, ...details) {
  outcomes.push(Boolean(isSo));
  console.log(`${isSo ? 'ok' : 'not ok'} - ${what}`);
  if (!isSo) details.forEach((detail) => console.log(`# ${detail}`));
}

/** Types count: the number 1 is not the text "1". */
function equal(what, got, expected) {
  const details = [`got      ${JSON.stringify(got)}`, `expected ${JSON.stringify(expected)}`];
  ok(what, isDeepStrictEqual(got, expected), ...details);
}

/** For times: the call itself takes some, and a second may end in between. */
function near(what, got, expected) {
  const isNear = Number.isInteger(got) && Math.abs(got - expected) <= 5;
  ok(what, isNear, `got ${JSON.stringify(got)}, expected about ${expected}`);
}

/** Waits for a call that must fail with exactly this error. `args` is a list where there are none. */
async function refused(what, call, code, message, args) {
  try {
    ok(what, false, `got ${JSON.stringify(await call())}, expected ${code}`);
  } catch (error) {
    equal(what, error, { code, message, objectType: 'KalturaAPIException', args });
    if (error instanceof Error) console.log(`# ${error.stack}`);
  }
}

/** Runs a script. Whatever goes wrong on the way breaks it off, before it tells how many checks it made. */
async function run(script) {
  await script();
  console.log(`1..${outcomes.length}`);
  process.exitCode = outcomes.every(Boolean) ? 0 : 1;
}

function newClient(ks = '') {
  const config = new kaltura.Configuration();
  config.serviceUrl = server.url;
  // The usual one prints the KS and the hash.
  config.setLogger({ log() {}, debug() {}, error() {} });
  const client = new kaltura.Client(config);
  client.setKs(ks);
  return client;
}

async function adminClient(userId = 'an-admin') {
  const client = newClient();
  const start = kaltura.services.session.start(server.adminSecret, userId, ADMIN, server.partnerId);
  client.setKs(await start.execute(client));
  return client;
}

const tokenHash = (hashType, ks, token) =>
  crypto.createHash(hashType.toLowerCase()).update(ks + token).digest('hex');

/** The whole flow, as Kaltura's documents tell it. Leaves the client with the new session. */
async function logIn(client, { id, token, hashType }, { userId, type, expiry, privileges } = {}) {
  client.setKs('');
  const widget = await kaltura.services.session.startWidgetSession(server.widgetId).execute(client);
  client.setKs(widget.ks);
  const session = await kaltura.services.appToken
    .startSession(id, tokenHash(hashType, widget.ks, token), userId, type, expiry, privileges)
    .execute(client);
  client.setKs(session.ks);
  return session;
}

/** The clients for browsers need this much of it. */
class XMLHttpRequest {
  constructor() { this.headers = {}; }

  open(method, url) { Object.assign(this, { method, url }); }

  setRequestHeader(name, value) { this.headers[name] = value; }

  getAllResponseHeaders() { return this.responseHeaders; }

  abort() {}

  async send(body) {
    const response = await fetch(this.url, { method: this.method, headers: this.headers, body });
    this.responseHeaders = Array.from(response.headers, (header) => `${header.join(': ')}\r\n`).join('');
    const responseText = await response.text();
    Object.assign(this, { status: response.status, responseText, response: responseText, readyState: 4 });
    this.onreadystatechange?.();
    this.onload?.();
  }
}

const now = () => Math.floor(Date.now() / 1000);

module.exports = {
  ADMIN, USER, XMLHttpRequest, adminClient, equal, kaltura, logIn, near, newClient, now, ok, refused, run, server,
  tokenHash,
};
