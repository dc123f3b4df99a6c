#!/bin/sh
# words.sh DIR - what every measurement begins with: DIR/terms (a document a line), DIR/titles and DIR/queries/*.tsv.
#
# From news where there is any, else made up. Environment: FIHRIST, BENCH_NEWS, BENCH_DOCS, BENCH_QUERIES, as in run.sh. terms
# keeps its time of change while its bytes are the same, so that what was made of it may be kept.
set -eu
fihrist=${FIHRIST:-build/release/fihrist}
dir=$1
news=${BENCH_NEWS-../shared/data/news}
mkdir -p "$dir/queries"

set --
for file in "$news"/*.jsonl "$news"/*.jsonl.zst; do
    if [ -n "$news" ] && [ -f "$file" ]; then set -- "$@" "$file"; fi
done
if [ $# -gt 0 ]; then
    echo "bench: words of $# files of news" >&2
    "$fihrist" bench terms --terms "$dir/terms.new" --titles "$dir/titles" "$@" >&2
else
    echo "bench: no news in '$news': ${BENCH_DOCS:-100000} documents are made up" >&2
    "$fihrist" bench corpus --docs "${BENCH_DOCS:-100000}" --terms "$dir/terms.new" --titles "$dir/titles"
fi
if cmp -s "$dir/terms.new" "$dir/terms"; then rm "$dir/terms.new"; else mv "$dir/terms.new" "$dir/terms"; fi
"$fihrist" bench queries --terms "$dir/terms" --titles "$dir/titles" --out "$dir/queries" --count "${BENCH_QUERIES:-500}"
