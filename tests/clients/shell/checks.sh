# shellcheck shell=bash
#
# What the scripts of this folder share: checks that are told as TAP. To be sourced by bash.
#
# The server to talk to is in KALTURA_SERVICE_URL and the variables beside it. KALTURA_RESPONSE_CACHE is `on` if it
# keeps answers, as the live service does, else `off`.

set -uo pipefail

told=0
wrong=0

# ok WHAT COMMAND…: whether the command succeeds.
ok() {
    local what=$1
    shift
    told=$((told + 1))
    if "$@" >/dev/null; then
        echo "ok - $what"
    else
        wrong=$((wrong + 1))
        echo "not ok - $what"
        echo "# failed: $*"
    fi
}

# equal WHAT GOT EXPECTED: to the byte.
equal() {
    told=$((told + 1))
    if [ "$2" = "$3" ]; then
        echo "ok - $1"
    else
        wrong=$((wrong + 1))
        echo "not ok - $1"
        printf '# got      %s\n# expected %s\n' "${2//$'\n'/ ⏎ }" "${3//$'\n'/ ⏎ }"
    fi
}

# matches WHAT GOT PATTERN: a pattern of the shell, for the whole.
matches() {
    told=$((told + 1))
    # shellcheck disable=SC2053
    if [[ $2 == $3 ]]; then
        echo "ok - $1"
    else
        wrong=$((wrong + 1))
        echo "not ok - $1"
        printf '# got     %s\n# pattern %s\n' "${2//$'\n'/ ⏎ }" "$3"
    fi
}

# Ends a script. Without it, a run counts as broken off.
all_told() {
    echo "1..$told"
    [ "$wrong" -eq 0 ]
    exit
}
