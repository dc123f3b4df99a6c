#!/bin/bash
# demo.sh - what Fihrist does, in a minute: index seeds/, serve the index, ask it in French and in Arabic. Run by `make demo`.
#
# Everything it makes lies in one temporary folder, removed at the end. On a terminal the server stays up until Ctrl-C; elsewhere the
# script stops after the answers, with status 1 if one of them failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fihrist=${FIHRIST:-build/release/fihrist}
folder=$(mktemp -d)
socket=$folder/fihrist.sock
server=

finish() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

# The first port from 7700 on at which nobody answers.
free_port() {
    local port
    for ((port = 7700; port < 7800; port++)); do
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    echo "demo: no free port between 7700 and 7799" >&2
    return 1
}

wait_for_server() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        if [ -S "$socket" ]; then return; fi
        if ! kill -0 "$server" 2>/dev/null; then break; fi
        sleep 0.1
    done
    echo "demo: the server does not answer" >&2
    cat "$folder/serve.log" >&2
    return 1
}

# ask WHAT QUERY [OPTION...]
ask() {
    local what=$1 query=$2
    shift 2
    printf '\n== %s:  %s\n\n' "$what" "$query"
    "$fihrist" search --socket "$socket" --top 2 "$@" -- "$query"
}

echo "== index seeds/"
"$fihrist" index --index "$folder/index" --format auto seeds/articles.jsonl seeds/texts

port=$(free_port)
"$fihrist" serve --index "$folder/index" --http "127.0.0.1:$port" --socket "$socket" >"$folder/serve.log" 2>&1 &
server=$!
wait_for_server

ask "ranked" "maisons reconstruites après le séisme" --op or
ask "boolean" "eau ET (barrage OU phosphate) SAUF Khouribga"
ask "phrase" '"salon du livre"'
ask "ranked" "إعادة بناء بيوت القرية بعد الزلزال" --op or
ask "boolean" "ماء AND (سد OR خطارات)"
ask "phrase" '"الصلح خير"'

if [ -t 1 ]; then
    printf '\nThe server stays up: http://127.0.0.1:%s/search?q=safran\nCtrl-C ends it.\n' "$port"
    trap 'echo; exit 0' INT TERM
    wait "$server"
fi
