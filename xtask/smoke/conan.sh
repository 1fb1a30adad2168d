#!/bin/sh
# Creates the Conan package of the archive for this machine, and logs in with programs that are built with it:
#
#     conan.sh ARTIFACTS DIRECTORY URL
#
# ARTIFACTS is the directory with the archives, URL that of a bosbase-local with the demo account. The cache of Conan is
# in DIRECTORY, which is removed at the end. No remote is used. Requires conan, cmake and compilers for C and C++.
set -eu

[ $# -eq 3 ] || {
    echo "usage: conan.sh ARTIFACTS DIRECTORY URL" >&2
    exit 1
}
artifacts=$(cd "$1" && pwd)
directory=$2 url=$3
rm -rf "$directory"
mkdir -p "$directory"
trap 'rm -rf "$directory"' EXIT
BOSAUTH_URL="file://$artifacts" BOSAUTH_HOMEPAGE="file://$artifacts" \
    "$(dirname "$0")/../../packaging/recipes.sh" "$artifacts" "$directory/recipes"
export CONAN_HOME="$directory/home" BOSAUTH_TEST_URL="$url"
recipe=$directory/recipes/conan
version=$(sed -n 's/^  "\(.*\)":$/\1/p' "$recipe/conandata.yml")
conan profile detect >"$directory/log" 2>&1
conan create "$recipe" --version "$version" --no-remote >"$directory/log" 2>&1 || {
    cat "$directory/log" >&2
    exit 1
}
# The shared and the static library, and C++.
[ "$(grep -c '^hello user@example.com$' "$directory/log")" -eq 3 ] || {
    cat "$directory/log" >&2
    exit 1
}
