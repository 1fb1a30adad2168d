#!/bin/sh
# A first login with the Python wheel in a new Debian without Rust, and the unit tests with its Python:
#
#     wheel.sh SUITE WHEEL PROGRAM URL DIRECTORY
#
# creates the system in DIRECTORY, installs Python and WHEEL there, and runs PROGRAM, which logs in at URL, a server for
# the unit tests. Prints the seconds of each step.
set -eu

# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$(dirname "$0")/debian.sh"

# From the wheel to the first login.
first_login() {
    inside sh -ec "
        python3 -m venv /venv
        /venv/bin/pip install --no-index --disable-pip-version-check /first/bosauth-*.whl
        test \"\$(/venv/bin/python /first/login.py $url)\" = 'hello user@example.com'"
}

unit_tests() {
    inside env BOSAUTH_TEST_URL="$url" BOSAUTH_TEST_HEADER=/first/bosauth.h PYTHONDONTWRITEBYTECODE=1 \
        sh -ec 'cd /first/tests; /venv/bin/python -W error::ResourceWarning -m unittest discover'
}

[ $# -eq 5 ] || fail "usage: wheel.sh SUITE WHEEL PROGRAM URL DIRECTORY"
suite=$1 wheel=$2 program=$3 url=$4 root=$5
repository=$(cd "$(dirname "$0")/../.." && pwd)
new_debian "$suite"
mkdir "$root/first"
cp "$wheel" "$root/first"
cp "$program" "$root/first/login.py"
cp -r "$repository/bindings/python/tests" "$repository/include/bosauth.h" "$root/first"
timed "python3-venv by apt" apt_install python3-venv
timed "wheel to first login on $(inside python3 --version)" first_login
timed "gcc by apt" apt_install gcc libc6-dev
timed "unit tests" unit_tests
sed -n -e 's/^Ran /  &/p' -e 's/^OK/  &/p' "$root.log"
rm -rf "$root" "$root.log"
