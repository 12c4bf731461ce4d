// The life of app tokens with the published client: added, read, listed, updated, deleted.

const {
  ADMIN, USER, adminClient, equal, kaltura, logIn, near, newClient, now, ok, refused, run, server,
} = require('./checks');

const { appToken, media } = kaltura.services;
const { AppToken, AppTokenFilter, FilterPager } = kaltura.objects;

const notFound = (id) => ['APP_TOKEN_ID_NOT_FOUND', `Application token id "${id}" not found`, { ID: id }];

run(async () => {
  const admin = await adminClient();
  const add = (fields) => appToken.add(new AppToken(fields)).execute(admin);
  const update = (id, fields) => appToken.update(id, new AppToken(fields)).execute(admin);
  const list = (filter, pager) =>
    appToken.listAction(filter && new AppTokenFilter(filter), pager && new FilterPager(pager)).execute(admin);
  const idsOf = async (filter, pager) => (await list(filter, pager)).objects.map((token) => token.id).sort();

  // Added.
  const plain = await add({});
  equal('what is not set is not there, and the rest is in order', Object.keys(plain), [
    'id', 'token', 'partnerId', 'createdAt', 'updatedAt', 'status', 'sessionDuration', 'hashType', 'objectType',
  ]);
  ok('an id is given', /^\d+_[0-9a-z]{8}$/.test(plain.id), plain.id);
  ok('a token of 32 hexadecimal digits is given', /^[0-9a-f]{32}$/.test(plain.token), plain.token);
  near('it knows when it was made', plain.createdAt, now());
  near('and that it has not changed since', plain.updatedAt, plain.createdAt);
  equal('numbers are numbers', [plain.partnerId, plain.status, plain.sessionDuration], [server.partnerId, 2, 86400]);
  equal('without a hash type it is SHA1', [plain.hashType, plain.objectType], ['SHA1', 'KalturaAppToken']);

  const fields = {
    expiry: now() + 5 * 365 * 86400,
    sessionType: USER,
    sessionUserId: 'lector',
    sessionDuration: 3600,
    sessionPrivileges: 'sview:*,privacycontext:school',
    hashType: 'SHA512',
    description: 'Für Ärzte & Schüler <€> / 漢字',
  };
  const full = await add(fields);
  for (const [name, value] of Object.entries(fields)) equal(`${name} is kept, with its type`, full[name], value);
  equal('all members are in order', Object.keys(full), [
    'id', 'token', 'partnerId', 'createdAt', 'updatedAt', 'status', 'expiry', 'sessionType', 'sessionUserId',
    'sessionDuration', 'sessionPrivileges', 'hashType', 'description', 'objectType',
  ]);
  near('a small end is counted from now', (await add({ expiry: 3600 })).expiry, now() + 3600);

  await refused('a status cannot be given', () => add({ status: 1 }), 'PROPERTY_VALIDATION_NOT_UPDATABLE',
    'The property "KalturaAppToken::status" cannot be updated', { PROP_NAME: 'KalturaAppToken::status' });
  await refused('a user id with a blank is refused', () => add({ sessionUserId: 'no blanks' }), 'INVALID_FIELD_VALUE',
    'value in field [sessionUserId] is not valid', { FIELD_NAME: 'sessionUserId' });
  await refused('a hash type that does not exist is refused', () => add({ hashType: 'SHA3' }), 'INVALID_ENUM_VALUE',
    'Invalid enumeration value "SHA3" for parameter "hashType", expecting enumeration type "KalturaAppTokenHashType"',
    { ENUM_VAL: 'SHA3', PARAM_NAME: 'hashType', ENUM_TYPE: 'KalturaAppTokenHashType' });
  await refused('a token that is none is refused', () => appToken.add('none').execute(admin),
    'PROPERTY_VALIDATION_WRONG_FORMAT', 'The property "appToken" must match format array',
    { PROP_NAME: 'appToken', FORMAT: 'array' });
  await refused('a token that is not there is missing', () => appToken.add(null).execute(admin),
    'MISSING_MANDATORY_PARAMETER', 'Missing parameter "appToken"', { PARAM_NAME: 'appToken' });

  // Read.
  equal('what is read is what was added', await appToken.get(full.id).execute(admin), full);
  const late = await add({ expiry: now() + 20 * 365 * 86400 });
  equal('a time after 2038 is stored as the last one of 32 bits', (await appToken.get(late.id).execute(admin)).expiry,
    2 ** 31 - 1);
  await appToken.deleteAction(late.id).execute(admin);
  await refused('an unknown id is told', () => appToken.get('0_nothere1').execute(admin), ...notFound('0_nothere1'));

  // Listed.
  const all = await list();
  equal('a list has its members in order', Object.keys(all), ['totalCount', 'objects', 'objectType']);
  equal('it says what it is', [all.totalCount, all.objectType], [4, 'KalturaAppTokenListResponse']);
  equal('by id', await idsOf({ idEqual: full.id }), [full.id]);
  equal('by several ids', await idsOf({ idIn: `${plain.id},${full.id}` }), [plain.id, full.id].sort());
  equal('by user', await idsOf({ sessionUserIdEqual: 'lector' }), [full.id]);
  equal('by an unknown user there are no objects at all', await list({ sessionUserIdEqual: 'nobody' }),
    { totalCount: 0, objectType: 'KalturaAppTokenListResponse' });
  equal('a condition that does not exist is ignored', (await list({ hashTypeEqual: 'SHA512' })).totalCount, 4);
  equal('by status', (await list({ statusEqual: 1 })).objects, []);
  const pages = [];
  for (const pageIndex of [1, 2, 3]) pages.push(await list({ orderBy: '-createdAt' }, { pageSize: 2, pageIndex }));
  equal('pages', pages.map((page) => [page.objects.length, page.totalCount]), [[2, 4], [2, 4], [0, 4]]);
  equal('a page of size 0 has all', (await list(null, { pageSize: 0 })).objects.length, 4);

  // Updated.
  const changed = await update(full.id, { description: 'changed', sessionType: ADMIN, hashType: 'SHA1' });
  equal('an update changes what it names', { ...changed, updatedAt: full.updatedAt },
    { ...full, description: 'changed', sessionType: ADMIN, hashType: 'SHA1' });
  equal('the present status may be said', (await update(full.id, { status: 2 })).status, 2);
  await refused('another one may not', () => update(full.id, { status: 1 }), 'PROPERTY_VALIDATION_NOT_UPDATABLE',
    'The property "KalturaAppToken::status" cannot be updated', { PROP_NAME: 'KalturaAppToken::status' });
  await refused('what is unknown cannot be updated', () => update('0_nothere1', {}), ...notFound('0_nothere1'));

  // Deleted.
  const client = newClient();
  await logIn(client, changed);
  ok('the session of a token works', (await media.listAction().execute(client)).totalCount > 0);
  equal('a deletion answers null', await appToken.deleteAction(full.id).execute(admin), null);
  await refused('with the token its sessions end', () => media.listAction().execute(client), 'INVALID_KS',
    'Invalid KS "LOGOUT", Error "-1,INVALID_STR"', { KSID: 'LOGOUT', ERR_CODE: '-1', ERR_DESC: 'INVALID_STR' });
  await refused('what is deleted cannot be read', () => appToken.get(full.id).execute(admin), ...notFound(full.id));
  await refused('nor be deleted again', () => appToken.deleteAction(full.id).execute(admin), ...notFound(full.id));
  equal('nor is it listed', await idsOf({ idEqual: full.id }), []);
});
