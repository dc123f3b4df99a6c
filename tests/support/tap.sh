# tap.sh - what the script tests share; sourced from the checkout's root. They speak TAP, in a scratch folder removed at the end.
# Environment: FIHRIST, the program. `run_verb`, set by a test, is put before the arguments of every run.
program=${FIHRIST:-build/release/fihrist}
case $program in /*) ;; *) program=$PWD/$program ;; esac
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
count=0
run_verb=

# ok NAME CONDITION...: one case; the condition is a command
ok() {
    name=$1
    shift
    count=$((count + 1))
    if "$@"; then echo "ok $count - $name"; else
        echo "not ok $count - $name"
        sed 's/^/# /' out err 2>/dev/null
    fi
}

# run STATUS ARGUMENTS...: runs the program, answers whether it exits so; output in out and err
run() {
    wanted=$1
    shift
    "$program" ${run_verb:+"$run_verb"} "$@" >out 2>err </dev/null
    got=$?
    [ $got -eq "$wanted" ] || { echo "# exit status $got, not $wanted"; return 1; }
}
has() { grep -qF -- "$2" "$1"; }
lines() { [ "$(wc -l <"$1")" -eq "$2" ]; }
