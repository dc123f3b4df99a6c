#!/bin/sh
# test_merge.sh - the verb `merge` as a script sees it. Speaks TAP. Environment: FIHRIST, the program.
set -u
. tests/support/tap.sh
run_verb=merge
key() { sed -n 's/.*"'"$1"'":\([0-9.e+-]*\).*/\1/p' out; }
is() { [ "$(key "$1")" = "$2" ]; }

for i in 1 2 3; do
    printf '{"id":"a%d","title":"Un","body":"alpha %d"}\n{"id":"b","title":"Deux","body":"beta"}\n' $i $i >in.jsonl
    "$program" index --index i in.jsonl >/dev/null
done
"$program" search --index i --json 'alpha' >before
ok 'help' run 0 --help
ok 'names the options' has out '--reorder'
ok 'no index is wrong usage' run 2
ok 'so is an argument' run 2 --index i more
ok 'and no number of threads' run 2 --index i --threads 0
ok 'and too little memory' run 2 --index i --memory 3
ok 'an index that is not there' run 1 --index none
ok 'is told' has err 'fihrist merge: none: no index there'
ok 'and not made' [ ! -e none ]
mkdir empty
ok 'a folder without index' run 1 --index empty
ok 'is told too' has err 'no index there'
ok 'and stays empty' [ -z "$(ls -A empty)" ]
ok 'three segments become one' run 0 --index i --json
ok 'the summary tells of segments before' is segments_before 3
ok 'and now' is segments 1
ok 'of articles' is articles 4
ok 'of those left out' is dropped 2
ok 'once more there is nothing to do' run 0 --index i
ok 'and that is told' has out 'segments 1 -> 1'
ok 'in another order' run 0 --index i --reorder --threads 3
"$program" search --index i --json 'alpha' >after
ok 'the same articles are found' [ "$(grep -o '"total":3' before)" = "$(grep -o '"total":3' after)" ]
ok 'the index is whole' "$program" check --index i
ok 'nothing temporary is left' [ -z "$(find . -name '*.tmp')" ]
(
    exec 9>>i/LOCK
    flock 9
    ok 'a writer at work is respected' run 1 --index i
    ok 'and told' has err 'another process is writing this index'
)
count=$((count + 2))
echo "1..$count"
