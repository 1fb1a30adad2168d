#!/usr/bin/env bash
# Measures how soon a call returns after its cancellation and after its deadline: see README.md.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

rounds=1000 deadlines=("100 100" "1000 20" "20000 2")
if [ "${1:-}" = --short ]; then
    rounds=20 deadlines=("100 3")
fi
program cancel

echo "microseconds from cancellation to return, $rounds cancellations each, $(machine)"
"$work/cancel" stop "$rounds"
for deadline in "${deadlines[@]}"; do
    read -r milliseconds times <<<"$deadline"
    echo "microseconds from a deadline of $milliseconds ms to return, $(machine)"
    "$work/cancel" deadline "$milliseconds" "$times"
done
machine
