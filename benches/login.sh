#!/usr/bin/env bash
# Measures the cost of a login on an open connection through the C ABI: see README.md.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

few=200 many=1200 where=no
case "${1:-}" in
    --short) few=20 many=120 ;;
    --where) where=yes ;;
esac

cargo build --quiet --package bosbase-local
program load -Wl,-z,now
cc -O2 -shared -fPIC benches/count_malloc.c -o "$work/count_malloc.so"
serve debug bench

# Each takes the number of logins, and optionally a session file.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file="$work/callgrind.$1" "$work/load" "$url" bench "$1" 1 "${@:2}" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
allocations() {
    LD_PRELOAD="$work/count_malloc.so" "$work/load" "$url" bench "$1" 1 "${@:2}" 2>&1 | sed -n 's/allocations //p'
}
system_calls() {
    strace -f -qq -o "$work/trace" "$work/load" "$url" bench "$1" 1 "${@:2}" >/dev/null 2>&1
    wc -l <"$work/trace"
}
each() { # the difference between two runs, per login
    local of_few of_many
    of_few=$($1 $few "${@:2}")
    of_many=$($1 $many "${@:2}")
    echo $(((of_many - of_few) / (many - few)))
}

printf '%-28s %10s %10s\n' 'a login on an open connection' measured goal
printf '%-28s %10s %10s\n' instructions "$(each instructions)" 21600
printf '%-28s %10s %10s\n' allocations "$(each allocations)" 17
printf '%-28s %10s %10s\n' 'system calls' "$(each system_calls)" 4
printf '%-28s %10s %10s\n' 'size of the library, bytes' "$(stat -c %s "$work/libbosauth.so.1")" 1780000

printf '\n%-28s %10s\n' 'the same with a session file' measured
for cost in instructions allocations system_calls; do
    printf '%-28s %10s\n' "${cost/_/ }" "$(each $cost "$work/session")"
done

if [ "$where" = yes ]; then
    # The same library with symbols.
    CARGO_PROFILE_DIST_STRIP=none cargo build --quiet --profile dist --lib --package bosauth-capi
    cp "$target/dist/libbosauth.so" "$work/libbosauth.so.1"
    instructions "$many" >/dev/null
    callgrind_annotate "$work/callgrind.$many" | sed -n '/^Ir/,$p' | sed -n 1,40p
fi
