#!/bin/sh
# lengths.sh ROOT [--stat] - files of at most 800 lines, functions of at most 70, lines of at most 120 characters.
#
# A function goes from the `{` in the first column to the `}` there, both counted. One that must be longer says why in a comment
# `long: ...` right above it. --stat prints the median and the ninth decile of the program's functions, and its
# share of comment lines, instead.
# shellcheck disable=SC2016 # awk programs
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$1
if [ "${2-}" = --stat ]; then
    "$here/files.sh" "$root" 'engine/*.c' 'indexer/*.c' 'query/*.c' 'bench/*.c' 'engine/*.h' 'include/*.h' | (cd "$root" && xargs -r awk '
        /^\{$/ { start = FNR }
        /^\}/ && start { print FNR - start - 1; start = 0 }
        { lines++ }
        comment || /^ *\/[\/*]/ || /\/\*.*\*\/ *\\?$/ { comments++ }
        /\/\*/ { comment = 1 }
        /\*\// { comment = 0 }
        END { printf "comments %d\n", lines ? 100 * comments / lines : 0 }') | sort -n | awk '
        /^comments/ { share = $2; next }
        { length_of[++count] = $1 }
        END {
            if (count) printf "%d functions, median %d lines, ninth decile %d, longest %d; %d %% comment lines\n", count,
                length_of[int((count + 1) / 2)], length_of[int((count * 9 + 9) / 10)], length_of[count], share
        }'
    exit
fi
"$here/files.sh" "$root" '*.c' '*.h' '*.cc' '*.sh' '*.awk' '*.md' Makefile | (cd "$root" && LC_ALL=C xargs -r awk '
    function end_of_file() {
        if (lines > 800) { printf "%s: %d lines, at most 800\n", file, lines; bad = 1 }
    }
    FNR == 1 { if (file) end_of_file(); file = FILENAME; above = ""; start = 0; source = file ~ /\.(c|h|cc)$/ }
    { lines = FNR }
    source {
        text = $0
        gsub(/\314[\200-\277]|\315[\200-\257]|\331[\213-\222]/, "", text) # accents and harakat take no column
        gsub(/[\200-\277]/, "", text) # bytes that continue a character: some awks count bytes
        if (length(text) > 120) { printf "%s:%d: %d characters, at most 120\n", file, FNR, length(text); bad = 1 }
    }
    !source { next }
    /^$/ && !start { above = "" }
    !start { above = above $0 "\n" }
    /^\{$/ { start = FNR; excused = above ~ /\/\*.*long:/ }
    /^\}/ {
        if (start && FNR - start + 1 > 70 && !excused) {
            printf "%s:%d: function of %d lines, at most 70\n", file, start, FNR - start + 1
            bad = 1
        }
        start = 0
        above = ""
    }
    END { if (file) end_of_file(); exit bad }')
