#!/usr/bin/env bash
# Question: Kaltura reads a JSON body only if the content type is application/json and nothing more; "application/json; charset=utf-8" is
#   ignored, without an error for it. A program logs in with the JSON option of its HTTP library. Which of them are read, and
#   does a content type of one's own help where they are not?
# Guess: all are read but those of minreq and treq, since JSON has no charset parameter (RFC 8259); a header of one's own beats the
#   library's.
# Package: reqwest 0.13.5, ureq 3.5.2, attohttpc 0.31.0, minreq 3.0.0 (crates); requests 2.34.2, httpx 0.28.1, aiohttp 3.14.5, urllib3 2.8.0,
#   niquests 3.21.2, treq 26.7.0 (PyPI); axios 1.21.1, got 14.6.6, superagent 10.4.2, needle 3.5.0, phin 4.0.0 (npm).
# Behaviour: six of the fifteen add a charset: ureq, attohttpc, minreq, niquests, treq and needle. A header of
#   one's own helps with four. treq replaces it by its own without a sign, and minreq sends both, two headers Content-Type.
#   There the body has to be made before (shown below). niquests is offered as a replacement of requests, and differs here.
# Seen: see the table that this script prints; it is compared with the one at its end. The stub answers as the server does: in
#   XML without a parameter "format", which was in the body.
# Why it matters: all parameters are lost, so the login is MISSING_MANDATORY_PARAMETER for a parameter that was sent, with status
#   200, and in XML, on which a JSON reader fails first. A program that changes its HTTP library fails so at every call; with a stub
#   that reads any JSON it passes its tests. What to do: set Content-Type to application/json, and look at what is sent; or
#   send a form. A library should write this header by itself, tell the user what an ignored body looks like, and a
#   stub server must ignore the body as the server does.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 urllib3==2.8.0 niquests==3.21.2 treq==26.7.0
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts axios@1.21.1 got@14.6.6 superagent@10.4.2 needle@3.5.0 phin@4.0.0 > /dev/null
mkdir src
cat > Cargo.toml <<'C'
[package]
name = "probe"
version = "0.0.0"
edition = "2021"
[dependencies]
reqwest = { version = "=0.13.5", default-features = false, features = ["blocking", "json"] }
ureq = { version = "=3.5.2", default-features = false, features = ["json"] }
attohttpc = { version = "=0.31.0", default-features = false, features = ["json"] }
minreq = { version = "=3.0.0", features = ["json-using-serde"] }
serde_json = "1"
[profile.dev]
debug = 0
C
cat > src/main.rs <<'R'
fn main() {
    let url = format!("{}/rust", std::env::args().nth(1).unwrap());
    let (kind, json) = ("content-type", "application/json");
    let body = serde_json::json!({ "widgetId": "_1234567", "format": 1 });
    for own in [false, true] {
        let to = |name: &str| format!("{url}/{name}/{own}");
        let mut request = reqwest::blocking::Client::builder().no_proxy().build().unwrap().post(to("reqwest"));
        if own { request = request.header(kind, json) }
        request.json(&body).send().unwrap();
        let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
        let mut request = agent.post(to("ureq"));
        if own { request = request.header(kind, json) }
        request.send_json(&body).unwrap();
        let mut request = attohttpc::post(to("attohttpc")).proxy_settings(attohttpc::ProxySettings::builder().build());
        if own { request = request.header(attohttpc::header::CONTENT_TYPE, json) }
        let request = request.json(&body).unwrap();
        request.send().unwrap();
        let mut request = minreq::post(to("minreq"));
        if own { request = request.with_header(kind, json) }
        request.with_json(&body).unwrap().send().unwrap();
        let mut request = minreq::post(to("minreq-text")).with_body(body.to_string());
        if own { request = request.with_header(kind, json) }
        request.send().unwrap();
    }
}
R
CARGO_TARGET_DIR="$work/target" cargo build -q -j 2
cat > probe.mjs <<'J'
import axios from 'axios'; import got from 'got'; import superagent from 'superagent'; import needle from 'needle'; import phin from 'phin';
const body = { widgetId: '_1234567', format: 1 };
for (const own of [false, true]) {
  const to = name => `${process.argv[2]}/npm/${name}/${own}`;
  const headers = own ? { 'Content-Type': 'application/json' } : {};
  await axios.post(to('axios'), body, { headers, proxy: false });
  await got.post(to('got'), { json: body, headers });
  await superagent.post(to('superagent')).set(headers).send(body);
  await needle('post', to('needle'), body, { json: true, headers });
  await (phin.default ?? phin)({ url: to('phin'), method: 'POST', data: body, headers });
}
J
cat > probe.py <<'P'
import asyncio, json, sys, aiohttp, httpx, niquests, requests, treq, urllib3
from twisted.internet import defer, task
body = {"widgetId": "_1234567", "format": 1}
calls = []
for own in ["false", "true"]:
    to = lambda name: f"{sys.argv[1]}/PyPI/{name}/{own}"
    headers = {"Content-Type": "application/json"} if own == "true" else {}
    requests.post(to("requests"), json=body, headers=headers)
    httpx.post(to("httpx"), json=body, headers=headers)
    niquests.post(to("niquests"), json=body, headers=headers)
    urllib3.request("POST", to("urllib3"), json=body, headers=headers or None)
    async def post(url):
        async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers): pass
    asyncio.run(post(to("aiohttp")))
    calls.append((to("treq"), dict(json=body, headers=headers)))
    calls.append((to("treq-bytes"), dict(data=json.dumps(body).encode(), headers=headers)))
async def post_all(reactor):
    for url, options in calls: await treq.content(await treq.post(url, persistent=False, **options))
task.react(lambda reactor: defer.ensureDeferred(post_all(reactor)))
P
cat > run.py <<'P'
import http.server, json, subprocess, sys, threading
seen = {}
class Stub(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_POST(self):
        length = self.headers.get("Content-Length")
        if length is None:
            data = b""
            while size := int(self.rfile.readline(), 16): data += self.rfile.read(size); self.rfile.readline()
            self.rfile.readline()
        else: data = self.rfile.read(int(length))
        kinds = self.headers.get_all("Content-Type", [])
        # The server compares the whole content type, in any case, and takes a body from "{" to "}".
        is_read = ", ".join(kinds).lower() == "application/json" and data.strip()[:1] + data.strip()[-1:] == b"{}"
        _, group, name, own = self.path.split("/")
        seen.setdefault((group, name), {})[own] = (is_read, " and ".join(kinds))
        answer = b'{"ks":"widget-ks","objectType":"KalturaStartWidgetSessionResponse"}' if is_read else (
            b"<xml><result><error><code>MISSING_MANDATORY_PARAMETER</code></error></result></xml>")
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if is_read else "text/xml")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stub)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
for program in ["target/debug/probe"], [sys.executable, "-W", "ignore", "probe.py"], ["node", "--no-deprecation", "probe.mjs"]:
    subprocess.run([*program, url], check=True, timeout=60)
word = lambda read: "read" if read else "ignored"
for (group, name), found in sorted(seen.items()):
    (read, kind), (own_read, own_kind) = found["false"], found["true"]
    print(f"{group:<6}{name:<12}{word(read):<9}{kind:<33}own: {word(own_read):<9}{own_kind if own_kind != 'application/json' else ''}".rstrip())
P
for name in $(env | sed -n 's/^\([A-Za-z_]*_[Pp][Rr][Oo][Xx][Yy]\)=.*/\1/p'); do unset "$name"; done
v/bin/python run.py > seen.txt
cat seen.txt
cat > expected.txt <<'E'
PyPI  aiohttp     read     application/json                 own: read
PyPI  httpx       read     application/json                 own: read
PyPI  niquests    ignored  application/json;charset=utf-8   own: read
PyPI  requests    read     application/json                 own: read
PyPI  treq        ignored  application/json; charset=UTF-8  own: ignored  application/json; charset=UTF-8
PyPI  treq-bytes  ignored                                   own: read
PyPI  urllib3     read     application/json                 own: read
npm   axios       read     application/json                 own: read
npm   got         read     application/json                 own: read
npm   needle      ignored  application/json; charset=utf-8  own: read
npm   phin        read     application/json                 own: read
npm   superagent  read     application/json                 own: read
rust  attohttpc   ignored  application/json; charset=utf-8  own: read
rust  minreq      ignored  application/json; charset=UTF-8  own: ignored  application/json and application/json; charset=UTF-8
rust  minreq-text ignored                                   own: read
rust  reqwest     read     application/json                 own: read
rust  ureq        ignored  application/json; charset=utf-8  own: read
E
diff expected.txt seen.txt
echo "as expected"
