"""What a client, its collections and its auth store share: the library's client."""

from __future__ import annotations

from typing import NoReturn, Optional

from ._codes import Action, Status
from ._errors import failure
from ._library import lib
from ._prototypes import Client


class Handle:
    """A ``bosauth_client``, freed when it is closed or nobody refers to it. The library checks it on every use."""

    __slots__ = ("value", "_ended")

    def __init__(self, value: Client) -> None:
        self.value = value
        self._ended = False

    def close(self, wait: Optional[int]) -> bool:
        """Closes it and waits so many milliseconds at most. Whether its calls are known to have ended."""
        status = lib.bosauth_client_close(self.value, 0 if wait is None else wait)
        if status == Status.INVALID_ARGUMENT:
            raise failure(status, Action.FIX_CALL, "wait must be 0.001 to 86400 seconds", "wait")
        if status != Status.INVALID_HANDLE:
            self._ended = status == Status.OK
        return self._ended

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client of bosauth cannot be pickled or copied: make one in each process")
