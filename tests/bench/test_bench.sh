#!/bin/sh
# test_bench.sh - the verb `bench` as a script sees it, and the whole of bench/run.sh on a small made-up corpus.
# Judges what comes out, never how long it took. Speaks TAP. Environment: FIHRIST, the program.
set -u
runner=$PWD/bench/run.sh
. tests/support/tap.sh
run_verb=bench

ok 'help is asked for' run 0 --help
for tool in query xapian-query xapian-index compare pair answer terms corpus queries spawn micro load machine report relevance; do
    ok "help names $tool" has out "$tool"
done
for tool in query xapian-query xapian-index compare pair answer terms corpus queries spawn micro load machine report relevance; do
    ok "$tool has help" run 0 $tool --help
    [ $tool = machine ] || [ $tool = micro ] || ok "$tool without arguments is bad usage" run 2 $tool
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

ok 'documents are made out of others' run 0 corpus --docs 80 --like made --terms like --titles like.titles
ok 'as many as asked for' lines like 80
ok 'of their words, and of new ones that no other document has' eval 'tr " " "\n" <made | sort -u >known
    [ "$(tr " " "\n" <like | sort | uniq -c | awk "{ print \$2, \$1 }" | sort | join -v 1 - known | awk "\$2 > 1" | wc -l)" -eq 0 ]'
ok 'titles are of known words' eval '[ "$(tr " " "\n" <like.titles | sort -u | comm -23 - known | wc -l)" -eq 0 ]'
ok 'the same from the same seed' eval '"$program" bench corpus --docs 80 --like made --terms again --titles again.titles && cmp like again'
ok 'nothing to be like' run 1 corpus --docs 8 --like nowhere --terms like --titles like.titles
ok 'what a command costs' run 0 spawn --label 'a run' --directory ours -- printf '{"a":1}'
ok 'with what it printed' has out '"output":{"a":1}'
ok 'and its peak memory' has out '"peak_rss_bytes":'
ok 'a failing command fails' run 1 spawn --label x -- false
ok 'one that is not there too' run 1 spawn --label x -- ./nothing

printf 'no json\n' >bad
ok 'a bad line of a report fails' run 1 report bad
ok 'and is named' has err 'bad:1: '

# An engine behind a pipe. The last one answers too little.
printf 'load queries\ntell 0\ntell 2\ntime 1\n' >requests
ok 'an engine answers requests' eval '"$program" bench answer fihrist ours <requests >out 2>err'
ok 'it is ready, says how many queries it has' eval 'sed -n 2p out | grep -qx 5'
ok 'how many documents match, which scores they have' eval '[ "$(sed -n "3,12p" out | cut -d " " -f 1 | tr "\n" " ")" = "4 2 2 0 0 2 2 2 0 0 " ]'
ok 'and a time for each' eval '[ "$(tail -n 1 out | wc -w)" -eq 5 ]'
ok 'it ends at a bad request' eval '! echo nonsense | "$program" bench answer fihrist ours >out 2>err'
ok 'engines take turns' run 0 compare --queries queries --task top2 --task count --repeat 2 \
    -- one "$program" bench answer fihrist ours -- two "$program" bench answer libxapian theirs
ok 'a line for each task and engine' lines out 4
ok 'they agree on the number of matches' grep -q '"task":"count","engine":"two",.*"unequal":0' out
printf 'a b c\nb c d\n\na c c\nx y z a b\n' >other
"$program" index --index changed --format lines --analyzer words other >out 2>err
run 0 compare --queries queries --task top3 --task count -- one "$program" bench answer fihrist ours -- two "$program" bench answer fihrist changed
ok 'other scores are seen' grep -q '"task":"top3","engine":"two",.*"unequal":3' out
ok 'counts that are the same too' grep -q '"task":"count","engine":"two",.*"unequal":0' out
ok 'an engine that ends is told of' run 1 compare --queries queries -- one true
ok 'by its name' has err 'one ended instead of answering'
ok 'an engine without a command is bad usage' run 2 compare --queries queries -- one
ok 'so is an unknown task' run 2 compare --queries queries --task best -- one true

printf 'OR\ta c\nAND\ta b\n' >two
ok 'two builds are told apart from noise' run 0 pair --queries two --sittings 3 --rounds 1 \
    -- A "$program" bench answer fihrist ours -- B "$program" bench answer fihrist changed
ok 'with a line for each set and task' lines out 2
ok 'answers that differ are counted' eval '[ "$(sed -n 2p out | awk "{ print \$(NF - 1) }")" = 2 ]'
ok 'as JSON' run 0 pair --json --queries two --task count --sittings 3 --rounds 1 \
    -- A "$program" bench answer fihrist ours -- B "$program" bench answer fihrist ours
ok 'with what is sure' grep -q '"set":"two","task":"count",.*"low":.*"high":.*"p":.*"unequal":0,"verdict":"[a-zA-Z]*"' out
ok 'one program is no pair' run 2 pair --queries two -- A "$program" bench answer fihrist ours

printf '{"id":"1","title":"Les chats noirs","body":"dorment."}\n{"id":"2","title":"Les chats blancs","body":"veillent."}\n' >cats.jsonl
ok 'kernels are timed one by one' run 0 micro --kernel scalar
ok 'each with what it costs' eval '[ "$(wc -l <out)" -eq "$(grep -c "\"kernel\":\"scalar\",\"postings\":[1-9].*\"ns_each\":[0-9]" out)" ]'
ok 'no kernels of that name' run 1 micro --kernel nonsense
"$program" index --index press cats.jsonl >out 2>err
printf 'OR\tchats noirs\nAND\tchats dorment\n' >asked
ok 'a server is put under load' eval 'FIHRIST=$program BENCH_SECONDS=1 "$(dirname "$runner")/http.sh" press words asked >out 2>err'
ok 'eight times' lines out 8
ok 'and answers every request' eval '[ "$(grep -c "\"refused\":0,\"failed\":0," out)" -eq 8 ]'
ok 'as many as were due' eval 'sed "s/.*\"due\":\([0-9]*\),\"answered\":\([0-9]*\),.*/\1 \2/" out | awk "\$1 != \$2 || \$1 == 0 { bad = 1 } END { exit bad || NR != 8 }"'
ok 'no server, no figures' run 1 load --http 127.0.0.1:1 --queries asked --seconds 1
ok 'an address without a port is bad usage' run 2 load --http 127.0.0.1 --queries asked

peers="reordered libxapian"
if [ -x "$(dirname "$program")/bench/peers/sqlite" ]; then peers="$peers sqlite"; fi
# What a sanitizer looks at is not in Lucene.
if [ "${MODE:-release}" = release ] && "$(dirname "$runner")/peers/lucene.sh" available 2>/dev/null; then peers="$peers lucene"; fi
if FIHRIST=$program BENCH_DIR=small BENCH_NEWS='' BENCH_DOCS=300 BENCH_ROUNDS=1 BENCH_WARM=0 BENCH_QUERIES=50 BENCH_PEERS=$peers \
    BENCH_JAVA_HEAP=128m "$runner" >out 2>err
then
    ok 'the whole bench runs' true
else
    ok 'the whole bench runs' false
fi
for set in or and phrase or_frequent and_frequent phrase_frequent; do
    for peer in $peers; do
        ok "$peer finds as many documents of $set" grep -q "^$set  *count  *$peer  *50 .* 0\$" out
    done
    ok "$set is on the page" has small/report.html ">$set<"
done
ok 'another order of documents gives the same scores' eval '! grep "top[0-9]* *reordered" out | grep -v " 0\$"'
case $peers in *lucene*)
    ok "lucene gives the same scores" eval '! grep "top[0-9]* *lucene" out | grep -v " 0\$"' ;;
esac
for peer in sqlite lucene; do
    case $peers in *$peer*) ;; *) count=$((count + 1)) && echo "ok $count # SKIP $peer is not there" ;; esac
done
ok 'the page asks nothing of other hosts' eval '! grep -E "https?://|<script|<link|@import" small/report.html'
ok 'a line for each set, task and engine, and some for runs' eval '[ "$(grep -c "\"set\"" small/report.jsonl)" -eq $((24 * (1 + $(echo $peers | wc -w)))) ]'
if FIHRIST=$program BENCH_DIR=small BENCH_SIZES='50 400' BENCH_ROUNDS=1 BENCH_WARM=0 BENCH_PEERS=$(echo "$peers" | sed 's/reordered libxapian//') \
    BENCH_TASKS='count' BENCH_JAVA_HEAP=128m "$(dirname "$runner")/scale.sh" >out 2>err
then
    ok 'corpora of several sizes are measured' true
else
    ok 'corpora of several sizes are measured' false
fi
ok 'each with every set' eval '[ "$(grep -c "count *fihrist .* of 400" out)" -eq 5 ]'
ok 'engines agree at every size' eval '! awk "\$2 == \"count\" && NF == 14 && \$12 != 0" out | grep .'
ok 'growth is on the page' eval '"$program" bench report --html page small/report.jsonl small/scaling.jsonl >out && grep -q "As the corpus grows" page'
compare=$(dirname "$runner")/compare.sh
ok 'two programs are compared' eval 'FIHRIST=$program BENCH_DIR=small BENCH_SITTINGS=3 BENCH_ROUNDS=1 BENCH_TASKS=count "$compare" "$program" "$program" >out 2>err'
ok 'over every set' lines out 7
ok 'and answer alike' eval '[ "$(awk "NR > 1 && \$(NF - 1) == 0" out | wc -l)" -eq 6 ]'
ok 'one is not enough' eval '! FIHRIST=$program "$compare" "$program" >out 2>err'
ok 'what is neither a program nor a revision is named' eval '! FIHRIST=$program "$compare" "$program" ./nothing >out 2>err && has err ./nothing'
echo "1..$count"
