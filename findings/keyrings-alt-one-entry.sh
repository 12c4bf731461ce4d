#!/usr/bin/env bash
# Question: a container has no system keyring, so a Python program keeps the values of its app tokens, one for each profile, with
#   keyring and keyrings.alt. The profiles are called "EU" and "eu", "import" and "Import". Has each of them its own entry?
# Guess: yes. Names are opaque in the keyrings of the systems (Secret Service compares them byte for byte), and the file has two
#   entries that differ in case.
# Package: keyrings.alt 5.0.2 with keyring 25.7.0 (PyPI), its PlaintextKeyring.
# Behaviour: the service is a section and the user an option of a configparser file. Both names are escaped first (each byte that
#   is no letter or digit becomes _ and two hex digits), but configparser turns the names of options into lower case, and leaves those of
#   sections alone. So the *user* is compared without case, the *service* with it: the second set_password replaces the first
#   value, get_password gives it for every spelling, and delete_password of one spelling removes it for all. Nothing fails.
#   Letters beyond ASCII are escaped as bytes, so "Ä" and "ä" are two entries, "A" and "a" one.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: the login of the profile "EU" sends a hash of the token value of "eu": INVALID_APP_TOKEN_HASH, after a test on a
#   desktop, where the same program works. What to do: put what must be told apart into the service name, or take the id of
#   the app token as the user, which is lower case and unique.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check keyrings.alt==5.0.2 keyring==25.7.0
cat > probe.py <<'P'
import keyring
from keyrings.alt.file import PlaintextKeyring
keyring.set_keyring(PlaintextKeyring())
get, put, drop = keyring.get_password, keyring.set_password, keyring.delete_password
put("kaltura", "EU", "value of EU")
put("kaltura", "eu", "value of eu")
print("user EU:", get("kaltura", "EU"), "| user eu:", get("kaltura", "eu"), "| user Eu, never stored:", get("kaltura", "Eu"))
drop("kaltura", "EU")
print("after the deletion of EU, user eu:", get("kaltura", "eu"))
put("kaltura-EU", "token", "value of EU")
put("kaltura-eu", "token", "value of eu")
print("service kaltura-EU:", get("kaltura-EU", "token"), "| service kaltura-eu:", get("kaltura-eu", "token"))
put("kaltura", "Ärzte", "upper")
put("kaltura", "ärzte", "lower")
print("user Ärzte:", get("kaltura", "Ärzte"), "| user ärzte:", get("kaltura", "ärzte"))
put("kaltura", "0_7jh3eu10", "value")
print("user 0_7jh3eu10:", get("kaltura", "0_7jh3eu10"), "| user 0-7jh3eu10:", get("kaltura", "0-7jh3eu10"))
P
XDG_DATA_HOME="$work/data" XDG_CONFIG_HOME="$work/config" PYTHONIOENCODING=utf-8 v/bin/python probe.py | tee seen.txt
cat > expected.txt <<'E'
user EU: value of eu | user eu: value of eu | user Eu, never stored: value of eu
after the deletion of EU, user eu: None
service kaltura-EU: value of EU | service kaltura-eu: value of eu
user Ärzte: upper | user ärzte: lower
user 0_7jh3eu10: value | user 0-7jh3eu10: None
E
diff expected.txt seen.txt
echo "as expected"
