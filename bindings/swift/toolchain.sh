#!/bin/sh
# A Swift toolchain for Linux, in a folder of its own: Debian 13 with the package swiftlang. Both commands require root;
# `install` also requires debootstrap.
#
#     toolchain.sh install DIRECTORY            installs it, unless it is complete
#     toolchain.sh run DIRECTORY COMMAND...     runs a command with it
#
# `install` uses the Debian mirror of this system. `run` replaces /usr and /etc by those of the folder, for the command
# only: every other path, the network and the environment stay the same.
set -eu

fail() {
    echo "toolchain.sh: $1" >&2
    exit 1
}

# The first Debian mirror in the configuration of apt.
mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*] \)\{0,1\}\([^ ]*\).*/\2/p' |
        grep -m 1 '/debian/*$'
}

install() {
    directory=$1
    [ -e "$directory/swift-is-installed" ] && return
    mirror=$(mirror) || fail "no Debian mirror in the configuration of apt"
    rm -rf "$directory"
    mkdir -p "$directory"
    debootstrap --variant=minbase trixie "$directory" "$mirror"
    # Private mounts end with the last process of the command.
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --propagation private sh -ec 'mount --bind /proc "$1/proc"; exec chroot "$@"' install \
        "$directory" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        swiftlang libc6-dev libgcc-14-dev libstdc++-14-dev git
    rm -rf "$directory/var/cache/apt/archives"
    touch "$directory/swift-is-installed"
}

[ $# -ge 2 ] || fail "usage: toolchain.sh install DIRECTORY | run DIRECTORY COMMAND..."
command=$1
directory=$2
shift 2
case $command in
install) install "$directory" ;;
run)
    [ -e "$directory/swift-is-installed" ] || fail "no Swift toolchain in $directory; install it first"
    # shellcheck disable=SC2016 # for the inner shell
    exec unshare --mount --propagation private sh -ec \
        'mount --bind "$1/usr" /usr; mount --bind "$1/etc" /etc; shift; exec "$@"' run "$directory" "$@"
    ;;
*) fail "unknown command $command" ;;
esac
