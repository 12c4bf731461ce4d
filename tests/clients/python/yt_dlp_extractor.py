"""The extractor for Kaltura of yt-dlp, unchanged: its multirequest with references, and stubs for what only the real
server has."""

import os
import subprocess
import sys
from pathlib import Path

from yt_dlp import YoutubeDL
from yt_dlp.utils import smuggle_url

from checks import PARTNER_ID, SERVICE_URL, all_told, equal

STUBS = Path(__file__).parent / "stubs"

if os.environ.get("KALTURA_STUBS") != "on":
    # Once more, with an emulator that has the stubs.
    command = [os.environ["KALTURA_COMMAND"], "emulate"]
    if os.environ["KALTURA_RESPONSE_CACHE"] == "on":
        command.append("--response-cache")
    for stub in sorted(STUBS.glob("*.json")):
        command += ["--stub", f"{stub.stem}={stub}"]
    environment = {**os.environ, "KALTURA_STUBS": "on"}
    run = subprocess.run([*command, "--", sys.executable, "-B", __file__], env=environment, check=False)
    sys.exit(run.returncode)

url = smuggle_url(f"kaltura:{PARTNER_ID}:0_sample01", {"service_url": SERVICE_URL})
client = YoutubeDL({"quiet": True, "no_warnings": True, "check_formats": False})
info = client.extract_info(url, download=False, process=False)
equal("the entry is found", (info["id"], info["title"], info["duration"]), ("0_sample01", "Welcome", 95))
equal("its owner and its time", (info["uploader_id"], info["timestamp"]), ("alice", 1795492000))
formats = [(found["width"], found["height"], found["tbr"], found["ext"]) for found in info["formats"]]
equal("its flavors", formats, [(640, 360, 500, "mp4")])
equal("its captions", [found["ext"] for found in info["subtitles"]["en"]], ["srt"])
all_told()
