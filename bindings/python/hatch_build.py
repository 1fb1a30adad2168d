"""Builds the bosauth library with cargo and adds it to the wheel, which becomes platform-specific.

With BOSAUTH_PREBUILT_LIBRARY, the library at that path is added instead. BOSAUTH_PLATFORM_TAG is its platform, such as
manylinux_2_17_x86_64; the default is that of this machine.
"""

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LibraryHook(BuildHookInterface):
    """The build hook of hatchling."""

    def initialize(self, version, build_data):
        """Adds the library to the wheel, or copies it to the sources for an editable install."""
        library = prebuilt_library() or build_library(Path(self.root).parents[1])
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform()}"
        if version == "editable":
            shutil.copy(library, Path(self.root, "src", "bosauth", library.name))
        else:
            build_data["force_include"][str(library)] = f"bosauth/{library.name}"


def prebuilt_library():
    """Returns the path of the library that has been built already, or None."""
    path = os.environ.get("BOSAUTH_PREBUILT_LIBRARY")
    if not path:
        return None
    library = Path(path).resolve()
    if not library.is_file():
        raise SystemExit(f"bosauth: BOSAUTH_PREBUILT_LIBRARY is {path}, which is not a file")
    return library


def platform():
    """Returns the platform tag of the wheel, such as linux_x86_64."""
    return os.environ.get("BOSAUTH_PLATFORM_TAG") or sysconfig.get_platform().replace("-", "_").replace(".", "_")


def build_library(repository):
    """Builds the library with the release profile and returns its path."""
    if not (repository / "include" / "bosauth.h").is_file():
        raise SystemExit("bosauth: the Rust sources are missing. Build this package in a clone of the repository")
    cargo = shutil.which("cargo")
    if cargo is None:
        raise SystemExit("bosauth: cargo not found. Install Rust 1.95 or later and retry")
    command = [cargo, "build", "--profile", "dist", "--lib", "--package", "bosauth-capi"]
    command += ["--message-format", "json-render-diagnostics"]
    built = subprocess.run(command, cwd=repository, stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        raise SystemExit("bosauth: cargo failed to build the library; see its output above")
    return shared_library(built.stdout.splitlines())


def shared_library(messages):
    """Returns the shared library among the files in cargo's messages."""
    for message in map(json.loads, messages):
        if "cdylib" in message.get("target", {}).get("kind", []):
            for name in map(Path, message.get("filenames", [])):
                if name.suffix in (".so", ".dylib", ".dll"):
                    return name
    raise SystemExit("bosauth: cargo did not build a shared library")
