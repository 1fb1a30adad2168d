#!/usr/bin/env bash
# Runs a command with BOSAUTH_TEST_URL as the URL of a bosbase-local with the data of a seed file, on a free port:
#
#     with-server.sh SEED.json COMMAND...
set -euo pipefail

[ $# -ge 2 ] || { echo "usage: with-server.sh SEED.json COMMAND..." >&2; exit 2; }
seed=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)

cargo build --quiet --manifest-path "$root/Cargo.toml" --package bosbase-local
output=$(mktemp)
"${CARGO_TARGET_DIR:-$root/target}/debug/bosbase-local" serve --http 127.0.0.1:0 --seed "$seed" --control >"$output" &
server=$!
trap 'kill "$server"; rm -f "$output"' EXIT

# It prints its URL when it is ready.
until [ -s "$output" ]; do
    kill -0 "$server" || exit 1
    sleep 0.1
done
BOSAUTH_TEST_URL=$(head -n 1 "$output") "$@"
