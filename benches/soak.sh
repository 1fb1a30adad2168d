#!/usr/bin/env bash
# A million calls, and what the process holds meanwhile: see README.md beside this file. soak.sh [CALLS]
set -euo pipefail
cd "$(dirname "$0")/.."

calls=${1:-1000000}
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

cargo build --quiet --profile dist --lib --package bosauth-capi
cargo build --quiet --release --package bosbase-local
cp "$target/dist/libbosauth.so" "$work/libbosauth.so.1"
ln -s libbosauth.so.1 "$work/libbosauth.so"
cc -O2 -pthread -Iinclude tests/drivers/soak.c -o "$work/soak" -L"$work" -lbosauth "-Wl,-rpath,$work"

"$target/release/bosbase-local" serve --http 127.0.0.1:0 --demo >"$work/server" 2>/dev/null &
server=$!
until [ -s "$work/server" ]; do sleep 0.1; done
url=$(head -n 1 "$work/server")
curl -sf "$url/api/collections/users/bind-token" -H 'Content-Type: application/json' \
    -d '{"email":"user@example.com","password":"correct horse 1","token":"soak"}'

"$work/soak" "$url" soak "$calls"
