#!/bin/sh
# Makes the static library that is installed out of the one that cargo builds:
#
#     static-library.sh CARGO.a SYMBOLS.txt OUTPUT.a
#
# cargo's archive exports Rust's standard library beside the functions of SYMBOLS.txt, so it clashes with every
# other Rust static library. The output is one object: what those functions need, linked together, with every
# other symbol local. It needs the GNU linker, objcopy and ar; the variables LD, OBJCOPY and AR name others.
set -eu

fail() {
    echo "static-library.sh: $1" >&2
    exit 1
}

# Only GNU ld merges section groups in a partial link. A group that is left would be taken for the one of the
# same name in another Rust library, and replaced by it.
gnu_ld() {
    for linker in "${LD:-ld}" ld.bfd ld; do
        case "$("$linker" --version 2>/dev/null)" in
        "GNU ld "*) echo "$linker" && return ;;
        esac
    done
    fail "the static library is made by GNU ld, which is not found; install binutils or set LD"
}

[ $# -eq 3 ] || fail "usage: static-library.sh CARGO.a SYMBOLS.txt OUTPUT.a"
archive=$1 symbols=$2 output=$3
linker=$(gnu_ld)
objcopy=${OBJCOPY:-objcopy}
ar=${AR:-ar}
for tool in "$objcopy" "$ar"; do
    command -v "$tool" >/dev/null || fail "$tool is not found; install binutils or set OBJCOPY and AR"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
roots=$(sed 's/^/--require-defined=/' "$symbols")
# shellcheck disable=SC2086 # one argument for each symbol
"$linker" -r --gc-sections --force-group-allocation $roots -o "$work/linked.o" "$archive"
"$objcopy" --keep-global-symbols="$symbols" --strip-unneeded "$work/linked.o" "$work/bosauth.o"
"$ar" rcsD "$work/libbosauth.a" "$work/bosauth.o"

# A file that stays the same keeps its time, so that nothing is linked again.
cmp -s "$work/libbosauth.a" "$output" || mv "$work/libbosauth.a" "$output"
