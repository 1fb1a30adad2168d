#!/usr/bin/env bash
# How soon a cancelled call ends in Swift and C: see README.md. Requires Swift, on the PATH or in $BOSAUTH_SWIFT_ROOT.
set -euo pipefail
. "$(dirname "$0")/setup.sh"

cancellations=1000
[ "${1:-}" = --short ] && cancellations=20

mkdir -p "$work/app/Sources/app"
cp benches/swift/Cancel.swift "$work/app/Sources/app"
# The name of the folder is that of the package.
ln -sfn "$PWD" "$work/bosauth"
cat >"$work/app/Package.swift" <<END
// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "app",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "$work/bosauth")],
    targets: [
        .executableTarget(name: "app", dependencies: [.product(name: "Bosauth", package: "bosauth")])
    ]
)
END
cat >"$work/bosauth.pc" <<END
Name: bosauth
Description: login library
Version: 0
Cflags: -I$PWD/include
Libs: -L$work -lbosauth
END

# Runs a command with the Swift toolchain and the shipped library.
swift_run() {
    local run=()
    [ -n "${BOSAUTH_SWIFT_ROOT:-}" ] && run=(bindings/swift/toolchain.sh run "$BOSAUTH_SWIFT_ROOT")
    PKG_CONFIG_PATH=$work LD_LIBRARY_PATH=$work "${run[@]}" "$@"
}
swift_run swift build --quiet --configuration release --package-path "$work/app" >&2

cancellation_baseline "$cancellations"
swift_run "$work/app/.build/release/app" "$cancellations"
machine
