#!/usr/bin/env bash
# How soon a call ends once it is stopped, and once its deadline has passed: see README.md beside this file.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=1000 deadlines=("100 100" "1000 20" "20000 2")
if [ "${1:-}" = --short ]; then
    rounds=20 deadlines=("100 3")
fi
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo build --quiet --profile dist --lib --package bosauth-capi
cp "$target/dist/libbosauth.so" "$work/libbosauth.so.1"
ln -s libbosauth.so.1 "$work/libbosauth.so"
cc -O2 -pthread -Iinclude tests/drivers/cancel.c -o "$work/cancel" -L"$work" -lbosauth "-Wl,-rpath,$work"

machine() { echo "on $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg)"; }

echo "microseconds from a stop to the call's end, $rounds stops each, $(machine)"
"$work/cancel" stop "$rounds"
for deadline in "${deadlines[@]}"; do
    read -r milliseconds times <<<"$deadline"
    echo "microseconds from a deadline of $milliseconds ms to the call's end, $(machine)"
    "$work/cancel" deadline "$milliseconds" "$times"
done
machine
