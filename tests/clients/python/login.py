"""The App Token flow with the published client: each hash type, what is granted, and what is refused."""

import time

from KalturaClient.Plugins.Core import KalturaAppToken

from checks import (
    ADMIN,
    APP_TOKEN,
    APP_TOKEN_HASH_TYPE,
    APP_TOKEN_ID,
    PARTNER_ID,
    USER,
    WIDGET_ID,
    admin_client,
    all_told,
    equal,
    log_in,
    near,
    new_client,
    ok,
    refused,
    token_hash,
    value,
)

client = new_client()
admin = admin_client()


def new_token(**fields):
    return admin.appToken.add(KalturaAppToken(**fields))


def start(token, **wishes):
    return log_in(client, token.id, token.token, value(token.hashType), **wishes)


# The unprivileged session.
client.setKs("")
widget = client.session.startWidgetSession(WIDGET_ID)
equal("a widget session is of its partner", widget.partnerId, PARTNER_ID)
equal("a widget session has no user", widget.userId, "0")
ok("a KS of version 2 begins as one", widget.ks.startswith("djJ8"), widget.ks)
ok("every answer tells the server's time", client.responseHeaders["X-Kaltura-Session"].count(", ") == 1)
ok("every answer tells the server's name", client.responseHeaders["X-Me"] != "")
ok("every answer tells how long it took", client.executionTime is not None)

# The token that the emulator is started with.
granted = log_in(client, APP_TOKEN_ID, APP_TOKEN, APP_TOKEN_HASH_TYPE, expiry=600)
equal("the first token logs in", granted.partnerId, PARTNER_ID)
near("it is granted for as long as asked", granted.expiry, int(time.time()) + 600)

# Each hash type, with a token that may do something.
for hash_type in ("MD5", "SHA1", "SHA256", "SHA512"):
    token = new_token(
        hashType=hash_type,
        sessionType=ADMIN,
        sessionUserId="nightly-import",
        sessionDuration=3600,
        sessionPrivileges="list:*",
    )
    granted = start(token)
    privileges = f"sessionid:{token.id},apptoken:{token.id},list:*"
    ok(f"{hash_type}: a new KS", granted.ks.startswith("djJ8") and granted.ks != widget.ks)
    equal(f"{hash_type}: the partner", granted.partnerId, PARTNER_ID)
    equal(f"{hash_type}: the token's user", granted.userId, "nightly-import")
    equal(f"{hash_type}: the token's type", value(granted.sessionType), ADMIN)
    equal(f"{hash_type}: the token's privileges", granted.privileges, privileges)
    near(f"{hash_type}: the token's duration", granted.expiry, int(time.time()) + 3600)

    known = client.session.get()
    equal(f"{hash_type}: the server knows the user", known.userId, "nightly-import")
    equal(f"{hash_type}: the server knows the expiry", known.expiry, granted.expiry)
    equal(f"{hash_type}: the server knows the privileges", known.privileges, privileges)

    media = client.media.list()
    ok(f"{hash_type}: the session may list media", media.totalCount == len(media.objects) > 0)
    equal(f"{hash_type}: of its own partner", {entry.partnerId for entry in media.objects}, {PARTNER_ID})

# What is requested, and what is granted.
open_token = new_token(hashType="SHA256", sessionDuration=1000)
granted = start(open_token, userId="a guest", type=ADMIN, expiry=100, sessionPrivileges="view:*,appid:tests")
equal("a token without a user takes the requested one", granted.userId, "a guest")
equal("a token without a type takes the requested one", value(granted.sessionType), ADMIN)
near("a shorter life is granted", granted.expiry, int(time.time()) + 100)
equal(
    "privileges that are not the server's own are added",
    granted.privileges,
    f"sessionid:{open_token.id},apptoken:{open_token.id},view:*,appid:tests",
)
granted = start(open_token, expiry=5000, sessionPrivileges="edit:0_sample01")
near("a longer life is cut down to the token's", granted.expiry, int(time.time()) + 1000)
equal(
    "privileges of the server are dropped without a word",
    granted.privileges,
    f"sessionid:{open_token.id},apptoken:{open_token.id}",
)
equal("who wishes nothing is a user", (granted.userId, value(granted.sessionType)), ("", USER))

fixed = new_token(hashType="SHA256", sessionType=USER, sessionUserId="fixed", sessionPrivileges="sview:*")
granted = start(fixed, userId="other", type=ADMIN, sessionPrivileges="sview:0_sample01")
equal("a fixed user stays", granted.userId, "fixed")
equal("a fixed type stays", value(granted.sessionType), USER)
equal(
    "a wildcard is narrowed",
    granted.privileges,
    f"sessionid:{fixed.id},apptoken:{fixed.id},sview:0_sample01",
)

granted = start(open_token, type=ADMIN, expiry=-10)
near("a negative life is granted as it is", granted.expiry, int(time.time()) - 10)
refused(
    "and gives a KS that is dead",
    client.media.list,
    "INVALID_KS",
    'Invalid KS "EXPIRED", Error "-1,INVALID_STR"',
)

# What is refused.
client.setKs("")
widget = client.session.startWidgetSession(WIDGET_ID)
client.setKs(widget.ks)
right_hash = token_hash("sha256", widget.ks, open_token.token)
wrong_hash = (APP_TOKEN_ID, right_hash)
for what, arguments, code, message in (
    ("the hash of another token", wrong_hash, "INVALID_APP_TOKEN_HASH", "Invalid application token hash"),
    ("an upper-case hash", (open_token.id, right_hash.upper()), "INVALID_APP_TOKEN_HASH", None),
    (
        "a hash of another type",
        (open_token.id, token_hash("md5", widget.ks, open_token.token)),
        "INVALID_APP_TOKEN_HASH",
        None,
    ),
    ("the bare token", (open_token.id, open_token.token), "INVALID_APP_TOKEN_HASH", None),
    (
        "an unknown id",
        ("0_nothere1", right_hash),
        "APP_TOKEN_ID_NOT_FOUND",
        'Application token id "0_nothere1" not found',
    ),
):
    refused(f"{what} is refused", lambda: client.appToken.startSession(*arguments), code, message)
refused(
    "a type that does not exist is refused",
    lambda: client.appToken.startSession(open_token.id, right_hash, type=1),
    "INVALID_ENUM_VALUE",
    'Invalid enumeration value "1" for parameter "type", expecting enumeration type "KalturaSessionType"',
)
ok(
    "after all that the right hash still logs in",
    client.appToken.startSession(open_token.id, right_hash).ks != "",
)

expired = new_token(hashType="SHA256", expiry=-1)
message = f'Application token id "{expired.id}" expired'
refused("an expired token gives no session", lambda: start(expired), "APP_TOKEN_EXPIRED", message)
refused(
    "who does not know it is not told that it is expired",
    lambda: log_in(client, expired.id, "wrong", "sha256"),
    "INVALID_APP_TOKEN_HASH",
)
gone = new_token(hashType="SHA256")
admin.appToken.delete(gone.id)
refused("a deleted token is as unknown as any", lambda: start(gone), "APP_TOKEN_ID_NOT_FOUND")

client.setKs("")
refused(
    "a login without a KS is refused",
    lambda: client.appToken.startSession(open_token.id, right_hash),
    "SERVICE_FORBIDDEN",
    "The access to service [appToken->startSession] is forbidden",
)
client.setKs("no-ks")
refused(
    "nor with something that is none",
    lambda: client.appToken.startSession(open_token.id, right_hash),
    "INVALID_KS",
    'Invalid KS "no-ks", Error "-1,INVALID_STR"',
)
client.setKs("")
refused(
    "an unknown partner has no widget",
    lambda: client.session.startWidgetSession("_1"),
    "INVALID_WIDGET_ID",
    "Unknown widget [_1]",
)

all_told()
