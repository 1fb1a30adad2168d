#!/bin/sh
# Unpacks the glibc, the musl and the Python of Debian for another architecture:
#
#     sysroot.sh ARCHITECTURE DIRECTORY
#
# The architecture is Debian's name, such as arm64. Downloads them with the apt sources of this machine, but changes
# neither its package lists nor its installed packages.
set -eu

architecture=$1 directory=$2
[ ! -e "$directory/complete" ] || exit 0
rm -rf "$directory"
mkdir -p "$directory/lists/partial" "$directory/cache/archives/partial"
cd "$directory"
touch status

apt() {
    apt-get -qq -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" \
        -o APT::Sandbox::User=root -o Dir::State::Lists="$directory/lists" -o Dir::State::status="$directory/status" \
        -o Dir::Cache="$directory/cache" "$@"
}

# A source that fails does not matter if another one has the packages.
apt update || true
apt install --yes --download-only --no-install-recommends libc6 musl python3
for package in cache/archives/*.deb; do
    dpkg-deb -x "$package" .
done
rm -rf lists cache
touch complete
