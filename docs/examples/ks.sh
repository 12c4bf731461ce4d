#!/bin/sh
# Counts the media entries of an account. Needs `kaltura`, `jq` and `curl`.
#
# The settings of the command come from its variables, such as KALTURA_APP_TOKEN, or from its profile.

# When to run the command again, by the clock of this machine.
ks_until=0

# Sets KS and SERVICE_URL. Runs the command only if the session has less than a minute left, or with --fresh.
get_ks() {
    ks_now=$(date +%s)
    if [ "$ks_now" -lt "$ks_until" ] && [ "$#" -eq 0 ]; then return 0; fi
    ks_document=$(kaltura ks --json "$@") || return
    # @sh quotes each value for the shell.
    eval "$(printf '%s' "$ks_document" | jq -r '@sh "ks_version=\(.version) KS=\(.ks)
        SERVICE_URL=\(.serviceUrl) ks_valid_for=\(.validFor)"')"
    if [ "$ks_version" -ne 1 ]; then
        echo "kaltura ks --json: version $ks_version is not supported" >&2
        return 1
    fi
    ks_until=$((ks_now + ks_valid_for - 60))
}

# The KS goes through standard input: arguments can be read by every user of the machine.
count_media() {
    printf '%s' "$KS" |
        curl --silent --show-error --fail --data-urlencode ks@- --data format=1 \
            "$SERVICE_URL/api_v3/service/media/action/list" |
        jq '.totalCount // error(.code)'
}

# Not when it is read by another script.
if [ "${0##*/}" = ks.sh ]; then
    get_ks && { count_media || { get_ks --fresh && count_media; }; }
fi
