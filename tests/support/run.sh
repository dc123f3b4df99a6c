#!/bin/sh
# run.sh PROGRAM... - run test programs, TEST_JOBS at a time, and count their cases.
#
# A program or script speaks TAP (cmocka does when asked); a script that prints none counts as one case, skipped when it exits
# with 77. One line per program as it ends, the output of a failing one, and at the end `N passed, N failed, N skipped`.
# Exit status 1 if anything failed. Environment: MODE, TEST_JOBS, TEST_TIMEOUT (seconds for one program).
set -u

if [ "${1-}" = --one ]; then
    program=$2
    name=${program#build/"$MODE"/}
    name=${name#tests/}
    log=$TEST_LOGS/$(echo "$name" | tr / -)
    set --
    case $name in
    fuzz/replay_*) # the replay driver takes inputs
        corpus=seeds/fuzz/${name#fuzz/replay_}
        if [ -d "$corpus" ]; then set -- "$corpus"; fi
        ;;
    esac
    begin=$(date +%s.%N)
    # ThreadSanitizer wants a plain memory layout; where personality() is refused it must do without.
    wrapper=
    if [ "$MODE" = tsan ] && setarch -R true 2>/dev/null; then wrapper="setarch -R"; fi
    # shellcheck disable=SC2086 # two words or none
    timeout -k 10 "$TEST_TIMEOUT" $wrapper "$program" "$@" >"$log.out" 2>"$log.err" </dev/null
    code=$?
    end=$(date +%s.%N)
    awk -v name="$name" -v code=$code -v begin="$begin" -v end="$end" -v limit="$TEST_TIMEOUT" -v counts="$log.counts" '
        /^1\.\.[0-9]+/ { sub(/^1\.\./, ""); planned += $1; next }
        /^(not )?ok [0-9]+ *# SKIP/ { skipped++; next }
        /^ok [0-9]+/ { passed++; next }
        /^not ok [0-9]+/ { failed++ }
        END {
            if (passed + failed + skipped == 0 && planned == 0)
                if (code == 77) { skipped = 1; code = 0 } else if (code == 0) passed = 1
            if (failed < planned - passed - skipped) failed = planned - passed - skipped
            if (code != 0 && failed == 0) failed = 1
            why = code == 124 || code == 137 ? sprintf(" (stopped after %d s)", limit) : ""
            printf "%-4s  %-36s %4d passed %3d failed %3d skipped %8.2f s%s\n", failed ? "FAIL" : passed ? "ok" : "skip",
                name, passed, failed, skipped, end - begin, why
            print passed + 0, failed + 0, skipped + 0 >counts
            exit failed != 0
        }' "$log.out" >"$log.line"
    failed=$?
    # One write per program, so that two jobs do not mix their lines.
    if [ $failed -ne 0 ]; then
        { cat "$log.line"; sed 's/^/      | /' "$log.out" "$log.err"; } >"$log.all"
        cat "$log.all"
    else
        cat "$log.line"
    fi
    exit 0
fi

export TEST_LOGS="build/$MODE/test-logs" FIHRIST="build/$MODE/fihrist" CMOCKA_MESSAGE_OUTPUT=tap
export MODE TEST_TIMEOUT="${TEST_TIMEOUT:-300}"
# Random tests do less where everything is slow.
case $MODE in
asan | ubsan) export FH_EFFORT="${FH_EFFORT:-40}" ;;
tsan) export FH_EFFORT="${FH_EFFORT:-15}" ;;
esac
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
# What a test that was stopped leaves behind goes with the folder of the run.
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/fihrist-XXXXXX")
chmod 711 "$TMPDIR" # a server that has given up its rights still finds its index
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
rm -rf "$TEST_LOGS"
mkdir -p "$TEST_LOGS"
programs=$#
if [ $# -gt 0 ]; then printf '%s\n' "$@" | xargs -n 1 -P "${TEST_JOBS:-2}" "$0" --one; fi
set -- "$TEST_LOGS"/*.counts
[ -e "$1" ] || set -- /dev/null
# A program without counts has not been run: the runner itself was stopped.
awk -v programs="$programs" '
    { passed += $1; failed += $2; skipped += $3 }
    END {
        failed += programs - NR
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed != 0
    }' "$@"
