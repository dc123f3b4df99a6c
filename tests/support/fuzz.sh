#!/bin/sh
# fuzz.sh NAME... - run each fuzz target for FUZZ_SECONDS from its corpus and with its dictionary, if it has one.
# New inputs are kept under build/fuzz.
set -eu

[ $# -gt 0 ] || { echo "fuzz-smoke: no fuzz target yet"; exit 0; }
for name; do
    found=build/fuzz/corpus/$name
    log=build/fuzz/$name.log
    mkdir -p "$found" build/fuzz/crashes
    set -- "$found"
    if [ -d "seeds/fuzz/$name" ]; then set -- "$found" "seeds/fuzz/$name"; fi
    if [ -f "tests/fuzz/$name.dict" ]; then set -- "-dict=tests/fuzz/$name.dict" "$@"; fi
    if build/fuzz/tests/fuzz/fuzz_"$name" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/crashes/$name-" "$@" >"$log" 2>&1 </dev/null; then
        awk -v name="$name" '/^stat::number_of_executed_units/ { runs = $2 } / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") cov = $(i + 1) }
            END { printf "ok    fuzz_%-24s %9d runs, coverage %d\n", name, runs, cov }' "$log"
    else
        tail -60 "$log"
        echo "FAIL  fuzz_$name: the input is in build/fuzz/crashes"
        exit 1
    fi
done
