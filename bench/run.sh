#!/bin/sh
# run.sh - what `make bench` does: the same words indexed by us and by others, the same queries asked of all in turns.
#
# Environment (all optional):
#   FIHRIST        the program                                           build/release/fihrist
#   BENCH_DIR      where everything goes                                 build/bench
#   BENCH_NEWS     folder of news, *.jsonl or .jsonl.zst; empty: none    ../shared/data/news
#   BENCH_DOCS     documents to make up where there is no news           100000
#   BENCH_PEERS    beside ours, of reordered libxapian sqlite lucene     all that are there
#   BENCH_TASKS    of each query: topK, count                            top10 top100 top1000 count
#   BENCH_ROUNDS   rounds over each set                                  7
#   BENCH_WARM     rounds before them that do not count                  3
#   BENCH_BUDGET   seconds one engine may take for one set and task      20
#   BENCH_QUERIES  queries in each set                                   500
#   BENCH_SECONDS  how long the server is under each load                10
set -eu

here=$(cd "$(dirname "$0")" && pwd)
fihrist=${FIHRIST:-build/release/fihrist}
dir=${BENCH_DIR:-build/bench}
news=${BENCH_NEWS-../shared/data/news}
sqlite=$(dirname "$fihrist")/bench/peers/sqlite
lucene=$here/peers/lucene.sh

mkdir -p "$dir/queries"
report=$dir/report.jsonl
"$fihrist" bench machine >"$report.new"

say() {
    printf '%s\n' "bench: $*" >&2
}

# spawn LABEL COMMAND...: a line of the report; into what $directory names, where it is set
spawn() {
    label=$1
    shift
    "$fihrist" bench spawn --label "$label" ${directory:+--directory "$directory"} -- "$@"
}

# index LABEL FOLDER ARGUMENTS...: into an empty folder
index() {
    say "$1"
    label=$1
    directory=$2
    shift 2
    rm -rf "$directory"
    spawn "$label" "$fihrist" index --index "$directory" --json "$@" >>"$report.new"
    directory=
    spawn "bytes: $label" "$fihrist" stat --index "$folder" --json >>"$report.new"
}

# peer NAME FOLDER COMMAND...: indexes the same words into $dir/FOLDER, unless they are there from the run before
peer() {
    name=$1
    directory=$dir/$2
    shift 2
    if [ ! -s "$directory.run" ]; then
        say "index $name"
        rm -rf "$directory"
        mkdir -p "$directory"
        spawn "index $name" "$@" >"$directory.part"
        mv "$directory.part" "$directory.run"
    fi
    cat "$directory.run" >>"$report.new"
    directory=
}

FIHRIST=$fihrist BENCH_NEWS=$news "$here/words.sh" "$dir"
# libxapian takes minutes over what takes us seconds: what others made of the same words is kept.
find "$dir" -maxdepth 1 -name '*.run' ! -newer "$dir/terms" -exec rm -f {} +

directory=
set --
for file in "$news"/*.jsonl "$news"/*.jsonl.zst; do
    if [ -n "$news" ] && [ -f "$file" ]; then set -- "$@" "$file"; fi
done
rm -rf "$dir/press"
if [ $# -gt 0 ]; then
    folder=$dir/press
    index "index press" "$folder" "$@"
    for query in "elections maroc" "انتخابات المغرب"; do
        spawn "one search, a new process" "$fihrist" search --index "$dir/press" --json -- "$query" >>"$report.new"
    done
fi

folder=$dir/words
index "index words" "$folder" --format lines --analyzer words "$dir/terms"

# The engines of the comparison: each name and its command, parted by --.
set -- fihrist "$fihrist" bench answer fihrist "$dir/words"
for name in ${BENCH_PEERS-reordered libxapian sqlite lucene}; do
    case $name in
    reordered) # ours, with articles that share words near each other
        say "reorder words"
        rm -rf "$dir/reordered"
        cp -R "$dir/words" "$dir/reordered"
        directory=$dir/reordered
        spawn "reorder words" "$fihrist" merge --index "$dir/reordered" --reorder --json >>"$report.new"
        directory=
        set -- "$@" -- reordered "$fihrist" bench answer fihrist "$dir/reordered"
        ;;
    libxapian)
        XAPIAN_FLUSH_THRESHOLD=100000 peer libxapian xapian "$fihrist" bench xapian-index --db "$dir/xapian" "$dir/terms"
        set -- "$@" -- libxapian "$fihrist" bench answer libxapian "$dir/xapian"
        ;;
    sqlite)
        if [ ! -x "$sqlite" ]; then say "no SQLite: libsqlite3-dev was not there to build $sqlite" && continue; fi
        peer sqlite sqlite "$sqlite" index "$dir/sqlite/docs.db" "$dir/terms"
        set -- "$@" -- sqlite "$sqlite" answer "$dir/sqlite/docs.db"
        ;;
    lucene)
        if ! "$lucene" available; then say "no Lucene" && continue; fi
        peer lucene lucene "$lucene" index "$dir/lucene" "$dir/terms"
        set -- "$@" -- lucene "$lucene" answer "$dir/lucene"
        ;;
    *) say "no engine is called $name" && exit 2 ;;
    esac
done
tasks=
for task in ${BENCH_TASKS:-top10 top100 top1000 count}; do tasks="$tasks --task $task"; done
for set in phrase_frequent and_frequent or_frequent phrase and or; do set -- --queries "$dir/queries/$set.tsv" "$@"; done
say "queries: ${BENCH_ROUNDS:-7} rounds, the engines in turns"
# shellcheck disable=SC2086 # several words
"$fihrist" bench compare $tasks --repeat "${BENCH_ROUNDS:-7}" --warm "${BENCH_WARM:-3}" --seconds "${BENCH_BUDGET:-20}" "$@" \
    >>"$report.new"

say "functions"
"$fihrist" bench micro >>"$report.new"

# Questions that people wrote, where they lie beside the news, as plain words: a headline that opens a quotation and does not close
# it would be a wrong query. Nothing where there are none.
http_queries() {
    for file in "$news"/../ir/*/queries.tsv; do
        [ -f "$file" ] || continue
        head -n 200 "$file" | cut -f 2 | sed 's/["()|*=^~+:-]/ /g; s/“/ /g; s/”/ /g; s/«/ /g; s/»/ /g' | awk '{ print "OR\t" $0 }'
    done
}

if [ -d "$dir/press" ]; then
    say "a server on the press index, under load"
    cat "$dir/queries/or.tsv" "$dir/queries/and.tsv" >"$dir/queries/http.tsv"
    http_queries >"$dir/queries/questions.tsv"
    set -- words "$dir/queries/http.tsv"
    if [ -s "$dir/queries/questions.tsv" ]; then set -- "$@" questions "$dir/queries/questions.tsv"; fi
    FIHRIST=$fihrist "$here/http.sh" "$dir/press" "$@" >>"$report.new"
fi
mv "$report.new" "$report"

set -- "$report"
if [ -s "$dir/scaling.jsonl" ]; then set -- "$@" "$dir/scaling.jsonl"; fi # of scale.sh
"$fihrist" bench report --html "$dir/report.html" "$@"
say "written: $report, $dir/report.html"
