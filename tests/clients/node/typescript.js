// The published client for TypeScript: the App Token flow, a list, a multirequest, an error.

const base = 'kaltura-typescript-client';
const { XMLHttpRequest, equal, now, near, ok, run, server, tokenHash } = require('./checks');

global.XMLHttpRequest = XMLHttpRequest;
const { KalturaBrowserHttpClient, KalturaMultiRequest } = require(base);
const action = (name) => require(`${base}/types/${name}Action`)[`${name}Action`];
const [StartWidgetSession, StartSession, MediaList, Ping] =
  ['SessionStartWidgetSession', 'AppTokenStartSession', 'MediaList', 'SystemPing'].map(action);

run(async () => {
  const client = new KalturaBrowserHttpClient({ endpointUrl: server.url, clientTag: 'tests' }, {});
  const widget = await client.request(new StartWidgetSession({ widgetId: server.widgetId }));
  equal('a widget session is of its class', widget.constructor.name, 'KalturaStartWidgetSessionResponse');

  const hash = tokenHash(server.appToken.hashType, widget.ks, server.appToken.token);
  const login = (id) => client.request(new StartSession({ id, tokenHash: hash, ks: widget.ks, expiry: 600 }));
  const session = await login(server.appToken.id);
  near('the app token logs in', session.expiry, now() + 600);

  const list = await client.request(new MediaList({ ks: session.ks }));
  equal('a list is of its class', list.constructor.name, 'KalturaMediaListResponse');
  const both = await client.multiRequest(new KalturaMultiRequest(new Ping(), new MediaList({ ks: session.ks })));
  ok('a multirequest has no errors', !both.hasErrors());
  equal('and its results in order', Array.from(both, ({ result }) => result.totalCount ?? result), [true, list.totalCount]);

  try {
    ok('an unknown token is refused', !(await login('0_nosuch00')));
  } catch (error) {
    equal('an unknown token is refused', [error.constructor.name, error.code],
      ['KalturaAPIException', 'APP_TOKEN_ID_NOT_FOUND']);
  }
});
