#!/bin/sh
# calls.sh ROOT - calls that the program does not make. Prints each; exit 1 if any.
#
# Everywhere: what writes without a bound, what keeps hidden state between threads, what starts a shell. No heap in codec and match
# (memory comes from the caller); no file call in codec, segment and match (all go through engine/base/vfs.h).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/files.sh" "$1" 'engine/*' 'indexer/*' 'query/*' 'bench/*' 'include/*' | grep -E '\.(c|h|cc)$' |
    (cd "$1" && xargs -r awk -f "$here/strip.awk") | awk '
    function check(names, why,    name, i, count) {
        count = split(names, name, " ")
        for (i = 1; i <= count; i++)
            if (code ~ ("(^|[^A-Za-z0-9_.>])" name[i] " *\\(")) { printf "%s:%s: %s: %s\n", file, line, name[i], why; bad = 1 }
    }
    {
        file = line = code = $0
        sub(/:.*/, "", file)
        sub(/^[^:]*:/, "", line); sub(/:.*/, "", line)
        sub(/^[^:]*:[^:]*:/, "", code)
        if (code ~ /^ *#/ || code !~ /\(/) next
        check("strcpy strcat stpcpy sprintf vsprintf gets scanf sscanf alloca", "has no bound")
        check("atoi atol atoll atof", "cannot report an error")
        check("strtok strerror strerror_r localtime gmtime ctime asctime setlocale putenv setenv rand srand", "keeps hidden state")
        check("system popen", "starts a shell")
        if (file ~ /^engine\/(codec|match)\//)
            check("malloc calloc realloc free strdup strndup aligned_alloc posix_memalign", "no heap in this room")
        if (file ~ /^engine\/(codec|segment|match)\//)
            check("open openat creat fopen mmap munmap rename unlink opendir mkdir fsync fdatasync", "go through engine/base/vfs.h")
    }
    END { exit bad }'
