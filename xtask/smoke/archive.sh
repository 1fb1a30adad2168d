#!/bin/sh
# A first login with the archive of the C library in a new Debian 12 without Rust, as docs/c.md describes it:
#
#     archive.sh ARCHIVE URL DIRECTORY
#
# creates the system in DIRECTORY, installs a C compiler, CMake and pkg-config in it, unpacks ARCHIVE there, and builds
# programs that log in to the server at URL: with CMake and with pkg-config, with the shared and the static library.
# Prints the seconds of each step.
set -eu

# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$(dirname "$0")/debian.sh"

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

[ $# -eq 3 ] || fail "usage: archive.sh ARCHIVE URL DIRECTORY"
archive=$1 url=$2 root=$3
new_debian bookworm
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
timed "gcc, CMake and pkg-config by apt" apt_install gcc libc6-dev cmake make pkg-config
timed "archive to first login" first_login
timed "pkg-config and static builds" other_builds
rm -rf "$root" "$root.log"
