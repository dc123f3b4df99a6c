#!/bin/sh
# install.sh ROOT - `make install` puts the program, the library, the headers and the documents where it should, a program can be
# built against them, and `make uninstall` takes everything away again.
set -eu
cd "$1"
make=${MAKE:-make}
mode=${MODE:-release}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
stage=$scratch/stage
unset MAKEFLAGS MFLAGS MAKELEVEL

$make -s MODE="$mode" install DESTDIR="$stage" PREFIX=/opt/fihrist >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
{
    printf '%s\n' bin/fihrist lib/libfihrist.a lib/pkgconfig/fihrist.pc share/doc/fihrist/LICENSE \
        share/doc/fihrist/nginx.conf lib/systemd/system/fihrist.service lib/systemd/system/fihrist.socket
    for name in README PROTOCOL SERVE LANGUAGE DESIGN FORMAT METHOD; do echo "share/doc/fihrist/$name.md"; done
    for header in include/fihrist/*.h; do echo "$header"; done
} | sort >"$scratch/wanted"
(cd "$stage/opt/fihrist" && find . -type f | sed 's|^\./||' | sort) >"$scratch/found"
missing=$(comm -23 "$scratch/wanted" "$scratch/found")
[ -z "$missing" ] || { echo "not installed: $missing"; exit 1; }
surplus=$(comm -13 "$scratch/wanted" "$scratch/found" | grep -v '^share/doc/fihrist/.*\.md$' || true)
[ -z "$surplus" ] || { echo "installed without need: $surplus"; exit 1; }
[ "$(find "$stage" -type f | wc -l)" = "$(wc -l <"$scratch/found")" ] || { echo "files outside PREFIX"; exit 1; }

if grep -q @PREFIX@ "$stage"/opt/fihrist/lib/systemd/system/*; then echo "a unit without its PREFIX"; exit 1; fi

"$stage/opt/fihrist/bin/fihrist" --help >"$scratch/help"
cat >"$scratch/user.c" <<'C'
#include <fihrist/status.h>
#include <stdio.h>
int main(void) { return puts(fh_status_text(FH_OK)) < 0; }
C
export PKG_CONFIG_PATH="$stage/opt/fihrist/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$stage"
# shellcheck disable=SC2046 # flags are words; --static would ask for static ICU as well
"${CC:-cc}" "$scratch/user.c" -o "$scratch/user" $(pkg-config --cflags --libs fihrist)
[ "$("$scratch/user")" = ok ] || { echo "a program built against the installed library does not run"; exit 1; }

$make -s MODE="$mode" uninstall DESTDIR="$stage" PREFIX=/opt/fihrist >"$scratch/log" 2>&1 || { cat "$scratch/log"; exit 1; }
left=$(find "$stage" -type f)
[ -z "$left" ] || { echo "left by uninstall: $left"; exit 1; }
