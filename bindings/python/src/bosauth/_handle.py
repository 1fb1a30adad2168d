"""What a client, its collections and its auth store share: the library's client."""

from __future__ import annotations

import weakref
from typing import NoReturn, Optional

from ._codes import Action, Status
from ._errors import failure
from ._library import lib


class Handle:
    """A ``bosauth_client``, freed when it is closed or nobody refers to it. The library checks it on every use."""

    __slots__ = ("value", "_free", "_ended", "__weakref__")

    def __init__(self, value: int) -> None:
        self.value = value
        self._ended = False
        self._free = weakref.finalize(self, lib.bosauth_client_free, value)
        # At the end of the interpreter a daemon thread may be in a call; the system frees everything anyway.
        self._free.atexit = False

    def close(self, wait: Optional[int]) -> bool:
        """Closes it and waits so many milliseconds at most. Whether its calls are known to have ended."""
        status = lib.bosauth_client_close(self.value, 0 if wait is None else wait)
        if status == Status.INVALID_ARGUMENT:
            raise failure(status, Action.FIX_CALL, "wait must be 0.001 to 86400 seconds", "wait")
        if status != Status.INVALID_HANDLE:
            self._free.detach()
            self._ended = status == Status.OK
        return self._ended

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client of bosauth cannot be pickled or copied: make one in each process")
