#!/bin/sh
# includes.sh ROOT - who includes whom. Prints each include that goes against the order of the rooms; exit 1 if any.
#
#   base < text, base < codec, kernel < segment < match; xap stands on base, text takes its stemmers from xap;
#   indexer -> engine; query -> engine; indexer and query never meet; in query: language < answer < page < server, and its
#   own files, the verbs, may include all of it; every room may include include/fihrist;
#   nothing includes tests or bench but they themselves. engine/cli holds verbs: it may include all of engine.
# shellcheck disable=SC2016 # an awk program
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/files.sh" "$1" '*.c' '*.h' '*.cc' | (cd "$1" && xargs -r awk '
    function room(path) {
        if (path ~ /^engine\// || path ~ /^query\/[a-z]+\//) { split(path, part, "/"); return part[1] "/" part[2] }
        if (path ~ /^include\//) return "include"
        split(path, part, "/")
        return part[1]
    }
    BEGIN {
        may["engine/base"] = " "
        may["engine/xap"] = " engine/base "
        may["engine/text"] = " engine/base engine/xap "
        may["engine/codec"] = may["engine/kernel"] = " engine/base "
        may["engine/segment"] = " engine/base engine/codec engine/kernel "
        may["engine/match"] = " engine/base engine/codec engine/kernel engine/segment "
        may["engine/cli"] = may["indexer"] = may["query/language"] = " engine/* "
        may["query/answer"] = may["query/language"] "query/language "
        may["query/page"] = may["query/answer"] "query/answer "
        may["query/server"] = may["query/page"] "query/page "
        may["query"] = " engine/* query/* "
        may["bench"] = " engine/* indexer query query/* "
        may["tests"] = " engine/* indexer query query/* bench "
        may["include"] = " "
    }
    /^[ \t]*#[ \t]*include[ \t]*"/ {
        from = room(FILENAME)
        split($0, quoted, "\"")
        to = room(quoted[2])
        if (!(from in may)) next
        if (to == from || index(may[from], " " to " ") || (to ~ /^engine\// && index(may[from], " engine/* ")) ||
            (to ~ /^query\// && index(may[from], " query/* "))) next
        if (to !~ /^(engine\/|indexer$|query$|query\/|bench$|tests$)/)
            printf "%s:%d: include of \"%s\" is not written from the root\n", FILENAME, FNR, quoted[2]
        else
            printf "%s:%d: %s must not include %s (\"%s\")\n", FILENAME, FNR, from, to, quoted[2]
        bad = 1
    }
    END { exit bad }')
