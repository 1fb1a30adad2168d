#!/bin/sh
# The first login with the jars of a release on a Debian 12 without Rust and Maven:
#
#     debian-jar.sh DIRECTORY ARCHIVE PAGE URL
#
# Installs Debian in DIRECTORY, with the mirror of this machine, then follows PAGE, docs/java.md, in it: a JDK by
# apt-get, the archive of the Maven repository, and the first program against the server at URL. Prints what the program
# prints, and the seconds of each step. Requires root and debootstrap.
set -eu

directory=$1 archive=$2 page=$3 url=$4
home=$directory/root

fail() {
    echo "debian-jar.sh: $1" >&2
    exit 1
}

# The first Debian mirror in the configuration of apt.
mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*] \)\{0,1\}\([^ ]*\).*/\2/p' |
        grep -m 1 '/debian/*$'
}

# The first code block of the page in a language that contains a text.
block() {
    awk -v language="$1" -v text="$2" '
        $0 == "```" && inside { inside = 0; if (index(content, text)) { printf "%s", content; exit } }
        inside { content = content $0 "\n" }
        $0 == "```" language { inside = 1; content = "" }' "$page"
}

# Runs a script in the Debian; mounts end with it.
run() {
    # shellcheck disable=SC2016 # for the inner shell
    unshare --mount --propagation private sh -ec 'mount --bind /proc "$1/proc"; exec chroot "$1" sh -ec "$2"' run \
        "$directory" "$1"
}

# Prints the time since the last call.
start=$(date +%s%N)
lap() {
    now=$(date +%s%N)
    echo "$1: $(((now - start) / 100000000))" | sed 's/\(.\)$/.\1 s/' >&2
    start=$(date +%s%N)
}

mirror=$(mirror) || fail "no Debian mirror in the configuration of apt"
rm -rf "$directory"
debootstrap --variant=minbase bookworm "$directory" "$mirror" >/dev/null
cp "$archive" "$home"
block java 'public class Login ' >"$home/Login.java"
{
    echo 'cd /root'
    block sh 'mkdir bosauth-maven'
    block sh 'export CLASSPATH='
    echo 'cd /root'
    block sh 'java Login.java' | sed "s,http://127.0.0.1:8090,$url,"
} >"$home/steps"
lap "debootstrap"
run 'apt-get update -qq && apt-get install -y -qq --no-install-recommends openjdk-17-jdk-headless' >/dev/null 2>&1 ||
    fail "apt-get failed"
lap "apt-get install openjdk-17-jdk-headless"
run "$(cat "$home/steps")"
lap "archive and first login"
