#!/bin/sh
# A first login with the jars of a release in a new Debian 12 without Rust and Maven:
#
#     jar.sh ARCHIVE PAGE URL DIRECTORY
#
# creates the system in DIRECTORY and follows PAGE, docs/java.md, in it: a JDK, ARCHIVE with the Maven repository, and
# the first program against the server at URL. Prints the seconds of each step.
set -eu

# shellcheck source-path=SCRIPTDIR source=debian.sh
. "$(dirname "$0")/debian.sh"

# The first code block of the page in a language that contains a text.
block() {
    awk -v language="$1" -v text="$2" '
        $0 == "```" && inside { inside = 0; if (index(content, text)) { printf "%s", content; exit } }
        inside { content = content $0 "\n" }
        $0 == "```" language { inside = 1; content = "" }' "$page"
}

first_login() {
    [ "$(inside sh -e /root/steps)" = "hello user@example.com" ]
}

[ $# -eq 4 ] || fail "usage: jar.sh ARCHIVE PAGE URL DIRECTORY"
archive=$1 page=$2 url=$3 root=$4
new_debian bookworm
cp "$archive" "$root/root"
block java 'public class Login ' >"$root/root/Login.java"
{
    echo 'cd /root'
    block sh 'mkdir bosauth-maven'
    block sh 'export CLASSPATH='
    echo 'cd /root'
    block sh 'java Login.java' | sed "s,http://127.0.0.1:8090,$url,"
} >"$root/root/steps"
timed "openjdk-17-jdk-headless by apt" apt_install openjdk-17-jdk-headless
timed "archive to first login" first_login
rm -rf "$root" "$root.log"
