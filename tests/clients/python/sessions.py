"""Sessions with the published client: started with a secret, looked at, ended, limited, refused."""

import itertools
import time

from KalturaClient.Plugins.Core import KalturaAppToken, KalturaFilterPager

from checks import (
    ADMIN,
    ADMIN_SECRET,
    APP_TOKEN,
    APP_TOKEN_HASH_TYPE,
    APP_TOKEN_ID,
    PARTNER_ID,
    RESPONSE_CACHE,
    USER,
    USER_SECRET,
    WIDGET_ID,
    all_told,
    equal,
    log_in,
    near,
    new_client,
    ok,
    refused,
    value,
)

EXPIRED = 'Invalid KS "EXPIRED", Error "-1,INVALID_STR"'
LOGOUT = 'Invalid KS "LOGOUT", Error "-1,INVALID_STR"'

client = new_client()
page_sizes = itertools.count(1)


def list_media():
    """Lists media with a page size of its own.

    With the response cache on, a refused KS gets the error of the last one that was refused with the same parameters.
    """
    return client.media.list(pager=KalturaFilterPager(pageSize=next(page_sizes)))


def start(secret, user_id, session_type, **more):
    """Starts a session without the help of another one."""
    client.setKs("")
    ks = client.session.start(secret, user_id, session_type, PARTNER_ID, **more)
    client.setKs(ks)
    return ks


def forbidden(action):
    return f"The access to service [{action}] is forbidden"


# Started with a secret.
ks = start(ADMIN_SECRET, "an-admin", ADMIN, expiry=1000, privileges="edit:0_sample01,*")
known = client.session.get()
equal("session.get knows the partner", known.partnerId, PARTNER_ID)
equal("session.get knows the user", known.userId, "an-admin")
equal("session.get knows the type", value(known.sessionType), ADMIN)
equal("session.get knows the privileges", known.privileges, "edit:0_sample01,all:*")
near("session.get knows the expiry", known.expiry, int(time.time()) + 1000)
equal("session.get does not give the KS again", known.ks, "")

user_ks = start(USER_SECRET, "a-user", USER)
refused(
    "a user may not look at a session", client.session.get, "SERVICE_FORBIDDEN", forbidden("session->get")
)
refused(
    "a user may not list app tokens", client.appToken.list, "SERVICE_FORBIDDEN", forbidden("appToken->list")
)
refused(
    "a user may not add app tokens",
    lambda: client.appToken.add(KalturaAppToken()),
    "SERVICE_FORBIDDEN",
    forbidden("appToken->add"),
)
client.setKs(ks)
known = client.session.get(user_ks)
equal("an admin looks at another session", (known.userId, value(known.sessionType)), ("a-user", USER))
near("a session lives a day if nothing is said", known.expiry, int(time.time()) + 86400)

message = f"Error while starting session for partner [{PARTNER_ID}]"
for what, secret, session_type in (
    ("a wrong secret", "0" * 32, USER),
    ("the user secret for an admin", USER_SECRET, ADMIN),
):
    refused(
        f"{what} starts no session", lambda: start(secret, "x", session_type), "START_SESSION_ERROR", message
    )
client.setKs("")
refused(
    "an unknown partner has no sessions",
    lambda: client.session.start(ADMIN_SECRET, "x", USER, 1),
    "SERVICE_FORBIDDEN_CONTENT_BLOCKED",
)
refused(
    "impersonation is refused",
    lambda: client.session.impersonate(ADMIN_SECRET, 1, "x", ADMIN, PARTNER_ID),
    "START_SESSION_ERROR",
    message,
)

# Without a session.
for empty in ("", None):
    client.setKs(empty)
    refused(
        f"a KS that is {empty!r} is none", client.media.list, "SERVICE_FORBIDDEN", forbidden("media->list")
    )
client.setKs("")
equal("the server answers a ping", client.system.ping(), True)
near("the server tells its time", client.system.getTime(), int(time.time()))
equal("ending no session does nothing", client.session.end(), None)

# Dead in several ways.
start(ADMIN_SECRET, "x", ADMIN, expiry=-1)
refused("an expired session is refused", client.media.list, "INVALID_KS", EXPIRED)
first = start(ADMIN_SECRET, "x", ADMIN)
second = start(ADMIN_SECRET, "x", ADMIN)
client.setKs(first)
equal("session.end answers nothing", client.session.end(), None)
refused("an ended session is refused", client.media.list, "INVALID_KS", LOGOUT)
refused("and cannot be ended again", client.session.end, "INVALID_KS", LOGOUT)
client.setKs(second)
ok("another session of the same user goes on", client.media.list().totalCount > 0)
broken = second[:-6] + "AAAA=="
client.setKs(broken)
refused(
    "a KS with a wrong signature is told back",
    list_media,
    "INVALID_KS",
    f'Invalid KS "{broken}", Error "-1,INVALID_STR"',
)
if RESPONSE_CACHE:
    refused("or gets the error of another KS from the cache", client.media.list, "INVALID_KS", EXPIRED)

start(ADMIN_SECRET, "x", ADMIN, privileges="actionslimit:2")
ok("two actions are allowed", client.media.list().totalCount == client.media.list().totalCount)
message = 'Invalid KS "EXCEEDED_ACTIONS_LIMIT", Error "-1,INVALID_STR"'
refused("a third one is not", client.media.list, "INVALID_KS", message)
start(ADMIN_SECRET, "x", ADMIN, privileges="iprestrict:192.0.2.1")
message = 'Invalid KS "EXCEEDED_RESTRICTED_IP", Error "-1,INVALID_STR"'
refused("a session for another address is refused", list_media, "INVALID_KS", message)


def start_with_unknown_role():
    return start(ADMIN_SECRET, "x", ADMIN, privileges="setrole:12345678")


if RESPONSE_CACHE:
    # The way that is taken then does not look at roles, before the session is used.
    start_with_unknown_role()
    refused(
        "a session of an unknown role is refused",
        client.media.list,
        "INVALID_OBJECT_ID",
        "Invalid object id [N/A]",
    )
else:
    refused("an unknown role is refused", start_with_unknown_role, "UNKNOWN_ROLE_ID", "Unknown role id")

# Signed by the client itself, in both versions, without asking the server.
for version, sign, privileges in (
    (1, client.generateSession, "list:*,edit:0_sample01"),
    (2, client.generateSessionV2, "edit:0_sample01,*"),
):
    client.setKs(sign(ADMIN_SECRET, f"signed-{version}", ADMIN, PARTNER_ID, 900, privileges).decode())
    known = client.session.get()
    equal(f"version {version}: the user that was signed", known.userId, f"signed-{version}")
    near(f"version {version}: the expiry that was signed", known.expiry, int(time.time()) + 900)
    expected = {1: privileges, 2: "edit:0_sample01,all:*"}[version]
    equal(f"version {version}: the privileges that were signed", known.privileges, expected)
    ok(f"version {version}: it may list media", client.media.list().totalCount > 0)
    forged = sign("0" * 32, "x", ADMIN, PARTNER_ID, 900, "").decode()
    client.setKs(forged)
    message = f'Invalid KS "{forged}", Error "-1,INVALID_STR"'
    refused(f"version {version}: another secret does not do", list_media, "INVALID_KS", message)

# A widget session cannot be ended.
client.setKs("")
widget = client.session.startWidgetSession(WIDGET_ID)
client.setKs(widget.ks)
client.session.end()
client.setKs("")
ok("a widget KS lives on after session.end", client.session.startWidgetSession(WIDGET_ID).ks != "")

# The sessions of an app token are a group.
one = log_in(client, APP_TOKEN_ID, APP_TOKEN, APP_TOKEN_HASH_TYPE, type=ADMIN)
two = log_in(client, APP_TOKEN_ID, APP_TOKEN, APP_TOKEN_HASH_TYPE, type=ADMIN)
ok("two sessions of a token live side by side", client.media.list().totalCount > 0)
client.setKs(one.ks)
client.session.end()
client.setKs(two.ks)
refused("the end of one ends the other", client.media.list, "INVALID_KS", LOGOUT)
three = log_in(client, APP_TOKEN_ID, APP_TOKEN, APP_TOKEN_HASH_TYPE, type=ADMIN)
ok("the token still gives sessions", three.ks.startswith("djJ8"))
refused("but they are dead on arrival", client.media.list, "INVALID_KS", LOGOUT)

all_told()
