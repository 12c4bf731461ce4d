#!/usr/bin/env python3
"""Counts the media entries of an account. Needs `kaltura` and nothing but the standard library.

The settings of the command come from its variables, such as KALTURA_APP_TOKEN, or from its profile.
"""

import json
import subprocess
import threading
import time
import urllib.parse
import urllib.request


class KalturaError(Exception):
    """An error of the API."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class KalturaSession:
    """A session from the command `kaltura`, which can be used by any number of threads."""

    MARGIN = 60  # seconds

    def __init__(self, *options):
        self._options = options
        self._lock = threading.Lock()
        self._document = None
        self._until = 0.0

    def get(self, fresh=False):
        """The document of `kaltura ks --json`. Runs the command only if the session has no minute left."""
        with self._lock:
            # Before the command is run: the time that it takes counts.
            now = time.monotonic()
            if fresh or self._document is None or now >= self._until:
                command = ["kaltura", "ks", "--json", *self._options, *(["--fresh"] if fresh else [])]
                output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
                document = json.loads(output)
                if document["version"] != 1:
                    raise RuntimeError(f"kaltura ks --json: version {document['version']} is not supported")
                self._document, self._until = document, now + document["validFor"] - self.MARGIN
            return self._document

    def call(self, service, action, **parameters):
        """Calls the API; once more with a new session if the server has ended this one."""
        try:
            return self._send(self.get(), service, action, parameters)
        except KalturaError as error:
            if error.code != "INVALID_KS":
                raise
            return self._send(self.get(fresh=True), service, action, parameters)

    @staticmethod
    def _send(document, service, action, parameters):
        url = f"{document['serviceUrl']}/api_v3/service/{service}/action/{action}"
        body = urllib.parse.urlencode({**parameters, "ks": document["ks"], "format": 1}).encode()
        with urllib.request.urlopen(url, body, timeout=30) as response:
            result = json.load(response)
        if isinstance(result, dict) and result.get("objectType") == "KalturaAPIException":
            raise KalturaError(result["code"], result["message"])
        return result


if __name__ == "__main__":
    print(KalturaSession().call("media", "list")["totalCount"])
