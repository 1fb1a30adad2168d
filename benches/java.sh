#!/usr/bin/env bash
# The cost of a login from Java with bosauth, HttpURLConnection, java.net.http and OkHttp, how soon a cancelled call ends
# in Java, Kotlin and C, and the sizes of what is shipped: see README.md. Requires a JDK, Maven and its registry.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

profile=release warm_up=5000 logins=5000 rounds=3 cancellations=1000
[ "${1:-}" = --short ] && profile=dev warm_up=20 logins=100 rounds=1 cancellations=20

cargo build --quiet --profile "$profile" --package bosbase-local
cp -R bindings/java "$work/java"
rm -f "$work"/java/bosauth-kotlin/src/test/kotlin/io/bosauth/kotlin/*.kt
cp benches/java/Cancel.kt "$work/java/bosauth-kotlin/src/test/kotlin"
BOSAUTH_REPOSITORY=$PWD sh "$work/java/build-native.sh" "$target/dist/libbosauth.a"
mvn --batch-mode --quiet --file "$work/java/pom.xml" package -DskipTests \
    -Dmaven.source.skip=true -Dmaven.javadoc.skip=true
cp "$work"/java/bosauth/target/bosauth-*.jar "$work"/java/bosauth-kotlin/target/bosauth-kotlin-*.jar \
    "$work"/java/bosauth-kotlin/target/lib/*.jar "$work"
for artifact in com.squareup.okhttp3:okhttp:4.12.0 com.squareup.okio:okio-jvm:3.6.0; do
    mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
        -Dartifact="$artifact" -DoutputDirectory="$work"
done
javac -d "$work" -cp "$work/*" benches/java/Peers.java
jvm() { java -cp "$work:$work/java/bosauth-kotlin/target/test-classes:$work/*" --enable-native-access=ALL-UNNAMED "$@"; }

echo "| file | bytes |"
echo "|---|--:|"
for file in "$work"/java/target/native/META-INF/bosauth/*/* "$work"/bosauth-[0-9]*.jar "$work"/bosauth-[ak]*.jar; do
    echo "| \`$(basename "$file")\` | $(stat -c %s "$file") |"
done

serve "${profile/dev/debug}" my-own-token
echo
echo "| client | first login, ms | CPU time of a login, µs | elapsed time of a login, µs |"
echo "|---|--:|--:|--:|"
for ((round = 0; round < rounds; round++)); do
    for peer in bosauth HttpURLConnection java.net.http OkHttp; do
        jvm Peers "$peer" "$url" "$warm_up" "$logins"
    done
done

echo
cancellation_baseline "$cancellations"
jvm CancelKt "$cancellations"
machine
