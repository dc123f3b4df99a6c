#!/bin/sh
# test_seeds.sh - the sample queries of seeds/queries.tsv find the articles they name. Speaks TAP. Environment: FIHRIST,
# the program.
set -u
root=$PWD
. tests/support/tap.sh
ok 'the sample corpus goes in' run 0 index --index seeds --format auto "$root/seeds/articles.jsonl" "$root/seeds/texts"

sorted() { tr ' ' '\n' | sed '/^$/d' | sort; }

# finds QUERY OP MODE IDS: whether the hits are what a line says
finds() {
    run 0 search --index seeds --json --op "$2" --top 50 -- "$1" || return 1
    tr '{' '\n' <out | sed -n 's/^"id":"\([^"]*\)".*/\1/p' >ids
    cp ids out # what a failure shows
    case $3 in
    all) [ "$(sort ids)" = "$(echo "$4" | sorted)" ] ;;
    first) [ "$(head -n 1 ids)" = "$4" ] ;;
    top) for id in $4; do head -n 10 ids | grep -qxF -- "$id" || return 1; done ;;
    *) echo "# no such mode: $3" && return 1 ;;
    esac
}

tab=$(printf '\t')
sed 1d "$root/seeds/queries.tsv" >lines.tsv
while IFS= read -r line; do
    query=${line%%"$tab"*} rest=${line#*"$tab"}
    op=${rest%%"$tab"*} rest=${rest#*"$tab"}
    mode=${rest%%"$tab"*} rest=${rest#*"$tab"}
    ok "$query" finds "$query" "$op" "$mode" "${rest%%"$tab"*}"
done <lines.tsv
echo "1..$count"
