"""Builds the bosauth library with cargo and puts it into the wheel, which is then for one platform."""

import json
import shutil
import subprocess
import sysconfig
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LibraryHook(BuildHookInterface):
    """What hatchling calls before it makes a wheel."""

    def initialize(self, version, build_data):
        """Adds the library to the wheel, or for an editable install puts it beside the sources."""
        library = build_library(Path(self.root).parents[1])
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform()}"
        if version == "editable":
            shutil.copy(library, Path(self.root, "src", "bosauth", library.name))
        else:
            build_data["force_include"][str(library)] = f"bosauth/{library.name}"


def platform():
    """The platform as a wheel's name has it, such as linux_x86_64."""
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def build_library(repository):
    """Builds the library as it is shipped and gives the path of the file."""
    if not (repository / "include" / "bosauth.h").is_file():
        raise SystemExit("bosauth: build this package in a clone of the whole repository: it needs the Rust sources")
    cargo = shutil.which("cargo")
    if cargo is None:
        raise SystemExit("bosauth: cargo is not found. Install Rust 1.95 or newer, then try again")
    command = [cargo, "build", "--profile", "dist", "--lib", "--package", "bosauth-capi"]
    command += ["--message-format", "json-render-diagnostics"]
    built = subprocess.run(command, cwd=repository, stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        raise SystemExit("bosauth: cargo could not build the library; its own words are above")
    return shared_library(built.stdout.splitlines())


def shared_library(messages):
    """The shared library among the files that cargo says it made."""
    for message in map(json.loads, messages):
        if "cdylib" in message.get("target", {}).get("kind", []):
            for name in map(Path, message.get("filenames", [])):
                if name.suffix in (".so", ".dylib", ".dll"):
                    return name
    raise SystemExit("bosauth: cargo built no shared library")
