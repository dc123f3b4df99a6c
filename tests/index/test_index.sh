#!/bin/sh
# test_index.sh - the verb `index` as a script sees it: formats, rejects, summaries, exit statuses, interruption.
# Speaks TAP. Environment: FIHRIST, the program.
set -u
. tests/support/tap.sh
run_verb=index
key() { sed -n 's/.*"'"$1"'":\([0-9.e+-]*\).*/\1/p' out; }
is() { [ "$(key "$1")" = "$2" ]; }

printf '{"id":"a","title":"Un","body":"alpha"}\n\n{"url":"u","title":"Deux"}\n{"title":"Trois"}\n' >good.jsonl
ok 'a file of JSON Lines goes in' run 0 --index i1 good.jsonl
ok 'one line tells what happened' has out '3 articles indexed, 0 replaced, 0 rejected'
ok 'no rejects, an empty list' lines i1/rejects.jsonl 0
ok 'again: all replaced' run 0 --index i1 --json good.jsonl
ok 'the summary counts them' is replaced 3
echo '{"torn' >i1/rejects.jsonl.tmp
ok 'what a killed run left beside its list is no obstacle' run 0 --index i1 --json good.jsonl
ok 'and is gone' [ ! -e i1/rejects.jsonl.tmp ]
for name in indexed rejected seconds mb_per_s index_bytes; do ok "the summary has $name" [ -n "$(key $name)" ]; done

{
    printf '{"title":"ok"}\n{"title":"\377"}\n{"title":\n[1]\n{"title":"\\ud800"}\n{"title":"\\u0000"}\n'
    printf '{"abstract":"x"}\n{"title":1}\n{"title":"t","date":"someday"}\n'
} >mixed.jsonl
ok 'bad lines are set aside, the rest goes in' run 0 --index i2 --json mixed.jsonl
ok 'seven rejected' is rejected 7
ok 'two went in' is indexed 2
ok 'each is listed, the warning too' lines i2/rejects.jsonl 8
ok 'with file and line' has i2/rejects.jsonl '{"file":"mixed.jsonl","line":2,"reason":"not UTF-8 at byte 10"}'
ok 'a warning says so' has i2/rejects.jsonl '"line":9,"reason":"warning: '
ok 'rejects can go elsewhere' run 0 --index i2 --rejects elsewhere.jsonl mixed.jsonl
ok 'and are there' lines elsewhere.jsonl 8

cp good.jsonl precious.jsonl
ok 'rejects over an input are wrong usage' run 2 --index new --rejects precious.jsonl precious.jsonl
ok 'the message says so' has err 'precious.jsonl: rejects would go over a file that is read'
ok 'the input is as it was' cmp -s good.jsonl precious.jsonl
ln -s precious.jsonl other.jsonl
ok 'also by another name' run 2 --index new --rejects other.jsonl precious.jsonl
ok 'still as it was' cmp -s good.jsonl precious.jsonl
"$program" index --index new --rejects precious.jsonl - <precious.jsonl >out 2>err
ok 'also when it is standard input' [ $? -eq 2 ]
ok 'and as it was' cmp -s good.jsonl precious.jsonl
ok 'no folder was made for that' [ ! -e new ]
cp mixed.jsonl i1/rejects.jsonl
ok 'the list of the last run is no input' run 2 --index i1 i1/rejects.jsonl
ok 'it is as it was, too' cmp -s mixed.jsonl i1/rejects.jsonl
ok 'a run takes an old list away' run 0 --index i1 good.jsonl
ok 'it is empty' lines i1/rejects.jsonl 0
ln -s list.jsonl link.jsonl && echo old >list.jsonl
ok 'a link to a list' run 0 --index i2 --rejects link.jsonl mixed.jsonl
ok 'is followed' lines list.jsonl 8
ok 'and stays a link' [ -L link.jsonl ]
ok 'rejects on standard output' run 0 --index i2 --rejects /dev/stdout mixed.jsonl
ok 'come before the summary' lines out 10
ok 'nothing temporary is left' [ -z "$(find . -name '*.tmp')" ]

mkdir -p tree/sub tree/.hidden
printf 'Titre\nCorps\n' >tree/sub/x.txt
printf 'Autre\n' >tree/b.md
printf 'no\n' >tree/picture.png
cp good.jsonl tree/c.jsonl
ln -s .. tree/sub/loop
ok 'a folder is walked' run 0 --index i3 --json tree
ok 'texts and lines of it are there' is indexed 5
ok 'what is left aside is told' has err '3 entries of folders left aside: hidden (1)'
ok 'a single text' run 0 --index i3 tree/sub/x.txt
ok 'has its base name as id, not the path' has out '1 article indexed, 0 replaced'
ok 'the folder again replaces by relative path' run 0 --index i3 --json tree
ok 'all five of it' is replaced 5

mkdir special && mkfifo special/pipe.jsonl && cp good.jsonl special
ok 'a pipe in a folder is left aside' run 0 --index i3 special
ok 'for its own reason' has err '1 entry of a folder left aside: a pipe, socket or device (1)'

printf 'une ligne\n\nune autre\n' >lines.dat
ok 'lines need to be named' run 1 --index i4 lines.dat
ok 'and the message says how' has err 'say --format'
ok 'lines' run 0 --index i4 --format lines --analyzer words --json lines.dat
ok 'two of them' is indexed 2
ok 'another analyzer is refused' run 1 --index i4 --analyzer press good.jsonl
ok 'with both names' has err 'made with the analyzer words, not press'

"$program" index --index i5 --json - <good.jsonl >out 2>err
ok 'standard input is JSON Lines' is indexed 3
gzip -c good.jsonl >good.jsonl.gz
ok 'gzip is read directly' run 0 --index i6 --json good.jsonl.gz
ok 'all of it' is indexed 3
"$program" index --index i6 --json - <good.jsonl.gz >out 2>err
ok 'also from standard input' is indexed 3

i=0
while [ $i -lt 3000 ]; do
    echo "{\"id\":\"n$i\",\"title\":\"article $i\",\"body\":\"$((i * 7919 % 10007)) $((i * 104729 % 10009))\"}"
    i=$((i + 1))
done >many.jsonl
gzip -c many.jsonl | head -c 20000 >cut.jsonl.gz
ok 'a cut file: exit 1' run 1 --index i7 --json cut.jsonl.gz
ok 'the message says so' has err 'cut short'
ok 'what was readable went in' [ "$(key indexed)" -gt 500 ]
ok 'an absent file: exit 1, the rest goes in' run 1 --index i8 --json nothere.jsonl good.jsonl
ok 'all of the rest' is indexed 3
: >empty.jsonl
ok 'nothing went in: exit 1' run 1 --index i9 empty.jsonl
ok 'and no folder was made' [ ! -e i9 ]
mkdir given
ok 'nothing goes into a folder that was there' run 1 --index given empty.jsonl
ok 'it stays' [ -d given ]
echo bad >bad.jsonl
ok 'only rejects: exit 1' run 1 --index i9 bad.jsonl
ok 'the folder tells of them' lines i9/rejects.jsonl 1
ok 'and holds no index' [ ! -e i9/MANIFEST ]
cp -R i1 torn && rm torn/MANIFEST && echo mine >torn/notes.seg
cksum torn/*.seg >sums
ok 'segments without MANIFEST: exit 1' run 1 --index torn good.jsonl
ok 'the message says so' has err 'segments of an index but no MANIFEST'
cksum torn/*.seg >sums2
ok 'nothing is touched' cmp -s sums sums2
ok 'no path is wrong usage' run 2 --index i9
ok 'no index is wrong usage' run 2 good.jsonl
ok 'an unknown option is wrong usage' run 2 --index i9 --bogus good.jsonl
ok 'a wrong number is wrong usage' run 2 --index i9 --memory 12x good.jsonl
ok 'too little memory is wrong usage' run 2 --index i9 --memory 63 good.jsonl
ok 'the least is told' has err 'at least 64 for 2 workers'
ok 'more workers need more' run 2 --index i9 --workers 8 --memory 64 good.jsonl
ok 'the least is enough' run 0 --index i11 --memory 64 good.jsonl
ok 'help' run 0 --help
cp good.jsonl ./--strange.jsonl
ok 'two dashes end the options' run 0 --index i10 -- --strange.jsonl

# Interrupted while it waits for more input: the old index stays, nothing else does.
for signal in INT TERM KILL; do
    cp -R i1 "old$signal" && rm -f "old$signal/rejects.jsonl"
    ls "old$signal" >before
    cksum "old$signal"/MANIFEST "old$signal"/*.seg >sums
    mkfifo "pipe$signal"
    # A shell without job control lets background jobs ignore SIGINT: it stops the run all the same.
    (exec "$program" index --index "old$signal" - <"pipe$signal" >out 2>err) &
    child=$!
    exec 3>"pipe$signal"
    cat many.jsonl >&3
    sleep 0.5
    kill -$signal $child
    wait $child
    status=$?
    exec 3>&-
    ok "$signal: exit status is not 0" [ $status -ne 0 ]
    [ $signal = KILL ] || ok "$signal: it says so" has err 'interrupted'
    cksum "old$signal"/MANIFEST "old$signal"/*.seg >sums2
    ok "$signal: the index is as it was" cmp -s sums sums2
    ls "old$signal" | grep -v rejects.jsonl >after
    [ $signal = KILL ] || ok "$signal: nothing is left over" cmp -s before after
    ok "$signal: the next run goes through" run 0 --index "old$signal" good.jsonl
done
echo "1..$count"
