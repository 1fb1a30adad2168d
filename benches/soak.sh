#!/usr/bin/env bash
# A million calls, and what the process holds meanwhile: see README.md beside this file. soak.sh [CALLS]
set -euo pipefail
. "$(dirname "$0")/set_up.sh"

cargo build --quiet --release --package bosbase-local
program soak
serve release soak
"$work/soak" "$url" soak "${1:-1000000}"
