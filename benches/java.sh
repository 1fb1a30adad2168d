#!/usr/bin/env bash
# The cost of a login from Java with bosauth, HttpURLConnection, java.net.http and OkHttp, as a table; and the sizes of
# what is shipped. Requires a JDK, Maven and its registry. --short makes fewer logins.
set -euo pipefail
cd "$(dirname "$0")/.."
built=$(realpath -m "${CARGO_TARGET_DIR:-target}")
out=$built/java-peers
warm_up=5000 logins=5000
[ "${1:-}" = --short ] && warm_up=20 logins=100
rm -rf "$out"
mkdir -p "$out"

cargo build --quiet --profile dist --lib --package bosauth-capi
cargo build --quiet --release --package bosbase-local
cp -R bindings/java "$out/java"
BOSAUTH_REPOSITORY=$PWD "$out/java/build-native.sh" "$built/dist/libbosauth.a"
mvn --batch-mode --quiet --file "$out/java/pom.xml" --projects bosauth-api,bosauth package -DskipTests
cp "$out"/java/bosauth*/target/*.jar "$out"
for artifact in com.squareup.okhttp3:okhttp:4.12.0 com.squareup.okio:okio-jvm:3.6.0 org.jetbrains.kotlin:kotlin-stdlib:2.2.20; do
    mvn --batch-mode --quiet org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
        -Dartifact="$artifact" -DoutputDirectory="$out"
done
javac -d "$out" -cp "$out/*" benches/java/Peers.java

mkfifo "$out/url"
"$built/release/bosbase-local" serve --http 127.0.0.1:0 --demo 2>/dev/null >"$out/url" &
server=$!
trap 'kill $server' EXIT
exec 3<"$out/url"
read -r url <&3
curl --silent --fail --output /dev/null --header 'Content-Type: application/json' \
    --data '{"email":"user@example.com","password":"correct horse 1","token":"my-own-token"}' \
    "$url/api/collections/users/bind-token"

ls -l "$out"/bosauth*.jar "$out"/java/target/native/META-INF/bosauth/*/*
echo
echo "| peer | first login, ms | CPU of a login, µs | elapsed, µs |"
echo "|---|---|---|---|"
for round in 1 2 3; do
    for peer in bosauth HttpURLConnection java.net.http OkHttp; do
        java -cp "$out:$out/*" --enable-native-access=ALL-UNNAMED Peers "$peer" "$url" "$warm_up" "$logins"
    done
    [ "$logins" = 100 ] && break
done
