#!/usr/bin/env bash
# Every way to write a request, and what an answer looks like on the wire (wire contract, sections 1, 2 and 8).

# shellcheck source=checks.sh
source "$(dirname "$0")/checks.sh"

url=$KALTURA_SERVICE_URL
widget="_$KALTURA_PARTNER_ID"

ask() { # ask PATH OPTION…
    local path=$1
    shift
    curl -s --max-time 10 "$@" "$url$path"
}

head_of() { # head_of PATH OPTION…: the status line and the headers
    local path=$1
    shift
    curl -s --max-time 10 -o /dev/null -D - "$@" "$url$path" | tr -d '\r'
}

header() { # header NAME HEAD
    sed -n "s/^$1: *//Ip" <<<"$2"
}

is_widget_session() { # is_widget_session WHAT PATH OPTION…
    local what=$1
    shift
    equal "$what" "$(ask "$@" | jq -r '.objectType + " " + (.partnerId | tostring)')" \
        "KalturaStartWidgetSessionResponse $KALTURA_PARTNER_ID"
}

json='Content-Type: application/json'
start=/service/session/action/startWidgetSession

begin='<?xml version="1.0" encoding="utf-8"?><xml><result>'
end='</result><executionTime>*</executionTime></xml>'
# error CODE MESSAGE ARGUMENTS: how an error reads in JSON
error() {
    printf '{"code":"%s","message":"%s","objectType":"KalturaAPIException","args":%s}' "$@"
}
missing=$(error MISSING_MANDATORY_PARAMETER 'Missing parameter \"widgetId\"' '{"PARAM_NAME":"widgetId"}')

# Where the action stands.
for path in \
    "/api_v3$start" \
    "/api_v3$start/" \
    "/api_v3/index.php$start" \
    "/api_v3/?service=session&action=startWidgetSession" \
    "/api_v3/index.php?service=session&action=startWidgetSession" \
    "/api$start" \
    "//api_v3$start" \
    "/api_v3/service/SESSION/action/STARTwidgetSESSION"; do
    is_widget_session "POST of a form to $path" "$path" -d format=1 -d "widgetId=$widget"
    is_widget_session "POST of JSON to $path" "$path" -H "$json" -d "{\"format\":1,\"widgetId\":\"$widget\"}"
done
is_widget_session "the action in the form" /api_v3/ \
    -d service=session -d action=startWidgetSession -d format=1 -d "widgetId=$widget"
is_widget_session "the action in JSON" /api_v3/ -H "$json" \
    -d "{\"service\":\"session\",\"action\":\"startWidgetSession\",\"format\":\"1\",\"widgetId\":\"$widget\"}"
is_widget_session "parameters in the path" "/api_v3$start/format/1/widgetId/$widget"
is_widget_session "a part of them in the query" "/api_v3$start/format/1?widgetId=$widget"
equal "names have their case" "$(ask "/api_v3$start?format=1&widgetid=$widget")" "$missing"

# Which one counts.
is_widget_session "the path beats the query" "/api_v3$start/widgetId/$widget?format=1&widgetId=_1"
is_widget_session "the query beats the form" "/api_v3$start?format=1&widgetId=$widget" -d widgetId=_1
is_widget_session "the query beats JSON" "/api_v3$start?format=1&widgetId=$widget" -H "$json" -d '{"widgetId":"_1"}'

# Methods.
for method in POST PUT DELETE PATCH; do
    is_widget_session "$method with JSON" "/api_v3$start" \
        -X "$method" -H "$json" -d "{\"format\":1,\"widgetId\":\"$widget\"}"
done
is_widget_session "GET" "/api_v3$start?format=1&widgetId=$widget"
equal "a form is read with POST only" "$(ask "/api_v3$start?format=1" -X PUT -d "widgetId=$widget")" "$missing"
answer=$(head_of "/api_v3$start" -X OPTIONS)
matches "OPTIONS is allowed" "$answer" "HTTP/1.1 200 *"
equal "with these methods" "$(header Access-Control-Allow-Methods "$answer")" "POST, GET, HEAD, OPTIONS"
equal "for a day" "$(header Access-Control-Max-Age "$answer")" 86400
equal "and answers nothing" "$(ask "/api_v3$start" -X OPTIONS)" ""
matches "HEAD has a head" "$(head_of "/api_v3$start?format=1&widgetId=$widget" --head)" "HTTP/1.1 200 *"

# Bodies.
is_widget_session "a form of several parts" "/api_v3$start" -F format=1 -F "widgetId=$widget"
is_widget_session "a part with JSON replaces all others" "/api_v3$start" \
    -F widgetId=_1 -F "json={\"format\":1,\"widgetId\":\"$widget\"}"
is_widget_session "the type of JSON may be in upper case" "/api_v3$start?format=1" \
    -H 'Content-Type: APPLICATION/JSON' -d "{\"widgetId\":\"$widget\"}"
for type in 'application/json; charset=utf-8' 'text/plain' 'application/octet-stream'; do
    equal "a body as $type is not read" \
        "$(ask "/api_v3$start?format=1" -H "Content-Type: $type" -d "{\"widgetId\":\"$widget\"}")" "$missing"
done
for body in "[{\"widgetId\":\"$widget\"}]" "{\"widgetId\":\"$widget\"" '{}' '"text"' ''; do
    equal "JSON that is no object is not read: '$body'" \
        "$(ask "/api_v3$start?format=1" -H "$json" -d "$body")" "$missing"
done
is_widget_session "blanks around JSON are" "/api_v3$start?format=1" -H "$json" -d "  {\"widgetId\":\"$widget\"}  "
is_widget_session "what clients add is no matter" "/api_v3$start" \
    -d format=1 -d "widgetId=$widget" -d kalsig=0123 -d clientTag=curl -d apiVersion=19.0.0 -d ignoreNull=1 -d nocache=1
is_widget_session "a language that does not exist is accepted" "/api_v3$start?format=1&language=xx" -d "widgetId=$widget"
equal "a text that cannot be a language is refused" \
    "$(ask "/api_v3$start?format=1&language=english&widgetId=$widget")" \
    "$(error INVALID_LANGUAGE_CODE ' Invalid language code [\"english\"]' '{"LANGUAGE_CODE":"english"}')"

# Formats.
matches "without a format it is XML" "$(ask "/api_v3$start" -d "widgetId=$widget")" \
    "$begin"'<objectType>KalturaStartWidgetSessionResponse</objectType><relatedObjects></relatedObjects><partnerId>'"$KALTURA_PARTNER_ID"'</partnerId><ks>djJ8*</ks><userId>0</userId>'"$end"
matches "an error in XML" "$(ask "/api_v3$start" -d widgetId=_1 -d format=2)" \
    "$begin"'<error><code>INVALID_WIDGET_ID</code><message>Unknown widget \[_1\]</message><objectType>KalturaAPIException</objectType><args><item><objectType>KalturaApiExceptionArg</objectType><name>WIDGET_ID</name><value>_1</value></item></args></error>'"$end"
matches "an action without a result in XML" "$(ask /api_v3/service/session/action/end)" \
    "$begin"''"$end"
equal "and in JSON" "$(ask "/api_v3/service/session/action/end?format=1")" null
equal "JSON for scripts" "$(ask "/api_v3/service/system/action/ping?format=9&callback=my.call_1")" 'my.call_1(true);'
for format in json 4 ''; do
    answer=$(head_of "/api_v3/service/system/action/ping?format=$format")
    equal "the format '$format' is refused in a header" "$(header X-Kaltura "$answer")" "error- UNKNOWN_RESPONSE_FORMAT"
    equal "with nothing to read" "$(ask "/api_v3/service/system/action/ping?format=$format")" ""
done

# Headers.
answer=$(head_of "/api_v3$start?format=1&nocache=1" -d "widgetId=$widget")
matches "the status is 200" "$answer" "HTTP/1.1 200 *"
equal "JSON has its type, without a charset" "$(header Content-Type "$answer")" "application/json"
ok "the server has a name" [ -n "$(header X-Me "$answer")" ]
matches "and tells its time" "$(header X-Kaltura-Session "$answer")" "+([0-9]), $(date +%s | cut -c 1-7)???"
equal "the response must not be cached" "$(header Cache-Control "$answer")" \
    "no-store, no-cache, must-revalidate, post-check=0, pre-check=0"
equal "every page may read it" "$(header Access-Control-Allow-Origin "$answer")" "*"
equal "no error, no header" "$(header X-Kaltura "$answer")" ""
equal "XML has its type" "$(header Content-Type "$(head_of "/api_v3$start" -d "widgetId=$widget")")" "text/xml;charset=UTF-8"
answer=$(head_of "/api_v3/service/media/action/list?format=1&nocache=1")
matches "an error has status 200 too" "$answer" "HTTP/1.1 200 *"
equal "a forbidden service is told in a header" "$(header X-Kaltura "$answer")" "error-SERVICE_FORBIDDEN"
equal "and in another" "$(header X-Kaltura-App "$answer")" \
    "exiting on error SERVICE_FORBIDDEN - The access to service [media->list] is forbidden"
equal "other errors are not" "$(header X-Kaltura "$(head_of "/api_v3$start?format=1&nocache=1")")" ""

# Kept answers. A tag of its own makes no other question.
ks_of() { # ks_of PATH OPTION…
    ask "$@" | jq -r .ks
}
kept=$(ks_of "/api_v3$start?format=1&expiry=700&clientTag=a" -d "widgetId=$widget")
again=$(ks_of "/api_v3$start?format=1&expiry=700&clientTag=b" -d "widgetId=$widget")
ok "with nocache a widget session is a new one" \
    [ "$(ks_of "/api_v3$start?format=1&expiry=700&nocache=1" -d "widgetId=$widget")" != "$kept" ]
answer=$(head_of "/api_v3$start?format=1&expiry=700" -d "widgetId=$widget")
if [ "$KALTURA_RESPONSE_CACHE" = on ]; then
    equal "the same request gets the same widget session" "$again" "$kept"
    matches "a kept answer says so" "$(header X-Kaltura "$answer")" "cached-dispatcher,*,*"
    equal "and does not tell the time" "$(header X-Kaltura-Session "$answer")" ""
else
    ok "every widget session is a new one" [ "$again" != "$kept" ]
    equal "and no answer speaks of a cache" "$(header X-Kaltura "$answer")" ""
fi

# What does not exist.
equal "an unknown service" "$(ask "/api_v3/service/Nothing/action/get?format=1")" \
    "$(error SERVICE_DOES_NOT_EXISTS 'Service \"nothing\" does not exists' '{"SRV_NAME":"nothing"}')"
equal "an unknown action" "$(ask "/api_v3/service/session/action/Begin?format=1")" \
    "$(error ACTION_DOES_NOT_EXISTS 'Action \"begin\" does not exists for service \"session\"' \
        '{"ACTION_NAME":"begin","SERVICE_NAME":"session"}')"
equal "no service" "$(ask "/api_v3/?format=1")" \
    "$(error SERVICE_NOT_SPECIFIED 'Service name was not specified, please specify one' '[]')"

# Objects in a form.
ks=$(ask /api_v3/service/session/action/start -d format=1 -d "secret=$KALTURA_ADMIN_SECRET" \
    -d "partnerId=$KALTURA_PARTNER_ID" -d type=2 -d userId=curl | jq -r .)
token=$(ask /api_v3/service/appToken/action/add -d format=1 -d "ks=$ks" \
    -d 'appToken[hashType]=SHA256' --data-urlencode 'appToken[description]=Ä/"b"' -d 'appToken[expiry]=86400')
id=$(jq -r .id <<<"$token")
matches "brackets; slashes and letters are escaped in JSON" "$token" \
    '*"hashType":"SHA256","description":"\\u00c4\\/\\"b\\"","objectType":"KalturaAppToken"}'
token=$(ask /api_v3/service/appToken/action/update -d format=1 -d "ks=$ks" -d "id=$id" \
    -d 'appToken:hashType=MD5' -d 'appToken:sessionDuration=3.7')
equal "colons; a number is cut" "$(jq -c '[.hashType, .sessionDuration]' <<<"$token")" '["MD5",3]'
token=$(ask /api_v3/service/appToken/action/update -d format=1 -d "ks=$ks" -d "id=$id" \
    -d 'appToken[description__null]=' -d 'appToken[expiry__null]=')
equal "null in a form" "$(jq -c '[has("description"), has("expiry")]' <<<"$token")" '[false,false]'
matches "an object in XML has all its properties" "$(ask /api_v3/service/appToken/action/get -d "ks=$ks" -d "id=$id")" \
    '*<expiry></expiry><sessionType></sessionType><sessionUserId></sessionUserId><sessionDuration>3</sessionDuration>*'
matches "or only those that it has, if asked for" \
    "$(ask /api_v3/service/appToken/action/get -d "ks=$ks" -d "id=$id" -d ignoreNull=1)" \
    '*<status>2</status><sessionDuration>3</sessionDuration>*'
equal "or those of a profile" \
    "$(ask /api_v3/service/appToken/action/get -d format=1 -d "ks=$ks" -d "id=$id" \
        -d 'responseProfile[objectType]=KalturaDetachedResponseProfile' \
        -d 'responseProfile[type]=1' -d 'responseProfile[fields]=id,status')" \
    "{\"id\":\"$id\",\"status\":2,\"objectType\":\"KalturaAppToken\"}"

# Several calls in one.
answer=$(ask "/api_v3/service/multirequest?format=1" -d "ks=$ks" \
    -d 1:service=appToken -d 1:action=list -d "1:filter:idEqual=$id" \
    -d 2:service=appToken -d 2:action=get -d '2:id={1:result:objects:0:id}' \
    -d 3:service=appToken -d 3:action=get -d 3:id=0_nothere1 \
    -d '4[service]=system' -d '4[action]=ping')
equal "a form with colons and brackets" "$(jq -c '[.[0].totalCount, .[1].id, .[2].code, .[3]]' <<<"$answer")" \
    "[1,\"$id\",\"APP_TOKEN_ID_NOT_FOUND\",true]"
answer=$(ask /api_v3/service/multirequest/action/null -H "$json" \
    -d "{\"format\":1,\"1\":{\"service\":\"session\",\"action\":\"startWidgetSession\",\"widgetId\":\"$widget\"},\"2\":{\"service\":\"media\",\"action\":\"list\",\"ks\":\"{1:result:ks}\"},\"4\":{\"service\":\"system\",\"action\":\"ping\"}}")
equal "JSON, until a number is missing" "$(jq -c '[length, .[0].objectType, .[1].objectType]' <<<"$answer")" \
    '[2,"KalturaStartWidgetSessionResponse","KalturaMediaListResponse"]'
matches "several answers in XML" "$(ask /api_v3/service/multirequest -d 1:service=system -d 1:action=ping \
    -d 2:service=session -d 2:action=end)" \
    "$begin"'<item>1</item><item></item>'"$end"
equal "none at all" "$(ask "/api_v3/service/multirequest?format=1")" '[]'

all_told
