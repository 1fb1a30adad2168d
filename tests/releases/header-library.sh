#!/bin/sh
# Compiles a shared library that defines each function of a header, with debug information, to compare its ABI:
#
#     header-library.sh BOSAUTH.h OUTPUT.so
#
# The library itself is compiled from Rust, whose debug information does not contain the prototypes of the header.
set -eu

[ $# -eq 2 ] || { echo "usage: header-library.sh BOSAUTH.h OUTPUT.so" >&2 && exit 1; }

# Replaces the semicolon after each prototype by a body.
define() {
    awk '!/^typedef/ && / bosauth_[a-z_]+\(/ { is_prototype = 1 }
        is_prototype && sub(/\);$/, ") { __builtin_trap(); }") { is_prototype = 0 }
        { print }'
}

"${CC:-cc}" -E -P "$1" | define |
    "${CC:-cc}" -xc - -g -fno-eliminate-unused-debug-types -shared -fPIC -Wl,-soname,libbosauth.so.1 -o "$2"
