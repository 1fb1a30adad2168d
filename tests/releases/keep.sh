#!/bin/sh
# Keeps a release for the tests of later versions: writes tests/releases/VERSION.tar.gz, with
#
#     bosauth.abi    the ABI of bosauth.h, as written by abidw
#     driver         the scenario driver in C, compiled for x86_64 and glibc 2.17
#     driver.py, bosauth/    the scenario driver in Python, and the Python package
#     scenarios/     the scenarios
#
# tests/it/releases.rs runs them with the current library. Requires abidw (Debian: abigail-tools) and zig, which ZIG
# overrides.
set -eu

cd "$(dirname "$0")/../.."
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/$version"

tests/releases/header-library.sh include/bosauth.h "$work/libbosauth.so"
abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-parameter-names \
    --out-file "$work/$version/bosauth.abi" "$work/libbosauth.so"
"${ZIG:-zig}" cc -target x86_64-linux-gnu.2.17 -O2 -s -Iinclude tests/drivers/c.c -o "$work/$version/driver" \
    -L"$work" -lbosauth
cp tests/drivers/python.py "$work/$version/driver.py"
cp -R bindings/python/src/bosauth tests/scenarios "$work/$version"
find "$work/$version" -name '__pycache__' -prune -exec rm -r {} +

# The same content gives the same file.
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -C "$work" -c "$version" |
    gzip -9n >"tests/releases/$version.tar.gz"
echo "tests/releases/$version.tar.gz"
