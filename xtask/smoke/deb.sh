#!/bin/sh
# Installs the .deb packages in a new Debian, follows docs/c.md there, and removes them:
#
#     deb.sh SUITE ARTIFACTS URL DIRECTORY
#
# SUITE is bookworm or trixie, ARTIFACTS the directory with the packages for this machine's processor, URL that of a
# bosbase-local with the demo account. The system is created in DIRECTORY. Prints the seconds of each step.
set -eu

# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$(dirname "$0")/debian.sh"

# The program or project that docs/c.md has for a file name.
block() {
    awk -v name="\`$1\`" '
        index($0, "rite this to " name) { found = 1 }
        /^```/ && found { if (inside) exit; inside = 1; next }
        inside' "$(dirname "$0")/../../docs/c.md"
}

# run SCRIPT: in the directory with the packages and programs.
run() {
    inside sh -euc "cd /first; $1"
}

# log_in PROGRAM
log_in() {
    run "test \"\$($1 $url)\" = 'hello user@example.com'"
}

install_packages() {
    run 'apt-get -qy install ./libbosauth1_*.deb ./libbosauth-dev_*.deb'
}

first_login() {
    install_packages
    # shellcheck disable=SC2016 # expanded in the system
    run 'cc login.c $(pkg-config --cflags --libs bosauth) -o login'
    log_in ./login
}

static_login() {
    # shellcheck disable=SC2016 # expanded in the system
    run 'cc login.c $(pkg-config --cflags bosauth) $(pkg-config --variable=static_libs bosauth) -o login_static'
    log_in ./login_static
}

cmake_login() {
    install_packages
    run 'cmake -S . -B build; cmake --build build'
    log_in ./build/login
}

# The files of the system, without those that apt and dpkg write about themselves.
files() {
    run 'find / -xdev \( -path /proc -o -path /dev -o -path /first -o -path /tmp -o -path /var/cache -o -path /var/log \
        -o -path /var/lib/apt -o -path /var/lib/dpkg \) -prune -o -print | sort'
}

[ $# -eq 4 ] || fail "usage: deb.sh SUITE ARTIFACTS URL DIRECTORY"
suite=$1 artifacts=$2 url=$3 root=$4
new_debian "$suite"
mkdir "$root/first"
architecture=$(dpkg --print-architecture)
cp "$artifacts"/libbosauth1_*_"$architecture".deb "$artifacts"/libbosauth-dev_*_"$architecture".deb "$root/first"
block login.c >"$root/first/login.c"
block CMakeLists.txt >"$root/first/CMakeLists.txt"

timed "$suite: gcc and pkg-config by apt" apt_install gcc libc6-dev pkg-config
before=$(files)
timed "$suite: packages to first login" first_login
timed "$suite: static library" static_login
run 'ldconfig -p' | grep -q 'libbosauth.so.1 ' || fail "$suite: the loader's cache lacks libbosauth.so.1"

timed "$suite: removal" run 'apt-get -qy purge libbosauth1 libbosauth-dev'
after=$(files)
[ "$before" = "$after" ] || fail "$suite: the packages leave files behind"
if run ./login >>"$root.log" 2>&1; then
    fail "$suite: the program runs without the library"
fi

timed "$suite: CMake by apt" apt_install cmake make
timed "$suite: login with CMake" cmake_login
rm -rf "$root" "$root.log"
