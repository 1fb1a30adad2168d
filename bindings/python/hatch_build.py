"""Adds the bosauth library to the wheel, which becomes platform-specific, and the Rust sources to the sdist.

cargo builds the library for the wheel, unless these variables are set:

- BOSAUTH_PREBUILT_LIBRARY: the path of a library that has been built already,
- BOSAUTH_PLATFORM_TAG: its platform, such as manylinux_2_17_x86_64; the default is that of this machine,
- BOSAUTH_SBOM: a list of the library's components, which is added to the metadata.

BOSAUTH_HOMEPAGE, if it is set, is the address of the project in the metadata.

In the sdist, `rust` is a workspace of the library alone, with the sources of its dependencies: cargo builds it offline.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

#: The files of the repository that the library is built from.
RUST_SOURCES = ("Cargo.toml", "Cargo.lock", "build.rs", "src", "core/Cargo.toml", "core/src")

#: The tables of the manifests that only tests and the other members of the workspace use.
TEST_TABLES = re.compile(r"(?ms)^\[+(?:dev-dependencies|example|profile\.dev[^\]]*)\]+\n.*?(?=^\[|\Z)")

#: The settings of cargo in the sdist.
CARGO_CONFIG = """\
[source.crates-io]
replace-with = "vendored-sources"

[source.vendored-sources]
directory = "vendor"
"""


class HomepageHook(MetadataHookInterface):
    """The metadata hook of hatchling."""

    def update(self, metadata):
        """Sets the address of the project."""
        homepage = os.environ.get("BOSAUTH_HOMEPAGE")
        metadata["urls"] = {"Homepage": homepage} if homepage else {}


class LibraryHook(BuildHookInterface):
    """The build hook of hatchling."""

    def initialize(self, version, build_data):
        """Adds the files that are not in this directory. For an editable install, copies the library to the sources."""
        root = Path(self.root)
        if self.target_name == "sdist":
            self._staged = tempfile.TemporaryDirectory()
            stage_rust_sources(root.parents[1], Path(self._staged.name))
            build_data["force_include"][self._staged.name] = "rust"
            follow_links(build_data["force_include"])
            return
        library = prebuilt_library() or build_library(rust_sources(root))
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform()}"
        if "BOSAUTH_SBOM" in os.environ:
            build_data["sbom_files"].append(str(file_of("BOSAUTH_SBOM")))
        if version == "editable":
            shutil.copy(library, root / "src" / "bosauth" / library.name)
        else:
            build_data["force_include"][str(library)] = f"bosauth/{library.name}"

    def finalize(self, version, build_data, artifact_path):
        """Removes the copies that `initialize` has made."""
        if self.target_name == "sdist":
            self._staged.cleanup()


def file_of(variable):
    """Returns the path in an environment variable."""
    path = Path(os.environ[variable]).resolve()
    if not path.is_file():
        raise SystemExit(f"bosauth: {variable} is {os.environ[variable]}, which is not a file")
    return path


def prebuilt_library():
    """Returns the path of the library that has been built already, or None."""
    return file_of("BOSAUTH_PREBUILT_LIBRARY") if os.environ.get("BOSAUTH_PREBUILT_LIBRARY") else None


def platform():
    """Returns the platform tag of the wheel, such as linux_x86_64."""
    return os.environ.get("BOSAUTH_PLATFORM_TAG") or sysconfig.get_platform().replace("-", "_").replace(".", "_")


def rust_sources(root):
    """Returns the workspace of the library: that of an sdist, or the repository."""
    if (root / "rust" / "vendor").is_dir():
        if sys.platform == "win32":
            raise SystemExit("bosauth: the source distribution has no crates of Windows. Install the wheel")
        return root / "rust"
    if len(root.parents) > 1 and (root.parents[1] / "include" / "bosauth.h").is_file():
        return root.parents[1]
    raise SystemExit("bosauth: the Rust sources are missing. Build a source distribution or a clone of the repository")


def build_library(workspace):
    """Builds the library with the release profile and returns its path."""
    cargo = find_cargo()
    command = [cargo, "build", "--profile", "dist", "--lib", "--package", "bosauth-capi"]
    command += ["--message-format", "json-render-diagnostics"]
    if (workspace / "vendor").is_dir():
        command += ["--locked", "--offline", "--target-dir", str(workspace / "target")]
    built = subprocess.run(command, cwd=workspace, stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        raise SystemExit("bosauth: cargo failed to build the library; see its output above")
    return shared_library(built.stdout.splitlines())


def find_cargo():
    """Returns the path of cargo."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise SystemExit("bosauth: cargo not found. Install Rust 1.85 or later and retry")
    return cargo


def shared_library(messages):
    """Returns the shared library among the files in cargo's messages."""
    for message in map(json.loads, messages):
        if "cdylib" in message.get("target", {}).get("kind", []):
            for name in map(Path, message.get("filenames", [])):
                if name.suffix in (".so", ".dylib", ".dll"):
                    return name
    raise SystemExit("bosauth: cargo did not build a shared library")


def stage_rust_sources(repository, directory):
    """Copies the workspace of the library to an empty directory, and adds the crates that it depends on."""
    for name in RUST_SOURCES:
        source, copy = repository / name, directory / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    for manifest in (directory / "Cargo.toml", directory / "core" / "Cargo.toml"):
        text = TEST_TABLES.sub("", manifest.read_text())
        text = re.sub(r"(?m)^members = .*$", 'members = ["core"]', text)
        manifest.write_text(text)
    # Removes the crates that are not needed from Cargo.lock.
    vendor = [find_cargo(), "vendor", "--quiet", "--versioned-dirs", "vendor"]
    if subprocess.run(vendor, cwd=directory, stdout=subprocess.DEVNULL).returncode != 0:
        raise SystemExit("bosauth: cargo failed to copy the crates; see its output above")
    for crate in (directory / "vendor").glob("windows*"):
        remove_sources(crate)
    (directory / ".cargo").mkdir()
    (directory / ".cargo" / "config.toml").write_text(CARGO_CONFIG)


def remove_sources(crate):
    """Empties a crate of Windows. cargo needs only its manifest, and the files are two thirds of all crates."""
    checksums = json.loads((crate / ".cargo-checksum.json").read_text())
    manifest = (crate / "Cargo.toml").read_text()
    shutil.rmtree(crate)
    (crate / "src").mkdir(parents=True)
    (crate / "src" / "lib.rs").touch()
    (crate / "Cargo.toml").write_text(manifest)
    (crate / ".cargo-checksum.json").write_text(json.dumps({**checksums, "files": {}}))


def follow_links(included):
    """Replaces links among the included files by the files: the sdist would contain the links."""
    for source in [path for path in included if os.path.islink(path)]:
        included[os.path.realpath(source)] = included.pop(source)
