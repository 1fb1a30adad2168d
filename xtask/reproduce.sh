#!/bin/sh
# Builds the artifacts of a target twice, and fails unless they have the same hashes:
#
#     reproduce.sh DIRECTORY TARGET...
#
# The builds are in clones of this repository below DIRECTORY, with other directories, CARGO_HOME, umask, locale and
# time zone. Both download the crates. The tools in target/tools of this repository are used.
set -eu

[ $# -ge 2 ] || { echo "usage: reproduce.sh DIRECTORY TARGET..." >&2; exit 1; }
repository=$(cd "$(dirname "$0")/.." && pwd)
directory=$1
shift
options=
for target in "$@"; do
    options="$options --target $target"
done

# build CLONE CARGO_HOME UMASK LOCALE ZONE
build() (
    clone=$1 home=$2
    umask "$3"
    git clone --quiet "$repository" "$clone"
    mkdir -p "$clone/target" "$home"
    [ ! -e "$repository/target/tools" ] || ln -s "$repository/target/tools" "$clone/target/tools"
    # The registry may be configured there.
    config="${CARGO_HOME:-$HOME/.cargo}/config.toml"
    [ ! -e "$config" ] || cp "$config" "$home"
    cd "$clone"
    for step in build dist; do
        # shellcheck disable=SC2086 # several options
        LC_ALL=$4 TZ=$5 CARGO_HOME=$home cargo xtask $step $options
    done
    rm -rf target/dist-libs/cargo target/dist-libs/cargo-programs target/debug
)

rm -rf "$directory"
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
build "$directory/a" "$directory/home-a" 022 C UTC
build "$directory/another/clone" "$directory/another/home" 077 C.UTF-8 Asia/Tokyo
echo "SHA256SUMS of both builds:"
cat "$directory/a/target/artifacts/SHA256SUMS"
diff "$directory/a/target/artifacts/SHA256SUMS" "$directory/another/clone/target/artifacts/SHA256SUMS"
