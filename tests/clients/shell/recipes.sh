#!/usr/bin/env bash
# The recipe for curl of docs/emulator.md, the one for PHP of docs/migrating.md, and those for the command of
# docs/guide.md.

# shellcheck source=checks.sh
source "$(dirname "$0")/checks.sh"

recipe() { sed -n "/<!-- recipe: $1 -->/,/^\`\`\`\$/p" "$2" | sed '1,2d;$d'; }

COUNT=$(bash -euo pipefail -c "$(recipe shell docs/emulator.md)")
matches "the recipe for curl lists the videos" "$COUNT" "[0-9]*"
COUNT=$(recipe php docs/migrating.md | php)
matches "the recipe for PHP lists the videos" "$COUNT" "[0-9]*"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export KALTURA_CACHE_DIR=$work/cache KALTURA_CONFIG_DIR=$work/config KALTURA_USER=nightly-import
mkdir "$work/bin"
ln -s "$KALTURA_COMMAND" "$work/bin/kaltura"
export PATH=$work/bin:$PATH
LISTS=$(bash -euo pipefail -c "$(recipe lists docs/guide.md)")
matches "the first list is a table" "$LISTS" "id *name *createdAt*"
equal "each list of the guide has the two entries of the user" "$(grep -c '0_sample0[12]\|^Welcome$\|^Lecture 1$' <<<"$LISTS")" 8
UPLOAD=$(recipe upload docs/guide.md)
head -c 100000 /dev/zero >"$work/lecture.mp4"
STATUS=$(cd "$work" && bash -euo pipefail -c "$UPLOAD" | jq .status)
equal "the uploaded file is the content of the entry, which waits for the conversion" "$STATUS" 1
all_told
