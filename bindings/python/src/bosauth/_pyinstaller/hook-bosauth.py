"""Has PyInstaller put the library beside the package, where it is looked for."""

from PyInstaller.utils.hooks import collect_dynamic_libs  # type: ignore

binaries = collect_dynamic_libs("bosauth")
