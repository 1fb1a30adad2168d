#!/bin/sh
# Installs the .deb packages in a new Debian, follows docs/c.md there, and removes them:
#
#     test-debian.sh SUITE ARTIFACTS DIRECTORY URL
#
# SUITE is bookworm or trixie, ARTIFACTS the directory with the packages for this machine's processor, URL that of a
# bosbase-local with the demo account. Debian is installed below DIRECTORY, which is removed at the end. Uses the Debian
# mirror of this system. Requires root, debootstrap and unshare. Prints the times of the steps.
set -eu

fail() {
    echo "test-debian.sh: $1" >&2
    exit 1
}

# The first Debian mirror in the configuration of apt.
mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*] \)\{0,1\}\([^ ]*\).*/\2/p' |
        grep -m 1 '/debian/*$'
}

# The program or project that docs/c.md has for a file name.
block() {
    awk -v name="\`$1\`" '
        index($0, "rite this to " name) { found = 1 }
        /^```/ && found { if (inside) exit; inside = 1; next }
        inside' "$documentation"
}

# Runs a script in the new Debian, with the packages and the programs in /first.
inside() {
    # Private mounts end with the last process of the command.
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --propagation private sh -euc 'mount --bind /proc "$1/proc"; exec chroot "$@"' inside "$root" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" sh -euc "cd /first; $1"
}

# Prints the time of a step in seconds and its name.
step() {
    name=$1
    start=$(date +%s.%N)
    inside "$2" >"$directory/log" 2>&1 || {
        cat "$directory/log"
        fail "$suite: $name failed"
    }
    echo "$start $(date +%s.%N) $name" | awk -v suite="$suite" \
        '{ printf "%s: %.1f s: %s\n", suite, $2 - $1, substr($0, index($0, $3)) }'
}

# The files of the system, without those that apt and dpkg write about themselves.
files() {
    inside 'find / -xdev \( -path /proc -o -path /first -o -path /tmp -o -path /var/cache -o -path /var/log \
        -o -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o -print | sort'
}

expect_login() {
    printed=$(cat "$directory/log")
    case $printed in
    *"hello user@example.com"*) ;;
    *) fail "$suite: no login: $printed" ;;
    esac
}

[ $# -eq 4 ] || fail "usage: test-debian.sh SUITE ARTIFACTS DIRECTORY URL"
suite=$1 artifacts=$2 directory=$3 url=$4
documentation=$(dirname "$0")/../docs/c.md
mirror=$(mirror) || fail "no Debian mirror in the configuration of apt"
root=$directory/root
rm -rf "$directory"
mkdir -p "$root"
trap 'rm -rf "$directory"' EXIT
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$directory/log" || fail "$(tail "$directory/log")"

mkdir "$root/first"
architecture=$(dpkg --print-architecture)
cp "$artifacts"/libbosauth1_*_"$architecture".deb "$artifacts"/libbosauth-dev_*_"$architecture".deb "$root/first"
block login.c >"$root/first/login.c"
block CMakeLists.txt >"$root/first/CMakeLists.txt"

step "apt-get install gcc libc6-dev pkg-config" \
    'apt-get -q update; apt-get -qy install --no-install-recommends gcc libc6-dev pkg-config'
files >"$directory/before"
step "install the packages, compile login.c with pkg-config, log in" "
    apt-get -qy install ./libbosauth1_*.deb ./libbosauth-dev_*.deb
    cc login.c \$(pkg-config --cflags --libs bosauth) -o login
    ./login $url"
expect_login
step "link the static library, log in" "
    cc login.c \$(pkg-config --cflags bosauth) \$(pkg-config --variable=static_libs bosauth) -o login_static
    ./login_static $url"
expect_login
inside 'ldconfig -p' | grep -q 'libbosauth.so.1 ' || fail "$suite: the loader's cache lacks libbosauth.so.1"

step "remove the packages" 'apt-get -qy purge libbosauth1 libbosauth-dev'
files >"$directory/after"
diff "$directory/before" "$directory/after" || fail "$suite: the packages leave files behind"
if inside './login' >"$directory/log" 2>&1; then
    fail "$suite: the program runs without the library"
fi

step "apt-get install cmake make" 'apt-get -qy install --no-install-recommends cmake make'
step "install the packages, build with CMake, log in" "
    apt-get -qy install ./libbosauth1_*.deb ./libbosauth-dev_*.deb
    cmake -S . -B build
    cmake --build build
    ./build/login $url"
expect_login
