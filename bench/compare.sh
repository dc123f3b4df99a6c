#!/bin/sh
# compare.sh A B - is B slower than A? What `make bench-compare A=... B=...` does; A and B are git revisions, or programs.
#
# A revision is unpacked and built under BENCH_DIR/revisions. Each program indexes the words itself, so that formats may
# differ; then `fihrist bench pair` of the program built here lets them take turns.
#
# Environment: FIHRIST, BENCH_DIR, BENCH_NEWS, BENCH_DOCS, BENCH_QUERIES as in run.sh, and
#   BENCH_SITTINGS  times that both start anew     12
#   BENCH_ROUNDS    rounds in each                 5
#   BENCH_TASKS     of each query: topK, count     top10 count
set -eu
if [ $# -ne 2 ] || [ -z "$1" ] || [ -z "$2" ]; then echo "usage: compare.sh A B" >&2 && exit 2; fi
here=$(cd "$(dirname "$0")" && pwd)
fihrist=$(realpath "${FIHRIST:-build/release/fihrist}")
mkdir -p "${BENCH_DIR:-build/bench}"
dir=$(realpath "${BENCH_DIR:-build/bench}")

# program NAME: the path of its program, built if need be
program() {
    if [ -f "$1" ] && [ -x "$1" ]; then
        realpath "$1"
        return
    fi
    commit=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "compare.sh: $1: neither a program nor a revision" >&2 && exit 2; }
    tree=$dir/revisions/$commit
    if [ ! -x "$tree/build/release/fihrist" ]; then
        echo "bench: building $1" >&2
        mkdir -p "$tree"
        git archive "$commit" | tar -x -C "$tree"
        env -u MAKEFLAGS -u MAKELEVEL make -C "$tree" -s -j"$(nproc)" all >&2
    fi
    echo "$tree/build/release/fihrist"
}

# index PROGRAM NAME: the folder of its index, made if need be
index() {
    folder=$dir/$2.words
    if ! "$1" bench answer --help >/dev/null 2>&1; then echo "compare.sh: $1 is too old: it has no 'bench answer'" >&2 && exit 1; fi
    rm -rf "$folder"
    "$1" index --index "$folder" --format lines --analyzer words "$dir/terms" >&2
    echo "$folder"
}

a=$(program "$1")
b=$(program "$2")
if [ ! -s "$dir/terms" ] || [ ! -s "$dir/queries/or.tsv" ]; then FIHRIST=$fihrist "$here/words.sh" "$dir"; fi
a_index=$(index "$a" a)
b_index=$(index "$b" b)
# The same bytes are the same file for both: two copies lie elsewhere in memory, and that can be measured.
if diff -rq "$a_index" "$b_index" >/dev/null; then b_index=$a_index; fi
tasks=
for task in ${BENCH_TASKS:-top10 count}; do tasks="$tasks --task $task"; done
set --
for file in "$dir"/queries/*.tsv; do
    case $file in */http.tsv) ;; *) set -- "$@" --queries "$file" ;; esac
done
# shellcheck disable=SC2086 # several words
exec "$fihrist" bench pair $tasks --sittings "${BENCH_SITTINGS:-12}" --rounds "${BENCH_ROUNDS:-5}" "$@" \
    -- A "$a" bench answer fihrist "$a_index" -- B "$b" bench answer fihrist "$b_index"
