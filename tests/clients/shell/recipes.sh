#!/usr/bin/env bash
# The recipe for curl of docs/emulator.md, and the one for PHP of docs/migrating.md.

# shellcheck source=checks.sh
source "$(dirname "$0")/checks.sh"

recipe() { sed -n "/<!-- recipe: $1 -->/,/^\`\`\`\$/p" "$2" | sed '1,2d;$d'; }

COUNT=$(bash -euo pipefail -c "$(recipe shell docs/emulator.md)")
matches "the recipe for curl lists the videos" "$COUNT" "[0-9]*"
COUNT=$(recipe php docs/migrating.md | php)
matches "the recipe for PHP lists the videos" "$COUNT" "[0-9]*"
all_told
