#!/bin/sh
# Installs what `cargo xtask` requires for all targets: as root, packages of Debian 12 or later and Rust targets; the other
# tools in target/tools. cargo compiles two of them, which takes ten minutes. Requires rustup, and Go 1.24 or later.
set -eu

cd "$(dirname "$0")/.."

apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends \
    binutils binutils-aarch64-linux-gnu binutils-arm-linux-gnueabihf clang-19 cmake cpio debootstrap g++ \
    gcc-mingw-w64-x86-64 git gpg lintian lld-19 llvm-19 make maven musl openjdk-17-jdk-headless pkg-config python3-venv \
    qemu-user-static rpm rpm2cpio wine64 >/dev/null

rustup target add aarch64-apple-darwin aarch64-apple-ios aarch64-apple-ios-sim aarch64-linux-android \
    aarch64-unknown-linux-gnu aarch64-unknown-linux-musl armv7-linux-androideabi armv7-unknown-linux-gnueabihf \
    i686-linux-android x86_64-apple-darwin x86_64-apple-ios x86_64-linux-android x86_64-pc-windows-gnu \
    x86_64-unknown-linux-gnu x86_64-unknown-linux-musl

python3 -m venv target/tools
target/tools/bin/pip install --quiet --disable-pip-version-check --requirement xtask/requirements.txt
GOBIN="$PWD/target/tools/bin" go install github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.43.0
cargo install --quiet --locked --root target/tools cargo-auditable@0.7.7 cargo-cyclonedx@0.5.9
