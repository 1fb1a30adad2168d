"""Argument strings and numbers: type checks, and copies for the library."""

from __future__ import annotations

import ctypes
import functools
import math
from itertools import islice
from operator import attrgetter
from typing import Any, Optional, Union

from ._codes import Action, Status
from ._errors import failure

#: A string argument. Bytes are UTF-8.
StringLike = Union[str, bytes, bytearray]

#: The maximum number of characters copied: one more than any secret may have, so that the library rejects longer ones.
_SECRET_MAX = 8193

_INT64_MAX = 2**63 - 1

#: Returns the UTF-8 in an ASCII string. For any other string it would keep a copy.
_as_utf8 = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object)(("PyUnicode_AsUTF8", ctypes.pythonapi))

#: The maximum timeout in seconds.
_DAY = 86400


class Secret:
    """A copy of a string for the library, zeroized when it is deleted.

    The copy is made once and never moves. A value that is not a string is a TypeError, a string with a NUL is
    INVALID_ARGUMENT; both name the argument and do not contain the string. The library checks UTF-8: a lone surrogate
    is copied as bytes that are invalid in UTF-8, which the library rejects as INVALID_UTF8.
    """

    # ctypes passes `_as_parameter_` in place of the object.
    __slots__ = ("_as_parameter_", "_zeroize")

    # Runs no Python bytecode, see `_prototypes.finalizer`.
    __del__ = property(attrgetter("_zeroize"))

    def __init__(self, value: StringLike, argument: str) -> None:
        check_string(value, argument)
        size = _size(value)
        buffer = ctypes.create_string_buffer(size + 1)
        # Set before the secret is copied.
        self._zeroize = functools.partial(ctypes.memset, buffer, 0, len(buffer))
        self._as_parameter_ = buffer
        if isinstance(value, str):
            _encode(value, buffer)
        else:
            _copy(value, buffer)


def encode(value: StringLike, argument: str) -> bytes:
    """Checks a string that is not a secret, as :class:`Secret` does, and encodes it for the library."""
    check_string(value, argument)
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else bytes(value)


def check_string(value: object, argument: str) -> None:
    """Rejects a value that is not a string, and a string with a NUL, which C would truncate."""
    if not isinstance(value, (str, bytes, bytearray)):
        raise TypeError(f"{argument} must be str, bytes or bytearray, not {type(value).__name__}")
    if ("\0" if isinstance(value, str) else b"\0") in value:  # type: ignore[operator]
        action = Action.ASK_CREDENTIALS if argument in ("email", "password") else Action.FIX_CALL
        raise failure(Status.INVALID_ARGUMENT, action, f"{argument} must not contain NUL", argument)


def zeroize(buffer: bytearray) -> None:
    """Overwrites a buffer with zeros in place."""
    ctypes.memset((ctypes.c_char * len(buffer)).from_buffer(buffer), 0, len(buffer))


def milliseconds(seconds: Optional[float], argument: str) -> Optional[int]:
    """Converts seconds to milliseconds, rounded up."""
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{argument} must be a number of seconds, not {type(seconds).__name__}")
    if not 0 < seconds <= _DAY:  # also rejects NaN
        raise failure(Status.INVALID_ARGUMENT, Action.FIX_CALL, f"{argument} must be 0.001 to 86400 seconds", argument)
    return math.ceil(seconds * 1000)


def clamped(number: int, argument: str) -> int:
    """Limits a number to 0 to 2**63 - 1. ctypes would truncate a larger one."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{argument} must be an int, not {type(number).__name__}")
    return min(max(number, 0), _INT64_MAX)


def _size(value: StringLike) -> int:
    """Returns a size in bytes that is sufficient for the copy."""
    if not isinstance(value, str):
        return len(value)
    return min(len(value), _SECRET_MAX) * (1 if value.isascii() else 4)


def _encode(value: str, buffer: Any) -> None:
    """Encodes without ``str.encode``, which would create a copy that cannot be zeroized: an ASCII string contains its
    own encoding, any other is encoded one character at a time."""
    if value.isascii():
        ctypes.memmove(buffer, _as_utf8(value), min(len(value), _SECRET_MAX))
        return
    at = 0
    for character in islice(value, _SECRET_MAX):
        encoded = character.encode("utf-8", "surrogatepass")
        buffer[at : at + len(encoded)] = encoded
        at += len(encoded)


def _copy(value: Union[bytes, bytearray], buffer: Any) -> None:
    """Copies all bytes at once, because a slice would create another copy."""
    source = value if isinstance(value, bytes) else (ctypes.c_char * len(value)).from_buffer(value)
    ctypes.memmove(buffer, source, len(value))
