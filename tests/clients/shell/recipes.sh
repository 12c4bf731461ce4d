#!/usr/bin/env bash
# The recipe for curl of docs/emulator.md.

# shellcheck source=checks.sh
source "$(dirname "$0")/checks.sh"

RECIPE=$(sed -n '/<!-- recipe: shell -->/,/^```$/p' docs/emulator.md | sed '1,2d;$d')
COUNT=$(bash -euo pipefail -c "$RECIPE")
matches "the recipe for curl lists the videos" "$COUNT" "[0-9]*"
all_told
