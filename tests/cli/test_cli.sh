#!/bin/sh
# test_cli.sh - the verbs search, serve, stat and check as a person or a script sees them: what is printed, where, and
# with which exit status. Speaks TAP. Environment: FIHRIST, the program.
set -u
. tests/support/tap.sh
lacks() { ! grep -qF -- "$2" "$1"; }
code() { has out "\"error\":{\"code\":\"$1\""; }
waits() { # waits FILE TEXT: until the text is in the file
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        if has "$1" "$2"; then return 0; fi
        sleep 0.25
    done
    return 1
}

cat >press.jsonl <<'JSON'
{"id":"fr","title":"Le roi à Rabat","body":"Le roi arrive.","date":"2025-07-01T09:05:30+01:00","url":"https://a.example/roi"}
{"id":"ar","title":"الملك في الرباط","body":"وصل الملك.","date":"2025-07-02","source":"هسبريس","url":"https://a.example/الملك"}
{"id":"y","title":"Une année","body":"Le roi.","date":"2024"}
JSON
ok 'an index is made' run 0 index --index i press.jsonl

# ---- versions and help ----
for verb in '' index search serve analyze stat check bench; do
    # shellcheck disable=SC2086 # no verb is no argument
    ok "--version ${verb:-alone}" run 0 $verb --version
    ok 'is the program and its number' grep -qE '^fihrist [0-9]+\.[0-9]+\.[0-9]+$' out
    # shellcheck disable=SC2086
    ok "-h ${verb:-alone}" run 0 $verb -h
    ok 'is the help' has out 'usage: fihrist'
done
ok 'behind -- it is a word of the query' run 0 search --index i --json -- roi -h
ok 'and an exclusion' has out '"total":'

# ---- for people ----
ok 'a search for people' run 0 search --index i title:roi
ok 'marks the title without colour' has out '1. Le [roi] à Rabat'
ok 'the date is day and time' has out ' 2025-07-01 09:05 · '
run 0 search --index i --json title:roi
ok 'JSON has it as written' has out '"date":"2025-07-01T09:05:30+01:00"'
run 0 search --index i --json title:roi
ok 'and a snippet' has out '"snippet":'
run 0 search --index i --json --no-snippets title:roi
ok 'unless told otherwise' lacks out '"snippet'
ok 'which keeps the marks of the title' has out '"title_marks":[[3,6]]'
run 0 search --index i année
ok 'a year stays a year' has out ' 2024 · '
run 0 search --index i الملك
lri=$(printf '\342\201\246') rli=$(printf '\342\201\247')
ok 'an address runs from left to right' has out "${lri}https://"
ok 'and never from right to left' lacks out "${rli}https://"
ok 'a source runs its own way' has out "${rli}هسبريس"

# ---- counts and pages ----
ok 'facets for people' run 0 search --index i --facets lang,year 'roi OR الملك'
ok 'tell how many there are' has out 'year: 2 different, 0 without'
ok 'and how many of each' has out '           2  2025'
ok 'facets as JSON' run 0 search --index i --json --facets all --values 1 roi
ok 'have each field' has out '"region":{"values":[],"different":0,"without":2}'
ok 'a histogram for people' run 0 search --index i --histogram=year 'roi OR الملك'
ok 'has bars' has out '      2025           2  ▇▇'
ok 'by day' run 0 search --index i --histogram=day --json roi
ok 'has no bar for a year alone' has out '"bars":[{"from":"2025-07-01","count":1}],"undated":1,'
ok 'a page' run 0 search --index i --json --top 1 'roi OR الملك'
next=$(sed -n 's/.*"next":"\([0-9a-f]*\)".*/\1/p' out)
ok 'and the next one' run 0 search --index i --top 1 --after "$next" 'roi OR الملك'
ok 'counts on' has out '2-2 of 3 articles'
ok 'a cursor of another question' run 1 search --index i --json --after "$next" roi
ok 'is refused' code bad_cursor
ok 'an explanation for people' run 0 search --index i --explain fr 'roi date:2025'
ok 'has the words' has out 'yes    word roi'
ok 'and the days' has out 'yes    days 20250000..20251231, has 20250701'
ok 'and what it comes to' has out 'the article matches; '
ok 'as JSON of one that does not match' run 0 search --index i --json --explain fr 'roi -Rabat الملك'
ok 'names all for which it fails' has out '"fails":[{"clause":"word('
ok 'as what they are' has out '"why":"excluded"}],"clauses":'
ok 'of an article that is not there' run 1 search --index i --json --explain no roi
ok 'answers not_found' code not_found
for arguments in '--explain fr --top 3' '--explain fr --facets all' '--facets lang --top 3' '--facets lang --histogram' '--histogram --values 3' '--values 3' '--facets a' \
    '--facets lang,lang' '--histogram=week' '--after 0 --offset 1' '--facets lang --no-snippets'; do
    # shellcheck disable=SC2086 # words are arguments
    ok "$arguments" run 2 search --index i --json $arguments roi
    ok 'answers invalid' code invalid
done

# ---- failures, for people and for programs ----
esc=$(printf '\033')
for arguments in 'search --index nowhere --json roi' 'stat --index nowhere --json' 'check --json --index nowhere'; do
    # shellcheck disable=SC2086 # words are arguments
    ok "$arguments" run 1 $arguments
    ok 'answers not_found as JSON' code not_found
done
for arguments in 'search --top 10001 --json --index i roi' 'search --index i --json' 'search --json --op xor --index i a' \
    'search --colour --json' 'stat --json' 'stat --what --json --index i' 'check --json --index' 'check --json i'; do
    # shellcheck disable=SC2086
    ok "$arguments" run 2 $arguments
    ok 'answers invalid as JSON' code invalid
done
ok 'stat as JSON' run 0 stat --index i --json
ok 'has settings as they are written' has out '"k1":0.9,"b":0.75,'
ok 'without --json standard output stays empty' run 2 search --top 10001 --index i roi
ok 'empty' [ ! -s out ]
ok 'a wrong query' run 1 search --index i --json 'title:-roi'
ok 'has its own code' code missing_value
cp -r i damaged
segment=$(echo damaged/*.seg)
printf 'XXXXXXXX' | dd of="$segment" bs=1 seek=100 conv=notrunc 2>/dev/null
ok 'a damaged index' run 1 check --index damaged --json
ok 'is corrupt in check' code corrupt
ok 'which says so first' grep -q '^{"ok":false,"error":{' out
for verb in search stat check serve index; do
    "$program" $verb --index "${esc}[31mred" roi >out 2>err
    ok "an escape sequence in a path does not reach the terminal: $verb" lacks err "$esc"
done
"$program" index --index other "${esc}[31mred" >out 2>err
ok 'nor one in the path of a feed' has err '\x1b[31mred: cannot open'
"$program" bench query --index "${esc}[31mred" --queries /dev/null 2>err
ok 'nor in that of a bench' lacks err "$esc"
"$program" bench "${esc}[31m" 2>err
ok 'nor in the name of a tool' has err '\x1b[31m'
"$program" "${esc}[31m" 2>err
ok 'nor in a verb' has err '\x1b[31m'

# ---- a generation is announced when it is another one ----
"$program" serve --index i --http 127.0.0.1:0 >out 2>log &
server=$!
ok 'a server starts' waits out 'listening on'
cp i/MANIFEST i/copy && mv i/copy i/MANIFEST
sleep 0.7
ok 'the same generation is not announced' lacks log 'serving generation'
"$program" index --index i press.jsonl >/dev/null 2>&1
ok 'another is' waits log 'serving generation 2'
sleep 2.5
ok 'once, though the poll sees it too' [ "$(grep -c 'serving generation' log)" -eq 1 ]
kill "$server"
wait "$server"
tail -n 1 log >last
ok 'the last word is that it stops' has last 'stopping: finishing what is in flight'
echo "1..$count"
