#!/usr/bin/env bash
# A login as Kaltura's guides teach it, line by line: curl, jq, and a hash that is made by the shell.

# shellcheck source=checks.sh
source "$(dirname "$0")/checks.sh"

# The guides call them so.
SERVICE_URL="$KALTURA_SERVICE_URL/api_v3"
PARTNER_ID="$KALTURA_PARTNER_ID"
ADMIN_SECRET="$KALTURA_ADMIN_SECRET"
APP_TOKEN_ID="$KALTURA_APP_TOKEN_ID"
APP_TOKEN_VALUE="$KALTURA_APP_TOKEN"

# Step 1: an unprivileged session.
WIDGET_KS=$(curl -s -X POST "$SERVICE_URL/service/session/action/startWidgetSession" \
  -d "format=1" \
  -d "widgetId=_$PARTNER_ID" | jq -r '.ks')
matches "a widget session has a KS" "$WIDGET_KS" "djJ8*"

# Step 2: the hash.
HASH=$(printf '%s%s' "$WIDGET_KS" "$APP_TOKEN_VALUE" | sha256sum | cut -d' ' -f1)

# Step 3: the privileged session.
KS=$(curl -s -X POST "$SERVICE_URL/service/appToken/action/startSession" \
  -d "format=1" \
  -d "ks=$WIDGET_KS" \
  -d "id=$APP_TOKEN_ID" \
  -d "tokenHash=$HASH" \
  -d "userId=nightly-import" \
  -d "type=2" \
  -d "expiry=3600" | jq -r '.ks')
matches "a hash by sha256sum gives a KS" "$KS" "djJ8*"
ok "which is another one" [ "$KS" != "$WIDGET_KS" ]

# Step 4: it is used.
COUNT=$(curl -s -X POST "$SERVICE_URL/service/media/action/list" \
  -d "format=1" \
  -d "ks=$KS" \
  -d "pager[pageSize]=2" \
  -d "pager[pageIndex]=1" | jq '.objects | length')
equal "the session lists media, by pages" "$COUNT" 2
USER_ID=$(curl -s -X POST "$SERVICE_URL/service/session/action/get" -d "format=1" -d "ks=$KS" | jq -r '.userId')
equal "the session is of the user that was asked for" "$USER_ID" "nightly-import"

# The same by GET, as it can be tried in the address line of a browser.
WIDGET_KS=$(curl -s "$SERVICE_URL/service/session/action/startWidgetSession?format=1&widgetId=_$PARTNER_ID" | jq -r .ks)
HASH=$(echo -n "$WIDGET_KS$APP_TOKEN_VALUE" | sha256sum | awk '{print $1}')
KS=$(curl -s -G "$SERVICE_URL/service/appToken/action/startSession" \
  --data-urlencode "format=1" \
  --data-urlencode "ks=$WIDGET_KS" \
  --data-urlencode "id=$APP_TOKEN_ID" \
  --data-urlencode "tokenHash=$HASH" | jq -r .ks)
matches "a login by GET gives a KS" "$KS" "djJ8*"

# The same with JSON.
WIDGET_KS=$(curl -s -X POST "$SERVICE_URL/service/session/action/startWidgetSession" \
  -H "Content-Type: application/json" \
  -d "{\"format\": 1, \"widgetId\": \"_$PARTNER_ID\"}" | jq -r .ks)
HASH=$(printf '%s' "$WIDGET_KS$APP_TOKEN_VALUE" | sha256sum | cut -c 1-64)
ANSWER=$(curl -s -X POST "$SERVICE_URL/service/appToken/action/startSession" \
  -H "Content-Type: application/json" \
  -d "$(jq -n --arg ks "$WIDGET_KS" --arg id "$APP_TOKEN_ID" --arg hash "$HASH" \
    '{format: 1, ks: $ks, id: $id, tokenHash: $hash, expiry: 600}')")
equal "a login with JSON gives a session" "$(jq -r .objectType <<<"$ANSWER")" "KalturaSessionInfo"
equal "its type is a number" "$(jq -r '.sessionType | type' <<<"$ANSWER")" "number"
equal "its partner is a text" "$(jq -r .partnerId <<<"$ANSWER")" "$PARTNER_ID"
equal "its partner is a text, not a number" "$(jq -r '.partnerId | type' <<<"$ANSWER")" "string"
LEFT=$(($(jq .expiry <<<"$ANSWER") - $(date +%s)))
ok "its expiry is a time: $LEFT seconds from now" test "$LEFT" -gt 590 -a "$LEFT" -le 605

# Tokens for the other hash types, made as the guides make one.
ADMIN_KS=$(curl -s -X POST "$SERVICE_URL/service/session/action/start" \
  -d "format=1" \
  -d "secret=$ADMIN_SECRET" \
  -d "userId=an-admin" \
  -d "type=2" \
  -d "partnerId=$PARTNER_ID" \
  -d "expiry=86400" | jq -r .)
matches "an admin's session is a bare text" "$ADMIN_KS" "djJ8*"
for HASH_TYPE in MD5 SHA1 SHA256 SHA512; do
  TOKEN=$(curl -s -X POST "$SERVICE_URL/service/appToken/action/add" \
    -d "format=1" \
    -d "ks=$ADMIN_KS" \
    -d "appToken[objectType]=KalturaAppToken" \
    -d "appToken[hashType]=$HASH_TYPE" \
    -d "appToken[sessionType]=2" \
    -d "appToken[sessionUserId]=cron" \
    -d "appToken[sessionDuration]=3600" \
    -d "appToken[sessionPrivileges]=list:*" \
    -d "appToken[description]=A token for $HASH_TYPE")
  equal "$HASH_TYPE: the token is as requested" \
    "$(jq -c '[.hashType, .sessionType, .sessionUserId, .sessionDuration, .status, .description]' <<<"$TOKEN")" \
    "[\"$HASH_TYPE\",2,\"cron\",3600,2,\"A token for $HASH_TYPE\"]"
  TOKEN_ID=$(jq -r .id <<<"$TOKEN")
  TOKEN_VALUE=$(jq -r .token <<<"$TOKEN")

  WIDGET_KS=$(curl -s "$SERVICE_URL/service/session/action/startWidgetSession" -d format=1 -d "widgetId=_$PARTNER_ID" | jq -r .ks)
  SUM="$(tr '[:upper:]' '[:lower:]' <<<"$HASH_TYPE")sum"
  HASH=$(printf '%s%s' "$WIDGET_KS" "$TOKEN_VALUE" | "$SUM" | cut -d' ' -f1)
  ANSWER=$(curl -s "$SERVICE_URL/service/appToken/action/startSession" \
    -d format=1 -d "ks=$WIDGET_KS" -d "id=$TOKEN_ID" -d "tokenHash=$HASH")
  equal "$HASH_TYPE: $SUM makes its hash" "$(jq -c '[.sessionType, .userId, .privileges]' <<<"$ANSWER")" \
    "[2,\"cron\",\"sessionid:$TOKEN_ID,apptoken:$TOKEN_ID,list:*\"]"
  COUNT=$(curl -s "$SERVICE_URL/service/media/action/list" -d format=1 -d "ks=$(jq -r .ks <<<"$ANSWER")" | jq .totalCount)
  ok "$HASH_TYPE: the session lists media" [ "$COUNT" -gt 0 ]
done

# The commonest mistake: a line end within the hash.
HASH=$(echo "$WIDGET_KS$TOKEN_VALUE" | sha512sum | cut -d' ' -f1)
ANSWER=$(curl -s "$SERVICE_URL/service/appToken/action/startSession" \
  -d format=1 -d "ks=$WIDGET_KS" -d "id=$TOKEN_ID" -d "tokenHash=$HASH")
equal "a line end in the hash is refused" "$ANSWER" \
  '{"code":"INVALID_APP_TOKEN_HASH","message":"Invalid application token hash","objectType":"KalturaAPIException","args":[]}'
equal "and jq makes null of it, which is no KS" "$(jq -r .ks <<<"$ANSWER")" "null"

# The tokens are cleaned up.
LIST=$(curl -s "$SERVICE_URL/service/appToken/action/list" -d format=1 -d "ks=$ADMIN_KS" -d "filter[sessionUserIdEqual]=cron")
equal "all of them are found by their user" "$(jq .totalCount <<<"$LIST")" 4
for TOKEN_ID in $(jq -r '.objects[].id' <<<"$LIST"); do
  ANSWER=$(curl -s "$SERVICE_URL/service/appToken/action/delete" -d format=1 -d "ks=$ADMIN_KS" -d "id=$TOKEN_ID")
  equal "a deletion answers null" "$ANSWER" "null"
done
LIST=$(curl -s "$SERVICE_URL/service/appToken/action/list" -d format=1 -d "ks=$ADMIN_KS" -d "filter[sessionUserIdEqual]=cron")
equal "then there are none" "$(jq -c '[.totalCount, .objects]' <<<"$LIST")" "[0,[]]"

all_told
