#!/bin/sh
# Builds the native libraries of Android, target/android/jni/ABI/libbosauth_jni.so:
#
#     build-android.sh [ABI...]
#
# The default is every ABI: arm64-v8a armeabi-v7a x86_64 x86. ANDROID_NDK_HOME names an NDK. Without one,
# android-toolchain.sh prepares a substitute; its libraries are for tests only. Requires the Rust targets of the ABIs,
# as in `rustup target add aarch64-linux-android`.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "${BOSAUTH_REPOSITORY:-$here/../..}" && pwd)
cargo_target=${CARGO_TARGET_DIR:-$repository/target}
api_level=23

fail() {
    echo "build-android.sh: $1" >&2
    exit 1
}

# Flags of rustc, separated as cargo requires, that replace the directories of this machine by fixed names.
rust_flags() {
    for pair in "${CARGO_HOME:-$HOME/.cargo}=/cargo" "$(cd "$repository" && rustc --print sysroot)=/rust" \
        "$repository=/bosauth"; do
        printf '\037--remap-path-prefix=%s' "$pair"
    done | cut -c2-
}

# Builds the library of one ABI.
build() {
    abi=$1
    case $abi in
    arm64-v8a) target=aarch64-linux-android compiler=$target ;;
    armeabi-v7a) target=armv7-linux-androideabi compiler=armv7a-linux-androideabi ;;
    x86_64) target=x86_64-linux-android compiler=$target ;;
    x86) target=i686-linux-android compiler=$target ;;
    *) fail "unknown ABI $abi" ;;
    esac
    ndk=${ANDROID_NDK_HOME:-}
    if [ -z "$ndk" ]; then
        echo "build-android.sh: ANDROID_NDK_HOME is not set; do not publish the library of $abi" >&2
        "$here/android-toolchain.sh" "$here/target/android/toolchain" "$abi"
        ndk=$here/target/android/toolchain/$abi
    fi
    for bin in "$ndk"/toolchains/llvm/prebuilt/*/bin; do :; done
    cc=$bin/$compiler$api_level-clang
    [ -x "$cc" ] || fail "$cc not found; ANDROID_NDK_HOME must be an NDK"

    variable=$(echo $target | tr - _)
    (
        cd "$repository"
        env "CC_$variable=$cc" "AR_$variable=$bin/llvm-ar" "CARGO_ENCODED_RUSTFLAGS=$(rust_flags)" \
            cargo rustc --quiet -p bosauth-capi --lib --profile dist --target $target --crate-type staticlib \
            --target-dir "$cargo_target"
    )

    output=$here/target/android/jni/$abi
    mkdir -p "$output"
    "$cc" -std=c11 -O2 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -shared -I "$repository/include" \
        "$here/native/bosauth_jni.c" "$cargo_target/$target/dist/libbosauth.a" -Wl,--as-needed -lm -ldl \
        -Wl,--version-script="$here/native/exports.map" -Wl,--gc-sections,-s -Wl,-z,defs,-z,nodelete,-z,relro,-z,now \
        -Wl,-z,max-page-size=16384 -Wl,-soname,libbosauth_jni.so -o "$output/libbosauth_jni.so"
}

[ $# -gt 0 ] || set -- arm64-v8a armeabi-v7a x86_64 x86
for abi; do
    build "$abi"
done
