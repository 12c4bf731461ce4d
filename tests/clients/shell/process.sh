#!/usr/bin/env bash
# The emulator as a process of its own: it is there at once, says where, and goes when it is told to.
#
# KALTURA_COMMAND is the path of the command `kaltura`.

# shellcheck source=checks.sh
source "$(dirname "$0")/checks.sh"

emulator=
trap '[ -z "$emulator" ] || kill -KILL "$emulator" 2>/dev/null' EXIT

# start OPTION…: starts an emulator; sets `emulator`, `output` and `line`, and `took` in milliseconds.
start() {
    local begin
    begin=$(date +%s%N)
    exec {output}< <(exec "$KALTURA_COMMAND" emulate "$@" 2>/dev/null)
    emulator=$!
    line=
    IFS= read -r -t 10 -u "$output" line
    took=$((($(date +%s%N) - begin) / 1000000))
}

# stop SIGNAL: sets `code` to the exit code, and `rest` to what else was printed.
stop() {
    kill "-$1" "$emulator"
    rest=$(timeout 10 cat <&"$output")
    wait "$emulator"
    code=$?
    emulator=
    exec {output}<&-
}

widget_session() { # widget_session LINE
    curl -s --max-time 10 "$(jq -r .url <<<"$1")/api_v3/service/session/action/startWidgetSession" \
        -d format=1 -d "widgetId=_$(jq -r .partnerId <<<"$1")"
}

port=
for signal in TERM INT; do
    start ${port:+--listen "127.0.0.1:$port"}
    ok "SIG$signal: it is there in well under a second: $took ms" [ "$took" -lt 900 ]
    equal "SIG$signal: the first line is JSON with all that a client needs" \
        "$(jq -c '[(.url | type), (.partnerId | type), (.adminSecret | length), (.userSecret | length),
            (.appToken.id | length), (.appToken.token | length), .appToken.hashType]' <<<"$line")" \
        '["string","number",32,32,10,32,"SHA256"]'
    port=$(jq -r .url <<<"$line" | sed 's/.*://; s/[^0-9].*//')
    equal "SIG$signal: it answers as soon as it is read" "$(widget_session "$line" | jq -r .objectType)" \
        "KalturaStartWidgetSessionResponse"
    equal "SIG$signal: its port is taken meanwhile" \
        "$(timeout 5 "$KALTURA_COMMAND" emulate --listen "127.0.0.1:$port" 2>/dev/null)" ""
    begin=$(date +%s%N)
    stop "$signal"
    took=$((($(date +%s%N) - begin) / 1000000))
    equal "SIG$signal: it ends with exit code 0" "$code" 0
    ok "SIG$signal: at once: $took ms" [ "$took" -lt 2000 ]
    equal "SIG$signal: it has printed nothing more" "$rest" ""
    # The next turn takes the same port.
done
start --listen "127.0.0.1:$port"
equal "the port was free again" "$(jq -r .url <<<"$line" | sed 's/.*://; s/[^0-9].*//')" "$port"
stop TERM

# The clock.
start --at 1900000000 --freeze
equal "it starts at the time that it is told" \
    "$(curl -s --max-time 10 "$(jq -r .url <<<"$line")/api_v3/service/system/action/getTime?format=1")" 1900000000
stop TERM
equal "and stops all the same" "$code" 0

# Two at once know nothing of each other.
first_secret=$(jq -r .adminSecret <<<"$line")
start
ok "every emulator has secrets of its own" [ "$(jq -r .adminSecret <<<"$line")" != "$first_secret" ]
stop INT

all_told
