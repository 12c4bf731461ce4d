// What a program does with the package, the same in each host: Node.js, Deno, and a page of another origin in Chromium.
//
// `host` has the server's `options`, `control` (a command for the emulator, or none to read its calls), and the URLs
// `gone`, where nothing listens, and `odd`, a server that answers with redirects, endlessly, or never.

export async function run({ KalturaClient, KalturaError, Session, loginOnce }, host, ok) {
  const { options, control } = host;
  const client = (more = {}) => new KalturaClient({ ...options, ...more });
  const equal = (what, got, expected) =>
    ok(what, JSON.stringify(got) === JSON.stringify(expected), `got      ${JSON.stringify(got)}`, `expected ${JSON.stringify(expected)}`);

  /** The error of a promise; a check fails if it has none, or is pending for too long. */
  async function rejection(what, promise, limit = 30_000) {
    let timer;
    const pending = new Promise((resolve) => { timer = setTimeout(() => resolve('pending'), limit); });
    const outcome = await Promise.race([promise.then(() => 'resolved', (error) => error), pending]);
    clearTimeout(timer);
    ok(`${what}: rejected with a KalturaError`, outcome instanceof KalturaError && outcome instanceof Error, String(outcome));
    return outcome instanceof KalturaError ? outcome : {};
  }

  /** The error of a function. */
  function thrown(what, run) {
    try {
      run();
    } catch (error) {
      ok(`${what}: throws a KalturaError`, error instanceof KalturaError, String(error));
      return error;
    }
    ok(`${what}: throws`, false);
    return {};
  }

  /** How often an action was called since `forgetCalls`. */
  async function calls(action) {
    const { calls } = await control();
    return calls.filter((call) => call.action.toLowerCase() === action.toLowerCase()).length;
  }
  async function calm() {
    await control('reset');
    await control('forgetCalls');
  }
  const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  async function login() {
    await calm();
    const kaltura = client({ userId: 'ü-€-😀', lifetime: '1h' });
    const session = await kaltura.session();
    ok('a session has its properties', session instanceof Session && session.partnerId === options.partnerId
      && session.userId === 'ü-€-😀' && Math.abs(session.expiresAt - Date.now() / 1000 - 3600) < 120
      && typeof session.privileges === 'string' && Array.isArray(session.adjustments), JSON.stringify(session));
    ok('its KS is readable on request', /^[\w-]{50,}={0,2}$/.test(session.ks));
    for (const [how, text] of [['JSON', JSON.stringify({ session })], ['text', `${session}`], ['console', host.inspect?.({ session, kaltura }) ?? '']]) {
      ok(`and not in its ${how}`, !text.includes(session.ks) && !text.includes(session.ks.slice(0, 30)), text);
    }
    const again = await kaltura.session();
    ok('a session is kept', again.ks === session.ks && await calls('appToken.startSession') === 1);
    const valid = await kaltura.session({ validFor: '10m' });
    ok('a session that is valid long enough is the same', valid.ks === session.ks);
    equal('one that can never be valid for so long is refused', (await rejection('validFor', kaltura.session({ validFor: '2h' }))).kind, 'sessionTooShort');
    kaltura.close();

    const once = await loginOnce(options);
    ok('a single login returns a session', once instanceof Session && once.ks !== session.ks);
  }

  async function call() {
    await calm();
    // The owner of two of the emulator's entries.
    const kaltura = client({ userId: 'nightly-import' });
    const entry = { name: 'ü-€-😀', mediaType: 1, description: undefined };
    const parameters = { entry };
    const promise = kaltura.call('media', 'add', parameters);
    entry.name = 'changed after the call';
    const added = await promise;
    equal('texts arrive as they are, and as they were when the call was made', added.name, 'ü-€-😀');
    const list = await kaltura.call('media', 'list', { pager: { pageSize: 1 } });
    ok('a list is returned', list.objects.length === 1 && typeof list.totalCount === 'number', JSON.stringify(list));
    const error = await rejection('a call that the server refuses', kaltura.call('media', 'get', { entryId: '0_nothing1' }));
    ok('says why', error.kind === 'notFound' && error.code === 'ENTRY_ID_NOT_FOUND' && error.action === 'media.get'
      && error.httpStatus === 200 && error.retryable === false && error.hint.length > 5, JSON.stringify(error));
    kaltura.close();
  }

  async function oneLogin() {
    await calm();
    const kaltura = client();
    const sessions = await Promise.all(Array.from({ length: 1000 }, () => kaltura.session()));
    equal('1000 callers get one session', new Set(sessions.map((session) => session.ks)).size, 1);
    equal('by one login', [await calls('session.startWidgetSession'), await calls('appToken.startSession')], [1, 1]);
    kaltura.close();

    await calm();
    const other = client();
    await Promise.all(Array.from({ length: 100 }, () => other.call('media', 'list')));
    equal('100 calls share one login', [await calls('appToken.startSession'), await calls('media.list')], [1, 100]);
    const old = await other.session();
    const [first, second] = await Promise.all([other.refresh(), other.refresh()]);
    ok('refreshes share one login', first.ks === second.ks && first.ks !== old.ks && await calls('appToken.startSession') === 2);
    ok('a session that was refused elsewhere is dropped once', !other.invalidate(old) && other.invalidate(first) && !other.invalidate(first));
    ok('and replaced', (await other.session()).ks !== first.ks);
    other.close();
  }

  async function refreshLoop() {
    await calm();
    const kaltura = client({ lifetime: 3, keepFresh: true });
    let renewals = 0;
    for (let second = 0; second < 40 && renewals < 3; second += 1) {
      await sleep(1000);
      renewals = await calls('appToken.startSession');
    }
    ok('the refresh loop renews without a caller', renewals >= 3, String(renewals));
    const before = await calls('appToken.startSession');
    const session = await kaltura.session();
    ok('and a caller gets a session that is valid', session.expiresAt > Date.now() / 1000 - 1 && await calls('appToken.startSession') <= before + 1);
    kaltura.close();
    await sleep(500);
    const after = await calls('appToken.startSession');
    await sleep(4000);
    equal('it ends with the client', await calls('appToken.startSession'), after);
  }

  async function refusals() {
    await calm();
    const secret = '0123456789abcdef0123456789abcdef';
    const kaltura = client({ appToken: { ...options.appToken, token: secret } });
    const errors = await Promise.all([1, 2, 3].map(() => rejection('a wrong token', kaltura.session())));
    const [error] = errors;
    ok('has a kind, the code and a hint', error.kind === 'invalidTokenHash' && error.code === 'INVALID_APP_TOKEN_HASH'
      && error.retryable === false && error.hint.length > 10, JSON.stringify(error));
    ok('and no secret', !`${error}${error.stack}${JSON.stringify(error)}${host.inspect?.(error) ?? ''}`.includes(secret));
    const call = await rejection('a call after that', kaltura.call('media', 'list'));
    ok('fails without another login', call.kind === 'invalidTokenHash' && await calls('appToken.startSession') === 1, JSON.stringify(call));
    kaltura.close();
    equal('a single login with it fails as well', (await rejection('loginOnce', loginOnce({ ...options, appToken: { ...options.appToken, token: secret } }))).kind, 'invalidTokenHash');
  }

  async function failures() {
    await calm();
    const gone = client({ serviceUrl: host.gone, timeout: 3 });
    ok('without a server a session is rejected', ['network', 'timeout'].includes((await rejection('no server', gone.session())).kind));
    const error = await rejection('no server, a call', gone.call('media', 'list'));
    ok('and a call', ['network', 'timeout'].includes(error.kind) && error.retryable, JSON.stringify(error));
    gone.close();

    const kinds = { '/redirect': 'redirected', '/endless': 'responseTooLarge', '/never': 'timeout', '/cut': 'network' };
    for (const [path, kind] of Object.entries(kinds)) {
      const odd = client({ serviceUrl: host.odd + path, timeout: 5 });
      const error = await rejection(path, odd.session());
      ok(`${path} is an error of the kind ${kind}`, error.kind === kind, JSON.stringify(error), error.message);
      odd.close();
    }

    const kaltura = client();
    await kaltura.session();
    await control({ injectFault: 'slow:120000@media.list' });
    const timeout = await rejection('a slow response', kaltura.call('media', 'list', {}, { timeout: 0.5 }));
    ok('is a timeout', timeout.kind === 'timeout' && timeout.retryable, JSON.stringify(timeout));
    const controller = new AbortController();
    const aborted = rejection('an aborted call', kaltura.call('media', 'list', {}, { signal: controller.signal }));
    setTimeout(() => controller.abort('my reason'), 200);
    const abort = await aborted;
    ok('has the reason', abort.kind === 'aborted' && abort.cause === 'my reason', JSON.stringify(abort));
    equal('a signal that has aborted before', (await rejection('aborted before', kaltura.session({ signal: AbortSignal.abort() }))).kind, 'aborted');
    const pending = [kaltura.call('media', 'list'), kaltura.call('media', 'list')].map((call) => rejection('closed during a call', call));
    await sleep(300);
    kaltura.close();
    equal('the calls of a closed client', (await Promise.all(pending)).map((error) => error.kind), ['closed', 'closed']);
    equal('and later ones', (await rejection('closed before', kaltura.session())).kind, 'closed');
    kaltura.close();
    await control('clearFaults');
  }

  async function validation() {
    await calm();
    const half = 'hush\ud83d';
    for (const [what, change] of Object.entries({
      partnerId: ['12hush', Number.NaN, 1.5, -1, 0, Infinity, null, true, [1], 2 ** 60, '', undefined],
      userId: ['', 7, null, half, ['hush'], Symbol('hush'), () => 'hush'],
      serviceUrl: ['hush', 'http://example.com', 7, half, undefined],
      appToken: [undefined, 'hush', { id: 'a', token: 'hush' }, { id: 'a', token: half, hashType: 'SHA1' }, { id: 'a', token: 'hush', hashType: 'SHA9' }, new Map()],
      lifetime: [0, -1, 1.5, '1.5h', Number.NaN, new Date()],
      timeout: [0, -1, 30_000, 'soon', Number.NaN],
      keepFresh: [1, 'yes'],
      privileges: ['a[b],,', 7],
      partnerID: [1],
    })) {
      for (const value of change) {
        const error = thrown(`${what}: ${typeof value}`, () => client({ [what]: value }));
        ok('says what is wrong, and no value', error.kind === 'invalidArgument' && error.message.includes(what) && !error.message.includes('hush'), error.message);
      }
    }
    equal('a misspelt name', thrown('partnerID', () => client({ partnerID: 1 })).message, 'unknown option `partnerID`: did you mean `partnerId`?');
    for (const value of [undefined, null, 7, 'hush', []]) {
      equal('options', thrown(`options: ${value === null ? 'null' : typeof value}`, () => new KalturaClient(value)).kind, 'invalidArgument');
      equal('loginOnce', (await rejection('loginOnce', loginOnce(value))).kind, 'invalidArgument');
    }

    const kaltura = client();
    const circle = { a: {} };
    circle.a.b = [circle];
    const deep = Array.from({ length: 200 }).reduce((inner) => ({ inner }), {});
    const repeated = Array.from({ length: 60 }).reduce((inner) => ({ a: inner, b: inner }), {});
    const hostile = { get a() { throw new Error('hush'); } };
    for (const parameters of [
      { a: Number.NaN }, { a: Infinity }, { a: 2 ** 53 }, { a: 2n ** 63n }, { a: half }, { [half]: 1 }, { a: [undefined] }, { a: new Array(3) },
      { a: () => 1 }, { a: Symbol('a') }, { a: new Date() }, { a: new Map() }, { a: new Uint8Array(2) }, { a: Promise.resolve() }, circle, deep, repeated, null, 'a', 7, [1],
    ]) {
      const error = await rejection('parameters', kaltura.call('media', 'list', parameters));
      ok('are refused', error.kind === 'invalidArgument' && !error.message.includes('hush'), error.message);
    }
    ok('a Date comes with what to do', (await rejection('a Date', kaltura.call('media', 'list', { since: new Date() }))).message.includes('parameters.since is a Date: use Unix time'));
    const outcome = await kaltura.call('media', 'list', hostile).then(() => 'resolved', (error) => error);
    ok('a getter that throws rejects', outcome instanceof Error);
    for (const [service, action] of [['', 'list'], ['media', ''], [undefined, 'list'], ['media', 7], [half, 'list'], [{}, 'list']]) {
      equal('names', (await rejection('names', kaltura.call(service, action))).kind, 'invalidArgument');
    }
    for (const options of [{ timeuot: 5 }, { timeout: 0 }, { signal: {} }, { signal: null }, { partnerId: '1' }, null, 5]) {
      const error = await rejection('options of a call', kaltura.call('media', 'list', {}, options));
      ok('are refused', error.kind === 'invalidArgument', error.message);
    }
    const empty = await rejection('an empty filter', kaltura.call('media', 'list', { filter: { idIn: '' } }));
    equal('an empty filter is not sent', empty.kind, 'invalidCall');
    equal('nothing was sent', (await control()).calls.length, 0);
    kaltura.close();

    await control('forgetCalls');
    const exact = client({ partnerId: BigInt(options.partnerId), lifetime: undefined });
    await exact.call('media', 'list', { filter: { createdAtGreaterThanOrEqual: 9007199254740993n, nameLike: undefined } });
    const sent = JSON.stringify((await control()).calls.find((call) => call.action === 'media.list').values);
    ok('a BigInt is sent exactly, and undefined is not sent', sent.includes('9007199254740993') && !sent.includes('nameLike'), sent);
    exact.close();
  }

  for (const scenario of [login, call, oneLogin, refusals, failures, validation, refreshLoop]) {
    const start = Date.now();
    await scenario();
    host.comment(`${scenario.name}: ${Date.now() - start} ms`);
  }
}
