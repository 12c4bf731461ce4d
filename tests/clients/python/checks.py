"""What the scripts of this folder share: the server that they talk to, and checks that are told as TAP."""

import hashlib
import os
import sys

from KalturaClient import KalturaClient, KalturaConfiguration
from KalturaClient.exceptions import KalturaException

SERVICE_URL = os.environ["KALTURA_SERVICE_URL"]
PARTNER_ID = int(os.environ["KALTURA_PARTNER_ID"])
ADMIN_SECRET = os.environ["KALTURA_ADMIN_SECRET"]
USER_SECRET = os.environ["KALTURA_USER_SECRET"]
APP_TOKEN_ID = os.environ["KALTURA_APP_TOKEN_ID"]
APP_TOKEN = os.environ["KALTURA_APP_TOKEN"]
APP_TOKEN_HASH_TYPE = os.environ["KALTURA_APP_TOKEN_HASH_TYPE"]
# Whether the server keeps answers, as the live service does.
RESPONSE_CACHE = os.environ["KALTURA_RESPONSE_CACHE"] == "on"

USER, ADMIN = 0, 2
WIDGET_ID = f"_{PARTNER_ID}"

_outcomes = []


def ok(what, is_so, *details):
    """Tells whether something is so; the details only if it is not."""
    _outcomes.append(bool(is_so))
    print(f"{'ok' if is_so else 'not ok'} - {what}", flush=True)
    if not is_so:
        for detail in details:
            print(f"# {detail}", flush=True)


def equal(what, got, expected):
    ok(what, got == expected, f"got      {got!r}", f"expected {expected!r}")


def near(what, got, expected, tolerance=5):
    """For times: the call itself takes some, and a second may end in between."""
    ok(
        what,
        isinstance(got, int) and abs(got - expected) <= tolerance,
        f"got {got!r}, expected about {expected}",
    )


def refused(what, call, code, message=None):
    """Makes a call that must fail with this code, and with this message if one is given."""
    try:
        got = call()
    except KalturaException as error:
        is_right = error.code == code and message in (None, error.message)
        ok(what, is_right, f"got {error.code}: {error.message}", f"expected {code}: {message or '…'}")
    else:
        ok(what, False, f"got {got!r}, expected {code}")


def all_told():
    """Ends the script. Without this line at its end, a run counts as broken off."""
    print(f"1..{len(_outcomes)}", flush=True)
    sys.exit(0 if all(_outcomes) else 1)


def new_client(ks=""):
    client = KalturaClient(KalturaConfiguration(serviceUrl=SERVICE_URL))
    client.setKs(ks)
    return client


def admin_client(user_id="an-admin"):
    client = new_client()
    client.setKs(client.session.start(ADMIN_SECRET, user_id, ADMIN, PARTNER_ID))
    return client


def token_hash(hash_type, ks, token):
    return hashlib.new(hash_type, (ks + token).encode()).hexdigest()


def log_in(client, token_id, token, hash_type, **wishes):
    """The whole flow, as Kaltura's documents tell it. Leaves the client with the new session."""
    client.setKs("")
    widget = client.session.startWidgetSession(WIDGET_ID)
    client.setKs(widget.ks)
    session = client.appToken.startSession(token_id, token_hash(hash_type, widget.ks, token), **wishes)
    client.setKs(session.ks)
    return session


def value(enum):
    """The value of one of the client's enumerations; None if the answer had none."""
    return None if enum is None else enum.getValue()
