// Sessions with the published client: started with a secret, looked at, ended, limited, refused.

const {
  ADMIN, USER, equal, kaltura, logIn, near, newClient, now, ok, refused, run, server,
} = require('./checks');

const { media, session, system } = kaltura.services;

const invalidKs = (reason) => [
  'INVALID_KS',
  `Invalid KS "${reason}", Error "-1,INVALID_STR"`,
  { KSID: reason, ERR_CODE: '-1', ERR_DESC: 'INVALID_STR' },
];
const forbidden = (action) => [
  'SERVICE_FORBIDDEN', `The access to service [${action}] is forbidden`, { SERVICE: action },
];

run(async () => {
  const client = newClient();
  // With the response cache on, a refused KS gets the error of the last one that was refused with the same parameters.
  // So each call has a page size of its own.
  let pageSize = 0;
  const listMedia = () => {
    pageSize += 1;
    return media.listAction(null, new kaltura.objects.FilterPager({ pageSize })).execute(client);
  };

  /** Starts a session without the help of another one. */
  async function start(secret, userId, type, expiry, privileges) {
    client.setKs('');
    const ks = await session.start(secret, userId, type, server.partnerId, expiry, privileges).execute(client);
    client.setKs(ks);
    return ks;
  }

  // Started with a secret.
  const ks = await start(server.adminSecret, 'an-admin', ADMIN, 1000, 'edit:0_sample01,*');
  equal('a session is started as a text', typeof ks, 'string');
  const known = await session.get().execute(client);
  near('session.get knows the expiry', Number(known.expiry), now() + 1000);
  equal('session.get knows the rest, as texts, and does not give the KS', { ...known, expiry: typeof known.expiry }, {
    sessionType: '2',
    partnerId: String(server.partnerId),
    userId: 'an-admin',
    expiry: 'string',
    privileges: 'edit:0_sample01,all:*',
    objectType: 'KalturaSessionInfo',
  });

  await start(server.userSecret, 'a-user', USER);
  await refused('a user may not look at a session', () => session.get().execute(client), ...forbidden('session->get'));
  await refused('a user may not list app tokens',
    () => kaltura.services.appToken.listAction().execute(client), ...forbidden('appToken->list'));

  for (const [what, secret, type] of [
    ['a wrong secret', '0'.repeat(32), USER],
    ['the user secret for an admin', server.userSecret, ADMIN],
  ]) {
    await refused(`${what} starts no session`, () => start(secret, 'x', type), 'START_SESSION_ERROR',
      `Error while starting session for partner [${server.partnerId}]`, { PID: String(server.partnerId) });
  }

  // Without a session.
  client.setKs('');
  await refused('an empty KS is none', listMedia, ...forbidden('media->list'));
  equal('the server answers a ping', await system.ping().execute(client), true);
  near('the server tells its time', await system.getTime().execute(client), now());
  equal('ending no session does nothing', await session.end().execute(client), null);

  // Dead in several ways.
  await start(server.adminSecret, 'x', ADMIN, -1);
  await refused('an expired session is refused', listMedia, ...invalidKs('EXPIRED'));
  await start(server.adminSecret, 'x', ADMIN);
  equal('session.end answers null', await session.end().execute(client), null);
  await refused('an ended session is refused', listMedia, ...invalidKs('LOGOUT'));
  await refused('and cannot be ended again', () => session.end().execute(client), ...invalidKs('LOGOUT'));
  await start(server.adminSecret, 'x', ADMIN, 1000, 'actionslimit:2');
  await listMedia();
  await listMedia();
  await refused('two actions are not three', listMedia, ...invalidKs('EXCEEDED_ACTIONS_LIMIT'));
  await start(server.adminSecret, 'x', ADMIN, 1000, 'iprestrict:192.0.2.1');
  await refused('a session for another address is refused', listMedia, ...invalidKs('EXCEEDED_RESTRICTED_IP'));
  await start(server.adminSecret, 'x', ADMIN, 1000, 'urirestrict:/api_v3/service/session/*');
  await refused('a session for another path is refused', listMedia, ...invalidKs('EXCEEDED_RESTRICTED_URI'));
  equal('and works where it may', (await session.get().execute(client)).userId, 'x');

  // The sessions of an app token are a group.
  const one = await logIn(client, server.appToken, { type: ADMIN });
  const two = await logIn(client, server.appToken, { type: ADMIN });
  ok('two sessions of a token live side by side', (await listMedia()).totalCount > 0);
  client.setKs(one.ks);
  await session.end().execute(client);
  client.setKs(two.ks);
  await refused('the end of one ends the other', listMedia, ...invalidKs('LOGOUT'));
  await logIn(client, server.appToken, { type: ADMIN });
  await refused('and all that come after it', listMedia, ...invalidKs('LOGOUT'));
});
