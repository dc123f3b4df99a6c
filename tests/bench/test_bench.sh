#!/bin/sh
# test_bench.sh - the verb `bench` as a script sees it, and the whole of bench/run.sh on a small made-up corpus.
# Judges what comes out, never how long it took. Speaks TAP. Environment: FIHRIST, the program.
set -u
runner=$PWD/bench/run.sh
. tests/support/tap.sh
run_verb=bench

ok 'help is asked for' run 0 --help
for tool in query xapian-index xapian-query compare terms corpus queries spawn report relevance; do
    ok "help names $tool" has out "$tool"
done
for tool in query xapian-index xapian-query compare terms corpus queries spawn report relevance; do
    ok "$tool has help" run 0 $tool --help
    ok "$tool without arguments is bad usage" run 2 $tool
    ok "$tool with an unknown option is bad usage" run 2 $tool --nonsense
done
ok 'an unknown tool is bad usage' run 2 nonsense
ok 'a tool is needed' run 2

printf 'a b c\nb c d\n\na c c c\nx y z a b\n' >docs
"$program" index --index ours --format lines --analyzer words docs >out 2>err
ok 'libxapian indexes the same lines' run 0 xapian-index --db theirs docs
ok 'and counts them' has out '"indexed":4,"tokens":15'
printf 'OR\ta c\nAND\ta b\nPHRASE\tb c\nPHRASE\tc b\nOR\tnone\n' >queries
ok 'queries on our index' run 0 query --index ours --queries queries --repeat 2
ok 'a line each' lines out 5
sed 's/"min_us":[0-9.e+-]*,//; s/,-*[0-9.]*\]/]/g' out >ours.answers
ok 'queries on theirs' run 0 xapian-query --db theirs --queries queries --repeat 2
sed 's/"min_us":[0-9.e+-]*,//; s/,-*[0-9.]*\]/]/g' out >theirs.answers
ok 'the same documents, in the same order' cmp ours.answers theirs.answers
ok 'lines are numbered alike, the blank one too' has ours.answers '"q":"a b","count":2,"top":[["0"],["4"]]'
ok 'an empty answer' has ours.answers '"q":"none","count":0,"top":[]'
ok 'without pruning' run 0 query --index ours --queries queries --exhaustive --top 1
ok 'one document at most' has out '"top":[["3",'
printf 'OR\ta\n\nXOR\tb\n' >bad
ok 'a bad line fails' run 1 query --index ours --queries bad
ok 'and is named' has err 'bad:3: '
ok 'no index, no answer' run 1 query --index nowhere --queries queries
ok 'it is named' has err 'nowhere: '
ok 'no database, no answer' run 1 xapian-query --db nowhere --queries queries
ok 'no queries' run 1 query --index ours --queries nowhere
ok 'a top of 0 is bad usage' run 2 query --index ours --queries queries --top 0
ok 'a top that is no number is bad usage' run 2 query --index ours --queries queries --top 1x

printf '{"title":"Les chats noirs","body":"dorment."}\n{"nothing":1}\n{"title":"المدارس","body":"chats"}\n' >articles
ok 'articles become words' run 0 terms --terms terms --titles titles articles
ok 'those that cannot be read are left out' has out '"articles":2,"skipped":1,"words":6'
ok 'a line each' lines terms 2
ok 'titles too' lines titles 2

ok 'documents are made up' run 0 corpus --docs 50 --terms made --titles made.titles --seed 7
ok 'as many as asked for' lines made 50
"$program" bench corpus --docs 50 --terms again --titles again.titles --seed 7
ok 'the same from the same seed' cmp made again
"$program" bench corpus --docs 50 --terms other --titles other.titles --seed 8
ok 'others from another' eval '! cmp -s made other'

ok 'what a command costs' run 0 spawn --label 'a run' --directory ours -- printf '{"a":1}'
ok 'with what it printed' has out '"output":{"a":1}'
ok 'and its peak memory' has out '"peak_rss_bytes":'
ok 'a failing command fails' run 1 spawn --label x -- false
ok 'one that is not there too' run 1 spawn --label x -- ./nothing

printf 'no json\n' >bad
ok 'a bad line of a report fails' run 1 report bad
ok 'and is named' has err 'bad:1: '

if FIHRIST=$program BENCH_DIR=small BENCH_NEWS='' BENCH_DOCS=300 BENCH_ROUNDS=1 BENCH_QUERIES=50 "$runner" >out 2>err
then
    ok 'the whole bench runs' true
else
    ok 'the whole bench runs' false
fi
for set in or and phrase or_frequent and_frequent; do
    ok "$set is in the table" grep -q "^$set  *libxapian  *50 .* 0\$" out
    ok "$set is in the plot" has small/report.svg ">$(echo $set | tr _ ' ')<"
done
ok 'a line for each query and engine, and one for each run' lines small/report.jsonl 502
echo "1..$count"
