# shellcheck shell=bash
# Common setup of the benchmarks, to be sourced. $work is a temporary directory that contains the shipped library.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
target=${CARGO_TARGET_DIR:-target}
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

cargo build --quiet --profile dist --lib --package bosauth-capi
cp "$target/dist/libbosauth.so" "$work/libbosauth.so.1"
ln -s libbosauth.so.1 "$work/libbosauth.so"

# Compiles the program tests/c/NAME.c. Further arguments are passed to the compiler.
program() {
    local name=$1
    shift
    cc -O2 -pthread -Iinclude "tests/c/$name.c" -o "$work/$name" -L"$work" -lbosauth "-Wl,-rpath,$work" "$@"
}

# Starts bosbase-local of a cargo profile, binds a token, and sets $url.
serve() {
    "$target/$1/bosbase-local" serve --http 127.0.0.1:0 --demo >"$work/server" 2>/dev/null &
    server=$!
    until [ -s "$work/server" ]; do sleep 0.1; done
    url=$(head -n 1 "$work/server")
    curl -sf "$url/api/collections/users/bind-token" -H 'Content-Type: application/json' \
        -d "{\"email\":\"user@example.com\",\"password\":\"correct horse 1\",\"token\":\"$2\"}"
}

# The number of processors and the load: durations depend on them.
machine() { echo "on $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg)"; }

# The head of a table of cancellations, with the rows of C. Takes the number of cancellations.
cancellation_baseline() {
    program cancel
    echo "| cancelled by | caller continues, µs: p50 | p99 | call has ended, µs: p50 | p99 |"
    echo "|---|--:|--:|--:|--:|"
    # shellcheck disable=SC2016 # code spans
    "$work/cancel" stop "$1" | sed -n \
        -e 's/^read  *cancel .* p50 \([0-9]*\) p99 \([0-9]*\) .*/| C, `bosauth_cancel_trigger` | \1 | \2 | | |/p' \
        -e 's/^read  *close .* p50 \([0-9]*\) p99 \([0-9]*\) .*/| C, `bosauth_client_close`, 1 call | \1 | \2 | | |/p'
}
