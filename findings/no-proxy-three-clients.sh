#!/usr/bin/env bash
# Question: a job of three programs talks to Kaltura, in Rust, in Python and in Node.js, behind a proxy that must not see some hosts: the
#   emulator of the tests on a loopback address, and the servers of kaltura.example, one of them on a port of its own. Is there
#   a NO_PROXY that all three read alike?
# Guess: yes, in the common forms: "*" is everything, a domain includes its subdomains with and without a leading point, a
#   network such as 10.0.0.0/8 is its addresses; only "*.domain" and a port differ.
# Package: crate hyper-util 0.1.21, whose matcher reqwest 0.13 uses; requests 2.34.2 (PyPI), on which KalturaApiClient is built;
#   axios 1.21.1 (npm), on which kaltura-client is built.
# Behaviour: of the nineteen pairs below eight are read alike; in the others one program goes to the proxy and another does not.
#   - hyper-util takes "*" for every name, but for no address: with NO_PROXY=* a request to 127.0.0.1 or [::1] goes to the proxy.
#     An entry with a port, "*.domain", a trailing point, brackets around an address, or a blank between two names never match,
#     without a sign.
#   - axios takes all of these, but "kaltura.example" for that one name, and ".kaltura.example" for its subdomains alone.
#   - requests takes "*" for everything, a port with a name, but not with an address, and no network of IPv6.
# Seen: see the table that this script prints; it is compared with the one at its end.
# Why it matters: the proxy gets requests, with the KS in their bodies where the service is http, that were to stay inside; or the proxy cannot
#   reach the host, and one of three programs fails. What to do: name each host twice, plain and with a leading point
#   (kaltura.example,.kaltura.example), each address by itself, without ports; for "no proxy at all" unset HTTP_PROXY instead of NO_PROXY=*.
#   A Rust program that offers NO_PROXY should read "*" and points by itself before it asks the matcher.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for name in $(env | sed -n 's/^\([A-Za-z_]*_[Pp][Rr][Oo][Xx][Yy]\)=.*/\1/p'); do own="${own:-} -u $name"; done
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check requests==2.34.2
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts axios@1.21.1 proxy-from-env@2.1.0 > /dev/null
mkdir src
cat > Cargo.toml <<'C'
[package]
name = "probe"
version = "0.0.0"
edition = "2021"
[dependencies]
hyper-util = { version = "=0.1.21", default-features = false, features = ["client-proxy"] }
[profile.dev]
debug = 0
C
cat > cases.txt <<'T'
*|http://www.kaltura.example:8080
*|http://127.0.0.1:8080
*|http://[::1]:8080
kaltura.example|http://kaltura.example:8080
kaltura.example|http://www.kaltura.example:8080
kaltura.example|http://notkaltura.example:8080
.kaltura.example|http://www.kaltura.example:8080
.kaltura.example|http://kaltura.example:8080
*.kaltura.example|http://www.kaltura.example:8080
www.kaltura.example.|http://www.kaltura.example:8080
www.kaltura.example:8080|http://www.kaltura.example:8080
127.0.0.1:8080|http://127.0.0.1:8080
127.0.0.1|http://127.0.0.1:8080
::1|http://[::1]:8080
[::1]|http://[::1]:8080
10.0.0.0/8|http://10.1.2.3:8080
fd00::/8|http://[fd00::1]:8080
www.kaltura.example eu.kaltura.example|http://www.kaltura.example:8080
www.kaltura.example, eu.kaltura.example|http://eu.kaltura.example:8080
T
cat > src/main.rs <<'R'
use hyper_util::client::proxy::matcher::Matcher;
fn main() {
    for case in std::io::read_to_string(std::io::stdin()).unwrap().lines() {
        let (list, url) = case.split_once('|').unwrap();
        let matcher = Matcher::builder().all("http://proxy.invalid:3128").no(list).build();
        println!("{}", if matcher.intercept(&url.parse().unwrap()).is_some() { "proxy" } else { "direct" });
    }
}
R
cat > probe.py <<'P'
import os, sys, requests
os.environ["HTTP_PROXY"] = "http://proxy.invalid:3128"
for case in sys.stdin.read().splitlines():
    os.environ["NO_PROXY"], url = case.split("|")
    print("proxy" if requests.utils.get_environ_proxies(url) else "direct")
P
cat > probe.mjs <<'J'
// axios itself is asked: its connections all end at one of two servers on loopback.
import axios from 'axios'; import fs from 'fs'; import http from 'http'; import net from 'net';
const listen = text => new Promise(done => { const s = http.createServer((q, r) => r.end(text)).listen(0, '127.0.0.1', () => done(s.address().port)); });
const [proxy, direct] = [await listen('proxy'), await listen('direct')];
process.env.HTTP_PROXY = 'http://127.0.0.1:3128';
const agent = new http.Agent();
agent.createConnection = o => net.connect(Number(o.port) === 3128 ? proxy : direct, '127.0.0.1');
for (const line of fs.readFileSync(0, 'utf8').trim().split('\n')) {
  const [list, url] = line.split('|');
  process.env.NO_PROXY = list;
  console.log((await axios.get(url, { httpAgent: agent })).data);
}
process.exit(0);
J
CARGO_TARGET_DIR="$work/target" cargo build -q -j 2
run() { env ${own:-} "$@" < cases.txt; }
paste -d '|' cases.txt <(run target/debug/probe) <(run v/bin/python probe.py) <(run node --no-deprecation probe.mjs) > table.txt
{
  printf '%-40s %-33s %-10s %-8s %s\n' NO_PROXY URL hyper-util requests axios
  while IFS='|' read -r list url rust python node; do
    printf '%-40s %-33s %-10s %-8s %-6s %s\n' "$list" "$url" "$rust" "$python" "$node" "$([ "$rust$python" = "$python$node" ] && echo alike || echo differ)"
  done < table.txt
} > seen.txt
cat seen.txt
cat > expected.txt <<'E'
NO_PROXY                                 URL                               hyper-util requests axios
*                                        http://www.kaltura.example:8080   direct     direct   direct alike
*                                        http://127.0.0.1:8080             proxy      direct   direct differ
*                                        http://[::1]:8080                 proxy      direct   direct differ
kaltura.example                          http://kaltura.example:8080       direct     direct   direct alike
kaltura.example                          http://www.kaltura.example:8080   direct     direct   proxy  differ
kaltura.example                          http://notkaltura.example:8080    proxy      proxy    proxy  alike
.kaltura.example                         http://www.kaltura.example:8080   direct     direct   direct alike
.kaltura.example                         http://kaltura.example:8080       direct     direct   proxy  differ
*.kaltura.example                        http://www.kaltura.example:8080   proxy      proxy    direct differ
www.kaltura.example.                     http://www.kaltura.example:8080   proxy      proxy    direct differ
www.kaltura.example:8080                 http://www.kaltura.example:8080   proxy      direct   direct differ
127.0.0.1:8080                           http://127.0.0.1:8080             proxy      proxy    direct differ
127.0.0.1                                http://127.0.0.1:8080             direct     direct   direct alike
::1                                      http://[::1]:8080                 direct     direct   direct alike
[::1]                                    http://[::1]:8080                 proxy      proxy    direct differ
10.0.0.0/8                               http://10.1.2.3:8080              direct     direct   direct alike
fd00::/8                                 http://[fd00::1]:8080             direct     proxy    direct differ
www.kaltura.example eu.kaltura.example   http://www.kaltura.example:8080   proxy      proxy    direct differ
www.kaltura.example, eu.kaltura.example  http://eu.kaltura.example:8080    direct     direct   direct alike
E
diff expected.txt seen.txt
echo "as expected"
