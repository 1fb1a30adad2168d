#!/bin/sh
# Builds a native library from the static library that cargo has built:
#
#     build-native.sh [--platform PLATFORM] [--output DIRECTORY] [LIBBOSAUTH.a]
#
# The platform is a name of io.bosauth.Loader, such as linux-musl-aarch64; the default is this machine's. For another
# platform, CC must be a compiler and linker for it, with its flags, and LIBBOSAUTH.a a library for it:
#
#     CC='zig cc -target aarch64-linux-gnu.2.17 -lunwind' build-native.sh --platform linux-aarch64 LIBBOSAUTH.a
#
# The defaults of the others are dist/libbosauth.a in cargo's target directory, that of the repository unless
# CARGO_TARGET_DIR is set, and the resource directory of the module bosauth, target/native. Requires a JDK and a C
# compiler; CC and JAVA_HOME override those on PATH.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
repository=${BOSAUTH_REPOSITORY:-$here/../..}
output=$here/target/native
platform=

fail() {
    echo "build-native.sh: $1" >&2
    exit 1
}

while [ $# -gt 1 ]; do
    case $1 in
    --platform) platform=$2 ;;
    --output) output=$2 ;;
    *) fail "usage: build-native.sh [--platform PLATFORM] [--output DIRECTORY] [LIBBOSAUTH.a]" ;;
    esac
    shift 2
done
archive=${1:-${CARGO_TARGET_DIR:-$repository/target}/dist/libbosauth.a}
[ -f "$archive" ] || fail "$archive not found; run: cargo build --profile dist -p bosauth-capi --lib"

# Prints the name of this machine's platform.
this_platform() {
    case $(uname -m) in
    x86_64 | amd64) architecture=x86_64 ;;
    aarch64 | arm64) architecture=aarch64 ;;
    armv7* | armv8l) architecture=arm ;;
    i?86) architecture=x86 ;;
    *) fail "unknown architecture $(uname -m)" ;;
    esac
    case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=macos ;;
    MINGW* | MSYS*) system=windows ;;
    *) fail "unknown system $(uname -s); set --platform" ;;
    esac
    case $(ldd --version 2>&1 || true) in
    *musl*) system=linux-musl ;;
    esac
    echo "$system-$architecture"
}

if [ -z "${JAVA_HOME:-}" ]; then
    javac=$(command -v javac) || fail "javac not found; install a JDK or set JAVA_HOME"
    JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$javac")")")
fi
[ -f "$JAVA_HOME/include/jni.h" ] || fail "$JAVA_HOME/include/jni.h not found; JAVA_HOME must be a JDK"

# native/jni_md.h replaces that of the JDK, which is for its own platform.
[ -n "$platform" ] || platform=$(this_platform)
case $platform in
linux-*)
    name=libbosauth_jni.so
    # Linux on arm64 may use pages of 64 KiB.
    case $platform in
    *-aarch64) page_size=65536 ;;
    *) page_size=16384 ;;
    esac
    set -- -fPIC -shared -Wl,--version-script="$here/native/exports.map" -Wl,--gc-sections,-s \
        -Wl,-z,defs,-z,nodelete,-z,relro,-z,now -Wl,-z,max-page-size="$page_size" -Wl,-soname,libbosauth_jni.so
    ;;
macos-*)
    name=libbosauth_jni.dylib
    set -- -dynamiclib -Wl,-exported_symbols_list,"$here/native/exports-macos.txt" \
        -Wl,-dead_strip,-x -Wl,-install_name,@rpath/libbosauth_jni.dylib
    ;;
windows-*)
    name=bosauth_jni.dll
    # Statically: the libraries of the compiler are on no other machine. Neither the time nor the path of the library
    # becomes part of it.
    set -- -shared -static -Wl,--gc-sections,-s,--no-insert-timestamp,--disable-auto-image-base -lws2_32 -luserenv -lntdll -lbcrypt
    ;;
*) fail "unknown platform $platform; the names are those of io.bosauth.Loader, such as linux-x86_64" ;;
esac

output=$output/META-INF/bosauth/$platform
mkdir -p "$output"
# shellcheck disable=SC2086 # a compiler and its flags
${CC:-cc} -std=c11 -O2 -Wall -Wextra -Werror -fvisibility=hidden -I "$repository/include" -I "$here/native" \
    -I "$JAVA_HOME/include" "$here/native/bosauth_jni.c" "$archive" "$@" -o "$output/$name"
