#!/bin/sh
# Creates the static library to install from the one that cargo builds:
#
#     static-library.sh CARGO.a SYMBOLS.txt OUTPUT.a
#
# cargo's archive exports the symbols of Rust's standard library in addition to the functions in SYMBOLS.txt, which
# conflict with those of other Rust static libraries. The output contains one object with these functions and their
# dependencies, in which all other symbols are local. Requires GNU ld, objcopy and ar, which LD, OBJCOPY and AR override.
set -eu

fail() {
    echo "static-library.sh: $1" >&2
    exit 1
}

# Only GNU ld merges section groups in a partial link. The linker would treat a remaining group as a duplicate of the
# group with the same name in another Rust library, and discard it.
gnu_ld() {
    for linker in "${LD:-ld}" ld.bfd ld; do
        case "$("$linker" --version 2>/dev/null)" in
        "GNU ld "*) echo "$linker" && return ;;
        esac
    done
    fail "GNU ld not found; install binutils or set LD"
}

[ $# -eq 3 ] || fail "usage: static-library.sh CARGO.a SYMBOLS.txt OUTPUT.a"
archive=$1 symbols=$2 output=$3
linker=$(gnu_ld)
objcopy=${OBJCOPY:-objcopy}
ar=${AR:-ar}
for tool in "$objcopy" "$ar"; do
    command -v "$tool" >/dev/null || fail "$tool not found; install binutils or set OBJCOPY and AR"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
roots=$(sed 's/^/--require-defined=/' "$symbols")
# shellcheck disable=SC2086 # one argument per symbol
"$linker" -r --gc-sections --force-group-allocation $roots -o "$work/linked.o" "$archive"
"$objcopy" --keep-global-symbols="$symbols" --strip-unneeded "$work/linked.o" "$work/bosauth.o"
"$ar" rcsD "$work/libbosauth.a" "$work/bosauth.o"

# Keeps the modification time of an unchanged file, so that nothing is linked again.
cmp -s "$work/libbosauth.a" "$output" || mv "$work/libbosauth.a" "$output"
