#!/usr/bin/env bash
# Question: a program fills an index with the videos of a Kaltura account through the published reader of LlamaIndex. What does
#   load_data give if the account may not use the search (SERVICE_FORBIDDEN), if the server fails, if a proxy answers with a page
#   instead of the server, if there is no server at all, or if no session could be signed?
# Guess: an exception for each of them; an empty list means that no video matches, and no search goes out without a session.
# Package: llama-index-readers-kaltura-esearch 0.6.0 with llama-index-core 0.14.25, KalturaApiClient 19.3.0, lxml 6.0.2 and
#   pycryptodome 3.23.0 (PyPI).
# Behaviour: only INVALID_KS is an exception (a ValueError). Every other error, of the API, of the network or of the parser, is logged
#   and is an empty list, the same as a search without a match. Signing fails with the declared dependencies alone, since the client
#   declares no pycryptodome; that is logged as "check your credentials", and the search is sent without a KS.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: "no video matches" and "nothing could be read" look the same: a program that replaces an index by what it
#   read empties it during an outage, without an alarm. What to do: make a call that raises before and after the import (media.list
#   with the page size 1), or count the log records of the reader at level ERROR.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check llama-index-readers-kaltura-esearch==0.6.0 llama-index-core==0.14.25 KalturaApiClient==19.3.0 lxml==6.0.2
cat > probe.py <<'P'
import http.server, json, logging, socket, sys, threading
from llama_index.readers.kaltura_esearch import KalturaESearchReader

records, replies, sessions = [], [], []
reader_log = logging.getLogger("llama_index.readers.kaltura_esearch.base")
reader_log.addFilter(lambda record: records.append(record.levelname))

class Stub(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        sessions.append("ks" in json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        reply = replies.pop(0)
        if reply is None:
            status, kind, data = 502, "text/html", "<html><body><h1>Bad gateway</h1></body></html>"
        else:
            status, kind = 200, "text/xml"
            data = f"<?xml version='1.0'?><xml><result>{reply}</result><executionTime>0.1</executionTime></xml>"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data.encode())
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stub)
threading.Thread(target=server.serve_forever, daemon=True).start()

def error(code):
    return f"<error><code>{code}</code><message>refused</message><objectType>KalturaAPIException</objectType></error>"
def page(videos, count):
    return f"<objectType>KalturaESearchEntryResponse</objectType><objects>{videos}</objects><totalCount>{count}</totalCount>"
VIDEO = ("<item><objectType>KalturaESearchEntryResult</objectType><object><objectType>KalturaMediaEntry</objectType><id>0_a</id>"
         "<name>Lecture</name><mediaType>1</mediaType><createdAt>1795492797</createdAt><msDuration>5000</msDuration>"
         "<lastPlayedAt></lastPlayedAt><application></application><tags></tags><referenceId></referenceId>"
         "<description></description></object></item>")

def load(title, reply, port=server.server_port):
    records.clear(), sessions.clear()
    replies[:] = [reply]
    reader = KalturaESearchReader(partner_id=1234567, api_secret="0123456789abcdef0123456789abcdef", user_id="reader",
                                  kaltura_api_endpoint=f"http://127.0.0.1:{port}")
    try:
        videos = [document.metadata["entry_id"] for document in reader.load_data(free_text="hello", with_captions=False)]
        print(title, videos, "log:", records, "sent with a KS:", sessions)
    except Exception as exception:
        print(title, type(exception).__name__)

if sys.argv[1:] == ["unsigned"]:
    load("without pycryptodome:", page("", 0))
    sys.exit()
load("one match:", page(VIDEO, 1))
load("no match:", page("", 0))
load("INVALID_KS:", error("INVALID_KS"))
load("SERVICE_FORBIDDEN:", error("SERVICE_FORBIDDEN"))
load("INTERNAL_SERVERL_ERROR:", error("INTERNAL_SERVERL_ERROR"))
load("a page of a proxy:", None)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
load("no server:", None, port)
P
{
  v/bin/python probe.py unsigned
  v/bin/pip install -q --disable-pip-version-check pycryptodome==3.23.0
  v/bin/python probe.py
} | tee seen.txt
cat > expected.txt <<'E'
without pycryptodome: [] log: ['ERROR'] sent with a KS: [False]
one match: ['0_a'] log: [] sent with a KS: [True]
no match: [] log: [] sent with a KS: [True]
INVALID_KS: ValueError
SERVICE_FORBIDDEN: [] log: ['ERROR'] sent with a KS: [True]
INTERNAL_SERVERL_ERROR: [] log: ['ERROR'] sent with a KS: [True]
a page of a proxy: [] log: ['ERROR'] sent with a KS: [True]
no server: [] log: ['ERROR'] sent with a KS: []
E
diff expected.txt seen.txt
echo "as expected"
