// Several calls in one request with the published client, one referring to the results of others.

const {
  ADMIN, adminClient, equal, kaltura, logIn, newClient, ok, run, server,
} = require('./checks');

const { appToken, media, session, system } = kaltura.services;
const { AppToken, AppTokenFilter } = kaltura.objects;

const error = (code, message, args) => ({ code, message, objectType: 'KalturaAPIException', args });
const noToken = (id) => error('APP_TOKEN_ID_NOT_FOUND', `Application token id "${id}" not found`, { ID: id });

/** Makes the calls in one request; gives the answers. */
function together(client, ...calls) {
  const request = new kaltura.MultiRequestBuilder();
  calls.forEach((call) => request.add(call));
  return request.execute(client);
}

run(async () => {
  const client = await adminClient();

  // One call refers to another.
  const [token, read, found, updated, ping, nothing] = await together(client,
    appToken.add(new AppToken({ hashType: 'SHA256', sessionType: ADMIN, sessionUserId: 'batch' })),
    appToken.get('{1:result:id}'),
    appToken.listAction(new AppTokenFilter({ idEqual: '{1:result:id}' })),
    appToken.update('{1:result:id}', new AppToken({ description: 'of {2:result:sessionUserId}!' })),
    system.ping(),
    appToken.deleteAction('{3:result:objects:0:id}'));
  equal('a token is read by its id', read, token);
  equal('it is found by its id', found, { totalCount: 1, objects: [token], objectType: 'KalturaAppTokenListResponse' });
  equal('a reference may stand within a text', updated.description, 'of batch!');
  equal('types are as in single calls', [ping, nothing], [true, null]);
  const [gone] = await together(client, appToken.get(token.id));
  equal('a reference reaches into a list, and the deletion happened', gone, noToken(token.id));

  // Sessions on the way.
  const anonymous = newClient();
  const [ks, known, list] = await together(anonymous,
    session.start(server.adminSecret, 'in-between', ADMIN, server.partnerId),
    session.get().setKs('{1:result}'),
    media.listAction().setKs('{1:result}'));
  ok('a session is started', ks.startsWith('djJ8'), ks);
  equal('and used by the next call', known.userId, 'in-between');
  ok('and by the one after that', list.totalCount > 0);
  const [widget, forbidden] = await together(anonymous,
    session.startWidgetSession(server.widgetId), media.listAction().setKs('{9:result:ks}'));
  equal('a widget session is started', [widget.partnerId, widget.userId], [server.partnerId, 0]);
  equal('a reference to what comes later stays as it is', forbidden.args, {
    KSID: '{9:result:ks}', ERR_CODE: '-1', ERR_DESC: 'INVALID_STR',
  });

  // What fails does not stop the rest.
  const answers = await together(client,
    appToken.get('0_nothere1'), appToken.get('{1:result:id}'), session.startWidgetSession(server.widgetId));
  equal('an error stands among the answers', answers[0], noToken('0_nothere1'));
  equal('a reference to it is empty', answers[1], noToken(''));
  equal('the next call is answered all the same', answers[2].objectType, 'KalturaStartWidgetSessionResponse');
  const failed = await together(newClient(),
    session.start('wrong', 'x', ADMIN, server.partnerId), media.listAction().setKs('{1:result}'));
  equal('a failed session leaves the next call without one', failed.map((answer) => answer.code),
    ['START_SESSION_ERROR', 'SERVICE_FORBIDDEN']);

  // Each call can have its own callback.
  const heard = [];
  const hear = (success, result) => heard.push([success, result]);
  await together(client,
    system.ping().completion(hear), appToken.get('0_nothere1').completion(hear));
  equal('each call hears of its own answer', heard, [[true, true], [false, noToken('0_nothere1')]]);

  equal('single calls work as before', (await appToken.get(server.appToken.id).execute(client)).id, server.appToken.id);
  equal('and so does a login', (await logIn(newClient(), server.appToken)).partnerId, String(server.partnerId));
});
