#!/usr/bin/env bash
# Question: five callers of one process need a KS at once, and the login stands in a cache that is to run it once for all of them. The
#   server refuses the login (INVALID_APP_TOKEN_HASH), or it takes longer than usual. How many logins are there, and what do the callers get?
# Guess: one login; all five get the refusal, as all five would get the KS.
# Package: p-memoize 9.0.0, memoizee 0.4.17, cache-manager 7.2.9, cacheable 2.5.0, async-cache-dedupe 3.4.0, bentocache 1.6.1, lru-cache 11.5.3,
#   axios-token-interceptor 0.2.0 (npm); aiocache 0.12.3, cashews 7.6.0, acachetools 0.1.4, cachetools 8.0.2, dogpile.cache 1.5.0,
#   diskcache 5.6.3 (PyPI).
# Behaviour: seven of the sixteen, in the form shown below, do so. In five a caller that waits takes a refusal as "not there yet" and logs in
#   itself, so that there are as many logins as callers: one after another, the last caller waits for all of them (bentocache,
#   axios-token-interceptor, cachetools with a condition, dogpile.cache, the barrier of diskcache). cached_stampede of aiocache lets
#   four log in at once after a refusal, and all five if a login takes longer than its lease of 2 s, each waiting caller 2 s later. The lock of
#   cachetools and memoize_stampede of diskcache guard the cache, not the login. cacheable makes one login, gives each caller undefined
#   instead of the error, and emits an event "error" that is lost without a listener.
# Seen: see the table that this script prints; it is compared with the one at its end.
# Why it matters: a test with a login that works, and fast, finds one login in fourteen of sixteen. A token that has been disabled or
#   rotated is then tried once for each caller, at the server that limits the rate; where they wait in turn, a hundred callers and a login
#   of 0.5 s are 50 s, and time-outs hide the cause. undefined is sent as no KS: SERVICE_FORBIDDEN instead of the refusal.
#   What to do: cache the promise, or the outcome with its error for some seconds, and not the value alone; give cacheable
#   throwErrors. A library that renews sessions must hand one failure to all who wait, and wait before it tries again.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts p-memoize@9.0.0 memoizee@0.4.17 cache-manager@7.2.9 cacheable@2.5.0 async-cache-dedupe@3.4.0 \
  bentocache@1.6.1 lru-cache@11.5.3 axios-token-interceptor@0.2.0 axios@1.21.1 > /dev/null
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check aiocache==0.12.3 cashews==7.6.0 acachetools==0.1.4 cachetools==8.0.2 dogpile.cache==1.5.0 diskcache==5.6.3
cat > probe.mjs <<'J'
import pMemoize from 'p-memoize'; import memoizee from 'memoizee'; import { createCache as createManager } from 'cache-manager';
import { Cacheable } from 'cacheable'; import { createCache as createDedupe } from 'async-cache-dedupe'; import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory'; import { LRUCache } from 'lru-cache'; import interceptor from 'axios-token-interceptor';
import { setTimeout as wait } from 'timers/promises';
const caches = {
  'p-memoize': logIn => pMemoize(logIn, { cache: new Map() }),
  'memoizee': logIn => memoizee(logIn, { promise: true, maxAge: 60000 }),
  'cache-manager': logIn => { const c = createManager(); return () => c.wrap('ks', logIn, 60000); },
  'cacheable': logIn => { const c = new Cacheable(); return () => c.getOrSet('ks', logIn, { ttl: 60000 }); },
  'async-cache-dedupe': logIn => { const c = createDedupe({ ttl: 60, storage: { type: 'memory' } }).define('logIn', logIn); return () => c.logIn('ks'); },
  'bentocache': logIn => {
    const c = new BentoCache({ default: 'm', stores: { m: bentostore().useL1Layer(memoryDriver()) } });
    return () => c.getOrSet({ key: 'ks', ttl: 60000, factory: logIn });
  },
  'lru-cache': logIn => { const c = new LRUCache({ max: 9, ttl: 60000, fetchMethod: () => logIn() }); return () => c.fetch('ks'); },
  'axios-token-interceptor': logIn => interceptor.tokenCache(logIn, { getMaxAge: () => 60000 }),
};
async function run(make, seconds, refused) {
  let logins = 0, open = 0, most = 0;
  const call = make(async () => {
    logins++; open++; most = Math.max(most, open);
    await wait(seconds * 1000);
    open--;
    if (refused) throw new Error('INVALID_APP_TOKEN_HASH');
    return 'KS';
  });
  const answers = await Promise.all(Array.from({ length: 5 }, async () => {
    try { return String(await call()); } catch (error) { return 'error'; }
  }));
  return [logins, most, [...new Set(answers)].join(' and ')];
}
const cases = [[0.3, false], [3, false], [0.3, true]];
const rows = await Promise.all(Object.values(caches).map(make => Promise.all(cases.map(one => run(make, ...one)))));
console.log(JSON.stringify(Object.keys(caches).map((name, i) => [name, rows[i]])));
process.exit(0);
J
cat > probe.py <<'P'
import asyncio, json, subprocess, tempfile, threading, time
from concurrent.futures import ThreadPoolExecutor
import acachetools, aiocache, cachetools, cashews, diskcache, dogpile.cache

def of_aiocache(log_in):
    return aiocache.cached_stampede(ttl=60, cache=aiocache.SimpleMemoryCache, key=str(id(log_in)))(log_in)
def of_cashews(log_in):
    cache = cashews.Cache()
    cache.setup("mem://")
    return cache(ttl=60, key="ks")(log_in)
def of_dogpile(log_in):
    region = dogpile.cache.make_region().configure("dogpile.cache.memory", expiration_time=60)
    return lambda: region.get_or_create("ks", log_in)
def on_disk(): return diskcache.Cache(tempfile.mkdtemp(dir="."))
def barrier(log_in):
    cache = on_disk()
    return diskcache.barrier(cache, diskcache.Lock)(cache.memoize(expire=60)(log_in))
asynchronous = {"aiocache, cached_stampede": of_aiocache, "cashews": of_cashews,
                "acachetools": lambda log_in: acachetools.cached(cachetools.TTLCache(9, 60))(log_in)}
threaded = {"cachetools, condition": lambda log_in: cachetools.cached(cachetools.TTLCache(9, 60), condition=threading.Condition())(log_in),
            "cachetools, lock": lambda log_in: cachetools.cached(cachetools.TTLCache(9, 60), lock=threading.Lock())(log_in),
            "dogpile.cache": of_dogpile, "diskcache, barrier": barrier,
            "diskcache, memoize_stampede": lambda log_in: diskcache.memoize_stampede(on_disk(), 60)(log_in)}

class Count:
    def __init__(self, refused): self.refused, self.logins, self.open, self.most, self.guard = refused, 0, 0, 0, threading.Lock()
    def begin(self):
        with self.guard:
            self.logins += 1; self.open += 1; self.most = max(self.most, self.open)
    def end(self):
        with self.guard: self.open -= 1
        if self.refused: raise ValueError("INVALID_APP_TOKEN_HASH")
        return "KS"
    def row(self, answers): return [self.logins, self.most, " and ".join(sorted({"error" if isinstance(a, Exception) else a for a in answers}))]
def run_async(make, seconds, refused):
    count = Count(refused)
    async def log_in():
        count.begin()
        await asyncio.sleep(seconds)
        return count.end()
    async def all_of_them():
        call = make(log_in)
        return await asyncio.gather(*(call() for _ in range(5)), return_exceptions=True)
    return count.row(asyncio.run(all_of_them()))
def run_threaded(make, seconds, refused):
    count = Count(refused)
    def log_in():
        count.begin()
        time.sleep(seconds)
        return count.end()
    call = make(log_in)
    def caught(_):
        try: return call()
        except ValueError as error: return error
    with ThreadPoolExecutor(5) as pool: return count.row(list(pool.map(caught, range(5))))
cases = [(0.3, False), (3, False), (0.3, True)]
rows = json.loads(subprocess.run(["node", "--no-deprecation", "probe.mjs"], check=True, capture_output=True, text=True, timeout=60).stdout)
for kind, run in (asynchronous, run_async), (threaded, run_threaded):
    rows += [(name, [run(make, *case) for case in cases]) for name, make in kind.items()]
def shown(logins, most, answers):
    return f"{logins}{'' if logins == 1 else f', {most} at once' if most > 1 else ' in turn'}: {answers}"
line = "{:<29}{:<19}{:<19}{}".format
print(line("", "0.3 s, KS", "3 s, KS", "0.3 s, refused"))
for name, found in rows: print(line(name, *(shown(*one) for one in found)).rstrip())
P
v/bin/python -W ignore probe.py > seen.txt
cat seen.txt
cat > expected.txt <<'E'
                             0.3 s, KS          3 s, KS            0.3 s, refused
p-memoize                    1: KS              1: KS              1: error
memoizee                     1: KS              1: KS              1: error
cache-manager                1: KS              1: KS              1: error
cacheable                    1: KS              1: KS              1: undefined
async-cache-dedupe           1: KS              1: KS              1: error
bentocache                   1: KS              1: KS              5 in turn: error
lru-cache                    1: KS              1: KS              1: error
axios-token-interceptor      1: KS              1: KS              5 in turn: error
aiocache, cached_stampede    1: KS              5, 5 at once: KS   5, 4 at once: error
cashews                      1: KS              1: KS              1: error
acachetools                  1: KS              1: KS              1: error
cachetools, condition        1: KS              1: KS              5 in turn: error
cachetools, lock             5, 5 at once: KS   5, 5 at once: KS   5, 5 at once: error
dogpile.cache                1: KS              1: KS              5 in turn: error
diskcache, barrier           1: KS              1: KS              5 in turn: error
diskcache, memoize_stampede  5, 5 at once: KS   5, 5 at once: KS   5, 5 at once: error
E
diff expected.txt seen.txt
echo "as expected"
