#!/bin/sh
# Prepares what build-android.sh uses of an NDK, for tests on machines without one. Publish with an NDK only.
#
#     android-toolchain.sh DIRECTORY ABI
#
# Requires clang, lld, ar, a JDK, and zig, or python-zig of the Python package ziglang, for its headers and sources; ZIG
# overrides those on PATH. DIRECTORY/ABI gets the layout of an NDK:
#
# - libc, libm and libdl are stubs with the symbols of API level 23 in native/android-23.txt
# - the C headers are those of musl, and jni.h is that of the JDK
# - libunwind is compiled from the sources in Zig
# - the library of compiler builtins is empty: those in Rust's standard library are linked
set -eu

here=$(cd "$(dirname "$0")" && pwd)

fail() {
    echo "android-toolchain.sh: $1" >&2
    exit 1
}

# Prints the names of the symbols of a library, such as libc.so, for the architecture.
symbols() {
    awk -v library="$1:" -v architecture="$architecture" '
        /^#/ { next }
        /:/ { is_exported = $1 == library && index($0 " ", " " architecture " "); next }
        is_exported { for (field = 1; field <= NF; ++field) print $field }
    ' "$here/native/android-23.txt"
}

[ $# -eq 2 ] || fail "usage: android-toolchain.sh DIRECTORY ABI"
abi=$2
root=$1/$abi
case $abi in
arm64-v8a) architecture=arm64 triple=aarch64-linux-android compiler=$triple headers=aarch64 runtime=aarch64 ;;
armeabi-v7a)
    architecture=arm triple=arm-linux-androideabi compiler=armv7a-linux-androideabi headers=arm runtime=arm
    ;;
x86_64) architecture=x86_64 triple=x86_64-linux-android compiler=$triple headers=x86_64 runtime=x86_64 ;;
x86) architecture=x86 triple=i686-linux-android compiler=$triple headers=x86 runtime=i686 ;;
*) fail "unknown ABI $abi" ;;
esac

zig=${ZIG:-$(command -v zig || command -v python-zig)} || fail "zig not found; install it or set ZIG"
zig_lib=$("$zig" env | sed -n 's/.*lib_dir"\{0,1\} *[=:] *"\(.*\)".*/\1/p')
[ -d "$zig_lib/libunwind" ] || fail "\`$zig env\` prints no lib_dir with libunwind"
# zig prints a path below the working directory as a relative one.
zig_lib=$(cd "$zig_lib" && pwd)
if [ -z "${JAVA_HOME:-}" ]; then
    javac=$(command -v javac) || fail "javac not found; install a JDK or set JAVA_HOME"
    JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$javac")")")
fi

sysroot=$root/sysroot
resources=$root/resources
libraries=$sysroot/usr/lib/$triple/23
bin=$root/toolchains/llvm/prebuilt/test/bin
rm -rf "$root"
mkdir -p "$libraries" "$sysroot/usr/include" "$resources/lib/linux" "$bin"

# The headers of an architecture are before the common ones, which they replace in part.
for folder in "generic-musl" "$headers-linux-musl"; do
    cp -R "$zig_lib/libc/include/$folder/." "$sysroot/usr/include"
done
cp "$JAVA_HOME/include/jni.h" "$JAVA_HOME/include/linux/jni_md.h" "$sysroot/usr/include"
ln -s "$(clang -print-resource-dir)/include" "$resources/include"
ar rc "$resources/lib/linux/libclang_rt.builtins-$runtime-android.a"

cat >"$bin/${compiler}23-clang" <<END
#!/bin/sh
exec clang --target=${compiler}23 --sysroot='$sysroot' -resource-dir='$resources' \\
    --start-no-unused-arguments -D__errno_location=__errno -fuse-ld=lld --rtlib=compiler-rt --unwindlib=libunwind \\
    --end-no-unused-arguments "\$@"
END
chmod +x "$bin/${compiler}23-clang"
ln -s "$(command -v ar)" "$bin/llvm-ar"
clang=$bin/${compiler}23-clang

for library in libc libm libdl; do
    symbols $library.so | while read -r name; do
        echo ".globl $name"
        echo "$name:"
    done >"$libraries/$library.s"
    "$clang" -nostdlib -shared -Wl,-soname,$library.so "$libraries/$library.s" -o "$libraries/$library.so"
done
for object in crtbegin_so crtend_so; do
    "$clang" -c -x assembler /dev/null -o "$libraries/$object.o"
done

cd "$libraries"
for source in libunwind.cpp Unwind-EHABI.cpp UnwindLevel1.c UnwindLevel1-gcc-ext.c UnwindRegistersRestore.S \
    UnwindRegistersSave.S; do
    case $source in
    *.cpp) flags="-std=c++17 -nostdinc++ -fno-exceptions -fno-rtti" ;;
    *) flags= ;;
    esac
    # shellcheck disable=SC2086 # flags are words
    "$clang" $flags -c -O2 -fPIC -funwind-tables -fvisibility=hidden -DNDEBUG -D_LIBUNWIND_IS_NATIVE_ONLY \
        -I "$zig_lib/libunwind/include" "$zig_lib/libunwind/src/$source" -o "$source.o"
done
ar rc libunwind.a ./*.S.o ./*.c.o ./*.cpp.o
