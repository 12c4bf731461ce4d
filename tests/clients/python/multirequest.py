"""Several calls in one request with the published client, one referring to the results of others."""

from KalturaClient.exceptions import KalturaException
from KalturaClient.Plugins.Core import KalturaAppToken, KalturaAppTokenFilter, KalturaFilterPager

from checks import (
    ADMIN,
    ADMIN_SECRET,
    APP_TOKEN_ID,
    PARTNER_ID,
    USER_SECRET,
    USER,
    WIDGET_ID,
    admin_client,
    all_told,
    equal,
    log_in,
    new_client,
    ok,
    refused,
)


def code(answer):
    return answer.code if isinstance(answer, KalturaException) else None


client = admin_client()

# One call refers to another.
client.startMultiRequest()
added = client.appToken.add(KalturaAppToken(hashType="SHA256", sessionType=ADMIN, sessionUserId="batch"))
equal("the client makes references", str(added.id), "{1:result:id}")
client.appToken.get(added.id)
client.appToken.list(KalturaAppTokenFilter(idEqual=added.id), KalturaFilterPager(pageSize=5))
client.appToken.update(added.id, KalturaAppToken(description=added.token))
client.system.ping()
answers = client.doMultiRequest()
equal("each call has its answer", len(answers), 5)
token, read, found, updated, ping = answers
ok("a token was added", len(token.token) == 32)
equal("it was read by its id", (read.id, read.token), (token.id, token.token))
equal("it was found by its id", ([item.id for item in found.objects], found.totalCount), ([token.id], 1))
equal("a reference may stand within an object", updated.description, token.token)
equal("an answer that is no object is a text", ping, "1")
session = log_in(new_client(), token.id, token.token, "sha256")
equal("the token is a real one", session.userId, "batch")

# A session that is started on the way.
anonymous = new_client()
anonymous.startMultiRequest()
ks = anonymous.session.start(ADMIN_SECRET, "in-between", ADMIN, PARTNER_ID)
anonymous.setKs(ks)
anonymous.session.get()
anonymous.media.list(pager=KalturaFilterPager(pageSize=1))
answers = anonymous.doMultiRequest()
ok("a session is started", answers[0].startswith("djJ8"), answers[0])
equal("and used by the next call", answers[1].userId, "in-between")
equal("and by the one after that", len(answers[2].objects), 1)

# Deep in a list.
client.startMultiRequest()
tokens = client.appToken.list(KalturaAppTokenFilter(idEqual=APP_TOKEN_ID))
client.appToken.get(tokens.objects[0].id)
answers = client.doMultiRequest()
equal("a reference reaches into a list", answers[1].id, APP_TOKEN_ID)

# What fails does not stop the rest.
client.startMultiRequest()
missing = client.appToken.get("0_nothere1")
client.appToken.get(missing.id)
client.session.startWidgetSession(WIDGET_ID)
answers = client.doMultiRequest()
equal("an error stands among the answers", code(answers[0]), "APP_TOKEN_ID_NOT_FOUND")
equal(
    "a reference to it is empty",
    str(answers[1]),
    'Application token id "" not found (APP_TOKEN_ID_NOT_FOUND)',
)
equal("the next call is answered all the same", answers[2].partnerId, PARTNER_ID)

failing = new_client()
failing.startMultiRequest()
ks = failing.session.start("wrong", "x", ADMIN, PARTNER_ID)
failing.setKs(ks)
failing.media.list()
answers = failing.doMultiRequest()
equal("a wrong secret starts no session", code(answers[0]), "START_SESSION_ERROR")
equal("so that the next call has none", code(answers[1]), "SERVICE_FORBIDDEN")

user = new_client()
user.setKs(user.session.start(USER_SECRET, "a-user", USER, PARTNER_ID))
user.startMultiRequest()
user.appToken.list()
user.session.get()
equal(
    "each call is judged for itself",
    [code(answer) for answer in user.doMultiRequest()],
    ["SERVICE_FORBIDDEN"] * 2,
)

broken = new_client("no-ks")
broken.startMultiRequest()
broken.media.list()
broken.system.ping()
equal(
    "a broken KS fails every call", [code(answer) for answer in broken.doMultiRequest()], ["INVALID_KS"] * 2
)

# The client is as it was.
equal("single calls work as before", client.appToken.get(APP_TOKEN_ID).id, APP_TOKEN_ID)
refused("and fail as before", lambda: client.appToken.get("0_nothere1"), "APP_TOKEN_ID_NOT_FOUND")

all_told()
