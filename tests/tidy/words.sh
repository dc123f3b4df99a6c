#!/bin/sh
# words.sh ROOT - text files without leftovers: notes to oneself, paths of this machine, tabs and spaces at line ends.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
root=$(pwd -P)
bad=0
# Written in two halves so that this file passes.
notes='TO''DO|FIX''ME|X''XX'
homes='/ho''me/[a-z]|/ro''ot/|/Use''rs/[A-Za-z]'
list=$("$here/files.sh" . '*.c' '*.h' '*.cc' '*.sh' '*.awk' '*.md' Makefile '.*' '.ci/*')
[ -n "$list" ] || exit 0
# shellcheck disable=SC2086 # names of this tree have no spaces
{
    if grep -nIwE "$notes" $list /dev/null; then echo "  ^ a note to oneself"; bad=1; fi
    if grep -nIE "$homes" $list /dev/null || grep -nIF -e "$root/" $list /dev/null; then echo "  ^ a path of one machine"; bad=1; fi
    if grep -nIE "[[:space:]]+$" $list /dev/null; then echo "  ^ white space at the end of a line"; bad=1; fi
}
if "$here/files.sh" . '*.c' '*.h' '*.cc' '*.sh' | xargs -r grep -n "$(printf '\t')" /dev/null; then echo "  ^ a tab"; bad=1; fi
exit $bad
