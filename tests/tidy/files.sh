#!/bin/sh
# files.sh ROOT [PATTERN...] - the files of a tree, relative to it: those git knows, or without git all but build/.
set -eu
cd "$1"
shift
if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ]; then
    git ls-files -co --exclude-standard
else
    find . -name build -prune -o -name .git -prune -o -type f -print | sed 's|^\./||'
fi | sort | while IFS= read -r file; do
    [ -f "$file" ] || continue
    [ $# -gt 0 ] || echo "$file"
    for pattern; do
        # shellcheck disable=SC2254 # a pattern is a pattern
        case $file in $pattern) echo "$file" ;; esac
    done
done
