#!/usr/bin/env bash
# Question: an assistant lists the videos of an account through the published MCP server for Kaltura: everything (query "*", which its
#   documentation names for that), everything since a day, and everything from one day to another. What does it ask the API for?
# Guess: "*" sends no search term, or an EXISTS item; a range with one end becomes a range with one end; the last day
#   belongs to the range, because both are given as days.
# Package: mseep-kaltura-mcp 0.2.1 with KalturaApiClient 19.3.0 and lxml 4.9.4 (PyPI). Only its search function is called.
# Behaviour: "*" is sent as the search term "e", partially matched: a comment says that it is the most common letter. Entries
#   without an "e" in their texts are not there, and the answer says searchQuery "e", operationType "search". A range with only "after" or
#   only "before" is dropped without a word, while the answer repeats it under filters.dateRange. A range with both ends
#   ends when its last day begins (at midnight of the machine's zone), so that one day from itself to itself is one second.
# Seen: see the lines that this script prints; they are compared with those at its end.
# Why it matters: an assistant reports a part as the whole ("all videos", "everything since November"), with a count.
#   What to do: list with media.list and its pages (createdAtGreaterThanOrEqual, createdAtLessThanOrEqual), and compare totalCount;
#   give both ends, and as "before" the day after the last one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv v
v/bin/pip install -q --disable-pip-version-check KalturaApiClient==19.3.0 lxml==4.9.4 requests==2.34.2 requests-toolbelt==1.0.0
v/bin/pip install -q --disable-pip-version-check --no-deps mseep-kaltura-mcp==0.2.1
cat > probe.py <<'P'
import asyncio, http.server, json, os, threading
from kaltura_mcp.kaltura_client import KalturaClientManager
from kaltura_mcp.tools.search import search_entries_intelligent

asked = []
class Stub(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "searchParams" in body:
            asked.append(body)
            result = "<objectType>KalturaESearchEntryResponse</objectType><totalCount>0</totalCount><objects></objects>"
        else:
            result = "a-session"
        data = f"<?xml version='1.0'?><xml><result>{result}</result><executionTime>0.1</executionTime></xml>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stub)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ.update(KALTURA_SERVICE_URL=f"http://127.0.0.1:{server.server_port}", KALTURA_PARTNER_ID="1234567",
                  KALTURA_ADMIN_SECRET="0123456789abcdef0123456789abcdef", KALTURA_USER_ID="reader")
manager = KalturaClientManager()

def search(title, query, date_range=None):
    answer = json.loads(asyncio.run(search_entries_intelligent(manager, query=query, date_range=date_range)))
    items = asked.pop()["searchParams"]["searchOperator"]["searchItems"]
    print(title)
    for item in items.values() if isinstance(items, dict) else items:
        if "range" in item:
            ends = {name: value for name, value in item["range"].items() if name != "objectType"}
            print("  asked: created", json.dumps(ends, sort_keys=True))
        elif "searchTerm" in item:
            print("  asked: searchTerm", json.dumps(item["searchTerm"]))
    context = answer["searchContext"]
    print("  told: ", context["searchQuery"], context["operationType"], json.dumps(context["filters"]["dateRange"]))

search("everything", "*")
search("since 2026-11-01", "lecture", {"after": "2026-11-01"})
search("until 2026-11-24", "lecture", {"before": "2026-11-24"})
search("on 2026-11-24", "lecture", {"after": "2026-11-24", "before": "2026-11-24"})
P
TZ=UTC v/bin/python probe.py | tee seen.txt
cat > expected.txt <<'E'
everything
  asked: searchTerm "e"
  told:  e search null
since 2026-11-01
  asked: searchTerm "lecture"
  told:  lecture search {"after": "2026-11-01"}
until 2026-11-24
  asked: searchTerm "lecture"
  told:  lecture search {"before": "2026-11-24"}
on 2026-11-24
  asked: searchTerm "lecture"
  asked: created {"greaterThanOrEqual": "1795478400", "lessThanOrEqual": "1795478400"}
  told:  lecture search {"after": "2026-11-24", "before": "2026-11-24"}
E
diff expected.txt seen.txt
echo "as expected"
