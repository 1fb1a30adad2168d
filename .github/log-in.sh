#!/usr/bin/env bash
# Logs in with the released libraries of this machine's system: compiles xtask/smoke/smoke.c against an unpacked archive
# of the C library, with the shared and with the static library. Requires cc.
#
#     log-in.sh DIRECTORY
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: log-in.sh DIRECTORY" >&2; exit 2; }
prefix=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() { cc -std=c11 -I"$prefix/include" "$root/xtask/smoke/smoke.c" -o "$work/$1" "${@:2}"; }
compile shared -L"$prefix/lib" -lbosauth -Wl,-rpath,"$prefix/lib"
compile static "$prefix/lib/libbosauth.a" -lpthread -ldl -lm

# Nothing listens on port 1.
for program in shared static; do
    # shellcheck disable=SC2016 # expanded by the inner shell
    "$root/.github/with-server.sh" "$root/xtask/smoke/seed.json" \
        sh -c '"$0" "$BOSAUTH_TEST_URL" http://127.0.0.1:1' "$work/$program"
done
