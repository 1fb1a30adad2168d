#!/usr/bin/env bash
# Prints what the size of the shared library consists of: see README.md.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

echo "library: $(stat -c %s "$work/libbosauth.so.1") bytes"
echo
echo "sections of at least 1 KiB, bytes"
size -A "$work/libbosauth.so.1" | awk '/^\./ && $2 >= 1024 { printf "  %-20s %9d\n", $1, $2 }' | sort -k 2 -n -r
echo
if cargo bloat --version >/dev/null 2>&1; then
    echo "code by crate, as estimated by cargo-bloat"
    # The symbols are stripped from the library that is shipped.
    CARGO_PROFILE_DIST_STRIP=none cargo bloat --profile dist --lib --package bosauth-capi --crates -n 0 2>/dev/null |
        grep -v -e '^$' -e '^Note'
else
    echo "SKIPPED: code by crate: cargo install cargo-bloat"
fi
