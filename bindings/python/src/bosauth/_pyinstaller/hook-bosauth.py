"""Adds the library to the package directory of the program."""

from PyInstaller.utils.hooks import collect_dynamic_libs  # type: ignore

binaries = collect_dynamic_libs("bosauth")
