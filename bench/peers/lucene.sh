#!/bin/sh
# lucene.sh available | index DIR FILE | answer DIR - Lucene under the bench, where there is a JDK and Debian's liblucene8-java.
#
# The JVM compiles the one source file when it starts. A fixed heap and the serial collector, so that nothing but the search runs;
# what warms up the compiler are rounds of `fihrist bench compare` that do not count.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
jar=${LUCENE_JAR:-$(find /usr/share/java -name "lucene-core-8.*.jar" 2>/dev/null | sort | tail -n 1)}
if [ ! -r "$jar" ] || ! command -v javac >/dev/null 2>&1; then
    echo "lucene.sh: no JDK, or no Lucene (Debian: default-jdk-headless, liblucene8-java)" >&2
    exit 1
fi
heap=${BENCH_JAVA_HEAP:-2g}
[ "$1" != available ] || exit 0
exec java -Xms"$heap" -Xmx"$heap" -XX:+AlwaysPreTouch -XX:+UseSerialGC -XX:-UsePerfData -cp "$jar" "$here/LuceneBench.java" "$@"
