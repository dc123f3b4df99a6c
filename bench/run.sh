#!/bin/sh
# run.sh - what `make bench` does: the same words indexed by us and by libxapian, the same queries asked of both in turn.
#
# Environment (all optional):
#   FIHRIST        the program                                          build/release/fihrist
#   BENCH_DIR      where everything goes                                build/bench
#   BENCH_NEWS     folder of news, *.jsonl or .jsonl.zst; empty: none   ../shared/data/news
#   BENCH_DOCS     documents to make up where there is no news          100000
#   BENCH_ROUNDS   rounds over each set                                 7
#   BENCH_QUERIES  queries in each set                                  500
#   BENCH_SECONDS  how long the server is under load                    10
set -eu

here=$(cd "$(dirname "$0")" && pwd)
fihrist=${FIHRIST:-build/release/fihrist}
dir=${BENCH_DIR:-build/bench}
news=${BENCH_NEWS-../shared/data/news}
rounds=${BENCH_ROUNDS:-7}

mkdir -p "$dir/queries"
report=$dir/report.jsonl
: >"$report.new"

say() {
    printf '%s\n' "bench: $*" >&2
}

# index LABEL FOLDER ARGUMENTS...: indexes into an empty folder, for one line of the report
index() {
    label=$1
    folder=$2
    shift 2
    rm -rf "$folder"
    "$fihrist" bench spawn --label "$label" --directory "$folder" -- \
        "$fihrist" index --index "$folder" --json "$@" >>"$report.new"
}

set --
for file in "$news"/*.jsonl "$news"/*.jsonl.zst; do
    if [ -n "$news" ] && [ -f "$file" ]; then set -- "$@" "$file"; fi
done

if [ $# -gt 0 ]; then
    say "words of $# files of news"
    "$fihrist" bench terms --terms "$dir/terms.new" --titles "$dir/titles" "$@" >&2
    say "index press: analyzed, with positions and stored articles"
    index "index press" "$dir/press" "$@"
    for query in "elections maroc" "انتخابات المغرب"; do
        "$fihrist" bench spawn --label "one search, a new process" -- \
            "$fihrist" search --index "$dir/press" --json -- "$query" >>"$report.new"
    done
else
    rm -rf "$dir/press"
    say "no news in '$news': ${BENCH_DOCS:-100000} documents are made up"
    "$fihrist" bench corpus --docs "${BENCH_DOCS:-100000}" --terms "$dir/terms.new" --titles "$dir/titles"
fi

# libxapian takes minutes over what takes us seconds: its database is kept while the words are the same.
if ! cmp -s "$dir/terms.new" "$dir/terms" || [ ! -s "$dir/xapian.run" ]; then
    mv "$dir/terms.new" "$dir/terms"
    rm -rf "$dir/xapian" "$dir/xapian.run"
    say "index libxapian: the same words, with positions"
    XAPIAN_FLUSH_THRESHOLD=100000 "$fihrist" bench spawn --label "index libxapian" --directory "$dir/xapian" -- \
        "$fihrist" bench xapian-index --db "$dir/xapian" "$dir/terms" >"$dir/xapian.part"
    mv "$dir/xapian.part" "$dir/xapian.run"
fi
rm -f "$dir/terms.new"

say "index words: the same words, with positions and stored lines"
index "index words" "$dir/words" --format lines --analyzer words "$dir/terms"
cat "$dir/xapian.run" >>"$report.new"

"$fihrist" bench queries --terms "$dir/terms" --titles "$dir/titles" --out "$dir/queries" --count "${BENCH_QUERIES:-500}"
for set in or and phrase or_frequent and_frequent; do
    say "queries $set: $rounds rounds, ours and libxapian in turn"
    "$fihrist" bench compare --index "$dir/words" --db "$dir/xapian" --queries "$dir/queries/$set.tsv" --set "$set" \
        --repeat "$rounds" >>"$report.new"
done

# Questions that people wrote, where they lie beside the news, as plain words: a headline that opens a quotation and does not close
# it would be a wrong query. Else the words of two sets.
http_queries() {
    found=
    for file in "$news"/../ir/*/queries.tsv; do
        [ -f "$file" ] || continue
        head -n 200 "$file" | cut -f 2 | sed 's/["()|*=^~+:-]/ /g; s/“/ /g; s/”/ /g; s/«/ /g; s/»/ /g' | awk '{ print "or\t" $0 }'
        found=yes
    done
    [ -n "$found" ] || awk -F '\t' '{ print tolower($1) "\t" $2 }' "$dir/queries/or.tsv" "$dir/queries/and.tsv"
}

if [ -d "$dir/press" ] && command -v wrk >/dev/null 2>&1; then
    say "HTTP: the press index under wrk"
    http_queries >"$dir/queries/http.tsv"
    FIHRIST=$fihrist "$here/http.sh" "$dir/press" "$dir/queries/http.tsv" "$dir/http.json"
    cat "$dir/http.json" >>"$report.new"
fi
mv "$report.new" "$report"

"$fihrist" bench report --svg "$dir/report.svg" "$report"
say "written: $report, $dir/report.svg"
