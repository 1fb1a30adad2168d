#!/bin/sh
# A first login with the archive of the C library in a new Debian 12 without Rust, as docs/c.md describes it:
#
#     container.sh ARCHIVE URL DIRECTORY
#
# creates the system in DIRECTORY, installs a C compiler, CMake and pkg-config in it, unpacks ARCHIVE there, and builds
# programs that log in to the server at URL: with CMake and with pkg-config, with the shared and the static library.
# Prints the seconds of each step. Requires root and debootstrap; uses the Debian mirror of this system.
set -eu

fail() {
    echo "container.sh: $1" >&2
    exit 1
}

# The first Debian mirror in the configuration of apt.
mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*] \)\{0,1\}\([^ ]*\).*/\2/p' |
        grep -m 1 '/debian/*$'
}

# Runs a command in the system. Private mounts end with the last process of the command.
inside() {
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --propagation private sh -ec 'mount --bind /proc "$1/proc"; exec chroot "$@"' inside "$root" "$@"
}

# Runs a command and prints its seconds, without its output.
timed() {
    name=$1
    shift
    start=$(date +%s%N)
    "$@" >>"$root.log" 2>&1 || { cat "$root.log" >&2; fail "$name failed"; }
    end=$(date +%s%N)
    awk -v name="$name" -v ns="$((end - start))" 'BEGIN { printf "  %s: %.1f s\n", name, ns / 1e9 }'
}

create() {
    debootstrap --variant=minbase bookworm "$root" "$mirror"
}

install_tools() {
    inside apt-get update -qq
    inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        gcc libc6-dev cmake make pkg-config
}

# From the archive to the first login.
first_login() {
    inside sh -ec "
        mkdir -p /opt/bosauth /build
        tar -xzf /archive.tar.gz -C /opt/bosauth --strip-components=1
        cmake -S /login -B /build -DCMAKE_PREFIX_PATH=/opt/bosauth
        cmake --build /build --target login
        test \"\$(/build/login $url)\" = 'hello user@example.com'"
}

other_builds() {
    inside sh -ec "
        cmake --build /build --target login_static
        cd /build
        export PKG_CONFIG_PATH=/opt/bosauth/lib/pkgconfig
        cc /login/login.c \$(pkg-config --cflags --libs bosauth) -Wl,-rpath,/opt/bosauth/lib -o shared
        cc /login/login.c \$(pkg-config --cflags bosauth) \$(pkg-config --variable=static_libs bosauth) -o static
        cc -static /login/login.c \$(pkg-config --static --cflags --libs bosauth) -o full
        for program in login_static shared static full; do
            test \"\$(./\$program $url)\" = 'hello user@example.com'
        done"
}

[ $# -eq 3 ] || fail "usage: container.sh ARCHIVE URL DIRECTORY"
archive=$1 url=$2 root=$3
mirror=$(mirror) || fail "no Debian mirror in the configuration of apt"
rm -rf "$root" "$root.log"
mkdir -p "$root"
timed "debootstrap" create
for tool in cargo rustc cc cmake; do
    ! inside sh -c "command -v $tool" || fail "the system has $tool"
done
mkdir "$root/login"
cp "$archive" "$root/archive.tar.gz"
cp "$(dirname "$0")/../../bindings/c/example/login.c" "$root/login"
cat >"$root/login/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(login LANGUAGES C)
find_package(bosauth 0.1 REQUIRED)
add_executable(login login.c)
target_link_libraries(login PRIVATE bosauth::bosauth)
add_executable(login_static login.c)
target_link_libraries(login_static PRIVATE bosauth::static)
CMAKE
timed "gcc, CMake and pkg-config by apt" install_tools
timed "archive to first login" first_login
timed "pkg-config and static builds" other_builds
rm -rf "$root" "$root.log"
