#!/bin/sh
# http.sh INDEX LABEL QUERIES [LABEL QUERIES]... - a server of its own under load: as much as it can do, then at shares of that, with
# ten snippets and with none. Prints JSON lines.
#
# QUERIES: lines `OP<TAB>words`, OP being AND or OR. The server listens on a port of 127.0.0.1 that the system chooses, and ends with
# this script; it gives no answer again (--cache-bytes 0). Environment: FIHRIST, BENCH_SECONDS (10) for each load, BENCH_SERVE: options.
set -eu
fihrist=${FIHRIST:-build/release/fihrist}
index=$1
shift
scratch=$(mktemp -d)
server=

finish() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2086 # several words
"$fihrist" serve --index "$index" --http 127.0.0.1:0 --workers 1 --cache-bytes 0 ${BENCH_SERVE:-} >"$scratch/out" 2>"$scratch/log" &
server=$!
tries=0
until address=$(sed -n 's/^listening on .*\(127\.0\.0\.1:[0-9]*\).*/\1/p' "$scratch/out") && [ -n "$address" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ] || ! kill -0 $server 2>/dev/null; then
        echo "http.sh: the server does not listen" >&2
        exit 1
    fi
    sleep 0.1
done
while [ $# -gt 1 ]; do
    for snippets in 1 0; do
        "$fihrist" bench load --http "$address" --queries "$2" --with "snippets=$snippets" --seconds "${BENCH_SECONDS:-10}" \
            --label "$1, snippets=$snippets" --share 25 --share 50 --share 70
    done
    shift 2
done
