#!/usr/bin/env bash
# Question: a program reads an app token with the official Python client, changes its description and sends it back. What goes out?
#   And what is a field that the answer does not hold, because a response profile asked for id and description only?
# Guess: the fields that were never set on the server are left out again (the client left them None); an absent field is None.
# Package: KalturaApiClient 23.10.0 with lxml 6.0.2 (PyPI).
# Behaviour: the client asks for XML, in which null and the empty text look the same. On reading, an empty element becomes None for a
#   number or an enumeration and "" for a text; on sending, None is written as NAME__null and "" as an empty text. So a change of the
#   description also sends expiry__null, hashType__null, sessionType__null, sessionUserId "" and sessionPrivileges "".
#   Only NotImplemented is left out. That is also what an absent field is: not None, true in an "if" (with a DeprecationWarning),
#   and a TypeError for json.dumps and in a loop.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: an app token without a user is refused on its way back (sessionUserId "" is INVALID_FIELD_VALUE), or a field that
#   another program has set meanwhile is cleared. And "if token.expiry:" is true for a token whose expiry is unknown.
#   What to do: make a new object and set only what changes; compare with NotImplemented. A stub server must take NAME__null beside
#   empty texts in JSON, and must not take "" for absent; a library should have three states: absent, null, value.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check KalturaApiClient==23.10.0 lxml==6.0.2
cat > probe.py <<'P'
import http.server, json, threading, warnings
from KalturaClient import KalturaClient, KalturaConfiguration
from KalturaClient.Plugins.Core import KalturaAppToken
full = ("<objectType>KalturaAppToken</objectType><relatedObjects></relatedObjects><id>0_7jh3eu10</id><token>0123456789abcdef0123456789abcdef</token>"
        "<partnerId>1234567</partnerId><createdAt>1795406397</createdAt><updatedAt>1795406397</updatedAt><status>2</status><expiry></expiry>"
        "<sessionType></sessionType><sessionUserId></sessionUserId><sessionDuration>86400</sessionDuration><sessionPrivileges></sessionPrivileges>"
        "<hashType></hashType><description>old</description>")
short = "<objectType>KalturaAppToken</objectType><id>0_7jh3eu10</id><description>old</description>"
state = {}
class Stub(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        state["body"] = self.rfile.read(int(self.headers["Content-Length"])).decode()
        data = f'<?xml version="1.0" encoding="utf-8"?><xml><result>{state["answer"]}</result><executionTime>0.01</executionTime></xml>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml;charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Stub)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = KalturaClient(KalturaConfiguration(f"http://127.0.0.1:{server.server_port}"))
def sent():
    return json.dumps(json.loads(state["body"])["appToken"], sort_keys=True)
state["answer"] = full
token = client.appToken.get("0_7jh3eu10")
print("read: expiry", token.expiry, "- hashType", token.hashType, "- sessionUserId", repr(token.sessionUserId))
token.description = "new"
client.appToken.update("0_7jh3eu10", token)
print("read, changed, sent:", sent())
fresh = KalturaAppToken()
fresh.description = "new"
client.appToken.update("0_7jh3eu10", fresh)
print("a new object, sent: ", sent())
state["answer"] = short
token = client.appToken.get("0_7jh3eu10")
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    true = bool(token.expiry)
print("absent: expiry is", token.expiry, "- is None:", token.expiry is None, "- true in an if:", true, "-", *[w.category.__name__ for w in seen])
try:
    json.dumps({"expiry": token.expiry})
except TypeError as error:
    print("absent, as JSON:", error)
P
v/bin/python probe.py > seen.txt
cat seen.txt
cat > expected.txt <<'X'
read: expiry None - hashType None - sessionUserId ''
read, changed, sent: {"description": "new", "expiry__null": "", "hashType__null": "", "objectType": "KalturaAppToken", "sessionDuration": "86400", "sessionPrivileges": "", "sessionType__null": "", "sessionUserId": ""}
a new object, sent:  {"description": "new", "objectType": "KalturaAppToken"}
absent: expiry is NotImplemented - is None: False - true in an if: True - DeprecationWarning
absent, as JSON: Object of type NotImplementedType is not JSON serializable
X
diff expected.txt seen.txt
echo "as expected"
