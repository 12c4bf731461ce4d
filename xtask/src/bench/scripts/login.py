"""Logs in with an app token and the published client, as often as the argument says; prints the microseconds of each."""

import hashlib
import os
import sys
import time

from KalturaClient import KalturaClient, KalturaConfiguration

client = KalturaClient(KalturaConfiguration(serviceUrl=os.environ["KALTURA_SERVICE_URL"]))
for _ in range(int(sys.argv[1])):
    start = time.perf_counter()
    client.setKs(client.session.startWidgetSession("_" + os.environ["KALTURA_PARTNER_ID"]).ks)
    token_hash = hashlib.new(
        os.environ["KALTURA_APP_TOKEN_HASH_TYPE"], (client.getKs() + os.environ["KALTURA_APP_TOKEN"]).encode()
    )
    session = client.appToken.startSession(os.environ["KALTURA_APP_TOKEN_ID"], token_hash.hexdigest())
    assert session.ks
    print(round((time.perf_counter() - start) * 1e6))
