"""Finding, loading and checking the bosauth library. ``lib`` is the library, ready to be called."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Tuple

from ._codes import ABI_VERSION, Action, Status
from ._prototypes import declare

#: Where to look when the package carries no library: the path of the shared library.
PATH_VARIABLE = "BOSAUTH_LIBRARY"


def file_name() -> str:
    """What the library is called on this platform."""
    return {"win32": "bosauth.dll", "darwin": "libbosauth.dylib"}.get(sys.platform, "libbosauth.so")


@contextmanager
def found() -> Iterator[Path]:
    """The library inside the package, else the one that ``BOSAUTH_LIBRARY`` names; ImportError if neither is.

    One inside a zip archive is a temporary file of this user's alone, which is gone after the block.
    """
    inside = Path(__file__).with_name(file_name())
    if inside.is_file():
        yield inside
        return
    if not Path(__file__).exists():
        # It takes longer to import than this package.
        from importlib.resources import as_file, files

        packed = files(__package__).joinpath(file_name())
        if packed.is_file():
            with as_file(packed) as extracted:
                yield extracted
            return
    yield named()


def named() -> Path:
    """The library that ``BOSAUTH_LIBRARY`` names."""
    path = os.environ.get(PATH_VARIABLE)
    if not path:
        raise ImportError(
            f"bosauth: there is no {file_name()} in the package. Install it with 'pip install ./bindings/python', "
            f"or set {PATH_VARIABLE} to the path of the library."
        )
    if not Path(path).is_file():
        raise ImportError(f"bosauth: {PATH_VARIABLE} names {path}, which is no file")
    return Path(path)


def load(path: Path) -> ctypes.CDLL:
    """The library at ``path``, checked; ImportError says why it cannot be used. Nothing unloads it again."""
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        hint = "" if Path(__file__).exists() else f". Set TMPDIR or {PATH_VARIABLE} if the place forbids programs"
        raise ImportError(f"bosauth: {path} cannot be loaded: {error}{hint}") from None
    check_abi(library, path)
    try:
        declare(library)
    except AttributeError as error:
        raise ImportError(f"bosauth: {path} lacks a function: {error}") from None
    check_names(library, path)
    return library


def halves(abi: int) -> Tuple[int, int]:
    """The part of an ABI number that breaks and the part that grows."""
    return abi >> 16, abi & 0xFFFF


def check_abi(library: ctypes.CDLL, path: Path) -> None:
    """Refuses a library of another high part or an older low part, before anything else of it is used."""
    try:
        version = library.bosauth_abi_version
    except AttributeError:
        raise ImportError(f"bosauth: {path} is no bosauth library") from None
    version.restype = ctypes.c_uint32
    (high, low), (our_high, our_low) = halves(version()), halves(ABI_VERSION)
    if high != our_high or low < our_low:
        raise ImportError(
            f"bosauth: the library {path} has ABI {high}.{low}; this package needs ABI {our_high}.{our_low} "
            f"or a later {our_high}.x"
        )


def check_names(library: ctypes.CDLL, path: Path) -> None:
    """Refuses a library that calls a number of ours by another name. It may know more of them."""
    for codes, name_of in ((Status, library.bosauth_status_name), (Action, library.bosauth_action_name)):
        for code in codes:
            name = name_of(code).decode()
            if name != code.name:
                raise ImportError(f"bosauth: {path} calls {codes.__name__.lower()} {int(code)} {name}, not {code.name}")


def version() -> str:
    """The version of the library that is loaded, such as "0.1.0"."""
    name: bytes = lib.bosauth_version()
    return name.decode()


def is_main_interpreter() -> bool:
    """Whether this is no subinterpreter: only the main interpreter runs signal handlers, and calls of ctypes back into
    Python are safe only there."""
    python = getattr(ctypes, "pythonapi", None)
    if python is None:
        return True
    state = ctypes.PYFUNCTYPE(ctypes.c_void_p)
    current, main = (state((f"PyInterpreterState_{name}", python))() for name in ("Get", "Main"))
    return bool(current == main)


with found() as _path:
    lib = load(_path)

IS_MAIN_INTERPRETER = is_main_interpreter()
