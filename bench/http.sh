#!/bin/sh
# http.sh INDEX QUERIES - a server of its own under load: as much as it can do, then at shares of that. Prints JSON lines.
#
# QUERIES: lines `OP<TAB>words`, OP being AND or OR. The server listens on a port of 127.0.0.1 that the system chooses, and ends with
# this script. Environment: FIHRIST, BENCH_SECONDS (10) for each load.
set -eu
fihrist=${FIHRIST:-build/release/fihrist}
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

"$fihrist" serve --index "$1" --http 127.0.0.1:0 --workers 1 >"$scratch/out" &
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
"$fihrist" bench load --http "$address" --queries "$2" --seconds "${BENCH_SECONDS:-10}" --label "HTTP, 1 worker" \
    --share 25 --share 50 --share 80
