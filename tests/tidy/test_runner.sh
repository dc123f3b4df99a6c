#!/bin/sh
# test_runner.sh - tests/support/run.sh counts what programs say, and does not believe those that die. Speaks TAP.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0

# counts NAME WANTED STATUS SCRIPT...: the closing line and the exit status of a run of these scripts.
counts() {
    name=$1
    wanted=$2
    status=$3
    shift 3
    number=$((number + 1))
    rm -rf "$scratch/run"
    mkdir "$scratch/run"
    for script; do
        file=$scratch/run/$(find "$scratch/run" -type f | wc -l).sh
        printf '#!/bin/sh\n%s\n' "$script" >"$file"
        chmod +x "$file"
    done
    (cd "$scratch/run" && MODE=self TEST_TIMEOUT=1 "$root/tests/support/run.sh" "$scratch"/run/*.sh) >"$scratch/out" 2>&1
    got=$?
    if [ "$(tail -n 1 "$scratch/out")" = "$wanted" ] && [ $got -eq "$status" ]; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        echo "# wanted status $status and: $wanted"
        echo "# got status $got and:"
        sed 's/^/# /' "$scratch/out"
    fi
}

counts "cases of several programs are added up" "3 passed, 0 failed, 1 skipped" 0 \
    'echo 1..2; echo "ok 1 - a"; echo "ok 2 - b"' 'echo 1..2; echo "ok 1 - c"; echo "not ok 2 # SKIP d"'
counts "a case that fails fails the run" "1 passed, 1 failed, 0 skipped" 1 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 - b"; exit 1'
counts "all programs run, though the first fails" "1 passed, 1 failed, 0 skipped" 1 'exit 3' 'exit 0'
counts "cases planned and not reached count as failed" "1 passed, 2 failed, 0 skipped" 1 'echo 1..3; echo "ok 1 - a"; kill -9 $$'
counts "a bad exit after good cases counts as a failure" "1 passed, 1 failed, 0 skipped" 1 'echo 1..1; echo "ok 1 - a"; exit 1'
counts "a script without TAP is one case" "1 passed, 0 failed, 0 skipped" 0 'echo hello'
counts "exit 77 is a skip" "0 passed, 0 failed, 1 skipped" 0 'exit 77'
counts "a program that hangs is stopped and has failed" "0 passed, 1 failed, 0 skipped" 1 'sleep 30'
counts "a program that is absent has failed" "0 passed, 1 failed, 0 skipped" 1 'exec /nonexistent/program'
echo "1..$number"
