"""Text and numbers on their way into the library: every check and every copy is here."""

from __future__ import annotations

import ctypes
import functools
import math
from itertools import islice
from operator import attrgetter
from typing import Any, Optional, Union

from ._codes import Action, Status
from ._errors import failure

#: What a text may be given as. Bytes are UTF-8.
Text = Union[str, bytes, bytearray]

#: Characters copied at most: more than any secret may have, so that the library still sees that it is too long.
_SECRET_MAX = 8193

_INT64_MAX = 2**63 - 1

#: The longest time limit, in seconds.
_DAY = 86400


class Secret:
    """A copy of a text for the library, to be given to its functions. It is overwritten with zeros at its end.

    The copy is made once and never moves. A text of another type is a TypeError, one with a NUL in it
    INVALID_ARGUMENT; both name the argument and neither shows the text. Whether it is UTF-8 is left to the
    library: a lone surrogate is copied as the bytes that UTF-8 does not allow, and refused as INVALID_UTF8.
    """

    # `_as_parameter_` is what ctypes takes in its place.
    __slots__ = ("_as_parameter_", "_wipe")

    # Without a step of Python, see `_prototypes.at_end`.
    __del__ = property(attrgetter("_wipe"))

    def __init__(self, text: Text, argument: str) -> None:
        check(text, argument)
        size = 4 * min(len(text), _SECRET_MAX) if isinstance(text, str) else len(text)
        buffer = ctypes.create_string_buffer(size + 1)
        # Before there is anything to zeroize.
        self._wipe = functools.partial(ctypes.memset, buffer, 0, len(buffer))
        self._as_parameter_ = buffer
        if isinstance(text, str):
            _encode(text, buffer)
        else:
            _copy(text, buffer)


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
    """Seconds in the library's unit, rounded up."""
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise TypeError(f"{argument} must be a number of seconds, not {type(seconds).__name__}")
    if not 0 < seconds <= _DAY:  # not a number is not either
        raise failure(Status.INVALID_ARGUMENT, Action.FIX_CALL, f"{argument} must be 0.001 to 86400 seconds", argument)
    return math.ceil(seconds * 1000)


def count(number: int, argument: str) -> int:
    """A number for the library. ctypes would cut a larger one to its low bits."""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"{argument} must be an int, not {type(number).__name__}")
    return min(max(number, 0), _INT64_MAX)


def _encode(text: str, buffer: Any) -> None:
    """Encodes a character at a time: ``str.encode`` would leave a whole copy that cannot be wiped."""
    at = 0
    for character in islice(text, _SECRET_MAX):
        encoded = character.encode("utf-8", "surrogatepass")
        buffer[at : at + len(encoded)] = encoded
        at += len(encoded)


def _copy(text: Union[bytes, bytearray], buffer: Any) -> None:
    """Copies at once: a slice would be a second copy."""
    source = text if isinstance(text, bytes) else (ctypes.c_char * len(text)).from_buffer(text)
    ctypes.memmove(buffer, source, len(text))
