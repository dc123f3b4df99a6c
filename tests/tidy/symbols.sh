#!/bin/sh
# symbols.sh LIBRARY HEADER... - what the library defines. Prints each fault; exit 1 if any.
#
#   - every global function or object is named fh_ or fhi_ (what C++ makes weak by itself apart);
#   - the fh_ functions are exactly those the public headers declare;
#   - no writable variable at file scope or static in a function, thread-local or not; tables that only the loader
#     writes (.data.rel.ro) are constant.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
library=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0

nm --defined-only -g "$library" 2>/dev/null | awk 'NF == 3 && $2 !~ /^[WVvwu]$/ { print $3 }' | sort -u >"$scratch/defined"
if grep -Ev '^(fh|fhi)_' "$scratch/defined" | sed 's/$/: a global name without fh_ or fhi_/' | grep .; then bad=1; fi

awk -f "$here/strip.awk" "$@" /dev/null | sed 's/^[^:]*:[^:]*://' | grep -v '^ *#' | grep -Ev '^ *static inline' |
    grep -oE '\bfh_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u >"$scratch/declared"
grep '^fh_' "$scratch/defined" >"$scratch/exported" || true
if comm -23 "$scratch/exported" "$scratch/declared" | sed 's/$/: defined, but in no public header/' | grep .; then bad=1; fi
if comm -13 "$scratch/exported" "$scratch/declared" | sed 's/$/: declared, but not defined/' | grep .; then bad=1; fi

# sysv format: name|value|class|type|size|line|section
if nm --format=sysv "$library" 2>/dev/null | awk -F '|' '
    { gsub(/ /, "") }
    $1 ~ /^DW\.ref\./ { next }
    $7 ~ /^\.data\.rel\.ro/ { next }
    $7 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ || $7 == "*COM*" { if ($1 !~ /^\./) { print $1 ": a writable variable (" $7 ")"; found = 1 } }
    END { exit !found }'; then bad=1; fi
exit $bad
