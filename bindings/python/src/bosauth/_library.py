"""Finds, loads and checks the bosauth library. ``lib`` is the loaded library."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from typing import Iterator, Tuple

from ._codes import ABI_VERSION, Action, Status
from ._prototypes import declare

#: The environment variable with the path of the library, used if the package contains none.
PATH_VARIABLE = "BOSAUTH_LIBRARY"


def file_name() -> str:
    """Returns the file name of the library on this platform."""
    return {"win32": "bosauth.dll", "darwin": "libbosauth.dylib"}.get(sys.platform, "libbosauth.so")


@contextmanager
def library_path() -> Iterator[str]:
    """Yields the path of the library in the package, or else the one in ``BOSAUTH_LIBRARY``.

    A library in a zip archive is extracted to a private temporary file, which is deleted at the end of the block.
    ImportError is raised if there is no library.
    """
    inside = os.path.join(os.path.dirname(__file__), file_name())
    if os.path.isfile(inside):
        yield inside
        return
    if not os.path.exists(__file__):
        # Imported here because it takes longer to import than this package.
        from importlib.resources import as_file, files

        packed = files(__package__).joinpath(file_name())
        if packed.is_file():
            with as_file(packed) as extracted:
                yield str(extracted)
            return
    yield path_from_environment()


def for_this_platform() -> str:
    """Returns what to do if the package has no library for this machine. The loader reports a library for another
    processor as a missing file."""
    # Imported here because it takes longer to import than this package.
    import sysconfig

    return f"Install the package with the pip of this Python, which is for {sysconfig.get_platform()}"


def path_from_environment() -> str:
    """Returns the path in ``BOSAUTH_LIBRARY``."""
    path = os.environ.get(PATH_VARIABLE)
    if not path:
        raise ImportError(
            f"bosauth: there is no {file_name()} in the package. {for_this_platform()}, or set {PATH_VARIABLE} to the "
            "path of the library."
        )
    if not os.path.isfile(path):
        raise ImportError(f"bosauth: {PATH_VARIABLE} is set to {path}, which is not a file")
    return path


def load(path: str) -> ctypes.CDLL:
    """Loads and checks the library at ``path``. ImportError is raised if it cannot be used. It is never unloaded."""
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        hint = for_this_platform()
        if not os.path.exists(__file__):
            hint = f"Set TMPDIR or {PATH_VARIABLE} if the directory is mounted noexec"
        raise ImportError(f"bosauth: {path} cannot be loaded: {error}. {hint}") from None
    check_abi(library, path)
    try:
        declare(library)
    except AttributeError as error:
        raise ImportError(f"bosauth: {path} lacks a function: {error}") from None
    check_names(library, path)
    return library


def abi_parts(abi: int) -> Tuple[int, int]:
    """Splits an ABI version into major and minor version."""
    return abi >> 16, abi & 0xFFFF


def check_abi(library: ctypes.CDLL, path: str) -> None:
    """Rejects a library with another major version or a lower minor version, before using any other function of it."""
    try:
        version = library.bosauth_abi_version
    except AttributeError:
        raise ImportError(f"bosauth: {path} is not a bosauth library") from None
    version.restype = ctypes.c_uint32
    (major, minor), (required_major, required_minor) = abi_parts(version()), abi_parts(ABI_VERSION)
    if major != required_major or minor < required_minor:
        raise ImportError(
            f"bosauth: the library {path} has ABI {major}.{minor}; this package requires ABI "
            f"{required_major}.{required_minor} or a later {required_major}.x"
        )


def check_names(library: ctypes.CDLL, path: str) -> None:
    """Rejects a library that has another name for a status or action of this package. It may have more of them."""
    for codes, name_of in ((Status, library.bosauth_status_name), (Action, library.bosauth_action_name)):
        for code in codes:
            name = name_of(code).decode()
            if name != code.name:
                kind = codes.__name__.lower()
                raise ImportError(f"bosauth: in {path}, {kind} {int(code)} is {name}, not {code.name}")


def version() -> str:
    """Returns the version of the loaded library, such as "0.1.0"."""
    name: bytes = lib.bosauth_version()
    return name.decode()


def is_main_interpreter() -> bool:
    """Returns whether this is the main interpreter. Only there are signal handlers run and ctypes callbacks safe."""
    python = getattr(ctypes, "pythonapi", None)
    if python is None:
        return True
    state = ctypes.PYFUNCTYPE(ctypes.c_void_p)
    current, main = (state((f"PyInterpreterState_{name}", python))() for name in ("Get", "Main"))
    return bool(current == main)


with library_path() as _path:
    lib = load(_path)

IS_MAIN_INTERPRETER = is_main_interpreter()
