#!/usr/bin/env bash
# Question: a program keeps a KS in a cache of its language, for as long as the session lives: expiry of the answer, less the time now, less a
#   margin of 300 s. That is -240 s for a session of a minute, 0 if the program cuts it there, NaN in JavaScript for an answer
#   without expiry (startWidgetSession), and 30 days for a token that allows them. What does the cache do with such a life?
# Guess: a life that is over, or no number, is not kept, or is an error; only node-cache says that its 0 is "for ever". 30 days are 30 days.
# Package: keyv 6.1.0 and 5.6.0, cache-manager 7.2.9, cacheable 2.5.0, lru-cache 11.5.3, quick-lru 7.3.0, node-cache 5.1.2, async-cache-dedupe
#   3.4.0, bentocache 1.6.1, expiry-map 2.0.0 (npm); cachetools 8.0.2, acachetools 0.1.4, diskcache 5.6.3, aiocache 0.12.3,
#   cashews 7.6.0, dogpile.cache 1.5.0, moka-py 0.5.0 (PyPI). All in memory, diskcache in a file.
# Behaviour: in nine of the seventeen 0 means no end, and in eight of the ten of JavaScript so does NaN. cacheable gives a life that is over
#   no end either, and since version 6 so does keyv, where version 5 dropped it: an update alone keeps sessions that are over.
#   expiry-map drops a life of 30 days at once (its timer holds 24.8 days; Node.js writes a warning). moka-py alone raises an error.
#   A life of some seconds is right everywhere, so a test with one shows nothing.
# Seen: see the table that this script prints; it is compared with the one at its end. "ends" is kept and then gone.
# Why it matters: a session that is over, or was never to be kept, is handed out until the process ends: INVALID_KS for every call, and
#   a restart as the cure. Cutting a negative life to 0, as careful programs do, makes it worse. The expiry of
#   session.impersonateByKs, which is a duration and not a time, gives a negative life as well.
#   What to do: pass on only a life that is finite and positive, and keep nothing otherwise; take a share of a short life as margin.
#   A library that stores sessions must refuse such a life by itself, before the store sees it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts keyv@6.1.0 keyv5@npm:keyv@5.6.0 cache-manager@7.2.9 cacheable@2.5.0 lru-cache@11.5.3 quick-lru@7.3.0 \
  node-cache@5.1.2 async-cache-dedupe@3.4.0 bentocache@1.6.1 expiry-map@2.0.0 > /dev/null
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check cachetools==8.0.2 acachetools==0.1.4 diskcache==5.6.3 aiocache==0.12.3 cashews==7.6.0 \
  dogpile.cache==1.5.0 moka-py==0.5.0
cat > probe.mjs <<'J'
import Keyv from 'keyv'; import Keyv5 from 'keyv5'; import { createCache as createManager } from 'cache-manager'; import { Cacheable } from 'cacheable';
import { LRUCache } from 'lru-cache'; import QuickLRU from 'quick-lru'; import NodeCache from 'node-cache';
import { createCache as createDedupe } from 'async-cache-dedupe'; import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory'; import ExpiryMap from 'expiry-map'; import { setTimeout as wait } from 'timers/promises';
// Each gives a pair: keep the KS for so many seconds, and look for it.
const caches = {
  'keyv 6': () => { const c = new Keyv(); return [s => c.set('ks', 'KS', s * 1000), () => c.get('ks')]; },
  'keyv 5': () => { const c = new Keyv5(); return [s => c.set('ks', 'KS', s * 1000), () => c.get('ks')]; },
  'cache-manager': () => { const c = createManager(); return [s => c.set('ks', 'KS', s * 1000), () => c.get('ks')]; },
  'cacheable': () => { const c = new Cacheable(); return [s => c.set('ks', 'KS', s * 1000), () => c.get('ks')]; },
  'lru-cache': () => { const c = new LRUCache({ max: 9 }); return [s => c.set('ks', 'KS', { ttl: s * 1000 }), () => c.get('ks')]; },
  'quick-lru': () => { const c = new QuickLRU({ maxSize: 9 }); return [s => c.set('ks', 'KS', { maxAge: s * 1000 }), () => c.get('ks')]; },
  'node-cache': () => { const c = new NodeCache(); return [s => c.set('ks', 'KS', s), () => c.get('ks')]; },
  'async-cache-dedupe': () => {
    let life, next = 'KS';
    const c = createDedupe({ storage: { type: 'memory' } }).define('logIn', { ttl: () => life }, async () => next);
    return [async s => { life = s; await c.logIn('x'); next = undefined; }, () => c.logIn('x')];
  },
  'bentocache': () => {
    const c = new BentoCache({ default: 'm', stores: { m: bentostore().useL1Layer(memoryDriver()) } });
    return [s => c.set({ key: 'ks', value: 'KS', ttl: s * 1000 }), () => c.get({ key: 'ks' })];
  },
  'expiry-map': () => { let c; return [s => { c = new ExpiryMap(s * 1000); c.set('ks', 'KS'); }, () => c.get('ks')]; },
};
async function outcome(make, life) {
  try {
    const [keep, look] = make();
    await keep(life);
    await wait(200);
    if (await look() !== 'KS') return 'gone';
    await wait(7000);
    return await look() === 'KS' ? 'stays' : 'ends';
  } catch { return 'error'; }
}
const lives = [5, -240, 0, NaN, 30 * 86400];
const rows = await Promise.all(Object.values(caches).map(make => Promise.all(lives.map(life => outcome(make, life)))));
Object.keys(caches).forEach((name, i) => console.log([name, ...rows[i]].join(';')));
process.exit(0);
J
cat > probe.py <<'P'
import asyncio, tempfile, time
from concurrent.futures import ThreadPoolExecutor
import acachetools, aiocache, cachetools, cashews, diskcache, dogpile.cache, moka_py
loop = asyncio.new_event_loop()
ThreadPoolExecutor(1).submit(loop.run_forever)
wait = lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result()

def plain(cache, set_name, name):
    return lambda s: getattr(cache, set_name)("ks", "KS", **{name: s}), lambda: cache.get("ks")
def asynchronous(cache, name):
    return lambda s: wait(cache.set("ks", "KS", **{name: s})), lambda: wait(cache.get("ks"))
def tlru():
    life = []
    cache = cachetools.TLRUCache(9, ttu=lambda key, value, now: now + life[0])
    return lambda s: (life.append(s), cache.__setitem__("ks", "KS")), lambda: cache.get("ks")
def decorated():
    life, answers = [], ["KS", "another"]
    cache = cachetools.TLRUCache(9, ttu=lambda key, value, now: now + life[0])
    @acachetools.cached(cache)
    async def log_in(): return answers.pop(0)
    return lambda s: (life.append(s), wait(log_in())), lambda: wait(log_in())
def region():
    cache = []
    def keep(s):
        cache.append(dogpile.cache.make_region().configure("dogpile.cache.memory", expiration_time=s))
        cache[0].set("ks", "KS")
    return keep, lambda: cache[0].get("ks")
def of_cashews():
    cache = cashews.Cache()
    cache.setup("mem://")
    return asynchronous(cache, "expire")

caches = {
    "cachetools": tlru, "acachetools": decorated,
    "diskcache": lambda: plain(diskcache.Cache(tempfile.mkdtemp(dir=".")), "set", "expire"),
    "aiocache": lambda: asynchronous(aiocache.SimpleMemoryCache(), "ttl"), "cashews": of_cashews,
    "dogpile.cache": region, "moka-py": lambda: plain(moka_py.Moka(9), "set", "ttl"),
}
def outcome(make, life):
    try:
        keep, look = make()
        keep(life)
        time.sleep(0.2)
        if look() != "KS": return "gone"
        time.sleep(7)
        return "stays" if look() == "KS" else "ends"
    except ValueError:
        return "error"
lives = [5, -240, 0, 30 * 86400]
with ThreadPoolExecutor(40) as pool:
    rows = {name: [pool.submit(outcome, make, life) for life in lives] for name, make in caches.items()}
for name, row in rows.items():
    found = [one.result() for one in row]
    print(";".join([name, *found[:3], "-", found[3]]), flush=True)
loop.call_soon_threadsafe(loop.stop)
P
{
  echo "cache;5 s;-240 s;0;NaN;30 days"
  timeout 100 node probe.mjs 2> warnings.txt
  timeout 100 v/bin/python probe.py 2>> warnings.txt
} | awk -F';' '{ printf "%-20s%-7s%-9s%-7s%-7s%s\n", $1, $2, $3, $4, $5, $6 }' > seen.txt
cat seen.txt
cat > expected.txt <<'E'
cache               5 s    -240 s   0      NaN    30 days
keyv 6              ends   stays    stays  stays  stays
keyv 5              ends   gone     stays  stays  stays
cache-manager       ends   gone     stays  stays  stays
cacheable           ends   stays    stays  stays  stays
lru-cache           ends   gone     stays  stays  stays
quick-lru           ends   gone     gone   stays  stays
node-cache          ends   gone     stays  stays  stays
async-cache-dedupe  ends   gone     gone   gone   stays
bentocache          ends   gone     stays  stays  stays
expiry-map          ends   gone     gone   gone   gone
cachetools          ends   gone     gone   -      stays
acachetools         ends   gone     gone   -      stays
diskcache           ends   gone     gone   -      stays
aiocache            ends   gone     stays  -      stays
cashews             ends   gone     stays  -      stays
dogpile.cache       ends   gone     gone   -      stays
moka-py             ends   error    error  -      stays
E
diff expected.txt seen.txt
echo "as expected"
