#!/usr/bin/env bash
# Question: the value of an app token is in the keyring of a Linux desktop, under a service and a user. A program in Rust, one in
#   Python and one in Node.js read it; when the token is rotated, one of them sets the new value. What does each of them read then?
# Guess: the new value. The Secret Service finds an item by its attributes, and all three use "service" and "username"; the
#   one that sets a value replaces the item, as it replaces one of its own.
# Package: crate zbus-secret-service-keyring-store 1.0.1 with keyring-core 1.0.1; keyring 25.7.0 with SecretStorage 3.5.0 (PyPI);
#   @napi-rs/keyring 2.1.2 (npm); gnome-keyring 42.1 on dbus 1.14 (Debian packages gnome-keyring and dbus-daemon, which must be
#   installed). The keyring is one of its own, in the temporary folder.
# Behaviour: each reads what another has stored, and the Rust and the Node.js package change it in place, whoever has made it. Python adds
#   the attribute "application" to what it stores, and the service replaces an item only where all attributes are the same. So
#   a value that Python sets over an item of the others is a second item. From then on Rust and Node.js neither read nor set nor
#   delete: keyring-core says Ambiguous, @napi-rs/keyring "matched by 2 credentials". Python takes the first item that is found, and
#   that is the new one for some users and the old one for others, without a rule; its delete_password removes the one that it
#   reads, and the other is there for all.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: after a rotation with the keyring command of Python, Python logs in with the old or the new value, by chance; the
#   other programs do not log in at all, and cannot be set right by their own means. The other way round nothing happens, so a test
#   with the programs in the wrong order shows nothing. What to do: in Python delete, then set (shown below), or give each
#   language its own service name. A program on keyring-core should set the first item of Ambiguous and delete the rest.
set -euo pipefail
for program in dbus-run-session gnome-keyring-daemon; do
  command -v "$program" > /dev/null || { echo "needs $program"; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check keyring==25.7.0 SecretStorage==3.5.0
npm init -y > /dev/null
npm install --silent --no-fund --no-audit --ignore-scripts @napi-rs/keyring@2.1.2 > /dev/null
mkdir -p src home/run
cat > Cargo.toml <<'C'
[package]
name = "probe"
version = "0.0.0"
edition = "2021"
[dependencies]
keyring-core = "=1.0.1"
zbus-secret-service-keyring-store = { version = "=1.0.1", default-features = false, features = ["rt-async-io-crypto-rust"] }
[profile.dev]
debug = 0
C
cat > src/main.rs <<'R'
use keyring_core::{api::CredentialStoreApi as _, Error};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let entry = zbus_secret_service_keyring_store::Store::new().unwrap().build("kaltura", &args[2], None).unwrap();
    let done = match args[1].as_str() {
        "set" => entry.set_password(&args[3]).map(|()| "done".to_owned()),
        "get" => entry.get_password(),
        _ => entry.delete_credential().map(|()| "done".to_owned()),
    };
    println!("{}", done.unwrap_or_else(|error| match error {
        Error::Ambiguous(entries) => format!("Ambiguous, {} items", entries.len()),
        error => format!("{error:?}"),
    }));
}
R
CARGO_TARGET_DIR="$work/target" cargo build -q -j 2
cat > probe.py <<'P'
import sys, keyring
from keyring.backends import SecretService
keyring.set_keyring(SecretService.Keyring())
action, user, *value = sys.argv[1:]
if action == "set": keyring.set_password("kaltura", user, value[0])
if action == "delete": keyring.delete_password("kaltura", user)
print(keyring.get_password("kaltura", user) if action == "get" else "done")
P
cat > probe.cjs <<'J'
const { Entry } = require('@napi-rs/keyring');
const [action, user, value] = process.argv.slice(2), entry = new Entry('kaltura', user);
try {
  if (action === 'set') entry.setPassword(value);
  if (action === 'delete') entry.deletePassword();
  console.log(action === 'get' ? entry.getPassword() : 'done');
} catch (error) { console.log(error.message.match(/matched by \d credentials/)?.[0] ?? error.message); }
J
cat > many.py <<'P'
import subprocess, keyring
from keyring.backends import SecretService
keyring.set_keyring(SecretService.Keyring())
read, rest = set(), set()
for user in (f"user {number}" for number in range(16)):
    subprocess.run(["target/debug/probe", "set", user, "old"], check=True, capture_output=True)
    keyring.set_password("kaltura", user, "new")
    value = keyring.get_password("kaltura", user)
    keyring.delete_password("kaltura", user)
    read.add(value)
    rest.add((value, keyring.get_password("kaltura", user)))
print("rust sets old and python sets new for 16 users: python reads", *sorted(read))
print("  it deletes the one that it reads, and reads the other:", rest == {("old", "new"), ("new", "old")})
P
cat > session.sh <<'B'
printf password | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1
rust() { target/debug/probe "$@"; }
python() { v/bin/python probe.py "$@"; }
node_js() { node probe.cjs "$@"; }
for first in rust node_js python; do
  for second in rust node_js python; do
    user="$first-$second"
    echo "$first sets old, $second sets new: $($first set "$user" old), $($second set "$user" new)"
    by_rust=$(rust get "$user")
    by_python=$(python get "$user")
    case "$by_rust" in Ambiguous*) by_python="old or new" ;; esac
    echo "  rust: $by_rust; node_js: $(node_js get "$user"); python: $by_python"
  done
done
echo "after rust and python, rust sets: $(rust set rust-python newer); rust deletes: $(rust delete rust-python)"
echo "after node_js and python, node_js sets: $(node_js set node_js-python newer); node_js deletes: $(node_js delete node_js-python)"
v/bin/python many.py
rust set delete-first old > /dev/null
python delete delete-first > /dev/null
python set delete-first new > /dev/null
echo "rust sets old, python deletes and sets new"
echo "  rust: $(rust get delete-first); node_js: $(node_js get delete-first); python: $(python get delete-first)"
B
env -i PATH="$PATH" HOME="$work/home" XDG_RUNTIME_DIR="$work/home/run" timeout 200 dbus-run-session -- bash session.sh 2> errors.txt > seen.txt
cat seen.txt
cat > expected.txt <<'E'
rust sets old, rust sets new: done, done
  rust: new; node_js: new; python: new
rust sets old, node_js sets new: done, done
  rust: new; node_js: new; python: new
rust sets old, python sets new: done, done
  rust: Ambiguous, 2 items; node_js: matched by 2 credentials; python: old or new
node_js sets old, rust sets new: done, done
  rust: new; node_js: new; python: new
node_js sets old, node_js sets new: done, done
  rust: new; node_js: new; python: new
node_js sets old, python sets new: done, done
  rust: Ambiguous, 2 items; node_js: matched by 2 credentials; python: old or new
python sets old, rust sets new: done, done
  rust: new; node_js: new; python: new
python sets old, node_js sets new: done, done
  rust: new; node_js: new; python: new
python sets old, python sets new: done, done
  rust: new; node_js: new; python: new
after rust and python, rust sets: Ambiguous, 2 items; rust deletes: Ambiguous, 2 items
after node_js and python, node_js sets: matched by 2 credentials; node_js deletes: matched by 2 credentials
rust sets old and python sets new for 16 users: python reads new old
  it deletes the one that it reads, and reads the other: True
rust sets old, python deletes and sets new
  rust: new; node_js: new; python: new
E
diff expected.txt seen.txt
echo "as expected"
