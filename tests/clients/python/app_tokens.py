"""The life of app tokens with the published client: added, read, listed, updated, deleted."""

import re
import time

from KalturaClient.Plugins.Core import (
    KalturaAppToken,
    KalturaAppTokenFilter,
    KalturaAppTokenOrderBy,
    KalturaAppTokenStatus,
    KalturaFilterPager,
)

from checks import (
    ADMIN,
    APP_TOKEN_ID,
    PARTNER_ID,
    USER,
    admin_client,
    all_told,
    equal,
    log_in,
    near,
    new_client,
    ok,
    refused,
    value,
)

admin = admin_client()
now = int(time.time())


def not_found(token_id):
    return "APP_TOKEN_ID_NOT_FOUND", f'Application token id "{token_id}" not found'


def listed(pager=None, **conditions):
    """The ids of a list, and how many there are in all."""
    pager = KalturaFilterPager(**pager) if pager else KalturaFilterPager()
    answer = admin.appToken.list(KalturaAppTokenFilter(**conditions), pager)
    return [token.id for token in answer.objects], answer.totalCount


# Added.
plain = admin.appToken.add(KalturaAppToken())
ok("an id is given", re.fullmatch("[0-9]+_[0-9a-z]{8}", plain.id), plain.id)
ok("a token of 32 hexadecimal digits is given", re.fullmatch("[0-9a-f]{32}", plain.token), plain.token)
equal("it is the partner's", plain.partnerId, PARTNER_ID)
equal("it is active", value(plain.status), KalturaAppTokenStatus.ACTIVE)
near("it knows when it was made", plain.createdAt, now)
equal("sessions last a day if nothing is said", plain.sessionDuration, 86400)
equal("nothing else is fixed", (plain.expiry, plain.sessionType, plain.sessionUserId), (None, None, ""))

full = admin.appToken.add(
    KalturaAppToken(
        expiry=now + 20 * 365 * 86400,
        sessionType=USER,
        sessionUserId="lector",
        sessionDuration=3600,
        sessionPrivileges="sview:*,privacycontext:school",
        hashType="SHA512",
        description="Für Ärzte & Schüler <€>",
    )
)
equal("an absolute end is kept", full.expiry, now + 20 * 365 * 86400)
equal("the type is kept", value(full.sessionType), USER)
equal("the user is kept", full.sessionUserId, "lector")
equal("the duration is kept", full.sessionDuration, 3600)
equal("the privileges are kept", full.sessionPrivileges, "sview:*,privacycontext:school")
equal("the hash type is kept", value(full.hashType), "SHA512")
equal("the description is kept to the letter", full.description, "Für Ärzte & Schüler <€>")

soon = admin.appToken.add(KalturaAppToken(expiry=3600, description=None))
near("a small end is counted from now", soon.expiry, now + 3600)
equal("what is set to null is nothing", soon.description, "")

refused(
    "a user id with a blank is refused",
    lambda: admin.appToken.add(KalturaAppToken(sessionUserId="no blanks")),
    "INVALID_FIELD_VALUE",
    "value in field [sessionUserId] is not valid",
)
refused(
    "a hash type in lower case is refused",
    lambda: admin.appToken.add(KalturaAppToken(hashType="sha256")),
    "INVALID_ENUM_VALUE",
    'Invalid enumeration value "sha256" for parameter "hashType", expecting enumeration type "KalturaAppTokenHashType"',
)
refused(
    "a control character is refused",
    lambda: admin.appToken.add(KalturaAppToken(description="a\x01b")),
    "INVALID_PARAMETER_CHAR",
    'Invalid char in "description" field',
)

# Read.
same = admin.appToken.get(full.id)
equal(
    "what is read is what was added",
    (same.id, same.token, same.description),
    (full.id, full.token, full.description),
)
equal("an id is read in any case", admin.appToken.get(full.id.upper()).id, full.id)
refused("an unknown id is told", lambda: admin.appToken.get("0_nothere1"), *not_found("0_nothere1"))

# Listed.
ids, total = listed()
equal("all are listed", (set(ids), total), ({APP_TOKEN_ID, plain.id, full.id, soon.id}, 4))
equal("by id", listed(idEqual=full.id), ([full.id], 1))
equal("by several ids", set(listed(idIn=f"{plain.id},{soon.id},0_nothere1")[0]), {plain.id, soon.id})
equal("by user", listed(sessionUserIdEqual="lector"), ([full.id], 1))
equal("by status", listed(statusEqual=KalturaAppTokenStatus.ACTIVE)[1], 4)
equal("by a status that none has", listed(statusEqual=KalturaAppTokenStatus.DISABLED), ([], 0))
equal("by several statuses", listed(statusIn="1,2")[1], 4)
equal("by time, from then on", listed(createdAtGreaterThanOrEqual=now - 3600)[1], 4)
equal("by time, until then", listed(createdAtLessThanOrEqual=now - 3600), ([], 0))
equal("one page", len(listed(pager={"pageSize": 3, "pageIndex": 1})[0]), 3)
equal("the rest", len(listed(pager={"pageSize": 3, "pageIndex": 2})[0]), 1)
equal("behind the last page", listed(pager={"pageSize": 3, "pageIndex": 3}), ([], 4))
pages = [
    listed(pager={"pageSize": 1, "pageIndex": page}, orderBy=KalturaAppTokenOrderBy.CREATED_AT_ASC)
    for page in range(1, 5)
]
equal("page by page all are seen", {page[0][0] for page in pages}, set(ids))

# Updated.
changed = admin.appToken.update(full.id, KalturaAppToken(description="changed", sessionDuration=60))
equal("what is updated changes", (changed.description, changed.sessionDuration), ("changed", 60))
equal(
    "what is not, stays",
    (changed.sessionUserId, changed.token, value(changed.hashType)),
    ("lector", full.token, "SHA512"),
)
changed = admin.appToken.update(full.id, KalturaAppToken(hashType="MD5", sessionType=ADMIN))
client = new_client()
granted = log_in(client, full.id, full.token, "md5")
equal("the hash type can be changed", (granted.userId, value(granted.sessionType)), ("lector", ADMIN))
near("and the changed duration holds", granted.expiry, int(time.time()) + 60)
changed = admin.appToken.update(full.id, KalturaAppToken(expiry=None, description=None))
equal("null takes a value away", (changed.expiry, changed.description), (None, ""))
refused(
    "what is unknown cannot be updated",
    lambda: admin.appToken.update("0_nothere1", KalturaAppToken(description="x")),
    *not_found("0_nothere1"),
)

# Deleted.
ok("the session of a token works", client.media.list().totalCount > 0)
equal("a deletion answers nothing", admin.appToken.delete(full.id), None)
refused(
    "with the token its sessions end",
    client.media.list,
    "INVALID_KS",
    'Invalid KS "LOGOUT", Error "-1,INVALID_STR"',
)
refused("what is deleted cannot be read", lambda: admin.appToken.get(full.id), *not_found(full.id))
refused("nor be deleted again", lambda: admin.appToken.delete(full.id), *not_found(full.id))
equal("nor is it listed", set(listed()[0]), {APP_TOKEN_ID, plain.id, soon.id})
equal("not even when deleted ones are asked for", listed(statusEqual=KalturaAppTokenStatus.DELETED), ([], 0))

all_told()
