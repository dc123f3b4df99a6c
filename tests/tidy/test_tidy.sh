#!/bin/sh
# test_tidy.sh - the rules a script can check, on this tree; then each check on a tree made to break it. Speaks TAP.
#
# The scripts beside it do the work; each takes the root of a tree, prints what is wrong and exits with 1 if anything is.
set -u
tidy=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$tidy/../.." && pwd)
build=$root/build/${MODE:-release}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cc=${CC:-cc}
number=0

# passes NAME COMMAND...: the command exits with 0.
passes() {
    name=$1
    shift
    number=$((number + 1))
    if "$@" >"$scratch/out" 2>&1; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$scratch/out"
    fi
}

# notices NAME TEXT COMMAND...: the command exits with another status than 0, and says TEXT.
notices() {
    name=$1
    text=$2
    shift 2
    number=$((number + 1))
    if "$@" >"$scratch/out" 2>&1; then
        echo "not ok $number - $name"
        echo "# the check passes"
    elif grep -qF -e "$text" "$scratch/out"; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$scratch/out"
    fi
}

# tree PATH: a new tree of one file, whose text is standard input.
tree() {
    rm -rf "$scratch/tree"
    mkdir -p "$scratch/tree/$(dirname "$1")"
    cat >"$scratch/tree/$1"
}

# library: libbad.a from standard input.
library() {
    cat >"$scratch/bad.c"
    rm -f "$scratch/libbad.a"
    "$cc" -c -o "$scratch/bad.o" "$scratch/bad.c" && ar rcs "$scratch/libbad.a" "$scratch/bad.o"
}

# A function of $1 lines between the braces, under the comment $2.
long_function() {
    printf '%s\nint f(int a)\n{\n' "$2"
    i=1
    while [ $i -lt "$1" ]; do
        echo "    a++;"
        i=$((i + 1))
    done
    printf '    return a;\n}\n'
}

cd "$root" || exit 1
passes "rooms include only what stands below them" "$tidy/includes.sh" .
passes "files, functions and lines keep their lengths" "$tidy/lengths.sh" .
"$tidy/lengths.sh" . --stat | sed 's/^/# /'
passes "no banned call" "$tidy/calls.sh" .
passes "no leftovers in the text" "$tidy/words.sh" .
# shellcheck disable=SC2046 # flags are words
passes "headers compile alone" "$tidy/headers.sh" . $(pkg-config --cflags libuv jansson yajl libzstd icu-uc libxml-2.0)
passes "symbols are the declared ones, and none is writable" "$tidy/symbols.sh" "$build/libfihrist.a" include/fihrist/*.h
passes "install puts everything in its place, uninstall takes it away" "$tidy/install.sh" .

echo '#include "query/answer/request.h"' | tree indexer/a.c
notices "indexer including query is noticed" "indexer must not include query/answer" "$tidy/includes.sh" "$scratch/tree"
echo '#include "engine/match/match.h"' | tree engine/segment/a.c
notices "segment including match is noticed" "must not include engine/match" "$tidy/includes.sh" "$scratch/tree"
echo '#include "query/server/server.h"' | tree query/answer/a.c
notices "answer including server is noticed" "must not include query/server" "$tidy/includes.sh" "$scratch/tree"
echo '#include "tests/support/rng.h"' | tree bench/a.c
notices "bench including tests is noticed" "must not include tests" "$tidy/includes.sh" "$scratch/tree"
echo '#include "base.h"' | tree engine/base/a.c
notices "an include not written from the root is noticed" "not written from the root" "$tidy/includes.sh" "$scratch/tree"
echo '#include "engine/base/base.h"' | tree engine/match/a.c
passes "match including base is fine" "$tidy/includes.sh" "$scratch/tree"

long_function 68 "/* f: long enough */" | tree engine/a.c
passes "a function of 70 lines is fine" "$tidy/lengths.sh" "$scratch/tree"
long_function 69 "/* f: long enough */" | tree engine/a.c
notices "a function of 71 lines is noticed" "function of 71 lines" "$tidy/lengths.sh" "$scratch/tree"
long_function 69 "/* long: one case a line */" | tree engine/a.c
passes "a function of 71 lines that says why is fine" "$tidy/lengths.sh" "$scratch/tree"
yes '' | head -n 801 | tree engine/a.c
notices "a file of 801 lines is noticed" "801 lines" "$tidy/lengths.sh" "$scratch/tree"
printf '/* %0118d */\n' 0 | tree engine/a.c
notices "a line of 124 characters is noticed" "124 characters" "$tidy/lengths.sh" "$scratch/tree"

echo 'int f(char *a) { return sprintf(a, "b"); }' | tree query/a.c
notices "sprintf is noticed" "sprintf" "$tidy/calls.sh" "$scratch/tree"
echo 'int f(void) { return 0; /* not sprintf(a) */ } const char *g = "atoi(x)"; int h(a) { return a.system(1); }' | tree query/a.c
passes "a banned name in a comment, a string or a struct is fine" "$tidy/calls.sh" "$scratch/tree"
echo 'void *f(void) { return malloc(1); }' | tree engine/codec/a.c
notices "malloc in codec is noticed" "no heap in this room" "$tidy/calls.sh" "$scratch/tree"
echo 'int f(void) { return open("a", 0); }' | tree engine/segment/a.c
notices "a file opened past the table is noticed" "engine/base/vfs.h" "$tidy/calls.sh" "$scratch/tree"

printf '/* %s: later */\n' 'TO''DO' | tree engine/a.c
notices "a note to oneself is noticed" "a note to oneself" "$tidy/words.sh" "$scratch/tree"
printf '/* see %s/engine */\n' "$scratch/tree" | tree engine/a.c
notices "a path of this machine is noticed" "a path of one machine" "$tidy/words.sh" "$scratch/tree"
printf 'int a; \n' | tree engine/a.c
notices "white space at the end of a line is noticed" "white space" "$tidy/words.sh" "$scratch/tree"
printf '\tint a;\n' | tree engine/a.c
notices "a tab is noticed" "a tab" "$tidy/words.sh" "$scratch/tree"

echo 'size_t fh_size(void);' | tree include/fihrist/a.h
notices "a header that does not compile alone is noticed" "size_t" "$tidy/headers.sh" "$scratch/tree"
echo 'static inline int *fh_new(void) { int *new = 0; return new; }' | tree include/fihrist/a.h
notices "a header that is not C++ is noticed" "new" "$tidy/headers.sh" "$scratch/tree"

echo 'int fh_known(void);' >"$scratch/known.h"
symbols() {
    library
    "$tidy/symbols.sh" "$scratch/libbad.a" "$scratch/known.h"
}
good='int fh_known(void) { return 1; }'
static_symbols() { echo "$good $1" | symbols; }
other_symbols() { echo 'int fhi_x(void) { return 1; }' | symbols; }
passes "constant tables and private functions are fine" \
    static_symbols 'static const char *const t[] = {"a", "b"}; const char *fhi_t(int i) { return t[i]; }'
notices "a global name without prefix is noticed" "helper: a global name" static_symbols 'int helper(void) { return 1; }'
notices "an undeclared public function is noticed" "in no public header" static_symbols 'int fh_more(void) { return 1; }'
notices "a declared function that is missing is noticed" "fh_known: declared, but not defined" other_symbols
notices "a writable variable at file scope is noticed" "count: a writable variable" \
    static_symbols 'static int count = 1; int fhi_c(void) { return count++; }'
notices "a writable variable in a function is noticed" "a writable variable" \
    static_symbols 'int fhi_c(void) { static int inner; return inner++; }'
notices "a writable variable of a thread is noticed" "a writable variable" \
    static_symbols '_Thread_local int fhi_t; int fhi_c(void) { return fhi_t++; }'
echo "1..$number"
