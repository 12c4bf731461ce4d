// The App Token flow with the published client: each hash type, what is granted, and what is refused.

const {
  ADMIN, USER, adminClient, equal, kaltura, logIn, near, newClient, now, ok, refused, run, server, tokenHash,
} = require('./checks');

const { appToken, media, session } = kaltura.services;

run(async () => {
  const client = newClient();
  const admin = await adminClient();
  const newToken = (fields) => appToken.add(new kaltura.objects.AppToken(fields)).execute(admin);
  const privilegesOf = (token, more = '') => `sessionid:${token.id},apptoken:${token.id}${more}`;

  // The unprivileged session.
  const widget = await session.startWidgetSession(server.widgetId).execute(client);
  equal('a widget session has its members in order', Object.keys(widget), ['partnerId', 'ks', 'userId', 'objectType']);
  equal('it is of its partner', widget.partnerId, server.partnerId);
  equal('its user is the number 0', widget.userId, 0);
  equal('it says what it is', widget.objectType, 'KalturaStartWidgetSessionResponse');
  ok('a KS of version 2 begins as one', widget.ks.startsWith('djJ8'), widget.ks);

  // The token that the emulator is started with.
  let granted = await logIn(client, server.appToken, { expiry: 600 });
  near('the first token logs in, for as long as asked', granted.expiry, now() + 600);

  // Each hash type, with a token that may do something.
  for (const hashType of ['MD5', 'SHA1', 'SHA256', 'SHA512']) {
    const token = await newToken({
      hashType,
      sessionType: ADMIN,
      sessionUserId: 'nightly-import',
      sessionDuration: 3600,
      sessionPrivileges: 'list:*',
    });
    granted = await logIn(client, token);
    const { ks, expiry, ...rest } = granted;
    equal(`${hashType}: the members of a session are in order`, Object.keys(granted), [
      'ks', 'sessionType', 'partnerId', 'userId', 'expiry', 'privileges', 'objectType',
    ]);
    ok(`${hashType}: a new KS`, ks.startsWith('djJ8') && ks !== widget.ks);
    near(`${hashType}: the token's duration, as a number`, expiry, now() + 3600);
    equal(`${hashType}: what is granted, with its types`, rest, {
      sessionType: ADMIN,
      partnerId: String(server.partnerId),
      userId: 'nightly-import',
      privileges: privilegesOf(token, ',list:*'),
      objectType: 'KalturaSessionInfo',
    });

    equal(`${hashType}: the server knows the session, with other types`, await session.get().execute(client), {
      sessionType: String(ADMIN),
      partnerId: String(server.partnerId),
      userId: 'nightly-import',
      expiry: String(expiry),
      privileges: privilegesOf(token, ',list:*'),
      objectType: 'KalturaSessionInfo',
    });

    const list = await media.listAction().execute(client);
    equal(`${hashType}: the session may list media`, list.objectType, 'KalturaMediaListResponse');
    ok(`${hashType}: and gets them all`, list.totalCount > 0 && list.objects.length === list.totalCount);
  }

  // What is requested, and what is granted.
  const open = await newToken({ hashType: 'SHA256', sessionDuration: 1000 });
  granted = await logIn(client, open, {
    userId: 'a guest', type: ADMIN, expiry: 100, privileges: 'view:*,appid:tests',
  });
  equal('a token without a user takes the requested one', granted.userId, 'a guest');
  equal('a token without a type takes the requested one', granted.sessionType, ADMIN);
  near('a shorter life is granted', granted.expiry, now() + 100);
  equal("privileges that are not the server's own are added", granted.privileges,
    privilegesOf(open, ',view:*,appid:tests'));
  granted = await logIn(client, open, { expiry: 5000, privileges: 'edit:0_sample01' });
  near("a longer life is cut down to the token's", granted.expiry, now() + 1000);
  equal('privileges of the server are dropped without a word', granted.privileges, privilegesOf(open));
  equal('who wishes nothing is a user', [granted.userId, granted.sessionType], ['', USER]);

  const fixed = await newToken({
    hashType: 'SHA256', sessionType: USER, sessionUserId: 'fixed', sessionPrivileges: 'sview:*',
  });
  granted = await logIn(client, fixed, { userId: 'other', type: ADMIN, privileges: 'sview:0_sample01' });
  equal('a fixed user and a fixed type stay', [granted.userId, granted.sessionType], ['fixed', USER]);
  equal('a wildcard is narrowed', granted.privileges, privilegesOf(fixed, ',sview:0_sample01'));

  // What is refused.
  client.setKs('');
  const anew = await session.startWidgetSession(server.widgetId).execute(client);
  client.setKs(anew.ks);
  const right = tokenHash('SHA256', anew.ks, open.token);
  const startSession = (id, hash, type) => () => appToken.startSession(id, hash, null, type).execute(client);
  for (const [what, hash] of [
    ['an upper-case hash', right.toUpperCase()],
    ['a hash of another type', tokenHash('SHA1', anew.ks, open.token)],
    ['a hash of the token alone', tokenHash('SHA256', '', open.token)],
  ]) {
    await refused(`${what} is refused`, startSession(open.id, hash),
      'INVALID_APP_TOKEN_HASH', 'Invalid application token hash', []);
  }
  await refused('an unknown id is refused', startSession('0_nothere1', right),
    'APP_TOKEN_ID_NOT_FOUND', 'Application token id "0_nothere1" not found', { ID: '0_nothere1' });
  await refused('a type that does not exist is refused', startSession(open.id, right, 1), 'INVALID_ENUM_VALUE',
    'Invalid enumeration value "1" for parameter "type", expecting enumeration type "KalturaSessionType"',
    { ENUM_VAL: '1', PARAM_NAME: 'type', ENUM_TYPE: 'KalturaSessionType' });
  await refused('a missing hash is told', startSession(open.id, null),
    'MISSING_MANDATORY_PARAMETER', 'Missing parameter "tokenHash"', { PARAM_NAME: 'tokenHash' });
  ok('after all that the right hash still logs in', (await startSession(open.id, right)()).ks);

  const expired = await newToken({ hashType: 'SHA256', expiry: -1 });
  await refused('an expired token gives no session', () => logIn(client, expired),
    'APP_TOKEN_EXPIRED', `Application token id "${expired.id}" expired`, { ID: expired.id });
  const gone = await newToken({ hashType: 'SHA256' });
  equal('a deletion answers null', await appToken.deleteAction(gone.id).execute(admin), null);
  await refused('a deleted token is as unknown as any', () => logIn(client, gone),
    'APP_TOKEN_ID_NOT_FOUND', `Application token id "${gone.id}" not found`, { ID: gone.id });

  client.setKs('');
  await refused('a login without a KS is refused', startSession(open.id, right), 'SERVICE_FORBIDDEN',
    'The access to service [appToken->startSession] is forbidden', { SERVICE: 'appToken->startSession' });
  client.setKs('no-ks');
  await refused('nor with something that is none', startSession(open.id, right), 'INVALID_KS',
    'Invalid KS "no-ks", Error "-1,INVALID_STR"', { KSID: 'no-ks', ERR_CODE: '-1', ERR_DESC: 'INVALID_STR' });
  client.setKs('');
  await refused('an unknown partner has no widget', () => session.startWidgetSession('_1').execute(client),
    'INVALID_WIDGET_ID', 'Unknown widget [_1]', { WIDGET_ID: '_1' });
});
