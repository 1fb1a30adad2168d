#!/bin/sh
# Builds the native library of this machine from the static library that cargo has built:
#
#     build-native.sh [LIBBOSAUTH.a]
#
# The default is target/dist/libbosauth.a of the repository. The output is the resource directory of the module
# bosauth, target/native. Requires a JDK and a C compiler; CC and JAVA_HOME override those on PATH.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
repository=${BOSAUTH_REPOSITORY:-$here/../..}
archive=${1:-$repository/target/dist/libbosauth.a}

fail() {
    echo "build-native.sh: $1" >&2
    exit 1
}

[ -f "$archive" ] || fail "$archive not found; run: cargo build --profile dist -p bosauth-capi --lib"
[ "$(uname -s)" = Linux ] || fail "this script builds for Linux only"

# The names of io.bosauth.Loader.
case $(uname -m) in
x86_64) architecture=x86_64 ;;
aarch64) architecture=aarch64 ;;
armv7* | armv8l) architecture=arm ;;
i?86) architecture=x86 ;;
*) fail "unknown architecture $(uname -m)" ;;
esac
platform=linux-$architecture
case $(ldd --version 2>&1 || true) in
*musl*) platform=linux-musl-$architecture ;;
esac

if [ -z "${JAVA_HOME:-}" ]; then
    javac=$(command -v javac) || fail "javac not found; install a JDK or set JAVA_HOME"
    JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$javac")")")
fi
[ -f "$JAVA_HOME/include/jni.h" ] || fail "$JAVA_HOME/include/jni.h not found; JAVA_HOME must be a JDK"

output=$here/target/native/META-INF/bosauth/$platform
mkdir -p "$output"
"${CC:-cc}" -std=c11 -O2 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -shared \
    -I "$repository/include" -I "$JAVA_HOME/include" -I "$JAVA_HOME/include/linux" \
    "$here/native/bosauth_jni.c" "$archive" \
    -Wl,--version-script="$here/native/exports.map" -Wl,--gc-sections,-s -Wl,-z,defs,-z,nodelete,-z,relro,-z,now \
    -Wl,-z,max-page-size=16384 -Wl,-soname,libbosauth_jni.so -o "$output/libbosauth_jni.so"
