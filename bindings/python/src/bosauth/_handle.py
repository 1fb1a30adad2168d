"""What a client, its collections and its auth store share: the library's client."""

from __future__ import annotations

import weakref
from typing import NoReturn

from ._library import lib


class Handle:
    """A ``bosauth_client``, freed when it is closed or nobody refers to it. The library checks it on every use."""

    __slots__ = ("value", "close", "__weakref__")

    def __init__(self, value: int) -> None:
        self.value = value
        self.close = weakref.finalize(self, lib.bosauth_client_free, value)
        # At the end of the interpreter a daemon thread may be in a call; the system frees everything anyway.
        self.close.atexit = False

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client of bosauth cannot be pickled or copied: make one in each process")
