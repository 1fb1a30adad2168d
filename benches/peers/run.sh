#!/usr/bin/env bash
# Measures a login with this library and with its peers: see ../README.md. Writes docs/performance.md.
# With --short it makes fewer logins and writes the page to target/peers/page.
#
# A peer whose tool or package is missing is SKIPPED, with BOSAUTH_ALL_TOOLS=1 a failure. A peer that fails is a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
peers=$PWD/benches/peers
built=$(realpath -m "${CARGO_TARGET_DIR:-target}")
out=$built/peers/programs
rm -rf "$out"
mkdir -p "$out"

# The library as shipped, and the peers in Rust.
cargo build --quiet --profile dist --lib --package bosauth-capi
cp "$built/dist/libbosauth.so" "$out/libbosauth.so.1"
ln -s libbosauth.so.1 "$out/libbosauth.so"
rust() { # NAME
    cargo build --quiet --release --manifest-path "$peers/Cargo.toml" --target-dir "$built/peers" \
        --features "$1" --bin "$1"
    cp "$built/peers/release/$1" "$out/$1"
}
for name in server raw handwritten bosauth ureq reqwest; do
    rust "$name"
done
if pkg-config --exists openssl; then
    rust reqwest-0-11
else
    echo "SKIPPED: official Rust SDK's base: install pkg-config and libssl-dev"
fi

# The peers in C and C++.
cc -O2 -Wall -Wextra -Werror -c "$peers/c/driver.c" -o "$out/driver.o"
program() { # NAME SOURCE ARGUMENT…
    local compiler=cc
    case $2 in *.cpp) compiler="c++ -std=c++17" ;; esac
    $compiler -O2 -Wall -Wextra -Iinclude -Ibindings/cpp "$peers/c/$2" "$out/driver.o" -o "$out/$1" -pthread "${@:3}"
}
bosauth=(-L"$out" -lbosauth "-Wl,-rpath,$out")
program nothing nothing.c
program bosauth-c bosauth.c "${bosauth[@]}"
program bosauth-cpp bosauth.cpp "${bosauth[@]}"
program curl curl_unparsed.c -lcurl || echo "SKIPPED: libcurl: install libcurl4-openssl-dev"
program curl-cjson curl_cjson.c -lcurl -lcjson || echo "SKIPPED: libcurl with cJSON: install libcjson-dev"
program curl-nlohmann curl_nlohmann.cpp -lcurl || echo "SKIPPED: libcurl with nlohmann/json: install nlohmann-json3-dev"

# The peers in Python.
venv=$built/peers/venv
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$peers/python/requirements.txt" ||
    echo "SKIPPED: urllib3, requests, httpx: they cannot be installed"

python3 "$peers/measure.py" "$out" "$venv/bin/python" "$@"
