#!/usr/bin/env bash
# Makes a million calls and prints the resources of the process: see README.md. Usage: soak.sh [CALLS]
set -euo pipefail
. "$(dirname "$0")/setup.sh"

cargo build --quiet --release --package bosbase-local
program soak
serve release soak
"$work/soak" "$url" soak "${1:-1000000}"
