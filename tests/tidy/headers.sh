#!/bin/sh
# headers.sh ROOT [FLAGS...] - every public header compiles alone as C17 and as C++17, every other one as C17.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
shift
warn='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Werror -fsyntax-only'
bad=0
# shellcheck disable=SC2086 # flags are words
for header in $("$here/files.sh" . 'include/*.h'); do
    "${CC:-cc}" -std=c17 $warn -Iinclude -x c "$header" || bad=1
    "${CXX:-c++}" -std=c++17 $warn -Iinclude -x c++ "$header" || bad=1
done
# shellcheck disable=SC2086
for header in $("$here/files.sh" . 'engine/*.h' 'indexer/*.h' 'query/*.h' 'bench/*.h' 'tests/*.h'); do
    "${CC:-cc}" -std=c17 $warn -Iinclude -I. -D_GNU_SOURCE "$@" -x c "$header" || bad=1
done
exit $bad
