#!/bin/sh
# Writes the recipes of package managers for a release:
#
#     BOSAUTH_URL=URL BOSAUTH_HOMEPAGE=URL recipes.sh ARTIFACTS OUTPUT
#
# BOSAUTH_URL is where the files in ARTIFACTS can be downloaded, without a slash at the end; BOSAUTH_HOMEPAGE is the
# page of the project. Writes OUTPUT/conan, OUTPUT/vcpkg and OUTPUT/homebrew with the URLs and hashes of the archives.
# A platform without an archive is left out; the formula needs those of macOS and Linux, and is skipped otherwise.
set -eu

fail() {
    echo "recipes.sh: $1" >&2
    exit 1
}

# Replaces the variables of a template.
fill() {
    sed -f "$commands" "$packaging/$1" >"$output/$2"
    case $(cat "$output/$2") in
    *@SHA256* | *@URL@* | *@HOMEPAGE@* | *@VERSION@*) return 1 ;;
    esac
}

[ $# -eq 2 ] || fail "usage: recipes.sh ARTIFACTS OUTPUT"
: "${BOSAUTH_URL:?is the URL of the directory with the archives}" "${BOSAUTH_HOMEPAGE:?is the URL of the project}"
packaging=$(dirname "$0")
artifacts=$1 output=$2
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$packaging/../Cargo.toml" | head -n 1)
rm -rf "$output"
mkdir -p "$output/conan" "$output/vcpkg/bosauth" "$output/homebrew"
commands=$(mktemp)
trap 'rm -f "$commands"' EXIT

printf 's|@%s@|%s|g\n' VERSION "$version" URL "$BOSAUTH_URL" HOMEPAGE "$BOSAUTH_HOMEPAGE" >"$commands"
printf 'sources:\n  "%s":\n' "$version" >"$output/conan/conandata.yml"
found=
for archive in "$artifacts/bosauth-$version"-*.tar.gz; do
    [ -e "$archive" ] || continue
    found=yes
    triple=${archive#"$artifacts/bosauth-$version-"}
    triple=${triple%.tar.gz}
    sha256=$(sha256sum "$archive" | cut -d ' ' -f 1)
    sha512=$(sha512sum "$archive" | cut -d ' ' -f 1)
    echo "s|@SHA256 $triple@|$sha256|" >>"$commands"
    printf '    %s:\n      url: "%s/%s"\n      sha256: "%s"\n' \
        "$triple" "$BOSAUTH_URL" "${archive##*/}" "$sha256" >>"$output/conan/conandata.yml"
    echo "set(sha512_$triple $sha512)" >>"$output/vcpkg/bosauth/hashes.cmake"
done
[ -n "$found" ] || fail "no archive bosauth-$version-TRIPLE.tar.gz in $artifacts"

cp -R "$packaging/conan/conanfile.py" "$packaging/conan/test_package" "$output/conan"
cp "$packaging"/../bindings/c/example/* "$output/conan/test_package"
cp "$packaging/vcpkg/usage" "$output/vcpkg/bosauth"
for file in portfile.cmake vcpkg.json; do
    fill "vcpkg/$file.in" "vcpkg/bosauth/$file" || fail "$file.in has an unknown variable"
done
if ! fill homebrew/bosauth.rb.in homebrew/bosauth.rb; then
    rm -r "$output/homebrew"
    echo "SKIPPED: homebrew: an archive for macOS or Linux is missing"
fi
