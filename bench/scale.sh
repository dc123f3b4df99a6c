#!/bin/sh
# scale.sh - what `make bench-scale` does: time and bytes as the corpus grows. Adds DIR/scaling.jsonl, for the report of run.sh.
#
# Corpora of each size are made out of the real words (DIR/terms), and asked the same queries, those of the real titles.
#
# Environment: FIHRIST, BENCH_DIR, BENCH_NEWS, BENCH_WARM as in run.sh, and
#   BENCH_SIZES    documents                         10000 100000 1000000
#   BENCH_PEERS    other engines, of sqlite lucene   lucene
#   BENCH_ROUNDS   rounds over each set              5
#   BENCH_TASKS    of each query: topK, count        top10
set -eu

here=$(cd "$(dirname "$0")" && pwd)
fihrist=${FIHRIST:-build/release/fihrist}
dir=${BENCH_DIR:-build/bench}
sqlite=$(dirname "$fihrist")/bench/peers/sqlite
lucene=$here/peers/lucene.sh
peers=
for name in ${BENCH_PEERS-lucene}; do
    case $name in
    sqlite) [ -x "$sqlite" ] || continue ;;
    lucene) "$lucene" available || continue ;;
    *) echo "scale.sh: no engine is called $name" >&2 && exit 2 ;;
    esac
    peers="$peers $name"
done

mkdir -p "$dir"
if [ ! -s "$dir/terms" ] || [ ! -s "$dir/queries/or.tsv" ]; then FIHRIST=$fihrist "$here/words.sh" "$dir"; fi
work=$dir/scaling
trap 'rm -rf "$work"' EXIT
: >"$dir/scaling.new"

# index NAME COMMAND...: into $work/NAME
index() {
    name=$1
    shift
    rm -rf "${work:?}/$name"
    mkdir "$work/$name"
    "$fihrist" bench spawn --label "$name" --docs "$docs" --directory "$work/$name" -- "$@" >>"$dir/scaling.new"
}

for docs in ${BENCH_SIZES:-10000 100000 1000000}; do
    echo "bench: $docs documents" >&2
    mkdir -p "$work"
    "$fihrist" bench corpus --docs "$docs" --like "$dir/terms" --terms "$work/terms" --titles "$work/titles"
    index fihrist "$fihrist" index --index "$work/fihrist" --json --format lines --analyzer words "$work/terms"
    set -- fihrist "$fihrist" bench answer fihrist "$work/fihrist"
    for name in $peers; do
        case $name in
        sqlite)
            index sqlite "$sqlite" index "$work/sqlite/docs.db" "$work/terms"
            set -- "$@" -- sqlite "$sqlite" answer "$work/sqlite/docs.db"
            ;;
        lucene)
            index lucene "$lucene" index "$work/lucene" "$work/terms"
            set -- "$@" -- lucene "$lucene" answer "$work/lucene"
            ;;
        esac
    done
    tasks=
    for task in ${BENCH_TASKS:-top10}; do tasks="$tasks --task $task"; done
    for set in and_frequent or_frequent phrase and or; do set -- --queries "$dir/queries/$set.tsv" "$@"; done
    # shellcheck disable=SC2086 # several words
    "$fihrist" bench compare $tasks --docs "$docs" --repeat "${BENCH_ROUNDS:-5}" --warm "${BENCH_WARM:-2}" "$@" >>"$dir/scaling.new"
    rm -rf "$work"
done
mv "$dir/scaling.new" "$dir/scaling.jsonl"
"$fihrist" bench report "$dir/scaling.jsonl"
