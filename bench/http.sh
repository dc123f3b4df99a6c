#!/bin/sh
# http.sh INDEX QUERIES RESULT - a server of its own under wrk: 16 connections, one worker, snippets included.
#
# QUERIES: lines `op<TAB>words`, op being and or or. RESULT gets one JSON line, for `fihrist bench report`. The server listens on a
# port of 127.0.0.1 that the system chooses, and ends with this script. Environment: FIHRIST, BENCH_SECONDS (10).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
index=$1
export BENCH_HTTP_QUERIES="$2" BENCH_HTTP_RESULT="$3" BENCH_HTTP_LABEL="HTTP, 16 connections, 1 worker"
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

"${FIHRIST:-build/release/fihrist}" serve --index "$index" --http 127.0.0.1:0 --workers 1 >"$scratch/out" &
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
wrk --threads 1 --connections 16 --duration "${BENCH_SECONDS:-10}s" --script "$here/wrk.lua" "http://$address" \
    >"$scratch/wrk" || {
    cat "$scratch/wrk" >&2
    exit 1
}
