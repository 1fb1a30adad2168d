"""JSON for the library, in buffers that are zeroized."""

from __future__ import annotations

import ctypes
import functools
import json
from collections import abc
from operator import attrgetter
from typing import Any, Iterator, List, Mapping, Union

from ._codes import Action, Status
from ._errors import failure
from ._strings import SecretBuffer, StringLike, ascii_pointer, c_string

#: A mapping, or a JSON object as a string.
JsonObject = Union[Mapping[str, Any], StringLike]

_encode_string = json.encoder.encode_basestring_ascii


def c_json(value: JsonObject, argument: str, with_none: bool = False) -> Any:
    """Returns a ``char *`` with a JSON object for the library, as :func:`c_string` does."""
    return to_json(value, argument, with_none) if isinstance(value, abc.Mapping) else c_string(value, argument)


def to_json(value: Any, argument: str, with_none: bool = False) -> JsonCopy:
    """Encodes a mapping or list as JSON. A value that JSON cannot represent is INVALID_ARGUMENT, without the value.

    As in the official package, None in a mapping is not sent, unless ``with_none`` is true.
    """
    try:
        return JsonCopy(value, with_none)
    except (TypeError, ValueError, RecursionError):
        message = f"{argument} contains a value that JSON cannot represent"
    raise failure(Status.INVALID_ARGUMENT, Action.FIX_CALL, message, argument)


class JsonCopy(SecretBuffer):
    """The JSON of a value."""

    __slots__ = ()

    def __init__(self, value: Any, with_none: bool) -> None:
        parts: List[Any] = [JsonString(part) if isinstance(part, str) else part for part in _parts(value, with_none)]
        super().__init__(sum(map(len, parts)))
        address = ctypes.addressof(self._as_parameter_)
        for part in parts:
            ctypes.memmove(address, part, len(part))
            address += len(part)


class JsonString:
    """The JSON of a string, zeroized when it is deleted."""

    __slots__ = ("_as_parameter_", "_length", "_zeroize")

    # Runs no Python bytecode, see `_prototypes.finalizer`.
    __del__ = property(attrgetter("_zeroize"))

    def __init__(self, value: str) -> None:
        # A new string, because it has quotes. Nothing else references it.
        self._as_parameter_ = ascii_pointer(_encode_string(value))
        self._length = len(self._as_parameter_.string)
        self._zeroize = functools.partial(ctypes.memset, self._as_parameter_, 0, self._length)

    def __len__(self) -> int:
        return self._length


def _parts(value: Any, with_none: bool) -> Iterator[Union[bytes, str]]:
    """Yields the strings of a value, and the JSON between them. ``json.dumps`` would create copies of the strings that
    cannot be zeroized."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, abc.Mapping):
        separator = b"{"
        for name, member in value.items():
            if member is not None or with_none:
                yield separator
                yield _name(name)
                yield b":"
                yield from _parts(member, with_none)
                separator = b","
        yield b"{}" if separator == b"{" else b"}"
    elif isinstance(value, (list, tuple)):
        separator = b"["
        for element in value:
            yield separator
            yield from _parts(element, with_none)
            separator = b","
        yield b"[]" if separator == b"[" else b"]"
    else:
        yield json.dumps(value, allow_nan=False).encode("ascii")


def _name(name: Any) -> str:
    """Converts the name of a member to a string, as ``json.dumps`` does."""
    if isinstance(name, str):
        return name
    if name is None or isinstance(name, (int, float)):
        return json.dumps(name, allow_nan=False)
    raise TypeError
