#!/usr/bin/env bash
# Question: Kaltura says with HTTP 200 that a session has ended, and the KS stands in the body. A Node.js program logs in anew and repeats
#   the request by the means that its HTTP library has for that: axios-auth-refresh with an interceptor of requests or onRetry, and
#   the hook afterResponse of got. Does the repeated request carry the new KS?
# Guess: yes, if the hook sets it: the interceptor gets the data of the request once more, got merges the new json into its
#   options, and both count the length of the new body.
# Package: axios-auth-refresh 5.0.2 with axios 1.21.1, and got 14.6.6 (npm).
# Behaviour: both are made for a token in a header. What axios repeats is the request as it was sent: data is the JSON text by then. An assignment
#   to data.ks is lost in sloppy code (an error in a module), a spread turns the text into an object of its characters, and the
#   header Content-Length of the first request stays. So even a hook that parses the text works only while the new
#   KS is as long as the old one; with a longer one the body is cut in the middle. got refuses json (and form) in a repetition of a request with json
#   ("Expected value which is `undefined`"), takes body, and keeps Content-Length in the same way.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: the login succeeds, the repetition fails, with an error that names neither. A test with "ks-1" and "ks-2" passes; in
#   use the length of a KS changes with the number in a KS of version 1, and with the user and the privileges in version 2.
#   What to do: delete Content-Length where the body is replaced (axios) or set it too (got; both shown below), or build each
#   request from the start, with the session as an argument, and repeat that function.
#   A library that renews sessions must build the body behind the renewal.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts axios-auth-refresh@5.0.2 axios@1.21.1 got@14.6.6 > /dev/null
cat > sloppy.cjs <<'J'
exports.assign = (config, ks) => { config.data.ks = ks; return config; };
J
cat > probe.mjs <<'J'
import axios from 'axios'; import { createAuthRefresh } from 'axios-auth-refresh'; import got from 'got'; import http from 'http';
import { assign } from './sloppy.cjs';
let session, live, next, logins, sent;
const stub = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', chunk => chunks.push(chunk)).on('end', () => {
    const text = Buffer.concat(chunks).toString();
    sent.push(text);
    let ks;
    try { ks = JSON.parse(text).ks; } catch { ks = undefined; }
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(ks === live ? { totalCount: 0, objectType: 'KalturaMediaListResponse' }
      : { code: 'INVALID_KS', message: 'Invalid KS', objectType: 'KalturaAPIException', args: {} }));
  });
});
await new Promise(done => stub.listen(0, '127.0.0.1', done));
const url = `http://127.0.0.1:${stub.address().port}/api_v3/service/media/action/list`;
const logIn = async () => { logins++; session = live = next; };

async function show(name, renewed, call) {
  [session, live, next, logins, sent] = ['ks-1', 'none', renewed, 0, []];
  let end;
  try { const { data = {}, objectType } = await call(); end = data.objectType ?? objectType; } catch (error) { end = 'an error'; }
  console.log(`${name}: ${logins} login, then ${end}`);
  console.log(`    ${sent.slice(1).join('\n    ') || 'nothing was repeated'}`);
}
function withAxios(interceptor, onRetry) {
  const api = axios.create({ proxy: false });
  if (interceptor) api.interceptors.request.use(interceptor);
  api.interceptors.response.use(response => {
    if (!response.data.code) return response;
    throw Object.assign(new Error(response.data.code), { config: response.config, response, request: response.request });
  });
  createAuthRefresh(api, logIn, { shouldRefresh: error => error.response?.data?.code === 'INVALID_KS', onRetry });
  return () => api.post(url, { format: 1, ks: session });
}
function withGot(options) {
  const afterResponse = async (response, again) => {
    if (JSON.parse(response.body).code !== 'INVALID_KS' || logins > 0) return response;
    await logIn();
    return again(options({ format: 1, ks: session }));
  };
  return () => got.post(url, { json: { format: 1, ks: session }, hooks: { afterResponse: [afterResponse] } }).json();
}
const replaced = config => ({ ...config, data: JSON.stringify({ ...JSON.parse(config.data), ks: session }) });
await show('axios, interceptor, data.ks = ...', 'ks-2', withAxios(config => assign(config, session)));
await show('axios, interceptor, { ...data, ks }', 'ks-2', withAxios(config => ({ ...config, data: { ...config.data, ks: session } })));
await show('axios, onRetry, parsed', 'ks-2', withAxios(undefined, replaced));
await show('axios, onRetry, parsed', 'ks-2-longer', withAxios(undefined, replaced));
await show('axios, onRetry, parsed, no length', 'ks-2-longer', withAxios(undefined, config => { config.headers.delete('Content-Length'); return replaced(config); }));
await show('got, json', 'ks-2', withGot(json => ({ json })));
await show('got, body', 'ks-2', withGot(json => ({ body: JSON.stringify(json) })));
await show('got, body', 'ks-2-longer', withGot(json => ({ body: JSON.stringify(json) })));
await show('got, body and its length', 'ks-2-longer', withGot(json => {
  const body = JSON.stringify(json);
  return { body, headers: { 'content-length': String(Buffer.byteLength(body)) } };
}));
process.exit(0);
J
timeout 60 node --no-deprecation probe.mjs > seen.txt
cat seen.txt
cat > expected.txt <<'E'
axios, interceptor, data.ks = ...: 1 login, then an error
    {"format":1,"ks":"ks-1"}
axios, interceptor, { ...data, ks }: 1 login, then an error
    {"0":"{","1":"\"","2":"f
axios, onRetry, parsed: 1 login, then KalturaMediaListResponse
    {"format":1,"ks":"ks-2"}
axios, onRetry, parsed: 1 login, then an error
    {"format":1,"ks":"ks-2-l
axios, onRetry, parsed, no length: 1 login, then KalturaMediaListResponse
    {"format":1,"ks":"ks-2-longer"}
got, json: 1 login, then an error
    nothing was repeated
got, body: 1 login, then KalturaMediaListResponse
    {"format":1,"ks":"ks-2"}
got, body: 1 login, then an error
    {"format":1,"ks":"ks-2-l
got, body and its length: 1 login, then KalturaMediaListResponse
    {"format":1,"ks":"ks-2-longer"}
E
diff expected.txt seen.txt
echo "as expected"
