"""Prints a KS, as a script with the published client gets it: by an app token login."""

import hashlib
import os

from KalturaClient import KalturaClient, KalturaConfiguration

client = KalturaClient(KalturaConfiguration(serviceUrl=os.environ["KALTURA_SERVICE_URL"]))
client.setKs(client.session.startWidgetSession("_" + os.environ["KALTURA_PARTNER_ID"]).ks)
proof = hashlib.new(
    os.environ["KALTURA_APP_TOKEN_HASH_TYPE"], (client.getKs() + os.environ["KALTURA_APP_TOKEN"]).encode()
)
print(client.appToken.startSession(os.environ["KALTURA_APP_TOKEN_ID"], proof.hexdigest()).ks)
