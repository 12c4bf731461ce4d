#!/usr/bin/env bash
# Question: a program reads two app tokens in one multirequest with the official Python client. The session has ended, so the whole
#   multirequest is answered with INVALID_KS. The program catches that, logs in anew on the same client, deletes an old token and
#   tries its multirequest again. What goes over the wire, and when?
# Guess: the failed multirequest is over; each call after it is a request of its own, and the second multirequest has the two
#   calls. The same after a server that answers with 503, or not at all.
# Package: KalturaApiClient 23.10.0 with lxml 6.0.2 (PyPI).
# Behaviour: only a multirequest that succeeds ends the mode that startMultiRequest began. After an exception of doMultiRequest,
#   whatever its cause, isMultiRequest() stays true: every further call sends nothing and gives a placeholder, whose members are texts
#   such as {1:result:ks}. The calls are kept, and the next doMultiRequest sends all of them in front of its own; startMultiRequest
#   empties the list of the result types alone, so that reading the answer, which the server has carried out by then, is an IndexError.
#   That leaves the mode on once more. A doMultiRequest without a call in the queue ends the mode, and sends nothing.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: a login that never happened looks like one: info.ks is a text, the token hash is computed over it, and
#   appToken.delete runs minutes later, in the next multirequest, after which the program sees an error.
#   What to do: after an exception of doMultiRequest call it once more with nothing queued (shown below), or make a new
#   client; take a ks that begins with "{" for a fault. Where a library has multirequests, let them be values of their own.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check KalturaApiClient==23.10.0 lxml==6.0.2
cat > probe.py <<'P'
import hashlib, http.server, json, threading
from KalturaClient import KalturaClient, KalturaConfiguration

requests, mode = [], "up"
class Stub(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        calls = [body[k] for k in sorted(body) if k.isdigit()]
        requests.append([f"{c['service']}.{c['action']}" for c in calls] or [self.path.split("/service/")[1]])
        if mode == "no answer":
            self.close_connection = True
            return
        if mode == "INVALID_KS":
            result = "<error><code>INVALID_KS</code><message>Invalid KS</message><objectType>KalturaAPIException</objectType><args/></error>"
        elif calls:
            result = "".join("<item><objectType>KalturaAppToken</objectType><id>%s</id></item>" % c.get("id", "") for c in calls)
        else:
            kind = "KalturaStartWidgetSessionResponse" if "Widget" in self.path else "KalturaSessionInfo"
            result = f"<objectType>{kind}</objectType><ks>live-ks</ks>"
        text = f"<xml><result>{result}</result><executionTime>0.01</executionTime></xml>" if mode != "503" else "busy"
        self.send_response(503 if mode == "503" else 200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stub)
threading.Thread(target=server.serve_forever, daemon=True).start()

def read_two(client):
    client.startMultiRequest()
    client.appToken.get("0_aaaaaaaa")
    client.appToken.get("0_bbbbbbbb")
    try:
        return [token.id for token in client.doMultiRequest()]
    except Exception as error:
        return type(error).__name__

def log_in(client):
    client.setKs("")
    widget = client.session.startWidgetSession("_101")
    client.setKs(widget.ks)
    info = client.appToken.startSession("0_cccccccc", hashlib.sha256(f"{widget.ks}value".encode()).hexdigest())
    client.setKs(info.ks)
    return f"{type(info).__name__} with the ks {info.ks}"

def sent():
    print("   sent:", "; ".join(", ".join(calls) for calls in requests) or "nothing")
    requests.clear()

for cause in ["INVALID_KS", "503", "no answer"]:
    for mended in [False, True]:
        client = KalturaClient(KalturaConfiguration(serviceUrl=f"http://127.0.0.1:{server.server_port}"))
        mode = cause
        print(f"{cause}{', then an empty doMultiRequest' if mended else ''}: {read_two(client)}"); sent()
        mode = "up"
        if mended: print("  the empty one:", client.doMultiRequest()); sent()
        print("  still a multirequest:", client.isMultiRequest())
        print("  log in:", log_in(client)); sent()
        client.appToken.delete("0_dddddddd")
        print("  delete a token"); sent()
        print("  read again:", read_two(client)); sent()
        if cause != "INVALID_KS": break
P
v/bin/python -W ignore probe.py > seen.txt
cat seen.txt
cat > expected.txt <<'E'
INVALID_KS: KalturaException
   sent: apptoken.get, apptoken.get
  still a multirequest: True
  log in: MultiRequestSubResult with the ks {2:result:ks}
   sent: nothing
  delete a token
   sent: nothing
  read again: IndexError
   sent: session.startWidgetSession, apptoken.startSession, apptoken.delete, apptoken.get, apptoken.get
INVALID_KS, then an empty doMultiRequest: KalturaException
   sent: apptoken.get, apptoken.get
  the empty one: []
   sent: nothing
  still a multirequest: False
  log in: KalturaSessionInfo with the ks live-ks
   sent: session/action/startWidgetSession; apptoken/action/startSession
  delete a token
   sent: apptoken/action/delete
  read again: ['0_aaaaaaaa', '0_bbbbbbbb']
   sent: apptoken.get, apptoken.get
503: AttributeError
   sent: apptoken.get, apptoken.get
  still a multirequest: True
  log in: MultiRequestSubResult with the ks {2:result:ks}
   sent: nothing
  delete a token
   sent: nothing
  read again: IndexError
   sent: session.startWidgetSession, apptoken.startSession, apptoken.delete, apptoken.get, apptoken.get
no answer: KalturaClientException
   sent: apptoken.get, apptoken.get
  still a multirequest: True
  log in: MultiRequestSubResult with the ks {2:result:ks}
   sent: nothing
  delete a token
   sent: nothing
  read again: IndexError
   sent: session.startWidgetSession, apptoken.startSession, apptoken.delete, apptoken.get, apptoken.get
E
diff expected.txt seen.txt
echo "as expected"
