// What loads media for Kaltura's player, unchanged: its multirequests with references, and stubs for what only the real
// server has.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { DOMParser } = require('@xmldom/xmldom');
const { XMLHttpRequest, adminClient, equal, ok, run, server } = require('./checks');

const STUBS = path.join(__dirname, 'stubs');

if (process.env.KALTURA_STUBS !== 'on') {
  // Once more, with an emulator that has the stubs.
  const options = process.env.KALTURA_RESPONSE_CACHE === 'on' ? ['--response-cache'] : [];
  for (const stub of fs.readdirSync(STUBS).sort()) {
    options.push('--stub', `${path.parse(stub).name}=${path.join(STUBS, stub)}`);
  }
  const program = ['emulate', ...options, '--', process.execPath, __filename];
  const env = { ...process.env, KALTURA_STUBS: 'on' };
  process.exit(spawnSync(process.env.KALTURA_COMMAND, program, { env, stdio: 'inherit' }).status ?? 1);
}

// What it needs of a browser.
global.self = global;
global.document = { location: { protocol: 'http:' } };
global.XMLHttpRequest = XMLHttpRequest;
global.DOMParser = DOMParser;

const { Provider } = require('@playkit-js/playkit-js-providers/ovp-provider');
const env = { serviceUrl: `${server.url}/api_v3`, cdnUrl: server.url };
const provider = (options) => new Provider({ partnerId: server.partnerId, env, ...options }, '3.17.95');

/** Of `Error.Code`, which the bundle does not export. */
const MULTIREQUEST_API_ERROR = 1006;

run(async () => {
  const { session, sources } = await provider().getMediaConfig({ entryId: '0_sample01' });
  ok('without a KS it gets a widget session', session.isAnonymous && session.ks);
  const { entryId, name, userId, Department } = sources.metadata;
  equal('the entry is found', [sources.id, sources.type, entryId, name],
    ['0_sample01', 'Vod', '0_sample01', 'Welcome']);
  ok('and its owner', userId);
  equal('its metadata', Department, 'Sales');
  const manifest = `${server.url}/p/${server.partnerId}/sp/${server.partnerId}00/playManifest/entryId/0_sample01` +
    '/protocol/http/format/applehttp/flavorIds/0_flavor01/a.m3u8';
  equal('its stream', sources.hls.map(({ url }) => url), [manifest]);

  const ks = (await adminClient()).getKs();
  const loggedIn = await provider({ ks }).getMediaConfig({ entryId: '0_sample02' });
  equal('with a KS it uses that one', [loggedIn.session.ks, loggedIn.sources.id], [ks, '0_sample02']);
  ok('and adds it to the stream', loggedIn.sources.hls[0].url.includes(`/ks/${ks}/`));

  const list = await provider().getEntryListConfig({ entries: ['0_sample02', '0_sample01'] });
  equal('a list of entries is in order', list.items.map((item) => item.sources.id), ['0_sample02', '0_sample01']);

  try {
    await provider({ widgetId: '_1' }).getMediaConfig({ entryId: '0_sample01' });
    ok('an unknown widget is refused', false);
  } catch (error) {
    const [widget] = error.data.results;
    equal('an unknown widget is refused', [error.code, widget.error.code],
      [MULTIREQUEST_API_ERROR, 'INVALID_WIDGET_ID']);
  }
});
