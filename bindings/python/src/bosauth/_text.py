"""Text and numbers on their way into the library: every check and every copy is here."""

from __future__ import annotations

import ctypes
import math
from itertools import islice
from typing import Any, Optional, Union

from ._codes import Action, Status
from ._errors import failure

#: What a text may be given as. Bytes are UTF-8.
Text = Union[str, bytes, bytearray]

#: Characters copied at most: more than any secret may have, so that the library still sees that it is too long.
_SECRET_MAX = 8193

_INT64_MAX = 2**63 - 1


class Secret:
    """A copy of a text for the library that is overwritten with zeros afterwards: ``with Secret(…) as pointer``.

    The copy is made once and never moves. A text of another type is a TypeError, one with a NUL in it
    INVALID_ARGUMENT; both name the argument and neither shows the text. Whether it is UTF-8 is left to the
    library: a lone surrogate is copied as the bytes that UTF-8 does not allow, and refused as INVALID_UTF8.
    """

    __slots__ = ("_buffer",)

    def __init__(self, text: Text, argument: str) -> None:
        check(text, argument)
        self._buffer = _utf8(text) if isinstance(text, str) else _copy(text)

    def __enter__(self) -> Any:
        return (ctypes.c_char * len(self._buffer)).from_buffer(self._buffer)

    def __exit__(self, *_: object) -> None:
        wipe(self._buffer)


def plain(text: Text, argument: str) -> bytes:
    """A text that is no secret, for the library. Checked as a :class:`Secret` is."""
    check(text, argument)
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else bytes(text)


def check(text: object, argument: str) -> None:
    """Refuses what is no text, or could not go through C whole."""
    if not isinstance(text, (str, bytes, bytearray)):
        raise TypeError(f"{argument} must be str, bytes or bytearray, not {type(text).__name__}")
    if ("\0" if isinstance(text, str) else b"\0") in text:  # type: ignore[operator]
        action = Action.ASK_CREDENTIALS if argument in ("email", "password") else Action.FIX_CALL
        raise failure(Status.INVALID_ARGUMENT, action, f"the {argument} has a NUL in it", argument)


def wipe(buffer: bytearray) -> None:
    """Overwrites it with zeros where it is."""
    ctypes.memset((ctypes.c_char * len(buffer)).from_buffer(buffer), 0, len(buffer))


def milliseconds(seconds: Optional[float], argument: str) -> Optional[int]:
    """Seconds in the library's unit, rounded up. What no clock can count is out of the library's range too."""
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{argument} must be a number of seconds, not {type(seconds).__name__}")
    if not seconds > 0:  # not a number is not either
        return 0
    return math.ceil(seconds * 1000) if seconds < _INT64_MAX // 1000 else _INT64_MAX


def count(number: int, argument: str) -> int:
    """A number for the library. ctypes would cut a larger one to its low bits."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{argument} must be an int, not {type(number).__name__}")
    return min(max(number, 0), _INT64_MAX)


def _utf8(text: str) -> bytearray:
    """Encodes a character at a time: ``str.encode`` would leave a whole copy that cannot be wiped."""
    buffer = bytearray(4 * min(len(text), _SECRET_MAX) + 1)
    at = 0
    for character in islice(text, _SECRET_MAX):
        for byte in character.encode("utf-8", "surrogatepass"):
            buffer[at] = byte
            at += 1
    return buffer


def _copy(text: Union[bytes, bytearray]) -> bytearray:
    """Copies through a view: assigning to a slice of a bytearray would make a second copy on the way."""
    buffer = bytearray(len(text) + 1)
    with memoryview(buffer) as view:
        view[: len(text)] = text
    return buffer
