"""Generates custom tokens."""

from __future__ import annotations

from ctypes import byref
from typing import cast

from ._errors import check, new_error
from ._library import lib
from ._prototypes import String


def generate_token() -> str:
    """Generates a token for :meth:`Collection.bind_custom_token`: 256 random bits from the operating system, as 43
    characters of ``A-Z a-z 0-9 _ -``. Sends nothing."""
    token, error = String(), new_error()
    check(lib.bosauth_generate_token(byref(token), byref(error)), error)
    return cast(str, lib.bosauth_string_data(token).decode("ascii"))
