#!/usr/bin/env bash
# How soon a call ends once it is stopped, and once its deadline has passed: see README.md beside this file.
set -euo pipefail
. "$(dirname "$0")/set_up.sh"

rounds=1000 deadlines=("100 100" "1000 20" "20000 2")
if [ "${1:-}" = --short ]; then
    rounds=20 deadlines=("100 3")
fi
program cancel

machine() { echo "on $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg)"; }

echo "microseconds from a stop to the call's end, $rounds stops each, $(machine)"
"$work/cancel" stop "$rounds"
for deadline in "${deadlines[@]}"; do
    read -r milliseconds times <<<"$deadline"
    echo "microseconds from a deadline of $milliseconds ms to the call's end, $(machine)"
    "$work/cancel" deadline "$milliseconds" "$times"
done
machine
