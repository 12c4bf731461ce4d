# Logs in with an app token and curl, as often as the argument says; prints the microseconds of each.
set -euo pipefail
for _ in $(seq "$1"); do
  start=$(date +%s%N)
  widget=$(printf 'format=1&widgetId=_%s' "$KALTURA_PARTNER_ID" |
    curl -sf --data @- "$KALTURA_SERVICE_URL/api_v3/service/session/action/startWidgetSession" | jq -r .ks)
  hash=$(printf '%s%s' "$widget" "$KALTURA_APP_TOKEN" | sha256sum | cut -d' ' -f1)
  ks=$(printf 'format=1&ks=%s&id=%s&tokenHash=%s' "$widget" "$KALTURA_APP_TOKEN_ID" "$hash" |
    curl -sf --data @- "$KALTURA_SERVICE_URL/api_v3/service/appToken/action/startSession" | jq -r .ks)
  case "$ks" in djJ8*) ;; *) exit 1 ;; esac
  echo $(( ($(date +%s%N) - start) / 1000 ))
done
