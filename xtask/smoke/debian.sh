# Functions for scripts that log in from a new Debian in the directory $root. They require root and debootstrap, and use
# the Debian mirror of this system.

fail() {
    echo "$(basename "$0"): $1" >&2
    exit 1
}

# The first Debian mirror in the configuration of apt.
mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*] \)\{0,1\}\([^ ]*\).*/\2/p' |
        grep -m 1 '/debian/*$'
}

# new_debian SUITE: a new system without additional packages.
new_debian() {
    rm -rf "$root" "$root.log"
    timed "debootstrap $1" debian "$1"
}

debian() {
    mirror=$(mirror) || fail "no Debian mirror in the configuration of apt"
    mkdir -p "$root"
    debootstrap --variant=minbase "$1" "$root" "$mirror"
    for tool in cargo rustc cc cmake java python3; do
        ! inside sh -c "command -v $tool" || fail "the system has $tool"
    done
}

# Runs a command in the system. Private mounts end with the last process of the command.
inside() {
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --propagation private sh -ec \
        'mount --bind /proc "$1/proc"; mount --bind /dev "$1/dev"; exec chroot "$@"' inside "$root" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" "$@"
}

# apt_install PACKAGE...
apt_install() {
    inside apt-get update -qq
    inside apt-get install -y -qq --no-install-recommends "$@"
}

# timed NAME COMMAND...: prints the seconds of a command, and its output only if it fails.
timed() {
    name=$1
    shift
    start=$(date +%s%N)
    "$@" >>"$root.log" 2>&1 || { cat "$root.log" >&2; fail "$name failed"; }
    end=$(date +%s%N)
    awk -v name="$name" -v ns="$((end - start))" 'BEGIN { printf "  %s: %.1f s\n", name, ns / 1e9 }'
}
