#!/bin/sh
# Builds CBosauth.xcframework in the directory of the package: the static library for macOS, iOS and the iOS simulator.
# Requires a Mac with Xcode and rustup.
#
#     scripts/xcframework.sh          builds it
#     scripts/xcframework.sh --zip    also builds CBosauth.xcframework.zip for a release, and prints its checksum
set -eu

fail() {
    echo "xcframework.sh: $1" >&2
    exit 1
}

case ${1-} in
'' | --zip) ;;
*) fail "usage: xcframework.sh [--zip]" ;;
esac

for tool in cargo rustup lipo otool xcodebuild ditto swift; do
    command -v "$tool" >/dev/null || fail "$tool not found; install Xcode and rustup"
done

package=$(cd "$(dirname "$0")/.." && pwd)
repository=$(cd "$package/../.." && pwd)
# shellcheck source=/dev/null
. "$package/deployment-targets.sh"
# The toolchain of the repository.
cd "$repository"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Builds the static library of a target, whose objects require this version of the system at most.
build() {
    target=$1 version=$2
    rustup target add "$target"
    cargo rustc --package bosauth-capi --lib --crate-type staticlib --release --locked --target "$target" \
        --target-dir "$work/target"
    newest=$(otool -l "$work/target/$target/release/libbosauth.a" | awk '$1 == "minos" { print $2 }' |
        sort -t . -k 1,1n -k 2,2n | tail -n 1)
    [ "$newest" = "$version" ] || fail "$target requires version '$newest' of its system, not $version"
}

# Combines the libraries of targets in $work/PLATFORM/libbosauth.a.
combine() {
    platform=$1
    shift
    mkdir "$work/$platform"
    for target in "$@"; do
        shift
        set -- "$@" "$work/target/$target/release/libbosauth.a"
    done
    lipo -create "$@" -output "$work/$platform/libbosauth.a"
}

build aarch64-apple-darwin "$MACOSX_DEPLOYMENT_TARGET"
build x86_64-apple-darwin "$MACOSX_DEPLOYMENT_TARGET"
build aarch64-apple-ios "$IPHONEOS_DEPLOYMENT_TARGET"
# The lowest version of rustc for this target.
build aarch64-apple-ios-sim 14.0
build x86_64-apple-ios "$IPHONEOS_DEPLOYMENT_TARGET"
combine macos aarch64-apple-darwin x86_64-apple-darwin
combine ios aarch64-apple-ios
combine simulator aarch64-apple-ios-sim x86_64-apple-ios

# Xcode copies the headers of all libraries of an app to one directory, in which only one file can be called
# module.modulemap. Clang also finds it in a directory with the name of the module.
mkdir -p "$work/headers/CBosauth"
cp include/bosauth.h "$work/headers/CBosauth"
cat >"$work/headers/CBosauth/module.modulemap" <<'EOF'
module CBosauth {
    header "bosauth.h"
    export *
}
EOF

rm -rf "$package/CBosauth.xcframework"
xcodebuild -create-xcframework \
    -library "$work/macos/libbosauth.a" -headers "$work/headers" \
    -library "$work/ios/libbosauth.a" -headers "$work/headers" \
    -library "$work/simulator/libbosauth.a" -headers "$work/headers" \
    -output "$package/CBosauth.xcframework"

if [ "${1-}" = --zip ]; then
    rm -f "$package/CBosauth.xcframework.zip"
    ditto -c -k --keepParent "$package/CBosauth.xcframework" "$package/CBosauth.xcframework.zip"
    swift package compute-checksum "$package/CBosauth.xcframework.zip"
fi
