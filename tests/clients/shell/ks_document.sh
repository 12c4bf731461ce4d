#!/usr/bin/env bash
# The examples of docs/ks-document.md: each works, and runs the command again only when it must.

# shellcheck source=checks.sh
source "$(dirname "$0")/checks.sh"

root=$(cd "$(dirname "$0")/../../.." && pwd)
examples=$root/docs/examples
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KALTURA_CACHE_DIR=$work/cache KALTURA_CONFIG_DIR=$work/config

# A command `kaltura` that notes how it is run, and can give its session a shorter life or another version.
mkdir "$work/bin"
cat >"$work/bin/kaltura" <<'COMMAND'
#!/usr/bin/env bash
set -euo pipefail
echo "$*" >>"$RUNS"
"$KALTURA_COMMAND" "$@" | jq --compact-output "${CHANGE:-.}"
COMMAND
chmod +x "$work/bin/kaltura"
export PATH=$work/bin:$PATH RUNS=$work/runs

# run CHANGE COMMAND…: runs a command after all notes were deleted.
run() {
    : >"$RUNS"
    export CHANGE=$1
    shift
    "$@" 2>>"$work/errors"
}

twice_sh() {
    sh -ec ". '$examples/ks.sh'; get_ks; one=\$(count_media); sleep ${1:-0}; get_ks; echo \"\$one \$(count_media)\""
}
twice_py() {
    python3 -B -c "import sys, time; sys.path.insert(0, '$examples'); import ks; s = ks.KalturaSession()
count = lambda: s.call('media', 'list')['totalCount']
one = count(); time.sleep(${1:-0}); print(one, count())"
}
twice_mjs() {
    node --input-type=module -e "import { KalturaSession } from '$examples/ks.mjs'; const s = new KalturaSession();
const count = async () => (await s.call('media', 'list')).totalCount;
const one = await count(); await new Promise((done) => setTimeout(done, 1000 * ${1:-0})); console.log(one, await count())"
}

expected=$("$KALTURA_COMMAND" call media.list --json --jq .totalCount)
matches "there is a count" "$expected" "[0-9]*"

for language in sh py mjs; do
    equal "ks.$language counts" "$(run . "$examples/ks.$language")" "$expected"
    equal "ks.$language caches the session" "$(run . "twice_$language")/$(cat "$RUNS")" "$expected $expected/ks --json"
    equal "ks.$language asks again when validFor is over" \
        "$(run '.validFor = 61' "twice_$language" 2)/$(wc -l <"$RUNS")" "$expected $expected/2"
    equal "ks.$language refuses a newer version" \
        "$(run '.version = 2' "twice_$language")/$(grep -c 'version 2 is not supported' "$work/errors")" "/1"
    : >"$work/errors"
    # A session that the server does not accept any more.
    equal "ks.$language takes a fresh session in the place of a refused one" \
        "$(run 'if .fromCache then .ks = "djJ8MTIzfHg" else . end' "$examples/ks.$language")" \
        "$expected"
    equal "ks.$language says so with --fresh" "$(paste -sd, "$RUNS")" "ks --json,ks --json --fresh"
    : >"$work/errors"
done

all_told
