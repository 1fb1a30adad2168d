"""Argument strings and numbers: type checks, and copies for the library."""

from __future__ import annotations

import ctypes
import functools
import math
import re
from operator import attrgetter
from typing import Any, Optional, Tuple, Union

from ._codes import Action, Status
from ._errors import failure

#: A string argument. Bytes are UTF-8.
StringLike = Union[str, bytes, bytearray]

_INT64_MAX = 2**63 - 1

#: The maximum timeout in seconds.
_DAY = 86400

#: Arguments that a user types.
_CREDENTIALS = ("email", "identity", "password")

_SURROGATE = re.compile("[\ud800-\udfff]")


class AsciiPointer(ctypes.c_char_p):
    """A pointer to the characters of an ASCII string, which it keeps alive."""

    __slots__ = ("string",)

    string: str


#: Returns the UTF-8 in an ASCII string. For any other string it would keep a copy.
_as_utf8 = ctypes.PYFUNCTYPE(AsciiPointer, ctypes.py_object)(("PyUnicode_AsUTF8", ctypes.pythonapi))


def c_string(value: StringLike, argument: str) -> Any:
    """Checks a secret string and returns a ``char *`` for the library, without a copy that remains in memory.

    An immutable string that contains its own encoding is not copied. A value that is not a string is a TypeError, a
    string with a NUL is INVALID_ARGUMENT; both name the argument and do not contain the string.
    """
    check_string(value, argument)
    if isinstance(value, bytes):
        return value
    if isinstance(value, str) and value.isascii():
        return ascii_pointer(value)
    return SecretCopy(value)


def ascii_pointer(value: str) -> AsciiPointer:
    """Returns a pointer to the characters of an ASCII string."""
    pointer: AsciiPointer = _as_utf8(value)
    pointer.string = value
    return pointer


class SecretBuffer:
    """A buffer for the library, zeroized when it is deleted. It ends with a NUL and never moves."""

    # ctypes passes `_as_parameter_` in place of the object.
    __slots__ = ("_as_parameter_", "length", "_zeroize")

    # Runs no Python bytecode, see `_prototypes.finalizer`.
    __del__ = property(attrgetter("_zeroize"))

    def __init__(self, size: int) -> None:
        buffer = ctypes.create_string_buffer(size + 1)
        # Set before a secret is copied.
        self._zeroize = functools.partial(ctypes.memset, buffer, 0, len(buffer))
        self._as_parameter_ = buffer
        self.length = size


class SecretCopy(SecretBuffer):
    """A copy of a string for the library.

    The library checks UTF-8: a lone surrogate is copied as bytes that are invalid in UTF-8, which the library rejects
    as INVALID_UTF8.
    """

    __slots__ = ()

    def __init__(self, value: Union[str, bytearray]) -> None:
        # UTF-8 has up to four bytes for a character.
        super().__init__(4 * len(value) if isinstance(value, str) else len(value))
        if isinstance(value, str):
            self.length = _encode(value, self._as_parameter_)
        else:
            _copy(value, self._as_parameter_)


def c_bytes(value: StringLike, argument: str) -> Tuple[Any, int]:
    """Checks bytes or a string that may contain NUL, and returns a pointer for the library, as :func:`c_string` does,
    with the number of bytes."""
    if isinstance(value, bytes):
        return value, len(value)
    if isinstance(value, bytearray):
        copy = SecretCopy(value)
    elif value.isascii():
        return ascii_pointer(value), len(value)
    elif _SURROGATE.search(value):
        raise failure(Status.INVALID_UTF8, Action.FIX_CALL, f"{argument} must be UTF-8", argument)
    else:
        copy = SecretCopy(value)
    return copy, copy.length


def encode(value: StringLike, argument: str) -> bytes:
    """Checks a string that is not a secret, as :func:`c_string` does, and encodes it for the library."""
    check_string(value, argument)
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else bytes(value)


def check_string(value: object, argument: str) -> None:
    """Rejects a value that is not a string, and a string with a NUL, which C would truncate."""
    if not isinstance(value, (str, bytes, bytearray)):
        raise TypeError(f"{argument} must be str, bytes or bytearray, not {type(value).__name__}")
    if ("\0" if isinstance(value, str) else b"\0") in value:  # type: ignore[operator]
        action = Action.ASK_CREDENTIALS if argument in _CREDENTIALS else Action.FIX_CALL
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


def _encode(value: str, buffer: Any) -> int:
    """Encodes one character at a time: ``str.encode`` would create a copy that cannot be zeroized. Returns the number
    of bytes."""
    at = 0
    for character in value:
        encoded = character.encode("utf-8", "surrogatepass")
        buffer[at : at + len(encoded)] = encoded
        at += len(encoded)
    return at


def _copy(value: bytearray, buffer: Any) -> None:
    """Copies all bytes at once, because a slice would create another copy."""
    ctypes.memmove(buffer, (ctypes.c_char * len(value)).from_buffer(value), len(value))
